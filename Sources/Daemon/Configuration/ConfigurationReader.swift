// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux

/// Has configurations read by a ``ReaderProcess``, which stays a little: readings come in clusters, when templates are worked out one
/// after the other, and a process that has read before is warm. At rest there is none.
final class ConfigurationReader {
    /// Told once what came of a reading.
    typealias Completion = (ReaderProcess.Outcome, Instant) -> Void

    private let loop: EventLoop
    private let processes: ChildProcesses
    private var process: ReaderProcess?
    private var reading: (request: ConfigurationRequest, done: Completion)?
    /// While it reads, when that takes too long; else, when it has stayed long enough.
    private var timer: EventLoop.TimerID?

    /// A name service or a file system that hangs must not keep the next reload waiting for ever.
    private static let limit = Interval.seconds(60)

    init(on loop: EventLoop, _ processes: ChildProcesses) {
        self.loop = loop
        self.processes = processes
    }

    /// Reads, one request at a time; `done` is called in a later turn of the loop. With an `origin` the process that reads may become that
    /// child.
    func read(_ request: ConfigurationRequest, by origin: ChildOrigin? = nil, done: @escaping Completion) throws(SystemError) {
        if process?.ask(for: request) != true { _ = try begin(with: request, origin).ask(for: request) }
        reading = (request, done)
        setTimer(after: Self.limit) { [unowned self] _ in
            abandon("Reading the configuration took longer than \(Self.limit.seconds) seconds")
        }
    }

    /// Has a process read what nobody wants to know, so that it is warm for the reading that may follow soon.
    func rehearse(_ request: ConfigurationRequest) throws(SystemError) {
        guard process == nil else { return }
        try begin(with: request).rehearse(request)
        setTimer(after: Memory.readiness) { [unowned self] _ in dismiss() }
    }

    /// Has the process that read last become a child by what it read, and hands it over: `ended` is told of its end. Nil if it is gone.
    func handOver(ended: @escaping (Int32, ExitStatus, Instant) -> Void) -> (process: Int32, channel: MessageChannel)? {
        guard reading == nil, let process, let channel = process.takeOn(ended: ended) else { return nil }
        self.process = nil
        return (process.id, channel)
    }

    /// Gives the reading under way up.
    func cancel() { if reading != nil { abandon("Reading the configuration was given up") } }

    /// Lets the process go: what it took over from this one is no longer true.
    func dismiss() {
        process?.release()
        process = nil
    }

    private func begin(with request: ConfigurationRequest, _ origin: ChildOrigin? = nil) throws(SystemError) -> ReaderProcess {
        dismiss()
        let process = try ReaderProcess(for: request, origin, on: loop, processes)
        process.concluded = { [unowned self] outcome, now in conclude(outcome, now) }
        process.ended = { [unowned self, unowned process] status, now in
            if process === self.process { lose(process, status, now) }
        }
        self.process = process
        return process
    }

    /// One that has read before may have been about to end when it was asked; it is another's turn then.
    private func lose(_ process: ReaderProcess, _ status: ExitStatus, _ now: Instant) {
        dismiss()
        guard let reading else { return }
        if process.hasRead, (try? begin(with: reading.request))?.ask(for: reading.request) == true { return }
        conclude(.failed("The process that reads the configuration \(status)"), now)
    }

    private func abandon(_ reason: String) {
        process?.kill()
        dismiss()
        setTimer(after: .zero) { [unowned self] now in conclude(.failed(reason), now) }
    }

    private func conclude(_ outcome: ReaderProcess.Outcome, _ now: Instant) {
        guard let done = reading?.done else { return }
        reading = nil
        setTimer(after: Memory.readiness) { [unowned self] _ in dismiss() }
        done(outcome, now)
    }

    private func setTimer(after interval: Interval, _ reached: @escaping (Instant) -> Void) {
        if let timer { loop.cancel(timer) }
        timer = loop.after(interval) { [unowned self] now in
            timer = nil
            reached(now)
        }
    }
}
