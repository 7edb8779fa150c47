// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Glibc
import Linux
import Testing

@testable import Daemon

/// What one process notes of kernel settings, the next one knows.
struct OriginalSettingsTests {
    private static let path = KernelSettings.path(of: "eth0.7", .ipv4, "arp_ignore")
    private static let all = KernelSettings.path(of: "all", .ipv4, "rp_filter")
    private static let place = "/tmp/keepalived-test-\(Processes.own)"

    private func withFile(_ name: String, _ body: (KeptFile, _ path: String) throws -> Void) rethrows {
        let path = "\(Self.place)-\(name)"
        defer { try? Files.remove(path) }
        try body(KeptFile(path), path)
    }

    @Test("The first value noted is the one of before, for the next process too, until it is forgotten")
    func survives() throws {
        withFile("settings") { file, path in
            let first = OriginalSettings(file)
            first.note(Self.all, 1)
            first.note(Self.path, 0)
            first.note(Self.path, 2)
            let second = OriginalSettings(file)
            #expect(second[Self.path] == 0)
            #expect(second.all.map(\.path) == [Self.all, Self.path])
            #expect(second.interfaces(.ipv4, "arp_ignore") == ["eth0.7"])
            second.forget(Self.all)
            let third = OriginalSettings(file)
            #expect(third.all.map(\.path) == [Self.path])
            third.forget(Self.path)
            #expect(!Files.exists(path), "nothing is kept, so there is no file")
        }
    }

    @Test("Only settings of the kernel are believed, and only from a file that nobody else could write")
    func isCareful() throws {
        try withFile("careful") { file, path in
            try file.keep(Array("0 \(Self.path)\n1 /etc/passwd\n7\nx \(Self.all)\n".utf8))
            #expect(OriginalSettings(file).all.map(\.path) == [Self.path])
            #expect(chmod(path, 0o666) == 0)
            #expect(OriginalSettings(file).all.isEmpty)
        }
    }

    @Test("What was kept before the machine was started is nothing")
    func isOfThisBoot() throws {
        try withFile("boot") { file, path in
            try file.keep(Array("0 \(Self.path)\n".utf8))
            let kept = try Files.read(path)
            #expect(file.content == Array("0 \(Self.path)\n".utf8))
            let other = Array("01234567-89ab-cdef-0123-456789abcdef".utf8)
            try Files.replace(path, with: other + kept.dropFirst(other.count), mode: 0o600)
            #expect(file.content.isEmpty)
            #expect(OriginalSettings(file).all.isEmpty)
        }
    }
}
