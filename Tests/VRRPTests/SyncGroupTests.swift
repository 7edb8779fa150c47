// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Testing
import VRRP

@Suite("Sync groups")
struct SyncGroupTests {
    /// Two routers of one group, and one on its own.
    static func bench(priorities: (UInt8, UInt8) = (100, 100), trackers: [Tracker] = []) -> Bench {
        var all = VRRPSettings()
        all.routers = [
            settings("A", id: 1, priority: priorities.0) { $0.requiredInterfaces = ["eth0"] },
            settings("B", id: 2, priority: priorities.1) {
                $0.interface = "eth1"
                $0.requiredInterfaces = ["eth1"]
            },
            settings("C", id: 3),
        ]
        var group = SyncGroupSettings(name: "G")
        group.routers = ["A", "B"]
        group.trackers = trackers
        all.syncGroups = [group]
        var bench = Bench(all)
        bench.handle(.link("eth0", isUp: true))
        bench.handle(.link("eth1", isUp: true))
        return bench
    }

    static func started(priorities: (UInt8, UInt8) = (100, 100)) -> Bench {
        var bench = bench(priorities: priorities)
        bench.handle(.start)
        return bench
    }

    static func groupStates(_ bench: Bench) -> [RouterState] {
        bench.log.compactMap { if case .report(.group(let transition)) = $0.action { transition.to } else { nil } }
    }

    @Test("The members become master together, once each of them would")
    func together() {
        var bench = Self.started(priorities: (200, 100))
        bench.run(.ms(3500))
        #expect((bench[0].state, bench[1].state) == (.backup, .backup))
        let actions = bench.run(.ms(200))
        #expect((bench[0].state, bench[1].state) == (.master, .master))
        #expect(actions.lines.contains("VRRP_Group(G) Syncing instances to MASTER state"))
        #expect(Self.groupStates(bench) == [.backup, .master])
    }

    @Test("All their adverts leave before anything else is done")
    func advertsFirst() {
        var bench = Self.started()
        let actions = bench.run(.ms(3610)).filter { if case .notice = $0 { false } else { true } }
        guard case .sendAdvert = actions[0], case .sendAdvert = actions[1] else {
            Issue.record("\(actions)")
            return
        }
    }

    @Test("A group is not torn: a member whose master is alive keeps the others down")
    func notTorn() {
        var bench = Self.started()
        for _ in 0..<10 {
            bench.run(.ms(1000))
            bench.hear(200, router: 1)
        }
        #expect((bench[0].state, bench[1].state, bench[2].state) == (.backup, .backup, .master))
        bench.run(.ms(3610))
        #expect((bench[0].state, bench[1].state) == (.master, .master))
    }

    @Test("One that has to give way takes the others along")
    func giveWay() {
        var bench = Self.started()
        bench.run(.seconds(4))
        bench.forget()
        let actions = bench.hear(200, router: 1)
        #expect((bench[0].state, bench[1].state, bench[2].state) == (.backup, .backup, .master))
        #expect(bench.transitions.map(\.1.cause).last == .syncGroup("G"))
        #expect(actions.lines.contains("VRRP_Group(G) Syncing instances to BACKUP state"))
        #expect(Self.groupStates(bench) == [.backup])
    }

    @Test("A fault of one is a fault of all, until it is gone")
    func faults() {
        var bench = Self.started()
        bench.run(.seconds(4))
        bench.forget()
        let actions = bench.handle(.link("eth1", isUp: false))
        #expect((bench[0].state, bench[1].state, bench[2].state) == (.fault, .fault, .master))
        #expect(actions.contains(.release(router: 0)))
        #expect(actions.contains(.release(router: 1)))
        // The one whose interface works says that it leaves.
        #expect(actions.adverts == [0])
        #expect(Self.groupStates(bench) == [.fault])
        bench.handle(.link("eth1", isUp: true))
        #expect((bench[0].state, bench[1].state) == (.backup, .backup))
        bench.run(.seconds(4))
        #expect((bench[0].state, bench[1].state) == (.master, .master))
        #expect(Self.groupStates(bench) == [.fault, .backup, .master])
    }

    @Test("What the group tracks counts for every member")
    func groupTrackers() {
        var bench = Self.bench(trackers: [Tracker(.bfd("peer"), weight: -30)])
        bench.handle(.bfd("peer", isUp: true))
        bench.handle(.start)
        bench.handle(.bfd("peer", isUp: false))
        #expect((bench[0].priority, bench[1].priority, bench[2].priority) == (70, 70, 100))
    }

    @Test("Owners of a group become master at once, together")
    func owners() {
        let bench = Self.started(priorities: (255, 255))
        #expect((bench[0].state, bench[1].state) == (.master, .master))
    }

    @Test("At the end the group is told once")
    func stop() {
        var bench = Self.started()
        bench.run(.seconds(4))
        bench.forget()
        #expect(bench.handle(.stop).adverts == [0, 0, 0])
        #expect(Self.groupStates(bench) == [.initialize])
    }
}
