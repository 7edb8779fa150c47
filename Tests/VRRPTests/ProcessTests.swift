// SPDX-License-Identifier: GPL-2.0-or-later
import Testing
import VRRP

/// Which processes are counted, as keepalived 2.2.7 counts them.
struct ProcessTests {
    private static func settings(_ lines: String) -> TrackProcessSettings {
        let reading = Reading(
            "vrrp_track_process p {\n\(lines)\n}\nvrrp_instance VI {\n interface eth0\n virtual_router_id 1\n"
                + " virtual_ipaddress {\n 192.0.2.9\n }\n track_process {\n p\n }\n}\n")
        return reading.settings.trackProcesses.first ?? TrackProcessSettings(name: "missing")
    }

    private static func facts(_ words: String...) -> ProcessFacts {
        let name = words[0].split(separator: "/").last.map { Array($0.utf8.prefix(15)) } ?? []
        return ProcessFacts(name: name, commandLine: words.flatMap { Array($0.utf8) + [0] })
    }

    @Test(
        "a process matches as 2.2.7 was seen to count `sleep 10 1000`",
        arguments: [
            ("process sleep 10 1000", true), ("process sleep 10 100\nparam_match initial", true),
            ("process sleep 10 100\nparam_match partial", false), ("process sleep 10\nparam_match initial", true),
            ("process sleep 10\nparam_match partial", true), ("process sleep\nparam_match", false), ("process sleep", true),
            ("process sleep\nfull_command", true), ("process /usr/bin/sleep", false), ("process sleep 10", false),
        ])
    func matching(_ lines: String, _ isCounted: Bool) {
        #expect(Self.settings(lines).matches(Self.facts("sleep", "10", "1000")) == isCounted)
    }

    @Test("by name the path does not matter, by command line it does")
    func paths() {
        #expect(Self.settings("process sleep").matches(Self.facts("/usr/bin/sleep", "5")))
        #expect(!Self.settings("process sleep\nfull_command").matches(Self.facts("/usr/bin/sleep", "5")))
        #expect(Self.settings("process /usr/bin/sleep 5").matches(Self.facts("/usr/bin/sleep", "5")))
        #expect(Self.settings("process a_name_longer_than_the_kernel_keeps").matches(Self.facts("a_name_longer_than_the_kernel_keeps")))
    }

    @Test("threads of the kernel have no command line and match no one's")
    func kernelThreads() {
        let facts = ProcessFacts(name: Array("kthreadd".utf8))
        #expect(Self.settings("process kthreadd").matches(facts))
        #expect(!Self.settings("process kthreadd\nfull_command").matches(facts))
    }

    @Test("counts follow forks, programs started and ends, whatever the order of the news")
    func counting() {
        var table = ProcessTable([Self.settings("process sleep")])
        table.note(10, Self.facts("sleep", "1"))
        table.note(11, Self.facts("bash"))
        #expect(table.counts == ["p": 1])
        table.noteFork(of: 10, to: 12)
        table.noteFork(of: 11, to: 13)
        #expect(table.counts == ["p": 2])
        table.note(13, Self.facts("sleep", "2"))
        table.note(12, Self.facts("bash"))
        #expect(table.counts == ["p": 2])
        table.note(99, nil)
        table.note(10, nil)
        table.note(10, nil)
        #expect(table.counts == ["p": 1])
        table.keep(only: [11])
        #expect(table.counts == ["p": 0])
    }
}
