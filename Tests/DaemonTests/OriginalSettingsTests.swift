// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import Testing

@testable import Daemon

/// What one process notes of kernel settings, the next one knows.
struct OriginalSettingsTests {
    private static let path = KernelSettings.path(of: "eth0.7", .ipv4, "arp_ignore")
    private static let all = KernelSettings.path(of: "all", .ipv4, "rp_filter")

    @Test("The first value noted is the one of before, for the next process too, until it is forgotten")
    func survives() throws {
        let memory = try KeptMemory(name: "test")
        let first = OriginalSettings(memory)
        first.note(Self.all, 1)
        first.note(Self.path, 0)
        first.note(Self.path, 2)
        let second = OriginalSettings(memory)
        #expect(second[Self.path] == 0)
        #expect(second.all.map(\.path) == [Self.all, Self.path])
        #expect(second.interfaces(.ipv4, "arp_ignore") == ["eth0.7"])
        second.forget(Self.all)
        let third = OriginalSettings(memory)
        #expect(third.all.map(\.path) == [Self.path])
    }

    @Test("What was not written to its end does not count; what is left behind the end neither")
    func torn() throws {
        let memory = try KeptMemory(name: "test")
        try memory.replace(with: Array("0 \(Self.path)\n1 /proc/sys/net/ipv4/co".utf8))
        #expect(OriginalSettings(memory).all.isEmpty)
        try memory.replace(with: Array("0 \(Self.path)\nend\nv4/conf/all/rp_filter\nend\n".utf8))
        #expect(OriginalSettings(memory).all.map(\.path) == [Self.path])
    }
}
