// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// A process that reads configurations and tells what it found, one after the other: whatever is in the files, the parent runs on, and
/// stays small. The first one becomes the checker: there may be very many virtual servers, and it has read them.
final class ReaderProcess {
    /// What came of a reading.
    enum Outcome {
        case read(ReadReport, SealedMemory)
        /// It would be what is in force.
        case nothingNew
        /// The configuration cannot be run.
        case unfit(ReadReport)
        /// The reader itself failed.
        case failed(String)
    }

    /// Its pid.
    let id: Int32
    private let loop: EventLoop
    private var channel: MessageChannel?
    private var registration: EventLoop.Registration?
    /// Whether it has told what came of a reading.
    private(set) var hasRead = false

    /// The reading that was asked for has come to this.
    var concluded: (Outcome, Instant) -> Void = { _, _ in }
    /// The process is gone.
    var ended: (ExitStatus, Instant) -> Void = { _, _ in }

    /// Forks it. What it is asked for later may differ from the request only in what ``ConfigurationRequest/message`` holds. With an `origin`
    /// it is fit to become that child.
    init(
        for request: ConfigurationRequest, _ origin: ChildOrigin?, on loop: EventLoop, _ processes: ChildProcesses
    ) throws(SystemError) {
        let (near, far) = try MessageChannel.pair()
        self.loop = loop
        channel = near
        let parent = Processes.own
        id = try Processes.fork {
            Processes.closeDescriptors(except: [far.descriptor.number] + (origin?.descriptors ?? []))
            guard Processes.dieWithParent(.kill, parent: parent) else { return 0 }
            let name = Processes.name
            // Who counts processes by name is not to count this one, which comes and goes.
            Processes.setName("keepalived_read")
            var work = ReaderWork(request, for: parent, far, origin)
            switch work.run() {
            case .end(let code): return code.rawValue
            case .become(var inheritance):
                Processes.setName(inheritance.reading?.configuration.globals.parentName ?? name)
                return inheritance.live()
            }
        }
        try processes.watch(id) { [self] status, now in
            hear(now)
            release()
            ended(status, now)
        }
        registration = try loop.add(near.descriptor) { [unowned self] now in hear(now) }
    }

    /// Asks for a reading; one at a time. Returns false if the process is about to end.
    func ask(for request: ConfigurationRequest) -> Bool { send(.read, request) }

    /// Has it read without telling.
    func rehearse(_ request: ConfigurationRequest) { _ = send(.rehearse, request) }

    private func send(_ order: ReaderOrder, _ request: ConfigurationRequest) -> Bool {
        (try? channel?.send([order.rawValue] + request.message, with: request.inForce?.descriptor)) != nil
    }

    /// Has it become the child that it is fit to become, in the next turn of the loop. Returns the channel to it; nil if it is about to end.
    func takeOn(ended: @escaping (Int32, ExitStatus, Instant) -> Void) -> MessageChannel? {
        guard let channel else { return nil }
        release()
        self.ended = { [id] status, now in ended(id, status, now) }
        // What it logs comes after the line that tells of its start. If it has ended, `ended` is told.
        loop.after(.zero) { _ in try? channel.send([ReaderOrder.become.rawValue]) }
        return channel
    }

    /// Lets it go: it ends when it has nothing to do, and nothing is heard of it any more.
    func release() {
        if let registration { loop.remove(registration) }
        registration = nil
        channel = nil
    }

    /// Ends it at once, whatever it does.
    func kill() { try? Signal.kill.send(to: id) }

    private func hear(_ now: Instant) {
        guard let message = (try? channel?.receive(limit: ReadReport.limit)) ?? nil else { return }
        guard !message.bytes.isEmpty else { return release() }
        guard let outcome = Self.outcome(told: message.bytes, message.descriptor) else { return kill() }
        hasRead = true
        concluded(outcome, now)
    }

    /// Nil for a message that no reader sends.
    private static func outcome(told bytes: [UInt8], _ descriptor: FileDescriptor?) -> Outcome? {
        if bytes == ReadReport.nothingNew { return .nothingNew }
        guard let report = ReadReport(bytes: bytes) else { return nil }
        guard report.refusal == nil else { return .unfit(report) }
        guard let memory = (try? descriptor.map { try SealedMemory(owning: $0) }) ?? nil else { return nil }
        return .read(report, memory)
    }
}
