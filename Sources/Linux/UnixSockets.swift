// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// The address of a Unix socket: a path, or a name in the abstract space written with a leading `@`.
struct UnixAddress {
    private var address = sockaddr_un()
    private let length: socklen_t

    /// Nil if the name is empty or does not fit (107 bytes).
    init?(path: String) {
        var bytes = Array(path.utf8)
        guard let first = bytes.first, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        let isAbstract = first == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let head = MemoryLayout.size(ofValue: address) - MemoryLayout.size(ofValue: address.sun_path)
        length = socklen_t(head + bytes.count + (isAbstract ? 0 : 1))
    }

    func use<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}

/// One end of a channel between two of our processes: whole messages in order, each with at most one descriptor.
package final class MessageChannel {
    package let descriptor: FileDescriptor

    /// Takes over an end, such as one inherited by a number.
    package init(owning descriptor: FileDescriptor) { self.descriptor = descriptor }

    /// A connected pair of non-blocking ends (SOCK_SEQPACKET).
    package static func pair() throws(SystemError) -> (MessageChannel, MessageChannel) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        try system("socketpair") { socketpair(AF_UNIX, type, 0, &ends) }
        return (
            MessageChannel(owning: FileDescriptor(owning: ends[0])), MessageChannel(owning: FileDescriptor(owning: ends[1]))
        )
    }

    /// Sends one message, which must not be empty, with a copy of the descriptor if one is given.
    package func send(_ bytes: [UInt8], with attached: FileDescriptor? = nil) throws(SystemError) {
        precondition(!bytes.isEmpty, "An empty message would look like the end of the channel.")
        try shim("sendmsg") {
            bytes.withUnsafeBytes { clinux_send_message(descriptor.number, $0.baseAddress, $0.count, attached?.number ?? -1) }
        }
    }

    /// One message, nil if none is waiting; an empty one says that the other end is closed. At most `limit` bytes.
    package func receive(
        limit: Int = 65_536
    ) throws(SystemError) -> (bytes: [UInt8], descriptor: FileDescriptor?)? {
        var attached: Int32 = -1
        var truncated: Int32 = 0
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { room, count in
            do throws(SystemError) {
                count = try shim("recvmsg") {
                    clinux_receive_message(descriptor.number, room.baseAddress, limit, &attached, &truncated)
                }
            } catch {
                failure = error
            }
        }
        let file = attached >= 0 ? FileDescriptor(owning: attached) : nil
        if let failure {
            if failure.wouldBlock { return nil }
            // A peer that died with messages unread resets the channel; for us that is its end.
            if failure.code == ECONNRESET { return ([], nil) }
            throw failure
        }
        if truncated != 0 { throw SystemError(call: "recvmsg", code: EMSGSIZE) }
        return (bytes, file)
    }
}

/// Tells systemd how the service fares (sd_notify).
package struct ServiceManager {
    private let address: UnixAddress

    /// Nil if the process was not started by a service manager that wants to know. Takes NOTIFY_SOCKET out of the environment.
    package init?() {
        guard let path = Environment.value("NOTIFY_SOCKET") else { return nil }
        Environment.unset("NOTIFY_SOCKET")
        guard let address = UnixAddress(path: path) else { return nil }
        self.address = address
    }

    /// Sends assignments such as "READY=1", one a line. Lost if the manager does not listen, and that is no failure of ours.
    package func notify(_ assignments: String...) {
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return }
        let socket = FileDescriptor(owning: number)
        let bytes = Array(assignments.joined(separator: "\n").utf8)
        _ = address.use { sendto(socket.number, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, $1) }
    }
}

extension MessageChannel {
    /// Waits until a message or the end of the channel can be read; false if that instant comes first. For processes without
    /// a loop.
    package func waits(until limit: Instant) -> Bool {
        var poller = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        while true {
            let rest = (limit - Instant.now).milliseconds
            let count = poll(&poller, 1, Int32(clamping: max(0, rest)))
            if count > 0 { return true }
            if count == 0 || errno != EINTR { return false }
        }
    }
}
