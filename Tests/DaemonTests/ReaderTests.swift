// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Health
import Linux
import Support
import Testing

@testable import Daemon

/// What a reload takes and what it refuses, and what passes between the processes on the way.
@Suite struct ReaderTests {
    private func reading(
        _ text: String, freezing draft: MemoryDraft? = nil, earlier: FrozenConfiguration? = nil, _ change: (inout ConfigurationRequest) -> Void = { _ in }
    ) -> (reading: ConfigurationReading, report: ReadReport)
    {
        var line = CommandLine()
        line.configurationFile = "/k.conf"
        var request = ConfigurationRequest(line)
        change(&request)
        var system = FileSystem()
        system.exists = { $0 == "/k.conf" }
        system.read = { $0 == "/k.conf" ? .text(Array(text.utf8)) : .missing }
        let reading = request.read(in: system, freezing: draft, earlier: earlier)
        return (reading, request.report(on: reading))
    }

    private let typo = "global_defs {\n routr_id x\n}\n"

    @Test func theStartRunsWithWhatUpstreamRunsWith() {
        let report = reading(typo).report
        #expect(report.refusal == nil)
        #expect(report.findings.count == 1)
        #expect(report.findings.first?.text.hasPrefix("(/k.conf: Line 2) ") ?? false)
    }

    @Test func aReloadRefusesNewErrors() {
        #expect(reading(typo) { $0.accepted = [] }.report.refusal == .configuration)
    }

    @Test func aReloadTakesErrorsThatAreInForceAlreadyWhereverTheyMoved() {
        let before = reading(typo).report
        let after = reading("\n\n" + typo) { $0.accepted = before.errors }.report
        #expect(after.refusal == nil)
        let worse = reading(typo + "gloebal_defs {\n}\n") { $0.accepted = before.errors }.report
        #expect(worse.refusal == .configuration)
    }

    /// A reader that stays is asked by a message for what may have changed since it was forked.
    @Test func aRequestPassesFromProcessToProcess() throws {
        var line = CommandLine()
        line.configurationFile = "/k.conf"
        let first = ConfigurationRequest(line)
        var later = first
        later.number = 7
        later.configurationID = "left"
        later.accepted = ["no-such-keyword: 'routr_id'", ""]
        let memory = try SealedMemory([1, 2, 3], name: "test")
        let got = try #require(first.with(message: later.message, inForce: memory.descriptor))
        #expect((got.number, got.configurationID, got.accepted, got.path) == (7, "left", later.accepted, "/k.conf"))
        #expect(try got.inForce?.read() == [1, 2, 3])
        #expect(first.with(message: first.message, inForce: nil)?.accepted == nil)
        later.accepted = []
        #expect(first.with(message: later.message, inForce: nil)?.accepted == [])
        for length in 0..<later.message.count {
            #expect(first.with(message: Array(later.message.prefix(length)), inForce: nil) == nil, "\(length) bytes of a message")
        }
    }

    @Test func strictRefusesWarnings() {
        let text = "virtual_server 1.2.3.4 80 {\n}\n"
        #expect(reading(text).report.refusal == nil)
        #expect(reading(text) { $0.isStrict = true }.report.refusal == .configuration)
    }

    @Test func whatIsNotBuiltIsToldAtTheStartButNoMistake() throws {
        let parsed = try #require(KeywordTools.schema.split(separator: "\n").first { $0.hasPrefix("global_defs / ") && $0.hasSuffix("(flag)\t\t\t\tparsed") || $0.contains("enable_dbus\t") })
        let name = try #require(parsed.split(separator: "\t").first?.split(separator: " ").last)
        let (reading, report) = reading("global_defs {\n \(name)\n \(name)\n}\n")
        #expect(reading.findings.testStatus == 0)
        if parsed.hasSuffix("parsed") {
            #expect(report.findings.map(\.text) == ["(/k.conf: Line 2) '\(name)' is read and checked, but its feature is not active in this version"])
        }
    }

    @Test func aMissingFileIsNoConfiguration() {
        #expect(reading("") { $0.path = "/other.conf" }.report.refusal == .noConfiguration)
    }

