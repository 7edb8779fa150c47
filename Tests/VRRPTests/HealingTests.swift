// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Testing
import VRRP

@Suite("Healing")
struct HealingTests {
    static func master(change: (inout RouterSettings) -> Void = { _ in }) -> Bench {
        var bench = Bench(priority: 150, change: change)
        bench.run(.seconds(20))
        bench.forget()
        return bench
    }

    @Test("T-2 V3-35 a master that slept advertises first, listens for the skew time and announces again")
    func stall() {
        var bench = Self.master()
        let actions = bench.sleep(.seconds(10))
        #expect(actions.first == .sendAdvert(router: 0, priority: 150))
        #expect(actions.lines.contains { $0.contains("another router may have taken over - announcing again") })
        #expect(actions.lines.contains { $0.hasPrefix("A thread timer expired 9.") })
        #expect(!actions.announcesSomething)
        bench.run(.ms(420))
        #expect(bench.announcements[0] == 1)
        #expect(bench.state == .master)
    }

    @Test("T-2 a master that slept gives way to one that is better without announcing")
    func stallAndLoss() {
        var bench = Self.master()
        bench.sleep(.seconds(10))
        bench.hear(200)
        bench.run(.seconds(1))
        #expect(bench.announcements.isEmpty)
        #expect(bench.state == .backup)
    }

    @Test("timer_expired_backup makes a late master a backup", arguments: [(9, true), (2, false)])
    func lateTimer(seconds: Int, yields: Bool) {
        var bench = Self.master {
            $0.preempts = false
            $0.timerExpiredBackup = 254
        }
        bench.sleep(.seconds(seconds))
        #expect(bench.state == (yields ? .backup : .master))
        #expect(bench.adverts.isEmpty == yields)
    }

    @Test("timer_expired_backup: a late master that hears the other first follows it and answers nothing")
    func lateAndHearing() {
        var bench = Self.master {
            $0.preempts = false
            $0.timerExpiredBackup = 254
        }
        bench.pass(.seconds(9))
        let actions = bench.hear(100)
        #expect(actions.adverts.isEmpty)
        #expect(bench.state == .backup)
        #expect(bench.router.master == .v4(0xc000_0201))
        bench.pass(.seconds(2))
        bench.hear(100)
        #expect(bench.run(.seconds(2)).adverts.isEmpty)
    }

    @Test("Two masters: told when it begins and ends, with peer and duration; the winner announces again")
    func contest() {
        var bench = Self.master()
        let first = bench.hear(100)
        #expect(first.lines.contains("(VI) DUAL MASTER: 192.0.2.1 with priority 100 is master too"))
        #expect(first.contains(.report(.lowerPriority(router: 0))))
        #expect(first.announcesSomething)
        bench.run(.seconds(1))
        bench.hear(100)
        bench.run(.seconds(3))
        bench.forget()
        let last = bench.run(.seconds(1))
        #expect(last.contains(.report(.contestWon(router: 0, peer: .v4(0xc000_0201)))))
        #expect(last.announcesSomething)
        #expect(
            last.lines == [
                "(VI) DUAL MASTER over: 192.0.2.1 gave way after 5.000000 seconds and 2 adverts, announcing again"
            ]
        )
        #expect(bench.router.statistics.contests == 1)
        #expect(bench.router.contest == nil)
    }

    @Test("To be preempted is no contest; to lose one that went on says how long it lasted", arguments: [false, true])
    func lostContest(wentOn: Bool) {
        var bench = Self.master()
        if wentOn {
            bench.hear(100)
            bench.run(.ms(100))
            bench.forget()
        }
        let contest = ["(VI) DUAL MASTER over: giving way to 192.0.2.1 after 0.100000 seconds and 1 adverts"]
        #expect(
            bench.hear(200).lines == ["(VI) Master received advert from 192.0.2.1 with higher priority 200, ours 150"]
                + (wentOn ? contest : [])
                + ["(VI) removing VIPs.", "(VI) Entering BACKUP STATE", "(VI) master set to 192.0.2.1"]
        )
    }

    @Test("Cold start of many routers beside better ones that are heard: not one false master")
    func coldStart() {
        var all = VRRPSettings()
        all.routers = (1...200).map { settings("VI_\($0)", id: UInt8($0), addresses: ["192.0.2.\($0)"]) }
        var bench = Bench(all)
        bench.handle(.start)
        // The others take up to 3.4 s to become master; their first advert comes before our 3.6 s are over.
        bench.run(.ms(3_420))
        for place in 0..<200 { bench.hear(150, router: place) }
        for _ in 0..<10 {
            bench.run(.ms(1000))
            for place in 0..<200 { bench.hear(150, router: place) }
        }
        #expect(bench.routers.routers.allSatisfy { $0?.state == .backup })
        #expect(bench.adverts.isEmpty)
    }

    @Test("Adverts within a hundredth of their interval leave together, and nothing else is early")
    func coalescing() {
        var all = VRRPSettings()
        all.routers = (1...4).map { settings("VI_\($0)", id: UInt8($0), priority: 255, addresses: []) }
        var options = VirtualRouters.Options()
        options.startupDelay = .zero
        var bench = Bench(all, options: options)
        bench.handle(.start)
        for (place, delay) in [(1, 3), (2, 9), (3, 15)] {
            bench.run(.ms(delay - (place == 1 ? 0 : place == 2 ? 3 : 9)))
            bench.hear(0, router: place)
        }
        bench.forget()
        bench.run(.ms(1100))
        #expect(bench.adverts.map(\.at) == [.ms(1000), .ms(1000), .ms(1000), .ms(1015)])
    }
}

extension HealingTests {
    /// A backup that took over when its master at 192.0.2.1 fell silent.
    private static func deputy() -> Bench {
        var bench = Bench(priority: 100)
        bench.hear(150)
        bench.run(.seconds(8))
        bench.forget()
        return bench
    }

    @Test("T-2 the LAN was torn and is whole again: who gives way says so, and the one who stays announces again")
    func silentPartition() {
        var deputy = Self.deputy()
        #expect(deputy.state == .master)
        #expect(deputy.hear(150).adverts == [100])
        #expect(deputy.state == .backup)

        var winner = Self.master()
        let heard = winner.hear(100)
        #expect(heard.adverts == [150])
        #expect(heard.announcesSomething)
    }

    @Test("Who gives way to a router that it did not know before sends nothing (RFC 9568 section 6.4.3)")
    func stranger() {
        var deputy = Self.deputy()
        #expect(deputy.hear(150, from: 9).adverts.isEmpty)
    }

    @Test("The last word of a preempted master is no contest")
    func farewell() {
        var bench = Bench(priority: 150)
        bench.hear(100)
        bench.run(.seconds(4))
        #expect(bench.state == .master)
        bench.forget()
        let heard = bench.hear(100)
        #expect(heard.adverts == [150])
        #expect(heard.lines.isEmpty)
        #expect(!heard.announcesSomething)
        bench.run(.seconds(2))
        #expect(bench.hear(100).lines.contains("(VI) DUAL MASTER: 192.0.2.1 with priority 100 is master too"))
    }

    @Test("A master that did not step down with its link speaks and announces again when the carrier is back")
    func carrier() {
        var bench = Self.master { $0.requiredInterfaces = [] }
        bench.handle(.link("eth0", isUp: false))
        #expect(bench.state == .master)
        let actions = bench.handle(.link("eth0", isUp: true))
        #expect(actions.adverts == [150])
        #expect(actions.announcesSomething)
        #expect(bench.handle(.link("eth0", isUp: true)).isEmpty)
    }
}
