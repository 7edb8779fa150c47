// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Support
import Testing

@Suite struct VirtualServersTests {
    private let refused = ProbeOutcome.failed(.noConnection("Connection refused"))

    @Test func serversAreInTheTableFromTheStart() {
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [realServer("10.0.0.1"), realServer("10.0.0.2", weight: 3)])]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1 10.0.0.2=3"])
        #expect(
            bench.notices() == [
                "Activating healthchecker for service [10.0.0.1]:tcp:80 for VS [10.1.0.1]:tcp:80",
                "Activating healthchecker for service [10.0.0.2]:tcp:80 for VS [10.1.0.1]:tcp:80",
                "Gained quorum 1+0=1 <= 4 for VS [10.1.0.1]:tcp:80",
            ]
        )
    }

    @Test func theFirstRoundWaitsASecondAndTheWarmup() {
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", [tcpCheck(warmup: 3)])])]))
        let first = bench.servers.nextDeadline ?? .zero
        #expect(first >= .zero + .seconds(1) && first < .zero + .seconds(4))
    }

    @Test func aFailedServerLeavesAndComesBack() {
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [realServer("10.0.0.1"), realServer("10.0.0.2", [])])]))
        bench.answer(.passed)
        _ = bench.notices()
        bench.answer(refused)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.2=1"])
        #expect(
            bench.notices() == [
                "TCP_CHECK on service [10.0.0.1]:tcp:80 failed.",
                "Removing service [10.0.0.1]:tcp:80 from VS [10.1.0.1]:tcp:80",
            ]
        )
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1 10.0.0.2=1"])
        #expect(bench.reports() == ["RS [10.0.0.1]:tcp:80 [10.1.0.1]:tcp:80 UP\n"])
    }

    @Test func aBFDSessionDecidesAtOnce() {
        var check = CheckSettings(.bfd(name: "B"))
        check.timing.retries = 3
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", [check]), realServer("10.0.0.2", [])])]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1 10.0.0.2=1"], "nothing is known: it counts as up")
        _ = bench.notices()
        bench.handle(.bfd(name: "other", isUp: false))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1 10.0.0.2=1"])
        bench.handle(.bfd(name: "B", isUp: false))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.2=1"])
        #expect(
            bench.notices() == [
                "BFD check of [B] RS([10.0.0.1]:tcp:80) is DOWN",
                "Removing service [10.0.0.1]:tcp:80 from VS [10.1.0.1]:tcp:80",
            ])
        bench.handle(.bfd(name: "B", isUp: true))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1 10.0.0.2=1"])
    }

    @Test func withAlphaABFDSessionHasToComeUpFirst() {
        var check = CheckSettings(.bfd(name: "B"))
        check.alpha = true
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", [check])])]))
        #expect(bench.text == ["10.1.0.1:80"])
        bench.handle(.bfd(name: "B", isUp: true))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1"])
    }

    @Test func aServerAddedByAReloadKnowsTheSessionsState() {
        let check = CheckSettings(.bfd(name: "B"))
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", [check])])]))
        bench.handle(.bfd(name: "B", isUp: false))
        bench.reload(
            health([virtualServer("10.1.0.1", [realServer("10.0.0.1", [check]), realServer("10.0.0.2", [check])])]))
        #expect(bench.text == ["10.1.0.1:80"])
    }

    @Test func inhibitSetsTheWeightToZeroInPlace() {
        var server = realServer("10.0.0.1", weight: 2)
        server.inhibitsOnFailure = true
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [server])]))
        _ = bench.edits()
        bench.answer(refused)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=0"])
        #expect(!bench.edits().contains { if case .removeServer = $0 { true } else { false } })
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=2"])
    }

    @Test func alphaServersEnterAfterTheirFirstSuccess() {
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", [tcpCheck(alpha: true)])])]))
        #expect(bench.text == ["10.1.0.1:80"])
        #expect(bench.notices().contains("Starting with quorum down 1-0=1 > 0 for VS [10.1.0.1]:tcp:80"))
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1"])
    }

    /// The configuration and the figures of a run of keepalived 2.2.7: quorum 2, hysteresis 1, sorry server inhibited.
    @Test func theSorryServerAnswersWhenTheQuorumIsLost() {
        var service = virtualServer("10.1.0.1", [realServer("10.0.0.1", weight: 2), realServer("10.0.0.3")])
        service.quorum = 2
        service.hysteresis = 1
        service.sorryServer = SorryServerSettings(ServerKey(address("10.9.9.9"), port: 80))
        service.sorryServer?.isInhibited = true
        var bench = Bench()
        bench.start(health([service]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=2 10.0.0.3=1 10.9.9.9=0"])
        _ = bench.notices()
        bench.answer(refused)
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.3=1 10.9.9.9=0"], "1 is not below 2-1")
        _ = bench.notices()
        bench.answer(refused)
        bench.answer(refused)
        #expect(bench.text == ["10.1.0.1:80 10.9.9.9=1"])
        #expect(
            bench.notices() == [
                "TCP_CHECK on service [10.0.0.3]:tcp:80 failed.",
                "Removing service [10.0.0.3]:tcp:80 from VS [10.1.0.1]:tcp:80",
                "Lost quorum 2-1=1 > 0 for VS [10.1.0.1]:tcp:80",
                "Enabling sorry server [10.9.9.9]:tcp:80 to VS [10.1.0.1]:tcp:80",
                "Removing alive servers from the pool for VS [10.1.0.1]:tcp:80",
            ]
        )
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.9.9.9=1"], "2 is not 2+1")
        _ = bench.notices()
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=2 10.0.0.3=1 10.9.9.9=0"])
        #expect(
            bench.notices().suffix(3) == [
                "Gained quorum 2+1=3 <= 3 for VS [10.1.0.1]:tcp:80",
                "Disabling sorry server [10.9.9.9]:tcp:80 from VS [10.1.0.1]:tcp:80",
                "Adding alive servers to the pool for VS [10.1.0.1]:tcp:80",
            ]
        )
    }

    @Test func serversComeBeforeTheSorryServerGoes() {
        var service = virtualServer("10.1.0.1", [realServer("10.0.0.1")])
        service.sorryServer = SorryServerSettings(ServerKey(address("10.9.9.9"), port: 80))
        var bench = Bench()
        bench.start(health([service]))
        _ = bench.edits()
        bench.answer(refused)
        let lost = bench.edits()
        #expect(lost.count == 2)
        if case .removeServer(_, let key) = lost[0] { #expect(key.address == address("10.0.0.1")) }
        bench.answer(.passed)
        let gained = bench.edits()
        if case .addServer = gained[0] {} else { Issue.record("the server should be added first") }
        if case .removeServer = gained[1] {} else { Issue.record("the sorry server should go last") }
    }

    @Test func scriptsAndFilesChangeWeights() {
        var misc = MiscCheckSettings(script: script("/bin/check"))
        misc.isDynamic = true
        var file = CheckSettings(.file(FileCheckSettings(name: "F", weight: 2)))
        file.timing.warmup = .zero
        var bench = Bench()
        bench.start(
            health([virtualServer("10.1.0.1", [realServer("10.0.0.1", weight: 5, [CheckSettings(.misc(misc)), file])])])
        )
        bench.answer(.passedWithWeight(3))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=3"])
        _ = bench.notices()
        bench.handle(.file(name: "F", value: 4))
        #expect(
            bench.notices() == [
                "Changing weight from 3 to 11 for active service [10.0.0.1]:tcp:80 of VS [10.1.0.1]:tcp:80"
            ]
        )
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=13"], "exit 0 keeps the configured weight")
        bench.handle(.file(name: "F", value: -100))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=0"])
    }

    @Test func aFileOfWeightZeroTakesTheServerDown() {
        let file = CheckSettings(.file(FileCheckSettings(name: "F", weight: 0)))
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", [file])])]))
        _ = bench.notices()
        bench.handle(.file(name: "F", value: 1))
        #expect(
            bench.notices().prefix(2) == [
                "([10.0.0.1]:tcp:80): tracked file F now FAULT state",
                "Removing service [10.0.0.1]:tcp:80 from VS [10.1.0.1]:tcp:80",
            ])
        #expect(bench.text == ["10.1.0.1:80"])
        bench.handle(.file(name: "F", value: 0))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1"])
    }

    @Test func checkersRestWhileTheAddressIsElsewhere() {
        var service = virtualServer("10.1.0.1", [realServer("10.0.0.1")])
        service.suspends = true
        var bench = Bench()
        bench.start(health([service]))
        #expect(bench.servers.nextDeadline == nil)
        bench.handle(.address(address("10.1.0.1"), isPresent: true))
        bench.step()
        #expect(bench.waiting.count == 1)
        let stale = bench.waiting[0]
        bench.handle(.address(address("10.1.0.1"), isPresent: false))
        #expect(bench.waiting.isEmpty)
        bench.handle(.ended(stale.id, attempt: stale.attempt, refused))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1"], "an abandoned attempt has no say")
    }

    @Test func omegaTellsOnTheWayOut() {
        var service = virtualServer("10.1.0.1", [realServer("10.0.0.1"), realServer("10.0.0.2")])
        service.omega = true
        service.quorumDown = script("/bin/down")
        var bench = Bench()
        bench.start(health([service, virtualServer("10.1.0.2", [realServer("10.0.0.1")])]))
        bench.answer(refused)
        bench.actions.removeAll()
        var actions: [Action] = []
        bench.servers.stop(into: &actions)
        bench.servers.withdraw { actions.append($0) }
        bench.take(actions)
        #expect(bench.table.services.isEmpty)
        #expect(bench.reports() == ["RS [10.0.0.2]:tcp:80 [10.1.0.1]:tcp:80 DOWN\n", "VS [10.1.0.1]:tcp:80 DOWN\n"])
    }

    /// Whatever happens, the edits are ones the kernel accepts and lead to the table that is wanted.
    @Test(arguments: 0..<UInt64(40)) func editsLeadToTheWantedTable(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bench = Bench(seed: seed)
        bench.start(Self.settings(&random))
        for _ in 0..<300 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: bench.reload(Self.settings(&random))
            case 1: bench.handle(.file(name: "F", value: Int32.random(in: -3...3, using: &random)))
            case 2, 3, 4: bench.answer(refused)
            case 5: bench.answer(.passedWithWeight(UInt32.random(in: 0...9, using: &random)))
            default: bench.answer(.passed)
            }
            #expect(Bench.text(bench.table) == Bench.text(bench.servers.desiredTable), "seed \(seed)")
            for service in bench.servers.services {
                #expect(service.servers.allSatisfy { $0.isAlive == ($0.failedChecks == 0) })
            }
            bench.actions.removeAll()
        }
    }

    private static func settings(_ random: inout SeededGenerator) -> HealthSettings {
        var services: [VirtualServerSettings] = []
        for number in 1...4 where Bool.random(using: &random) {
            var servers: [RealServerSettings] = []
            for host in 1...4 where Bool.random(using: &random) {
                var checks: [CheckSettings] = []
                if Bool.random(using: &random) {
                    checks.append(tcpCheck(retries: UInt32.random(in: 0...2, using: &random)))
                }
                if Bool.random(using: &random) { checks.append(tcpCheck(alpha: true)) }
                if Bool.random(using: &random) {
                    let weight = Int32.random(in: 0...2, using: &random)
                    checks.append(CheckSettings(.file(FileCheckSettings(name: "F", weight: weight))))
                }
                var server = realServer("10.0.0.\(host)", weight: UInt32.random(in: 0...3, using: &random), checks)
                server.inhibitsOnFailure = Bool.random(using: &random)
                servers.append(server)
            }
            var service = virtualServer("10.1.0.\(number)", servers)
            service.quorum = UInt32.random(in: 1...3, using: &random)
            service.hysteresis = UInt32.random(in: 0..<service.quorum, using: &random)
            if Bool.random(using: &random) {
                service.sorryServer = SorryServerSettings(ServerKey(address("10.9.9.9"), port: 80))
                service.sorryServer?.isInhibited = Bool.random(using: &random)
            }
            if Bool.random(using: &random) { service.services.append(.mark(UInt32(number), .ipv4)) }
            services.append(service)
        }
        return health(services)
    }
}