    @Test func childrenAreNeededByTheirBlocks() {
        #expect(reading("").report.needed == [])
        #expect(reading("virtual_server 1.2.3.4 80 {\n}\nbfd_instance b {\n neighbor_ip 1.2.3.5\n}\n").report.needed == [.checker, .bfd])
        #expect(reading("vrrp_instance a {\n interface lo\n virtual_router_id 1\n}\n").report.needed == [.vrrp])
    }

    private func frozen(_ text: String) throws -> (reading: ConfigurationReading, memory: SealedMemory) {
        let draft = try MemoryDraft(name: "test")
        let reading = reading(text, freezing: draft) { _ in }.reading
        return (reading, try SealedMemory(sealing: draft))
    }

    private func replay(_ text: String, for processes: KeywordEntry.Processes, after old: Replay? = nil) throws -> Replay {
        Replay(of: try FrozenConfiguration(frozen(text).memory), for: processes, after: old)
    }

    /// That of the process which reads the first configuration and then becomes the checker.
    private func replayOfReader(_ text: String, for processes: KeywordEntry.Processes) throws -> Replay {
        let draft = try MemoryDraft(name: "test")
        let reading = reading(text, freezing: draft) { $0.purpose = .settings }.reading
        return Replay(of: try FrozenConfiguration(SealedMemory(sealing: draft)), for: processes, readAs: reading)
    }

    @Test func whatIsFrozenIsReplayed() throws {
        let (first, memory) = try frozen("instance one\nglobal_defs {\n router_id left\n max_auto_priority 7\n}\n")
        for kind in ChildKind.allCases {
            let replayed = Replay(of: try FrozenConfiguration(memory), for: kind.processes)
            #expect(replayed.configuration.globals == first.configuration.globals)
        }
        #expect(first.configuration.globals.routerID == "left")
    }

    /// Files and a machine as one finds them.
    private struct Place {
        var files: [String: String] = [
            "/k.conf": """
            global_defs {
             vrrp_garp_interval 1
            }
            include /d/*.conf
            includea /extra.conf
            vrrp_script s {
             script "/bin/check"
             user alice
            }
            vrrp_instance a {
             interface eth0
             virtual_router_id 1
             virtual_ipaddress {
              10.0.0.1/24 dev eth0
             }
            }

            """,
            "/d/a.conf": "# a\n", "/extra.conf": "! extra\n",
        ]
        var executables: Set<String> = []
        var indices: [String: UInt32] = ["eth0": 2]
        var users: [String: UInt32] = ["alice": 1000]
        var script = ScriptFinding.usable(path: "/bin/check")
        var pieceSize: Int?
        var hostName = "here"

        var system: FileSystem {
            var system = FileSystem()
            system.exists = { files[$0] != nil }
            system.glob = { pattern in files.keys.filter { $0.hasPrefix("/d/") && pattern == "/d/*.conf" }.sorted() }
            system.read = { path in
                guard let text = files[path] else { return .missing }
                guard !executables.contains(path) else { return .executable }
                guard let pieceSize else { return .text(Array(text.utf8)) }
                var rest = Array(text.utf8)[...]
                return .pieces {
                    defer { rest = rest.dropFirst(pieceSize) }
                    return Array(rest.prefix(pieceSize))
                }
            }
            return system
        }

        var machine: Surroundings {
            var machine = Surroundings()
            machine.interfaceIndex = { indices[$0] }
            machine.user = { users[$0].map { ($0, $0) } }
            machine.script = { _, _, _ in script }
            machine.hostName = hostName
            return machine
        }
    }

    private func read(_ place: Place, _ request: ConfigurationRequest) throws -> SealedMemory {
        let draft = try MemoryDraft(name: "test")
        _ = ConfigurationReading(
            of: request.path, in: place.system, request.options, asking: place.machine, for: .findings, freezing: { draft.append($0) })
        return try SealedMemory(sealing: draft)
    }

