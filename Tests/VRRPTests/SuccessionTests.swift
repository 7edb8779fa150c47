// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Testing
import VRRP

/// Mastership that passes on without an election: after the death of a process, and in a reload.
@Suite("Succession")
struct SuccessionTests {
    private static func two(group: Bool = false) -> Bench {
        var all = VRRPSettings()
        all.routers = [
            settings("A", id: 1, addresses: ["192.0.2.10"]), settings("B", id: 2, addresses: ["192.0.2.20"]),
        ]
        if group {
            var both = SyncGroupSettings(name: "G")
            both.routers = ["A", "B"]
            all.syncGroups = [both]
        }
        return Bench(all)
    }

    @Test("T-5 the process died and its master goes on at once: advert, addresses, announcement")
    func resume() {
        var bench = Self.two()
        bench.handle(.resume(router: 0))
        let actions = bench.handle(.start)
        #expect(bench[0].state == .master)
        #expect(bench[1].state == .backup)
        #expect(actions.first == .sendAdvert(router: 0, priority: 100))
        #expect(actions.contains(.hold(router: 0)))
        #expect(actions.contains(.announce(router: 0, from: 0, count: 1)))
        #expect(bench.lines.contains("(A) is MASTER because: it was before the process was restarted"))
    }

    @Test("T-5 a sync group goes on as a whole or not at all", arguments: [[0], [1], [0, 1]])
    func group(resumed: [Int]) {
        var bench = Self.two(group: true)
        for place in resumed { bench.handle(.resume(router: place)) }
        bench.handle(.start)
        let state: RouterState = resumed.count == 2 ? .master : .backup
        #expect(bench[0].state == state)
        #expect(bench[1].state == state)
    }

    @Test("Who goes on as master does not wait for its scripts, and steps down when one fails")
    func script() {
        var all = VRRPSettings()
        all.routers = [settings("A") { $0.trackers = [Tracker(.script("check"))] }]
        let command = ScriptCommand(path: "/bin/true", arguments: [], identity: ScriptIdentity(user: 0, group: 0))
        all.scripts = [ScriptSettings(name: "check", command: command)]
        var bench = Bench(all)
        bench.handle(.resume(router: 0))
        bench.handle(.start)
        #expect(bench.state == .master)
        bench.handle(.scriptEnded("check", .exited(status: 1)))
        #expect(bench.state == .fault)
    }

    @Test("With a fault nobody goes on, and after it there is an election like any other")
    func fault() {
        var bench = Self.two()
        bench.handle(.resume(router: 0))
        bench.handle(.source(router: 0, nil))
        bench.handle(.start)
        #expect(bench[0].state == .fault)
        bench.handle(.source(router: 0, Bench.ourAddress))
        #expect(bench[0].state == .backup)
    }

    @Test("Once started nothing is resumed")
    func late() {
        var bench = Self.two()
        bench.handle(.start)
        bench.handle(.resume(router: 0))
        bench.handle(.source(router: 0, nil))
        bench.handle(.source(router: 0, Bench.ourAddress))
        #expect(bench[0].state == .backup)
    }

    @Test("A reload that gives the addresses of a master to a new router makes that one master without an election")
    func inherited() {
        var bench = Self.two()
        bench.handle(.start)
        bench.run(.seconds(5))
        #expect(bench[0].state == .master)
        var actions = bench.reconfigure { $0.routers[0] = settings("N", id: 9, addresses: ["192.0.2.10", "192.0.2.11"]) }
        #expect(actions.adverts == [0])
        #expect(!actions.transitions.contains { $0.name == "N" })
        actions = bench.handle(.source(router: 2, Bench.ourAddress))
        #expect(bench[2].state == .master)
        #expect(actions.first == .sendAdvert(router: 2, priority: 100))
        #expect(actions.lines.contains("(N) is MASTER because: it has addresses of (A), which is no longer configured"))
    }

    @Test("Of a backup there is nothing to inherit, nor from one with other addresses")
    func nothingToInherit() {
        var bench = Self.two()
        bench.handle(.start)
        bench.hear(200, router: 0)
        bench.run(.seconds(3))
        bench.hear(200, router: 0)
        bench.run(.seconds(2))
        #expect(bench[0].state == .backup && bench[1].state == .master)
        bench.reconfigure { all in
            all.routers = [
                settings("N", id: 8, addresses: ["192.0.2.10"]), settings("M", id: 9, addresses: ["192.0.2.21"]),
            ]
        }
        for place in 2...3 { bench.handle(.source(router: place, Bench.ourAddress)) }
        #expect(bench[2].state == .backup)
        #expect(bench[3].state == .backup)
    }
}
