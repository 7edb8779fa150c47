// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Testing
import VRRP

/// One test for each kind of change that a reload can bring.
@Suite("Reload as a difference")
struct ReconfigureTests {
    static func bench() -> Bench {
        var all = VRRPSettings()
        all.routers = [
            settings("A", id: 1, priority: 255, addresses: ["192.0.2.10", "192.0.2.11"]),
            settings("B", id: 2, addresses: ["192.0.2.20"]),
            settings("C", id: 3, priority: 255, addresses: ["192.0.2.30"]),
        ]
        var bench = Bench(all)
        bench.handle(.start)
        bench.hear(200, router: 1)
        bench.run(.ms(500))
        bench.forget()
        return bench
    }

    @Test("T-3 nothing changed: nothing is done and no timer moves")
    func nothing() {
        var bench = Self.bench()
        let deadline = bench.routers.nextDeadline
        for _ in 0..<100 { #expect(bench.reconfigure { _ in }.isEmpty) }
        #expect(bench.routers.nextDeadline == deadline)
        bench.run(.ms(500))
        #expect(bench.adverts.map(\.at) == [.ms(1000), .ms(1000)])
    }

    @Test("A new router is told of, waits for its source address and takes part; the others feel nothing")
    func added() {
        var bench = Self.bench()
        let actions = bench.reconfigure { $0.routers.insert(settings("D", id: 4, priority: 255), at: 0) }
        #expect(actions.first == .added(router: 3))
        #expect(bench[3].state == .initialize)
        bench.handle(.source(router: 3, Bench.ourAddress))
        #expect(bench[3].state == .master)
        #expect(bench.log.allSatisfy { $0.action != .hold(router: 0) && $0.action != .release(router: 0) })
    }

    @Test("A removed master leaves with priority 0, lets go and is reported")
    func removed() {
        var bench = Self.bench()
        let actions = bench.reconfigure { $0.routers.removeFirst() }
        #expect(actions.adverts == [0])
        #expect(actions.contains(.release(router: 0)))
        #expect(actions.transitions.map(\.cause) == [.removed])
        guard case .removed(0, let settings) = actions.last else {
            Issue.record("\(actions)")
            return
        }
        #expect(settings.name == "A")
        #expect(bench.routers.occupiedPlaces == [1, 2])
        bench.forget()
        bench.run(.seconds(3))
        #expect(!bench.log.contains { $0.action == .sendAdvert(router: 0, priority: 255) })
    }

    @Test("Added and removed together: what is new comes first, and a place is used again later")
    func replaced() {
        var bench = Self.bench()
        let actions = bench.reconfigure { $0.routers[0] = settings("N", id: 9) }
        #expect(
            actions.place { $0 == .added(router: 3) } < actions.place { if case .removed = $0 { true } else { false } })
        bench.reconfigure { $0.routers.append(settings("M", id: 10)) }
        #expect(bench[0].settings.name == "M")
    }

