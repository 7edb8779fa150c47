// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// What is done in a ``ReaderProcess``: it reads as often as it is asked to, until the other end of the channel is closed.
///
/// Signals are the parent's business, so they stay ignored here: one sent to all processes of the program must not end a reading.
struct ReaderWork {
    private var request: ConfigurationRequest
    private let parent: Int32
    private let channel: MessageChannel
    /// Of the child that it may become.
    private let origin: ChildOrigin?
    /// What was read last, if it may become the child that is configured with it.
    private var found: (reading: ConfigurationReading, frozen: SealedMemory)?

    init(_ request: ConfigurationRequest, for parent: Int32, _ channel: MessageChannel, _ origin: ChildOrigin?) {
        self.request = request
        self.parent = parent
        self.channel = channel
        self.origin = origin
    }

    /// How the work ends.
    enum End {
        case end(ExitCode)
        case become(ChildInheritance)
    }

    mutating func run() -> End {
        do {
            while channel.waits(until: .distantFuture) {
                guard let message = try channel.receive(limit: ConfigurationRequest.messageLimit),
                    let order = message.bytes.first.flatMap(ReaderOrder.init)
                else { return .end(.ok) }
                let isLast = try follow(order, Array(message.bytes.dropFirst()), message.descriptor)
                if let end = isLast { return end }
            }
            return .end(.ok)
        } catch {
            return .end(.internalError)
        }
    }

    /// Nil if the work goes on.
    private mutating func follow(_ order: ReaderOrder, _ message: [UInt8], _ descriptor: FileDescriptor?) throws(SystemError) -> End? {
        switch order {
        case .become:
            guard let origin, let found = found.take() else { return .end(.internalError) }
            return .become(ChildInheritance(origin: origin, control: channel, frozen: found.frozen, reading: found.reading))
        case .read, .rehearse:
            guard let asked = request.with(message: message, inForce: descriptor) else { return .end(.ok) }
            found = nil
            let staysFit = try read(asked, tells: order == .read)
            request.purpose = .findings
            return staysFit ? nil : .end(.ok)
        }
    }

    /// Returns whether this process can read once more: one that entered a namespace stays there.
    private mutating func read(_ request: ConfigurationRequest, tells: Bool) throws(SystemError) -> Bool {
        if tells, request.findsNothingNew() {
            try channel.send(ReadReport.nothingNew)
            return true
        }
        var (reading, draft) = try request.readInNamespace { () throws(SystemError) in try MemoryDraft(name: "keepalived.conf") }
        let staysFit = request.namespace == nil && reading.configuration.globals.namespace.network == nil
        guard tells else { return staysFit }
        reading = reading.adding(request.save(reading, for: parent))
        let frozen = try draft.map { draft throws(SystemError) in try Self.moved(try SealedMemory(sealing: draft), &reading) }
        let report = request.report(on: reading)
        try channel.send(report.bytes, with: report.refusal == nil ? frozen?.descriptor : nil)
        if let frozen, let origin, request.purpose == .settings, reading.needed.contains(origin.kind) { found = (reading, frozen) }
        return staysFit
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