    @Test func aReloadOfWhatIsInForceReadsNothing() throws {
        var line = CommandLine()
        line.configurationFile = "/k.conf"
        line.configurationID = "id"
        let changes: [(String, (inout Place) -> Void)] = [
            ("the file", { $0.files["/k.conf"]?.replace("virtual_router_id 1", with: "virtual_router_id 2") }),
            ("its end", { $0.files["/k.conf"]? += "\n" }),
            ("the file is gone", { $0.files["/k.conf"] = nil }),
            ("an included file", { $0.files["/d/a.conf"] = "# b\n" }),
            ("one more is included", { $0.files["/d/b.conf"] = "" }),
            ("one less is included", { $0.files["/d/a.conf"] = nil }),
            ("one that need not be there", { $0.files["/extra.conf"] = nil }),
            ("an execute bit", { $0.executables = ["/d/a.conf"] }),
            ("an interface has another number", { $0.indices["eth0"] = 3 }),
            ("an interface is gone", { $0.indices["eth0"] = nil }),
            ("a user has another number", { $0.users["alice"] = 1001 }),
            ("a script is gone", { $0.script = .missing }),
            ("the name of the host", { $0.hostName = "there" }),
        ]
        for pieceSize in [nil, 7, 10_000] {
            var place = Place()
            place.pieceSize = pieceSize
            var request = ConfigurationRequest(line)
            #expect(!request.findsNothingNew(in: place.system, by: place.machine), "nothing is in force")
            request.inForce = try read(place, request)
            #expect(request.findsNothingNew(in: place.system, by: place.machine))
            for (what, change) in changes {
                var other = place
                change(&other)
                #expect(!request.findsNothingNew(in: other.system, by: other.machine), "\(what)")
            }
            var otherwise = request
            otherwise.configurationID = "other"
            #expect(!otherwise.findsNothingNew(in: place.system, by: place.machine))
            otherwise = request
            otherwise.namespace = "blue"
            #expect(!otherwise.findsNothingNew(in: place.system, by: place.machine))
        }
    }

    /// What a second look cannot tell is read again.
    @Test(arguments: [
        "vrrp_script t {\n script \"/bin/check\"\n weight ${_RANDOM 1 9}\n}\n",
        "$R=${_RANDOM 1 9}\nvrrp_script t {\n script \"/bin/check\"\n weight $R\n}\n", "global_defs {\n config_save_dir /saved\n}\n", "net_namespace blue\n", "global_defs {\n iproute_etc_dir /etc/iproute2\n}\n",
    ])
    func someThingsAreReadEachTime(_ text: String) throws {
        var line = CommandLine()
        line.configurationFile = "/k.conf"
        var (place, request) = (Place(), ConfigurationRequest(line))
        request.inForce = try read(place, request)
        #expect(request.findsNothingNew(in: place.system, by: place.machine))
        place.files["/k.conf"]? += text
        request.inForce = try read(place, request)
        #expect(!request.findsNothingNew(in: place.system, by: place.machine))
    }

