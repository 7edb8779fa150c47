// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc
package import Netlink

/// Hears from the kernel which processes begin, change and end.
package final class ProcessMonitor {
    /// NETLINK_CONNECTOR and the group of process events.
    private static let family: Int32 = 11
    private static let group: UInt32 = 1

    private let descriptor: FileDescriptor
    private var room = Memory.room(64 * 1024)

    package var news: (ProcessNews, Instant) -> Void = { _, _ in }
    /// There was more news than there was room for: look at all processes again.
    package var lost: (Instant) -> Void = { _ in }

    /// Asks for the news.
    ///
    /// The kernel tells them in the machine's first network namespace only, so from another one the socket is made there.
    ///
    /// - Parameter home: perhaps that namespace: the one that the daemon was started in.
    package init(receiveBuffer: Int, home: FileDescriptor?) throws(SystemError) {
        do throws(SystemError) {
            descriptor = try Self.open(receiveBuffer)
        } catch {
            guard error.code == ECONNREFUSED else { throw error }
            var elsewhere = home
            if elsewhere == nil { elsewhere = try NetworkNamespace.first() }
            guard let elsewhere else { throw error }
            descriptor = try NetworkNamespace.visit(elsewhere) { () throws(SystemError) in try Self.open(receiveBuffer) }
        }
    }

    private static func open(_ receiveBuffer: Int) throws(SystemError) -> FileDescriptor {
        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let file = FileDescriptor(
            owning: try system("socket") { socket(AF_NETLINK, Int32(SOCK_DGRAM.rawValue) | flags, family) })
        try setReceiveBuffer(file, receiveBuffer)
        try filter(file)
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = group
        try system("bind") {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(file.number, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
                }
            }
        }
        let request = ProcessNews.subscription(true)
        try system("send") { send(file.number, request, request.count, 0) }
        return file
    }

    private static func setReceiveBuffer(_ file: FileDescriptor, _ bytes: Int) throws(SystemError) {
        var value = Int32(clamping: bytes)
        let size = socklen_t(MemoryLayout<Int32>.size)
        guard setsockopt(file.number, SOL_SOCKET, SO_RCVBUFFORCE, &value, size) != 0 else { return }
        try system("setsockopt") { setsockopt(file.number, SOL_SOCKET, SO_RCVBUF, &value, size) }
    }

    /// Has the kernel drop news that are of no interest: of threads, of users, of core dumps.
    private static func filter(_ file: FileDescriptor) throws(SystemError) {
        func what(_ number: UInt32) -> UInt32 { number.bigEndian }
        let data = UInt32(ProcessNews.Offset.data)
        let program = MessageFilter(instructions: [
            sock_filter(code: 0x20, jt: 0, jf: 0, k: UInt32(ProcessNews.Offset.what)),
            sock_filter(code: 0x15, jt: 9, jf: 0, k: what(ProcessNews.What.fork)),
            sock_filter(code: 0x15, jt: 4, jf: 0, k: what(ProcessNews.What.exec)),
            sock_filter(code: 0x15, jt: 3, jf: 0, k: what(ProcessNews.What.comm)),
            sock_filter(code: 0x15, jt: 2, jf: 0, k: what(ProcessNews.What.exit)),
            // An acknowledgement is let through, the rest is not.
            sock_filter(code: 0x15, jt: 9, jf: 0, k: 0),
            sock_filter(code: 0x06, jt: 0, jf: 0, k: 0),
            // Thread and process are the same.
            sock_filter(code: 0x20, jt: 0, jf: 0, k: data + 4),
            sock_filter(code: 0x07, jt: 0, jf: 0, k: 0),
            sock_filter(code: 0x20, jt: 0, jf: 0, k: data),
            sock_filter(code: 0x1d, jt: 4, jf: 5, k: 0),
            // The child's are.
            sock_filter(code: 0x20, jt: 0, jf: 0, k: data + 12),
            sock_filter(code: 0x07, jt: 0, jf: 0, k: 0),
            sock_filter(code: 0x20, jt: 0, jf: 0, k: data + 8),
            sock_filter(code: 0x1d, jt: 0, jf: 1, k: 0),
            sock_filter(code: 0x06, jt: 0, jf: 0, k: 0xffff_ffff),
            sock_filter(code: 0x06, jt: 0, jf: 0, k: 0),
        ])
        try program.attach(to: file.number)
    }

    /// Has the loop deliver news from now on.
    package func attach(to loop: EventLoop) throws(SystemError) -> EventLoop.Registration {
        try loop.add(descriptor) { [unowned self] now in receive(now) }
    }

    /// At most so many at a time: others want their turn too.
    private static let atOnce = 256

    private func receive(_ now: Instant) {
        for _ in 0..<Self.atOnce {
            let count = room.withUnsafeMutableBytes { recv(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == ENOBUFS { lost(now) }
            guard count > 0 else { return }
            var reader = MessageReader(room[0..<count])
            // A message cut short is no news; the kernel sends none.
            while let message = try? reader.next() {
                if let told = try? ProcessNews(message) { news(told, now) }
            }
        }
    }
}

/// Running processes as /proc shows them.
package enum RunningProcesses {
    /// Their numbers, in no order.
    package static var all: [Int32] { ((try? Files.names(in: "/proc")) ?? []).compactMap { Int32($0) } }

    /// /proc/PID/comm without its newline; nil when the process is gone.
    package static func name(of process: Int32) -> [UInt8]? {
        guard var bytes = try? Files.read("/proc/\(process)/comm", limit: 64) else { return nil }
        if bytes.last == 0x0a { bytes.removeLast() }
        return bytes
    }

    /// /proc/PID/cmdline; nil when the process is gone. What is longer than `limit` counts as none.
    package static func commandLine(of process: Int32, limit: Int = 65_536) -> [UInt8]? {
        do throws(SystemError) {
            return try Files.read("/proc/\(process)/cmdline", limit: limit)
        } catch {
            return error.code == EFBIG ? [] : nil
        }
    }
}
