// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import CNetlink
import Glibc
package import Netlink

/// Has the kernel do many things in few system calls, each of which lasts no longer than the kernel takes to do them: it
/// works off what is sent before it returns from `send`, so that the refusals are there to be read at once.
///
/// Only the last request of a batch is acknowledged; every refusal is reported in any case.
package final class NetlinkBatch {
    private let handle: NetlinkHandle
    private var buffer = MessageBuffer()
    /// Where each message of the batch begins.
    private var starts: [Int] = []
    private var firstSequence: UInt32 = 1
    private var room = Memory.room(64 * 1024)

    /// Called for each request that was refused: how many requests were made before it, ever.
    package var refused: (_ number: UInt32, Refusal) -> Void = { _, _ in }

    /// As much as leaves in one system call.
    private static let fullBatch = 60 * 1024

    /// `receiveBuffer` in bytes, beyond the limit for unprivileged processes if `isForced`.
    package init(
        _ family: NetlinkFamily = .generic, receiveBuffer: Int = 1 << 20, isForced: Bool = true
    ) throws(SystemError) {
        handle = try NetlinkHandle(family, receiveBuffer: receiveBuffer, isForced: isForced)
        handle.setNonBlocking()
    }

    /// By which news name it as their cause.
    var port: UInt32 { handle.port }

    /// How many requests have been made so far.
    package var count: UInt32 { firstSequence &+ UInt32(truncatingIfNeeded: starts.count) &- 1 }

    /// Whether nothing waits to leave.
    package var isEmpty: Bool { starts.isEmpty }

    /// Adds a request; a batch that is full leaves.
    package func add(_ request: some NetlinkRequest) {
        starts.append(buffer.count)
        request.write(into: &buffer, sequence: firstSequence &+ UInt32(truncatingIfNeeded: starts.count - 1))
        if buffer.count >= Self.fullBatch { submit() }
    }

    /// Has the kernel do what has been added.
    package func submit() {
        guard !starts.isEmpty else { return }
        for start in starts.dropLast() { buffer.clear(.acknowledge, ofMessageAt: start) }
        let first = firstSequence
        let last = first &+ UInt32(truncatingIfNeeded: starts.count - 1)
        firstSequence = last &+ 1
        do throws(SystemError) {
            try system("send") { buffer.bytes.withUnsafeBytes { send(handle.number, $0.baseAddress, $0.count, 0) } }
            try hear(until: last)
        } catch {
            refused(last &- 1, Refusal(code: error.code))
        }
        buffer.removeAll()
        starts.removeAll(keepingCapacity: true)
    }

    /// Reads the answers up to that of the last request.
    private func hear(until last: UInt32) throws(SystemError) {
        while true {
            let count = try system("recv") { room.withUnsafeMutableBytes { recv(handle.number, $0.baseAddress, $0.count, 0) } }
            var reader = MessageReader(room[0..<count])
            do throws(MalformedMessage) {
                while let message = try reader.next() {
                    guard message.type == Message.errorType else { continue }
                    if let refusal = try message.refusal() { refused(message.sequence &- 1, refusal) }
                    if message.sequence == last { return }
                }
            } catch {
                throw SystemError(call: "recv", code: EPROTO)
            }
        }
    }
}
