// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import VRRP

/// A process that sends the announcements of many addresses while this one asks the kernel for the next ones.
///
/// A frame takes the kernel about as long as an address, for it is carried to its receivers within the system call that sends it.
/// Where a second processor is free, a thousand addresses are there and announced in the time that the addresses take.
final class AnnouncementRelay {
    /// From so many addresses of one router on the process is worth its memory.
    static let worthwhile = 256
    /// So many announcements are worth handing over.
    static let burst = 32

    /// The longest message that is taken whole.
    private static let longest = 60_000

    /// What both processes know: written by us, how often everything was withdrawn; by the relay, the message that it is done with.
    private enum Number {
        static let withdrawals = 0
        static let done = 1
        static let count = 2
    }

    private let companion: Companion
    private let numbers: SharedNumbers
    private var sent: UInt32 = 0
    /// What was handed over and may not have left yet, oldest first.
    private var underWay: [(number: UInt32, holdings: ArraySlice<AddressLedger.Holding>)] = []

    /// Starts the process, which sends by way of `sender` and ahead of others if `isUrgent`; `failed` is called here when a frame
    /// could not leave.
    init(
        _ environment: ProcessEnvironment, _ sender: AnnouncementSender, isUrgent: Bool, failed: @escaping (SystemError) -> Void
    ) throws(SystemError) {
        let numbers = try SharedNumbers(count: Number.count)
        self.numbers = numbers
        companion = Companion(
            environment, title: "Announcement process", keeping: [sender.descriptor],
            prepare: { if isUrgent { Urgency.beginForGood() } },
            work: { Self.work($0, sender, numbers) },
            heard: { bytes, _ in
                let code = bytes.reduce(0) { $0 << 8 | Int32($1) }
                failed(SystemError(call: "sendmmsg", code: code))
            })
    }

    /// Hands announcements over; false if the process has enough to do, or is not there.
    func send(_ frames: AnnouncementFrames, of holdings: ArraySlice<AddressLedger.Holding>) -> Bool {
        guard frames.bytes.count < Self.longest else { return false }
        var message = ByteWriter(capacity: frames.bytes.count + Self.headLength)
        message.write(numbers[Number.withdrawals])
        message.write(sent &+ 1)
        message.write(frames.bytes)
        guard companion.send(message.bytes) else { return false }
        sent &+= 1
        forgetDone()
        underWay.append((sent, holdings))
        return true
    }

    /// Takes back what has not left. Returns it, with some that may have.
    func withdraw() -> [AddressLedger.Holding] {
        numbers[Number.withdrawals] &+= 1
        forgetDone()
        defer { underWay.removeAll() }
        return underWay.flatMap(\.holdings)
    }

    func stop() { companion.stop() }

    private func forgetDone() {
        let done = numbers[Number.done]
        underWay.removeAll { Int32(bitPattern: $0.number &- done) <= 0 }
    }

    /// Withdrawals known of and number of the message, before the frames.
    private static let headLength = 8

    /// The process: sends what comes until the other end of the channel is closed.
    private static func work(_ channel: MessageChannel, _ sender: AnnouncementSender, _ numbers: SharedNumbers) -> Int32 {
        Memory.giveBack()
        while channel.waits(until: .distantFuture) {
            guard let message = try? channel.receive(), message.bytes.count > headLength else { return 0 }
            let head = message.bytes.prefix(headLength).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let withdrawals = UInt32(truncatingIfNeeded: head >> 32)
            sender.send(message.bytes[headLength...], while: { numbers[Number.withdrawals] == withdrawals }) { error in
                var complaint = ByteWriter(capacity: 4)
                complaint.write(UInt32(bitPattern: error.code))
                try? channel.send(complaint.bytes)
            }
            numbers[Number.done] = UInt32(truncatingIfNeeded: head)
        }
        return 0
    }
}