    /// A reload must not look at the blocks of the configuration in force one by one because one of its own is new.
    @Test func knownBlocksAreFoundByFewReads() throws {
        let servers = (1...250).map { "virtual_server 10.0.0.\($0) 80 {\n lb_algo wlc\n lb_kind DR\n protocol TCP\n real_server 10.1.0.\($0) 80 {\n weight 1\n }\n}\n" }.joined()
        let memory = try frozen(servers).memory
        var reads = 0
        let earlier = try #require(
            FrozenConfiguration(size: try memory.size) {
                reads += 1
                memory.read($0, into: &$1)
            })
        let reading = reading("global_defs {\n router_id new\n}\n" + servers, freezing: try MemoryDraft(name: "test"), earlier: earlier)
        #expect(reading.report.refusal == nil)
        #expect(reads < 50, "\(reads) reads")
    }

    /// A reload among thousands of virtual servers takes over those whose blocks are as they were.
    @Test func unchangedVirtualServersAreTakenOver() throws {
        func server(_ last: Int, weight: Int = 1, check: String = "TCP_CHECK {\n }") -> String {
            "virtual_server 10.0.0.\(last) 80 {\n real_server 10.1.0.\(last) 80 {\n weight \(weight)\n \(check)\n }\n}\n"
        }
        let misc = "MISC_CHECK {\n misc_path /bin/true\n }"
        let group = "virtual_server_group g {\n 10.0.1.1 80\n}\nvirtual_server group g {\n real_server 10.1.0.9 80 {\n }\n}\n"
        let two = "virtual_server_group h {\n 10.0.1.2 80\n}\n"
        let (twoAnyPort, otherTwo) = ("virtual_server_group h {\n 10.0.1.2\n}\n", "virtual_server_group h {\n 10.0.1.3 80\n}\n")
        func ofGroup(_ name: String, _ transport: String = "TCP", weight: Int = 1) -> String {
            "virtual_server group \(name) {\n protocol \(transport)\n real_server 10.1.0.9 80 {\n weight \(weight)\n }\n}\n"
        }
        let parts: [[String]] = [
            [ofGroup("g"), ofGroup("h"), ofGroup("g", "UDP"), group, two],
            // Another order, one changed and one of them twice; a group changed, one without its end, one gone, one defined twice.
            [group, ofGroup("g", "UDP"), ofGroup("g"), ofGroup("g"), ofGroup("h", weight: 2), two],
            [ofGroup("g"), ofGroup("h"), ofGroup("g", "UDP"), group, twoAnyPort],
            [ofGroup("h"), ofGroup("g"), ofGroup("h", "UDP"), two, otherTwo, group],
            [ofGroup("h"), ofGroup("g", "UDP"), ofGroup("g"), otherTwo, two],
            [ofGroup("g"), ofGroup("h"), two],
            [server(1), server(2, check: misc), server(3), group],
            // One added in front, one changed, one taken away, the others moved.
            [server(4), server(3, weight: 9), group, server(2, check: misc)],
            // The same twice, and something global.
            ["global_defs {\n checker_log_all_failures\n}\n", server(3), server(3), server(2)],
            ["global_defs {\n checker_log_all_failures\n smtp_alert true\n}\n", server(3), server(2)],
            [server(2), server(3)], ["vrrp_version 3\n", server(3), server(2)],
        ]
        let texts = parts.map { $0.joined() }
        for from in texts {
            for to in texts {
                let old = try replay(from, for: ChildKind.checker.processes)
                let read = try replayOfReader(from, for: ChildKind.checker.processes)
                #expect(read.configuration == old.configuration)
                #expect(try replay(to, for: ChildKind.checker.processes, after: read).configuration == replay(to, for: ChildKind.checker.processes).configuration)
                let new = try replay(to, for: ChildKind.checker.processes, after: old)
                #expect(new.configuration == (try replay(to, for: ChildKind.checker.processes)).configuration)
                #expect(new.isSame(as: old) == (from == to))
                // And once more on top of what was taken over.
                let back = try replay(from, for: ChildKind.checker.processes, after: new)
                #expect(back.configuration == old.configuration)
            }
        }
    }

    /// What a reload says of a configuration does not depend on what it knows from the one in force.
    @Test func whatIsKnownIsNotReadAgainAndNothingIsLeftUnsaid() throws {
        func server(_ last: Int, _ line: String = "", protocol: String = "TCP") -> String {
            "virtual_server 10.0.0.\(last) 80 {\n protocol \(`protocol`)\n lb_kind NAT\n lb_algo rr\n \(line)\n real_server 10.1.0.\(last) 80 {\n }\n}\n"
        }
        let texts = [
            server(1) + server(2) + server(3), server(2) + server(1, "quorum 2") + server(3), server(1) + server(1, protocol: "UDP"),
            server(1) + server(2) + server(1, "quorum 2"), server(1, "quorum 2") + server(1) + server(2), server(1) + server(1),
            server(1, "lb_alog wrr") + server(2), server(1, "quorum_up /bin/nothing") + server(2), server(1) + "virtual_server 10.0.0.1 80 {\n}\n",
        ].map { "global_defs {\n router_id x\n}\n" + $0 }
        var incomplete = 0
        for from in texts {
            let earlier = try FrozenConfiguration(frozen(from).memory)
            for to in texts {
                let (alone, memory) = try frozen(to)
                let draft = try MemoryDraft(name: "test")
                let knowing = reading(to, freezing: draft, earlier: earlier) { _ in }.reading
                if !knowing.isComplete {
                    incomplete += 1
                    #expect(alone.findings.json.contains("duplicate-virtual-server"))
                    continue
                }
                #expect(knowing.findings.json == alone.findings.json)
                #expect(try SealedMemory(sealing: draft).read() == memory.read())
            }
        }
        #expect(incomplete > 0)
    }

    /// A virtual server of a group is the very same object as long as its block and its group are as they were.
    @Test func virtualServersOfUnchangedGroupsAreTakenOver() throws {
        func text(_ last: Int, weight: Int) -> String {
            (1...3).map { number in
                "virtual_server group g\(number) {\n real_server 10.1.0.9 80 {\n weight \(number == 3 ? weight : 1)\n }\n}\n"
                    + "virtual_server_group g\(number) {\n 10.0.\(number).\(number == 2 ? last : 1) 80\n}\n"
            }.joined()
        }
        let old = try replay(text(1, weight: 1), for: ChildKind.checker.processes)
        let new = try replay(text(2, weight: 1), for: ChildKind.checker.processes, after: old)
        let newest = try replay(text(2, weight: 2), for: ChildKind.checker.processes, after: new)
        func same(_ one: Replay, _ other: Replay) -> [Bool] {
            zip(one.configuration.health.virtualServers, other.configuration.health.virtualServers).map {
                unsafeBitCast($0, to: UInt.self) == unsafeBitCast($1, to: UInt.self)
            }
        }
        #expect(same(old, new) == [true, false, true], "one group changed")
        #expect(same(new, newest) == [true, true, false], "one block changed")
    }

    @Test func whatOthersDoIsNoChange() throws {
        let router = "vrrp_instance a {\n interface lo\n virtual_router_id 1\n}\n"
        let server = "virtual_server 10.0.0.1 80 {\n real_server 10.1.0.1 80 {\n }\n}\n"
        for kind in [ChildKind.vrrp, .bfd] {
            let before = try replay(server + router, for: kind.processes)
            #expect(try replay("\n" + router + server + server, for: kind.processes, after: before).isSame(as: before))
        }
        #expect(!(try replay(server, for: .vrrp)).isSame(as: try replay(server + router, for: .vrrp)))
    }

    @Test func otherMemoryIsNoConfiguration() throws {
        for bytes in [[], Array("KAD2".utf8), Array("\u{9}\u{0}\u{0}\u{0}KAD2".utf8), Array("something else".utf8)] {
            let memory = try SealedMemory(bytes, name: "test")
            #expect(throws: SystemError.self) { try FrozenConfiguration(memory) }
        }
    }

    @Test func aReportSurvivesTheChannel() {
        var report = ReadReport()
        report.refusal = .configuration
        report.needed = [.vrrp, .bfd]
        report.errors = ["a: b", "c: d"]
        report.findings = [.init(severity: .error, text: "ü"), .init(severity: .hint, text: "")]
        #expect(ReadReport(bytes: report.bytes) == report)
        #expect(ReadReport(bytes: [0]) == nil)
        #expect(ReadReport(bytes: report.bytes.dropLast(1) + []) == nil)
    }

    @Test func aReportIsNeverLargerThanAMessage() {
        var report = ReadReport()
        report.findings = Array(repeating: .init(severity: .error, text: String(repeating: "x", count: 5000)), count: 500)
        #expect(report.bytes.count <= ReadReport.limit)
        #expect(ReadReport(bytes: report.bytes) != nil)
    }

    @Test func childrenGetTheAnswersThatTheReaderGot() {
        let book = FactBook()
        var asked = 0
        for _ in 0..<2 { #expect(book.answer("user x") { asked += 1; return "7 8" } == "7 8") }
        #expect(book.answer("user y") { nil } == nil)
        #expect(asked == 1)
        let copy = Facts(bytes: Array(book.facts.bytes[...]))
        #expect(copy == book.facts)
        let replay = FactBook(copy ?? Facts())
        #expect(replay.answer("user x") { "other" } == "7 8")
        #expect(replay.answer("user y") { "other" } == nil)
        #expect(replay.answer("never asked") { "other" } == nil)
    }

    @Test func answersOfChildren() {
        for answer in [ChildAnswer.loaded, .refused("no"), .refused("")] { #expect(ChildAnswer(bytes: answer.bytes) == answer) }
        #expect(ChildAnswer(bytes: []) == nil)
        #expect(ChildAnswer(bytes: [0x4c, 0x4c]) == nil)
    }

    @Test func whatAReloadCannotChangeIsNamed() {
        let old = GlobalSettings()
        #expect(old.fixedSettings(changedBy: old).isEmpty)
        var new = old
        new.namespace.network = "blue"
        new.namespace.instance = "b"
        new.routerID = "other"
        #expect(old.fixedSettings(changedBy: new) == ["network namespace", "instance name"])
    }
}
