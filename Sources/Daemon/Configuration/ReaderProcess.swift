// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// Reads the configuration in a process of its own, which ends when it has told what it found: whatever is in the files,
/// the parent runs on, and stays small.
final class ReaderProcess {
    /// What came of it.
    enum Outcome {
        case read(ReadReport, SealedMemory)
        /// The configuration cannot be run.
        case unfit(ReadReport)
        /// The reader itself failed.
        case failed(String)
    }

    private let loop: EventLoop
    private let channel: MessageChannel
    private let process: Int32
    private var registration: EventLoop.Registration?
    private var timer: EventLoop.TimerID?
    private var outcome: Outcome?
    private var isDone = false
    private let done: (Outcome, Instant) -> Void

    /// Forks the reader; `done` is called once, in a later turn of the loop.
    init(
        _ request: ConfigurationRequest, on loop: EventLoop, _ processes: ChildProcesses,
        done: @escaping (Outcome, Instant) -> Void
    ) throws(SystemError) {
        let (near, far) = try MessageChannel.pair()
        self.loop = loop
        self.done = done
        channel = near
        let parent = Processes.own
        process = try Processes.fork {
            Processes.closeDescriptors(except: [far.descriptor.number, request.inForce?.descriptor.number ?? -1])
            guard Processes.dieWithParent(.kill, parent: parent) else { return 0 }
            Signals.reset()
            return Self.read(request, for: parent, telling: far)
        }
        try processes.watch(process) { [self] status, now in finish(status, now) }
        registration = try loop.add(near.descriptor) { [unowned self] now in hear(now) }
        timer = loop.after(Self.limit) { [unowned self] _ in
            outcome = .failed("Reading the configuration took longer than \(Self.limit.seconds) seconds")
            cancel()
        }
    }

    /// A name service or a file system that hangs must not keep the next reload waiting for ever.
    private static let limit = Interval.seconds(60)

    /// Gives the reading up; `done` is still called.
    func cancel() { try? Signal.kill.send(to: process) }

    private static func read(_ request: ConfigurationRequest, for parent: Int32, telling channel: MessageChannel) -> Int32 {
        do {
            var (reading, draft) = try request.readInNamespace { () throws(SystemError) in try MemoryDraft(name: "keepalived.conf") }
            reading = reading.adding(request.save(reading, for: parent))
            let frozen = try draft.map { draft throws(SystemError) in try moved(try SealedMemory(sealing: draft), &reading) }
            let report = request.report(on: reading)
            try channel.send(report.bytes, with: report.refusal == nil ? frozen?.descriptor : nil)
            return 0
        } catch {
            return ExitCode.internalError.rawValue
        }
    }

    /// `tmp_config_directory`: a file without a name there instead of memory, or memory with a remark if that fails.
    private static func moved(_ memory: SealedMemory, _ reading: inout ConfigurationReading) throws(SystemError) -> SealedMemory {
        guard let directory = reading.configuration.globals.files.temporaryDirectory else { return memory }
        do throws(SystemError) {
            return try SealedMemory(copying: memory, in: directory)
        } catch {
            let text = "tmp_config_directory \(directory) cannot be used, memory is used instead - \(error)"
            reading = reading.adding(Diagnostic(.hint, "no-temporary-file", at: nil, text))
            return memory
        }
    }

    private func hear(_ now: Instant) {
        guard let message = (try? channel.receive(limit: ReadReport.limit)) ?? nil, !message.bytes.isEmpty else {
            return stopHearing()
        }
        guard let report = ReadReport(bytes: message.bytes) else { return }
        if let descriptor = message.descriptor, report.refusal == nil, let memory = try? SealedMemory(owning: descriptor) {
            outcome = .read(report, memory)
        } else if report.refusal != nil {
            outcome = .unfit(report)
        }
        // Nobody has to wait until it has cleared its memory away.
        if let outcome { conclude(outcome, now) }
    }

    private func stopHearing() {
        if let registration { loop.remove(registration) }
        registration = nil
    }

    private func finish(_ status: ExitStatus, _ now: Instant) {
        if let timer { loop.cancel(timer) }
        if registration != nil { hear(now) }
        conclude(outcome ?? .failed("The process that reads the configuration \(status)"), now)
    }

    private func conclude(_ outcome: Outcome, _ now: Instant) {
        guard !isDone else { return }
        isDone = true
        stopHearing()
        done(outcome, now)
    }
}
