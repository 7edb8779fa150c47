// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Testing
import VRRP

@Suite("Announcements")
struct AnnouncementTests {
    static func bench(
        addresses count: Int,
        options: VirtualRouters.Options = .init(),
        groups: [GarpGroupSettings] = [],
        change: (inout RouterSettings) -> Void = { _ in }
    ) -> Bench {
        var all = VRRPSettings()
        all.routers = [
            settings(
                "VI", priority: 255, addresses: (0..<count).map { "10.0.\($0 / 250).\($0 % 250 + 1)" }, change: change)
        ]
        all.garpGroups = groups
        var bench = Bench(all, options: options)
        bench.handle(.start)
        return bench
    }

    static func times(_ bench: Bench) -> [Int] {
        bench.log.compactMap { if case .announce = $0.action { Int($0.at.nanoseconds / 1_000_000) } else { nil } }
    }

    @Test("Every address is announced once before any is announced again")
    func firstRound() {
        var bench = Self.bench(addresses: 200)
        #expect(bench.announcements.count == 200)
        #expect(bench.announcements.values.allSatisfy { $0 == 1 })
        bench.run(.seconds(1))
        #expect(bench.announcements.values.allSatisfy { $0 == 5 })
    }

    @Test("Repeated rounds come in slices, so that adverts get between them")
    func slices() {
        let bench = Self.bench(addresses: 200)
        var copy = bench
        copy.forget()
        copy.run(.ms(150))
        for case .announce(_, _, let count) in copy.log.map(\.action) { #expect(count <= 128) }
    }

    @Test("A second burst comes after garp_master_delay, refreshes when they are due, until the end of being master")
    func refresh() {
        var bench = Self.bench(addresses: 1) {
            $0.announcements.repeats = 2
            $0.announcements.delay = .seconds(5)
            $0.announcements.refresh = .seconds(7)
            $0.announcements.refreshRepeats = 1
            $0.ownerIgnoresAdverts = false
        }
        bench.run(.seconds(15))
        #expect(Self.times(bench) == [0, 20, 5000, 5020, 7000, 14000])
        bench.hear(255, from: 9)
        bench.forget()
        for _ in 0..<10 {
            bench.run(.seconds(1))
            bench.hear(255, from: 9)
        }
        #expect(bench.announcements.isEmpty)
    }

    @Test("garp_interval spaces the announcements of an interface, round after round")
    func pace() {
        var options = VirtualRouters.Options()
        options.garpInterval = .ms(10)
        var bench = Self.bench(addresses: 3, options: options) { $0.announcements.repeats = 2 }
        bench.run(.seconds(1))
        #expect(Self.times(bench) == [0, 10, 20, 40, 50, 60])
        #expect(bench.announcements == [0: 2, 1: 2, 2: 2])
    }

    @Test("A garp_group shares one pace between interfaces; other interfaces are not held up")
    func sharedPace() {
        var group = GarpGroupSettings()
        group.garpInterval = .ms(10)
        group.interfaces = ["eth0", "eth1"]
        var bench = Self.bench(addresses: 3, groups: [group]) {
            $0.announcements.repeats = 1
            $0.announcements.delay = .zero
            $0.addresses[1].interface = "eth1"
            $0.addresses[2].interface = "eth2"
        }
        bench.run(.seconds(1))
        #expect(Self.times(bench) == [0, 10])
        #expect(bench.announcements == [0: 1, 1: 1, 2: 1])
    }

    @Test("garp_lower_prio_repeat and its delay after a losing advert, not again for each of many")
    func lowerPriority() {
        var bench = Self.bench(addresses: 1) {
            $0.announcements.delay = .zero
            $0.announcements.repeats = 1
            $0.announcements.lowerPriorityRepeats = 3
            $0.announcements.lowerPriorityDelay = .seconds(2)
        }
        bench.run(.ms(500))
        bench.forget()
        for _ in 0..<5 { bench.hear(100) }
        bench.run(.ms(3000))
        #expect(Self.times(bench) == [500, 520, 540, 2500, 2520, 2540])
    }

    @Test("garp_extra_if announces the addresses on other interfaces from time to time", arguments: [true, false])
    func extras(all: Bool) {
        var bench = Self.bench(addresses: 2) {
            $0.addresses[1].interface = "eth7"
            $0.announcements.extraInterfaces = .seconds(20)
            $0.announcements.includesAllExtraInterfaces = all
        }
        bench.run(.seconds(15))
        bench.forget()
        bench.run(.seconds(30))
        #expect(bench.announcements == (all ? [1: 2] : [:]))
    }

    @Test("A thousand addresses: no advert is late, and the pauses between slices are short")
    func manyAddresses() {
        var bench = Self.bench(addresses: 250) {
            $0.excludedAddresses = (0..<750).map { AddressEntry(IPPrefix(.v4(0x0a01_0000 + UInt32($0)), length: 32)) }
        }
        bench.forget()
        bench.run(.seconds(3))
        #expect(bench.adverts.map(\.at) == [.ms(1000), .ms(2000), .ms(3000)])
        #expect(bench.announcements.count == 1000)
    }
}
