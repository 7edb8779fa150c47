// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Testing

@Suite struct ReconfigureTests {
    private let refused = ProbeOutcome.failed(.noConnection("Connection refused"))

    private func two() -> VirtualServerSettings {
        virtualServer("10.1.0.1", [realServer("10.0.0.1"), realServer("10.0.0.2")])
    }

    @Test func theSameAgainIsNothing() {
        var bench = Bench()
        bench.start(health([two()]))
        bench.answer(refused)
        bench.actions.removeAll()
        let deadline = bench.servers.nextDeadline
        bench.reload(health([two()]))
        #expect(bench.actions.isEmpty)
        #expect(bench.servers.nextDeadline == deadline)
    }

    @Test func aDownServerStaysDownThroughAReload() {
        var bench = Bench()
        bench.start(health([two()]))
        bench.answer(refused)
        var changed = two()
        changed.scheduler = .rr
        changed.servers[1].weight = 7
        bench.actions.removeAll()
        bench.reload(health([changed]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.2=7"])
        let edits = bench.edits()
        #expect(edits.count == 2)
        if case .changeService = edits[0] {} else { Issue.record("the scheduler changes in place") }
        if case .changeServer = edits[1] {} else { Issue.record("the weight changes in place") }
        bench.answer(.passed)
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1 10.0.0.2=7"])
    }

    @Test func anAttemptUnderWayGoesOnOverAReload() {
        var bench = Bench()
        bench.start(health([two()]))
        bench.step()
        let attempt = bench.waiting[0]
        var changed = two()
        changed.servers[0].checks[0].timing.retries = 9
        bench.reload(health([changed]))
        #expect(bench.waiting.contains { $0.id == attempt.id && $0.attempt == attempt.attempt })
    }

    @Test func aRemovedServerIsTakenOutAndItsAttemptForgotten() {
        var bench = Bench()
        bench.start(health([two()]))
        bench.step()
        bench.actions.removeAll()
        var changed = two()
        changed.servers.removeFirst()
        bench.reload(health([changed]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.2=1"])
        #expect(bench.waiting.count == 1)
        #expect(
            bench.notices() == [
                "service [10.0.0.1]:tcp:80 no longer exist",
                "Removing service [10.0.0.1]:tcp:80 from VS [10.1.0.1]:tcp:80",
            ]
        )
    }

    @Test func aRemovedServiceLeavesAForeignOneAlone() {
        var bench = Bench()
        bench.table.add(.mark(77, .ipv4), ServiceConfiguration(scheduler: "rr", granularity: .max))
        bench.start(health([two(), virtualServer("10.1.0.2", [realServer("10.0.0.1")])]))
        bench.reload(health([two()]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1 10.0.0.2=1", "mark 77"])
        #expect(
            bench.reports().suffix(2) == [
                "RS [10.0.0.1]:tcp:80 [10.1.0.2]:tcp:80 DOWN\n", "VS [10.1.0.2]:tcp:80 DOWN\n",
            ])
    }

    @Test func aNewCheckerOfAnOldServerBeginsAfresh() {
        var bench = Bench()
        bench.start(health([two()]))
        bench.answer(refused)
        var changed = two()
        changed.servers[0].checks.append(tcpCheck(alpha: true))
        bench.reload(health([changed]))
        #expect(bench.servers.services[0].servers[0].failedChecks == 2)
        changed.servers[0].checks = []
        bench.reload(health([changed]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1 10.0.0.2=1"], "without checkers it is up")
    }

    @Test func aChangedCheckerDoesNotBringItsServerBackUnasked() {
        func web(_ path: String) -> CheckSettings {
            var settings = HTTPCheckSettings()
            settings.urls = [HTTPCheckSettings.URL(path: path)]
            var check = tcpCheck(warmup: 30)
            check.kind = .http(settings)
            return check
        }
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", [web("/old")])])]))
        bench.answer(refused)
        #expect(bench.text == ["10.1.0.1:80"])
        bench.reload(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", [web("/new")])])]))
        #expect(bench.text == ["10.1.0.1:80"], "nobody has asked for the new page yet")
        #expect(bench.servers.nextDeadline == bench.now, "it is asked for at once")
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1"])
    }

    @Test func aScriptsWeightSurvivesReloads() {
        var misc = MiscCheckSettings(script: script("/bin/weigh"))
        misc.isDynamic = true
        var check = tcpCheck()
        check.kind = .misc(misc)
        var bench = Bench()
        bench.start(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", weight: 2, [check])])]))
        bench.answer(.passedWithWeight(9))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=9"])
        bench.reload(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", weight: 2, [check])])]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=9"])
        bench.reload(health([virtualServer("10.1.0.1", [realServer("10.0.0.1", weight: 5, [check])])]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=9"], "the script's word counts, not the new weight")
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=5"])
        bench.answer(.passedWithWeight(9))
        bench.answer(refused)
        _ = bench.notices()
        bench.answer(.passed)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=5"], "a failed script's word is forgotten")
        #expect(!bench.notices().contains { $0.contains("weight") }, "and nothing is said of it, as upstream")
    }

    /// `ha_suspend` comes and goes with reloads; an attempt of a checker that rests is forgotten.
    @Test func suspensionFollowsTheConfiguration() {
        var service = virtualServer("10.1.0.1", [realServer("10.0.0.1")])
        var bench = Bench()
        bench.start(health([service]))
        bench.step()
        #expect(bench.waiting.count == 1)
        service.suspends = true
        bench.reload(health([service]))
        #expect(bench.waiting.isEmpty && bench.servers.nextDeadline == nil)
        bench.handle(.address(address("10.1.0.9"), isPresent: true))
        #expect(bench.servers.nextDeadline == nil, "another address")
        service.suspends = false
        bench.reload(health([service]))
        bench.answer(refused)
        #expect(bench.text == ["10.1.0.1:80"])
    }

    /// What a killed checker process left in the kernel tells its successor which servers were down.
    @Test func aRestartDoesNotBringDownServersBack() {
        var bench = Bench()
        bench.start(health([two()]))
        bench.answer(refused)
        var second = Bench()
        second.table = bench.table
        second.start(health([two()]))
        #expect(second.text == ["10.1.0.1:80 10.0.0.2=1"])
        #expect(second.edits().isEmpty, "nothing to do: the table is as it should be")
        second.answer(.passed)
        second.answer(.passed)
        #expect(second.text == ["10.1.0.1:80 10.0.0.1=1 10.0.0.2=1"])
    }

    @Test func whatOthersDidToTheTableIsRepaired() {
        var bench = Bench()
        bench.start(health([two()]))
        bench.table.apply(.removeServer(two().services[0], ServerKey(address("10.0.0.2"), port: 80)))
        bench.table.apply(
            .addServer(two().services[0], ServerKey(address("10.0.0.9"), port: 80), ServerConfiguration(weight: 1)))
        bench.table.apply(.changeService(two().services[0], ServiceConfiguration(scheduler: "rr", granularity: .max)))
        var actions: [Action] = []
        bench.servers.reconcile(kernel: bench.table, into: &actions)
        bench.take(actions)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=1 10.0.0.2=1"])
        #expect(bench.table.services[0].configuration.scheduler == "wlc")
    }

    @Test func aGroupThatMovesKeepsWhatStays() {
        var group = VirtualServerGroupSettings(name: "G")
        group.entries = [.addresses(first: address("10.2.0.1"), last: address("10.2.0.3"), port: 80)]
        var service = virtualServer("10.2.0.1", [realServer("10.0.0.1")])
        service.target = .group("G")
        service.services = group.services(.tcp, markFamily: .ipv4)
        var bench = Bench()
        bench.start(health([service]))
        bench.actions.removeAll()
        group.entries = [.addresses(first: address("10.2.0.2"), last: address("10.2.0.4"), port: 80)]
        service.services = group.services(.tcp, markFamily: .ipv4)
        bench.reload(health([service]))
        #expect(bench.text == ["10.2.0.2:80 10.0.0.1=1", "10.2.0.3:80 10.0.0.1=1", "10.2.0.4:80 10.0.0.1=1"])
        #expect(bench.edits().count == 3, "one service with its server comes, one service goes")
    }
}
