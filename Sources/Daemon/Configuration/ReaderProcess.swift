// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// A process that reads configurations and tells what it found, one after the other: whatever is in the files, the parent runs on, and
/// stays small.
final class ReaderProcess {
    /// What came of a reading.
    enum Outcome {
        case read(ReadReport, SealedMemory)
        /// The configuration cannot be run.
        case unfit(ReadReport)
        /// The reader itself failed.
        case failed(String)
    }

    private let loop: EventLoop
    private let process: Int32
    private var channel: MessageChannel?
    private var registration: EventLoop.Registration?
    /// Whether it has told what came of a reading.
    private(set) var hasRead = false

    /// The reading that was asked for has come to this.
    var concluded: (Outcome, Instant) -> Void = { _, _ in }
    /// The process is gone.
    var ended: (ExitStatus, Instant) -> Void = { _, _ in }

    /// Forks it. What it is asked for later may differ from the request only in what ``ConfigurationRequest/message`` holds.
    init(
        for request: ConfigurationRequest, on loop: EventLoop, _ processes: ChildProcesses
    ) throws(SystemError) {
        let (near, far) = try MessageChannel.pair()
        self.loop = loop
        channel = near
        let parent = Processes.own
        process = try Processes.fork {
            Processes.closeDescriptors(except: [far.descriptor.number])
            guard Processes.dieWithParent(.kill, parent: parent) else { return 0 }
            // Who counts processes by name is not to count this one, which comes and goes.
            Processes.setName("keepalived_read")
            return Self.work(request, for: parent, far)
        }
        try processes.watch(process) { [self] status, now in
            hear(now)
            release()
            ended(status, now)
        }
        registration = try loop.add(near.descriptor) { [unowned self] now in hear(now) }
    }

    /// Asks for a reading; one at a time. Returns false if the process is about to end.
    func ask(for request: ConfigurationRequest) -> Bool {
        (try? channel?.send(request.message, with: request.inForce?.descriptor)) != nil
    }

    /// Lets it go: it ends when it has nothing to do, and nothing is heard of it any more.
    func release() {
        if let registration { loop.remove(registration) }
        registration = nil
        channel = nil
    }

    /// Ends it at once, whatever it does.
    func kill() { try? Signal.kill.send(to: process) }

    private func hear(_ now: Instant) {
        guard let message = (try? channel?.receive(limit: ReadReport.limit)) ?? nil else { return }
        guard !message.bytes.isEmpty else { return release() }
        guard let outcome = Self.outcome(told: message.bytes, message.descriptor) else { return kill() }
        hasRead = true
        concluded(outcome, now)
    }

    /// Nil for a message that no reader sends.
    private static func outcome(told bytes: [UInt8], _ descriptor: FileDescriptor?) -> Outcome? {
        guard let report = ReadReport(bytes: bytes) else { return nil }
        guard report.refusal == nil else { return .unfit(report) }
        guard let memory = (try? descriptor.map { try SealedMemory(owning: $0) }) ?? nil else { return nil }
        return .read(report, memory)
    }

    // MARK: In the process

    /// Reads as often as it is asked to, until the other end of the channel is closed. Signals are the parent's business, so they stay
    /// ignored here: one sent to all processes of the program must not end a reading.
    private static func work(_ first: ConfigurationRequest, for parent: Int32, _ channel: MessageChannel) -> Int32 {
        do {
            while channel.waits(until: .distantFuture) {
                guard let message = try channel.receive(limit: ConfigurationRequest.messageLimit), !message.bytes.isEmpty,
                    let request = first.with(message: message.bytes, inForce: message.descriptor)
                else { return 0 }
                guard try read(request, for: parent, telling: channel) else { return 0 }
            }
            return 0
        } catch {
            return ExitCode.internalError.rawValue
        }
    }

    /// Returns whether this process can read once more: one that entered a namespace stays there.
    private static func read(
        _ request: ConfigurationRequest, for parent: Int32, telling channel: MessageChannel
    ) throws(SystemError) -> Bool {
        var (reading, draft) = try request.readInNamespace { () throws(SystemError) in try MemoryDraft(name: "keepalived.conf") }
        reading = reading.adding(request.save(reading, for: parent))
        let frozen = try draft.map { draft throws(SystemError) in try moved(try SealedMemory(sealing: draft), &reading) }
        let report = request.report(on: reading)
        try channel.send(report.bytes, with: report.refusal == nil ? frozen?.descriptor : nil)
        return request.namespace == nil && reading.configuration.globals.namespace.network == nil
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
}
