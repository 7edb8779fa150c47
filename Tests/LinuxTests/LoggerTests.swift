// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Glibc
import Linux
import Testing

struct LoggerTests {
    /// A log daemon of the test's own.
    private final class Listener {
        let path = "/tmp/linuxtests-log-\(UInt32.random(in: 0 ... .max))"
        let descriptor: FileDescriptor
        private(set) var lines: [String] = []

        init() throws {
            descriptor = FileDescriptor(owning: socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0))
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if result < 0 { throw SystemError(call: "bind", code: errno) }
        }

        deinit { unlink(path) }

        func drain() {
            while let bytes = try? descriptor.read(limit: 4096) { lines.append(String(decoding: bytes, as: UTF8.self)) }
        }
    }

    @Test func linesHaveTheFormOfSyslog() throws {
        let listener = try Listener()
        let logger = Logger(identity: "Keepalived_vrrp", to: .syslog, syslogPath: listener.path)
        logger.log(.info, "(VI_1) Entering MASTER STATE\nand more")
        logger.log(.debug, "not wanted")
        logger.flush()
        listener.drain()
        let line = try #require(listener.lines.first)
        #expect(listener.lines.count == 1)
        #expect(line.hasPrefix("<30>"))
        #expect(line.hasSuffix(" Keepalived_vrrp[\(getpid())]: (VI_1) Entering MASTER STATE and more"))
        // <30>Mmm dd hh:mm:ss
        let stamp = Array(line.utf8)[4..<19]
        #expect(stamp[7] == UInt8(ascii: " ") && stamp[10] == UInt8(ascii: " ") && stamp[13] == UInt8(ascii: ":"))
    }

    /// The queue of a datagram socket is short: a burst must wait for the reader without blocking us, and arrive.
    @Test func aBurstArrivesAlthoughTheReaderIsSlow() throws {
        let listener = try Listener()
        let loop = try EventLoop()
        let logger = Logger(identity: "Keepalived", to: .syslog, syslogPath: listener.path)
        logger.attach(to: loop)
        for number in 0..<1_000 { logger.log(.info, "line \(number)") }
        loop.turn(until: .now)
        #expect(logger.hasWaitingLines)
        try loop.add(listener.descriptor) { _ in listener.drain() }
        loop.run { listener.lines.count == 1_000 }
        #expect(!logger.hasWaitingLines)
        #expect(listener.lines.last?.hasSuffix("line 999") == true)
    }

    @Test func whatDidNotFitIsCounted() throws {
        let listener = try Listener()
        let loop = try EventLoop()
        let logger = Logger(identity: "Keepalived", to: .syslog, syslogPath: listener.path)
        logger.attach(to: loop)
        let long = String(repeating: "x", count: 1_000)
        for _ in 0..<2_000 { logger.log(.info, long) }
        try loop.add(listener.descriptor) { _ in listener.drain() }
        loop.run { !logger.hasWaitingLines }
        listener.drain()
        let arrived = listener.lines.count
        #expect(arrived > 100)
        logger.log(.info, "after")
        loop.run { listener.lines.last?.hasSuffix("after") == true }
        #expect(listener.lines.contains { $0.hasSuffix(": \(2_000 - arrived) lines lost") })
    }

    @Test func aRestartedLogDaemonIsFoundAgain() throws {
        var listener: Listener? = try Listener()
        let path = try #require(listener?.path)
        let logger = Logger(identity: "Keepalived", to: .syslog, syslogPath: path)
        logger.log(.info, "one")
        logger.flush()
        listener = nil
        logger.log(.info, "two")
        logger.flush(within: .zero)
        #expect(!Files.exists(path))
    }

    @Test func fileLinesHaveTheFormOfTheConsole() throws {
        let path = "/tmp/linuxtests-logfile-\(getpid())"
        defer { unlink(path) }
        let logger = Logger(identity: "Keepalived", to: [])
        try logger.add(file: path)
        logger.log(.info, "Starting Keepalived")
        logger.flush()
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        // Wed Feb 21 21:57:11 2024: text
        #expect(text.hasSuffix(": Starting Keepalived\n"))
        #expect(text.utf8.count == 24 + ": Starting Keepalived\n".utf8.count)
    }
}