    @Test("One address more for a master: it is held and only the new one is announced")
    func addressAdded() {
        var bench = Self.bench()
        let actions = bench.reconfigure { all in
            all.routers[0].addresses.insert(AddressEntry(IPPrefix(.v4(0xc000_020c), length: 32)), at: 0)
        }
        #expect(
            actions.filter { if case .changed = $0 { false } else { true } } == [
                .hold(router: 0), .announce(router: 0, from: 0, count: 1),
            ]
        )
        #expect(bench[0].format.addresses.count == 3)
        #expect(bench[0].state == .master)
        bench.run(.ms(500))
        #expect(bench.adverts.map(\.at) == [.ms(1000), .ms(1000)])
    }

    @Test("One address less for a master, or for a backup: nothing is announced")
    func addressRemoved() {
        var bench = Self.bench()
        let actions = bench.reconfigure { $0.routers[0].addresses.removeLast() }
        #expect(actions.contains(.hold(router: 0)))
        #expect(!actions.announcesSomething)
        let ofBackup = bench.reconfigure { $0.routers[1].addresses = [] }
        #expect(!ofBackup.contains(.hold(router: 1)))
        #expect(bench[1].state == .backup)
    }

    @Test("A refresh begins with the reload that asks for it, keeps its time over others and ends with the one that does not")
    func refresh() {
        var bench = Self.bench()
        bench.run(.seconds(10))
        bench.reconfigure { $0.routers[0].announcements.refresh = .seconds(2) }
        #expect(!bench.run(.ms(1_500)).announcesSomething)
        bench.reconfigure { $0.routers[0].announcements.repeats = 2 }
        #expect(bench.run(.ms(600)).announcesSomething)
        bench.reconfigure { $0.routers[0].announcements.refresh = .ms(500) }
        #expect(bench.run(.ms(600)).announcesSomething)
        bench.reconfigure { $0.routers[0].announcements.refresh = .zero }
        #expect(!bench.run(.seconds(5)).announcesSomething)
        bench.hear(200, router: 1)
        bench.reconfigure { $0.routers[1].announcements.refresh = .seconds(1) }
        #expect(!bench.run(.seconds(3)).announcesSomething, "a backup announces nothing")
    }

    @Test("A startup delay that a reload brings is for the next start, and that of this start holds for who comes meanwhile")
    func startupDelay() {
        for (first, second, rest) in [(0, 30, 0), (10, 0, 10)] {
            var options = VirtualRouters.Options()
            options.startupDelay = .seconds(first)
            var all = VRRPSettings()
            all.routers = [settings("A", id: 1)]
            var bench = Bench(all, options: options)
            bench.handle(.start)
            bench.run(.seconds(1))
            options.startupDelay = .seconds(second)
            bench.reconfigure(options: options) { $0.routers.append(settings("B", id: 2)) }
            bench.handle(.source(router: 1, Bench.ourAddress))
            #expect(bench[1].state == (rest > 0 ? .initialize : .backup))
            bench.run(.seconds(rest))
            #expect(bench[1].state == .backup)
        }
    }

    @Test("The pace of announcements follows reloads that change nothing else, in the midst of a burst too")
    func pace() {
        var bench = Self.bench()
        func count(_ actions: [Action]) -> Int {
            actions.count { if case .announce(router: 0, _, _) = $0 { true } else { false } }
        }
        var group = GarpGroupSettings()
        group.garpInterval = .ms(300)
        group.interfaces = ["eth0"]
        bench.reconfigure { $0.garpGroups = [group] }
        #expect(count(bench.hear(50, from: 1)) == 1)
        #expect(count(bench.run(.ms(800))) == 2)
        bench.reconfigure { $0.garpGroups = [] }
        // What was begun goes on without a pace: the five rounds of it are over in no time.
        bench.run(.ms(300))
        #expect(count(bench.run(.ms(800))) == 0)
        bench.reconfigure { $0.garpGroups = [group, group] }
        bench.reconfigure {
            $0.garpGroups = [group]
            $0.routers[0].priority = 101
        }
        bench.reconfigure { $0.garpGroups = [] }
        bench.run(.seconds(20))
    }

    @Test("An address that moves between two masters is at no time in neither")
    func addressMoved() {
        var bench = Self.bench()
        let actions = bench.reconfigure { all in
            let moved = all.routers[0].addresses.removeLast()
            all.routers[2].addresses.append(moved)
        }
        #expect(!actions.contains { if case .release = $0 { true } else { false } })
        #expect(actions.contains(.hold(router: 0)))
        #expect(actions.contains(.hold(router: 2)))
        #expect(actions.contains(.announce(router: 2, from: 1, count: 1)))
    }

    @Test("A priority changes in place, and counts at the next advert")
    func priority() {
        var bench = Self.bench()
        bench.reconfigure { $0.routers[0].priority = 80 }
        #expect(bench[0].state == .master)
        #expect(bench[0].priority == 80)
        #expect(bench.run(.ms(500)).adverts.contains(80))
    }

    /// A backup of priority 100 that was told of its start and has heard nobody yet.
    private static func backup() -> Bench {
        var all = VRRPSettings()
        all.routers = [settings("A", id: 1)]
        var bench = Bench(all)
        bench.handle(.start)
        return bench
    }

    /// Has the only router hear an advert a second, and tells when it became master, in seconds.
    private static func rises(_ bench: inout Bench, above priority: UInt8, within seconds: Int) -> Int? {
        for second in 0..<seconds {
            bench.hear(priority)
            bench.run(.seconds(1))
            if bench.state == .master { return second }
        }
        return nil
    }

    @Test("nopreempt and preempt count from the reload on")
    func preemption() {
        var bench = Self.backup()
        bench.reconfigure { $0.routers[0].preempts = false }
        #expect(Self.rises(&bench, above: 50, within: 8) == nil)
        bench.reconfigure { $0.routers[0].preempts = true }
        #expect(Self.rises(&bench, above: 50, within: 5) != nil)
    }

    @Test("preempt_delay counts from the first losing advert after the reload on")
    func preemptDelay() {
        var bench = Self.backup()
        bench.reconfigure { $0.routers[0].preemptDelay = .seconds(5) }
        let second = Self.rises(&bench, above: 50, within: 15)
        #expect(second.map { (5...9).contains($0) } ?? false, "\(second as Int?)")
    }

    @Test("down_timer_adverts counts from the next advert on")
    func patience() {
        var bench = Self.backup()
        bench.hear(200)
        bench.reconfigure { $0.routers[0].downTimerAdverts = 6 }
        bench.hear(200)
        bench.run(.seconds(6))
        #expect(bench.state == .backup)
        bench.run(.seconds(1))
        #expect(bench.state == .master)
    }

    @Test("A master whose priority a reload lowers yields to the next better advert; a backup that owns the addresses takes over")
    func rank() {
        var bench = Self.backup()
        bench.run(.seconds(4))
        bench.hear(80)
        #expect(bench.state == .master)
        bench.reconfigure { $0.routers[0].priority = 60 }
        #expect(bench.state == .master)
        bench.hear(80)
        #expect(bench.state == .backup)
        bench.reconfigure { $0.routers[0].priority = 255 }
        #expect(Self.rises(&bench, above: 254, within: 5) != nil)
    }

    @Test("Another key of AH does not start the numbers anew; without AH there is no header any more")
    func authentication() {
        var bench = Self.backup()
        bench.reconfigure {
            $0.routers[0].version = .v2
            $0.routers[0].authentication = .authenticationHeader(key: Array("one".utf8))
        }
        var writer = ByteWriter()
        bench.routers.writeAdvert(of: 0, priority: 100, from: Bench.ourAddress, to: .vrrpGroup4, into: &writer)
        #expect(bench.router.header?.sequence == 1)
        bench.reconfigure { $0.routers[0].authentication = .authenticationHeader(key: Array("two".utf8)) }
        bench.routers.writeAdvert(of: 0, priority: 100, from: Bench.ourAddress, to: .vrrpGroup4, into: &writer)
        #expect(bench.router.header?.sequence == 2)
        bench.reconfigure { $0.routers[0].authentication = .none }
        #expect(bench.router.header == nil && !bench.router.writesWholePacket)
    }

    @Test("A shorter interval is kept at once, a longer one from the next advert on")
    func interval() {
        var bench = Self.bench()
        bench.reconfigure { $0.routers[0].advertInterval = .ms(100) }
        bench.forget()
        bench.run(.ms(250))
        #expect(bench.adverts.map(\.at) == [.ms(500), .ms(600), .ms(700)])
        bench.reconfigure { $0.routers[0].advertInterval = .seconds(2) }
        bench.forget()
        bench.run(.ms(150))
        #expect(bench.adverts.map(\.at) == [.ms(800)])
    }

    @Test("A backup's own interval does not shorten its patience with the master it has learned from")
    func intervalOfBackup() {
        var bench = Self.bench()
        let down = bench[1].timerDeadline
        bench.reconfigure { $0.routers[1].advertInterval = .ms(100) }
        #expect(bench[1].timerDeadline == down)
    }

    @Test("Scripts and mail change without a trace")
    func notify() {
        var bench = Self.bench()
        let actions = bench.reconfigure { $0.routers[0].notify.sendsMail = true }
        #expect(actions.count == 1)
    }

    @Test("A new name is the same router, with its counters")
    func renamed() {
        var bench = Self.bench()
        let sent = bench[0].statistics.advertsSent
        bench.reconfigure { $0.routers[0].name = "Z" }
        #expect(bench[0].settings.name == "Z")
        #expect(bench[0].state == .master)
        #expect(bench[0].statistics.advertsSent == sent)
    }

    @Test("A new VRID is another router")
    func anotherIdentity() {
        var bench = Self.bench()
        let actions = bench.reconfigure { $0.routers[0].routerID = 77 }
        #expect(actions.contains(.added(router: 3)))
        #expect(actions.adverts == [0])
    }

    @Test("A tracker comes and goes with its effect")
    func trackers() {
        var bench = Self.bench()
        bench.reconfigure { $0.routers[1].requiredInterfaces = ["eth5"] }
        #expect(bench[1].state == .fault)
        bench.reconfigure { $0.routers[1].requiredInterfaces = [] }
        #expect(bench[1].state == .backup)
        bench.reconfigure { $0.routers[2].trackers = [Tracker(.script("new"))] }
        #expect(bench[2].state == .master)
    }

    @Test("A sync group is formed and dissolved while its members run")
    func groups() {
        var bench = Self.bench()
        bench.reconfigure {
            var group = SyncGroupSettings(name: "G")
            group.routers = ["A", "C"]
            $0.syncGroups = [group]
        }
        #expect((bench[0].state, bench[2].state) == (.master, .master))
        bench.reconfigure { $0.routers[0].requiredInterfaces = ["eth5"] }
        #expect((bench[0].state, bench[2].state) == (.fault, .fault))
        bench.reconfigure { $0.syncGroups = [] }
        #expect((bench[0].state, bench[2].state) == (.fault, .master))
    }

    @Test("Before the start a reload only replaces what is to be started")
    func beforeStart() {
        var all = VRRPSettings()
        all.routers = [settings("A", id: 1, priority: 255)]
        var bench = Bench(all)
        #expect(bench.reconfigure { $0.routers[0].priority = 90 }.transitions.isEmpty)
        bench.handle(.start)
        #expect(bench.state == .backup)
        #expect(bench.router.priority == 90)
    }
}
