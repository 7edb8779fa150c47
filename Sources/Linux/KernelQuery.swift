// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import CNetlink
import Glibc
package import Netlink

/// Asks the kernel and waits for the answer, on a socket of its own: for the start of a process, for a resynchronization after
/// a loss, and for tests. A kernel answers at once; one that does not within two seconds is an error (EAGAIN).
package final class KernelQuery {
    private let handle: NetlinkHandle
    private var sequence: UInt32 = 0
    private var room = Memory.room(64 * 1024)

    package init(_ family: NetlinkFamily = .route) throws(SystemError) {
        handle = try NetlinkHandle(family, receiveBuffer: 1 << 20)
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        try system("setsockopt") {
            setsockopt(handle.number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Everything of a kind. A listing disturbed by a change is asked for again, at most four times.
    package func list(_ request: DumpRequest) throws(SystemError) -> [KernelNews] {
        try list(request) { message throws(MalformedMessage) in try KernelNews(message) }
    }

    /// The answers to any request, decoded; those for which `decode` returns nil are left out.
    package func list<Answer>(
        _ request: some NetlinkRequest, _ decode: (Message) throws(MalformedMessage) -> Answer?
    ) throws(SystemError) -> [Answer] {
        var answers: [Answer] = []
        for attempt in 1...5 {
            answers.removeAll()
            let outcome = try exchange(request) { message throws(MalformedMessage) in
                if let answer = try decode(message) { answers.append(answer) }
            }
            if let refusal = outcome.refusal { throw SystemError(call: "netlink", code: refusal.code) }
            if outcome.isWhole || attempt == 5 { break }
        }
        return answers
    }

    /// Makes one request; nil if it was done.
    package func perform(_ request: some NetlinkRequest) throws(SystemError) -> Refusal? {
        try exchange(request) { _ in }.refusal
    }

    /// The number of a generic netlink family, which the kernel gives out at run time; nil if there is none of that name.
    package func genericFamily(_ name: String) -> UInt16? {
        let number = genl_ctrl_resolve(handle.pointer, name)
        return number < 0 ? nil : UInt16(truncatingIfNeeded: number)
    }

    private func exchange(
        _ request: some NetlinkRequest, _ each: (Message) throws(MalformedMessage) -> Void
    ) throws(SystemError) -> (isWhole: Bool, refusal: Refusal?) {
        sequence &+= 1
        var buffer = MessageBuffer()
        request.write(into: &buffer, sequence: sequence)
        try system("send") { buffer.bytes.withUnsafeBytes { send(handle.number, $0.baseAddress, $0.count, 0) } }
        var isWhole = true
        while true {
            let count = try system("recv") { room.withUnsafeMutableBytes { recv(handle.number, $0.baseAddress, $0.count, 0) } }
            var reader = MessageReader(room[0..<count])
            do throws(MalformedMessage) {
                while let message = try reader.next() {
                    guard message.sequence == sequence else { continue }
                    if message.flags.contains(.interrupted) { isWhole = false }
                    if message.type == Message.doneType { return (isWhole, nil) }
                    if message.type == Message.errorType { return (isWhole, try message.refusal()) }
                    try each(message)
                }
            } catch {
                throw SystemError(call: "recv", code: EPROTO)
            }
        }
    }
}
