// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import CLinux
import Glibc
import Linux
import Netlink
import Testing

/// A network of a test's own: the calling thread is in it while the body runs.
enum TestNetwork {
    /// Sockets made in the body stay in the new network; everything else is back where it was afterwards.
    static func use(_ body: () throws -> Void) throws {
        let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        #expect(home >= 0)
        defer { close(home) }
        try NetworkNamespace.enterNew()
        defer { #expect(clinux_enter_network_namespace(home) == 0) }
        try body()
    }

    /// Two ends of a cable, `left` and `right`, both up and without IPv6 duplicate detection; the indices of both.
    static func cable() throws -> (left: UInt32, right: UInt32) {
        try shell(
            """
            ip link add left type veth peer name right
            for i in left right; do
                echo 0 > /proc/sys/net/ipv6/conf/$i/accept_dad
                echo 1 > /proc/sys/net/ipv4/conf/$i/accept_local
                ip link set $i up
            done
            ip link set lo up
            """
        )
        return (if_nametoindex("left"), if_nametoindex("right"))
    }

    static func shell(_ commands: String) throws {
        let launcher = ScriptLauncher(origin: SchedulingOrigin())
        let process = try launcher.start(["/bin/sh", "-ec", commands], as: nil)
        #expect(try Processes.wait(for: process) == .exited(code: 0))
    }
}

extension EventLoop {
    /// Goes round until the condition holds, at most that long.
    func run(within limit: Interval = .seconds(5), until isDone: () -> Bool) {
        let end = Instant.now + limit
        while !isDone(), Instant.now < end { turn(until: end) }
        #expect(isDone(), "waited in vain")
    }
}
