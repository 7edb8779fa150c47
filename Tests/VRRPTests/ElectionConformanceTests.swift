// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Support
import Testing
import VRRP

/// Section C of the conformance list: RFC 9568 section 6.4 and what keepalived's users rely on.
@Suite("Election")
struct ElectionConformanceTests {
    /// 3 × 1 s + 156/256 s.
    static let down100 = Interval(nanoseconds: 3_609_375_000)

    @Test("V3-20 the owner of the addresses is master at once: advert, addresses, announcement")
    func owner() {
        var bench = Bench(priority: 255, start: false)
        let actions = bench.handle(.start)
        #expect(bench.state == .master)
        #expect(actions.first == .sendAdvert(router: 0, priority: 255))
        #expect(actions.contains(.hold(router: 0)))
        #expect(actions.contains(.announce(router: 0, from: 0, count: 1)))
        #expect(bench.routers.nextDeadline != nil)
        bench.forget()
        bench.run(.ms(1000))
        #expect(bench.adverts.map(\.at) == [.ms(1000)])
    }

    @Test("V3-21 anybody else waits for the down interval as backup, also with state MASTER", arguments: [false, true])
    func startsAsBackup(wantsMaster: Bool) {
        var bench = Bench { $0.startsAsMaster = wantsMaster }
        #expect(bench.state == .backup)
        #expect(bench.adverts.isEmpty)
        #expect(bench.lines == ["(VI) Entering BACKUP STATE (init)"])
        #expect(bench.routers.nextDeadline == Instant.zero + Self.down100)
        bench.run(Self.down100 - Interval(nanoseconds: 1))
        #expect(bench.state == .backup)
        bench.run(Interval(nanoseconds: 1))
        #expect(bench.state == .master)
    }

    @Test("V3-22 V3-38 a backup neither advertises nor announces nor holds, whatever it hears")
    func quietBackup() {
        var bench = Bench()
        var random = SeededGenerator(seed: 22)
        for _ in 0..<2_000 {
            bench.run(.ms(Int.random(in: 1...900, using: &random)))
            bench.hear(UInt8.random(in: 100...255, using: &random), from: UInt32.random(in: 3...9, using: &random))
        }
        #expect(bench.state == .backup)
        #expect(bench.adverts.isEmpty)
        #expect(bench.announcements.isEmpty)
        #expect(!bench.log.contains { $0.action == .hold(router: 0) })
    }

    @Test("V3-23 after the down interval the advert leaves first, then addresses, then announcements")
    func takeover() {
        var bench = Bench()
        let actions = bench.run(Self.down100)
        let advert = actions.place { $0 == .sendAdvert(router: 0, priority: 100) }
        let hold = actions.place { $0 == .hold(router: 0) }
        let announce = actions.place { if case .announce = $0 { true } else { false } }
        #expect(advert == 0)
        #expect(advert < hold)
        #expect(hold < announce)
        #expect(announce < .max)
        #expect(actions.lines.contains("(VI) Receive advertisement timeout"))
        #expect(actions.lines.contains("(VI) Entering MASTER STATE"))
        #expect(actions.lines.contains("(VI) setting VIPs."))
    }

    @Test("V3-24 a master that leaves is succeeded after the skew time")
    func priorityZero() {
        var bench = Bench()
        bench.hear(200)
        bench.pass(.ms(500))
        bench.hear(0)
        #expect(bench.routers.nextDeadline == Instant.ms(500) + Interval(nanoseconds: 609_375_000))
        #expect(bench.lines.last == "(VI) Backup received priority 0 advertisement")
        bench.run(.ms(610))
        #expect(bench.transitions.last?.1.cause == .masterLeft(.v4(0xc000_0201)))
    }

    @Test("V3-25 A4 the down interval is that of the master's interval, with parts of a centisecond kept")
    func learnedInterval() {
        var bench = Bench()
        bench.hear(200, every: .centiseconds(37))
        #expect(bench.router.masterInterval == .centiseconds(37))
        #expect(
            bench.routers.nextDeadline == Instant.zero
                + Interval(nanoseconds: 3 * 370_000_000 + 370_000_000 * 156 / 256))
    }

    @Test(
        "V3-25 equal priority, and lower priority without preemption, keep the backup down",
        arguments: [(100, true), (50, false)])
    func follows(priority: UInt8, preempts: Bool) {
        var bench = Bench { $0.preempts = preempts }
        for _ in 0..<20 {
            bench.run(.ms(1000))
            bench.hear(priority)
        }
        #expect(bench.state == .backup)
    }

    @Test("V3-26 a lower master does not stop the timer of a preempting backup")
    func preemption() {
        var bench = Bench()
        for _ in 0..<3 {
            bench.run(.ms(1000))
            bench.hear(50)
        }
        bench.run(.ms(610))
        #expect(bench.transitions.last?.at == Instant.zero + Self.down100)
        #expect(bench.transitions.last?.1.cause == .preemption(master: .v4(0xc000_0201), priority: 50))
        #expect(
            bench.lines.filter { $0 == "(VI) received lower priority (50) advert from 192.0.2.1 - discarding" }.count
                == 1)
    }

    @Test("V3-27 at the end a master says so with priority 0 and lets go")
    func stop() {
        var bench = Bench(priority: 255)
        let actions = bench.handle(.stop)
        #expect(actions.adverts == [0])
        #expect(actions.contains(.release(router: 0)))
        #expect(actions.lines == ["(VI) sent 0 priority", "(VI) removing VIPs."])
        #expect(actions.transitions.map(\.to) == [.initialize])
        #expect(bench.routers.nextDeadline == nil)
        #expect(bench.router.statistics.priorityZeroSent == 1)
    }

    @Test("V3-27 a master advertises every interval, to the nanosecond")
    func rhythm() {
        var bench = Bench(priority: 255) { $0.advertInterval = .centiseconds(7) }
        bench.forget()
        bench.run(.ms(700))
        #expect(bench.adverts.map(\.at) == (1...10).map { .ms($0 * 70) })
    }

    @Test("V3-28 a master that hears priority 0 advertises at once and starts a new interval")
    func masterHearsZero() {
        var bench = Bench(priority: 255)
        bench.pass(.ms(400))
        #expect(bench.hear(0).adverts == [255])
        #expect(bench.lines.last == "(VI) Master received priority 0 message")
        bench.forget()
        bench.run(.ms(1000))
        #expect(bench.adverts.map(\.at) == [.ms(1400)])
    }

    @Test(
        "V3-29 a higher priority, or an equal one from a higher address, takes the addresses away",
        arguments: [(200, 1), (100, 3)])
    func loses(priority: UInt8, host: UInt32) {
        var bench = Bench()
        bench.run(.seconds(4))
        bench.forget()
        let actions = bench.hear(priority, from: host, every: .ms(500))
        #expect(bench.state == .backup)
        #expect(actions.contains(.release(router: 0)))
        #expect(actions.adverts.isEmpty)
        #expect(bench.routers.nextDeadline == bench.now + .ms(1500) + Interval(nanoseconds: 304_687_500))
        bench.forget()
        bench.run(.ms(1800))
        #expect(bench.announcements.isEmpty)
    }

    @Test("V3-29 an equal priority from a lower address changes nothing")
    func keeps() {
        var bench = Bench()
        bench.run(.seconds(4))
        #expect(bench.hear(100, from: 1).adverts == [100])
        #expect(bench.state == .master)
    }

    @Test("V3-29 addresses are compared as unsigned numbers in network order")
    func highAddress() {
        var bench = Bench()
        bench.handle(.source(router: 0, IPAddress("127.255.255.255")))
        bench.run(.seconds(4))
        let advert = Advert(priority: 100, interval: .seconds(1))
        bench.handle(.advert(router: 0, advert, from: .v4(0x8000_0000)))
        #expect(bench.state == .backup)
    }

    @Test("V3-30 A3 a losing advert is answered at once, and not more than once in 10 ms")
    func answers() {
        var bench = Bench(priority: 200)
        bench.run(.seconds(4))
        #expect(bench.hear(100).adverts == [200])
        #expect(bench.hear(100).adverts == [])
        bench.pass(.ms(10))
        #expect(bench.hear(100).adverts == [200])
        #expect(bench.state == .master)
        let line = "(VI) Received advert from 192.0.2.1 with lower priority 100, ours 200, forcing new election"
        #expect(bench.lines.filter { $0 == line }.count == 1)
    }

    @Test("V3-30 lower_prio_no_advert keeps silent")
    func noAnswer() {
        var bench = Bench(priority: 200) { $0.ignoresLowerPriority = true }
        bench.run(.seconds(4))
        #expect(bench.hear(100).adverts == [])
    }

    @Test("V3-8 the owner may ignore the adverts of others, or settle it by address", arguments: [true, false])
    func owners(ignores: Bool) {
        var bench = Bench(priority: 255) { $0.ownerIgnoresAdverts = ignores }
        bench.hear(255, from: 9)
        #expect(bench.state == (ignores ? .master : .backup))
        #expect(bench.lines.contains("(VI) we own the addresses, yet 192.0.2.9 advertises them with priority 255"))
    }

    @Test("V3-7 A5 another interval or address list is mentioned once, and the advert counts")
    func mismatches() {
        var bench = Bench()
        bench.hear(200, every: .ms(500))
        bench.hear(200, every: .ms(500))
        bench.handle(
            .advert(
                router: 0, Advert(priority: 200, interval: .ms(500), addressList: .count(3)), from: .v4(0xc000_0201))
        )
        let lines = bench.lines.filter { $0.contains("mismatch") || $0.contains("VIPs") }
        #expect(
            lines == [
                "(VI) advertisement interval mismatch with 192.0.2.1 mine=1 sec rcv'd=0.50 sec",
                "(VI) expected 1 VIPs but received 3",
            ]
        )
        #expect(bench.router.statistics.advertsReceived == 3)
        #expect(bench.router.statistics.addressListErrors == 1)
        #expect(bench.router.master == .v4(0xc000_0201))
    }

    @Test("V3-33 without an address to send from there is a fault, not an election")
    func noAddress() {
        var bench = Bench(start: false)
        bench.handle(.source(router: 0, nil))
        bench.handle(.start)
        #expect(bench.state == .fault)
        #expect(
            bench.lines == [
                "(VI) entering FAULT state (no IPv4 address for interface)", "(VI) Entering FAULT STATE (init)",
            ])
        bench.handle(.source(router: 0, Bench.ourAddress))
        #expect(bench.state == .backup)
    }

    @Test("V3-37 preempt_delay spares a live master of lower priority, and only that")
    func preemptDelay() {
        var bench = Bench { $0.preemptDelay = .seconds(10) }
        for _ in 0..<10 {
            bench.run(.ms(1000))
            bench.hear(50)
        }
        #expect(bench.state == .backup)
        for _ in 0..<4 {
            bench.run(.ms(1000))
            bench.hear(50)
        }
        #expect(bench.state == .master)
        #expect(bench.transitions.last?.1.cause == .preemption(master: .v4(0xc000_0201), priority: 50))

        var alone = Bench { $0.preemptDelay = .seconds(10) }
        alone.run(Self.down100)
        #expect(alone.state == .master)
    }

    @Test("V3-37 nopreempt holds after FAULT too")
    func noPreemptAfterFault() {
        var bench = Bench {
            $0.preempts = false
            $0.requiredInterfaces = ["eth0"]
        }
        #expect(bench.state == .fault)
        bench.handle(.link("eth0", isUp: true))
        for _ in 0..<10 {
            bench.hear(50)
            bench.run(.ms(1000))
        }
        #expect(bench.state == .backup)
    }

    @Test("Adverts heard after down_timer_adverts others are not waited for")
    func downTimerAdverts() {
        let bench = Bench { $0.downTimerAdverts = 1 }
        #expect(bench.routers.nextDeadline == Instant.zero + Interval(nanoseconds: 1_609_375_000))
    }

    @Test("higher_prio_send_advert says one more thing before yielding")
    func lastWord() {
        var bench = Bench { $0.advertisesToHigherPriority = true }
        bench.run(.seconds(4))
        #expect(bench.hear(200).adverts == [100])
        #expect(bench.state == .backup)
        #expect(bench.routers.nextDeadline == bench.now + Self.down100)
    }

    @Test("Our own adverts, come back by a loop, are not a rival")
    func loop() {
        var bench = Bench()
        bench.run(.seconds(4))
        bench.forget()
        #expect(bench.hear(100, from: 2).adverts.isEmpty)
        bench.hear(100, from: 2)
        #expect(bench.state == .master)
        #expect(bench.lines.count == 1)
        #expect(bench.router.statistics.ownAddressHeard == 2)
    }

    @Test("vrrp_startup_delay puts the beginning off")
    func startupDelay() {
        var settings = VRRPSettings()
        settings.routers = [VRRPTests.settings("VI", priority: 255)]
        var options = VirtualRouters.Options()
        options.startupDelay = .seconds(5)
        var bench = Bench(settings, options: options)
        bench.handle(.start)
        bench.run(.ms(4999))
        #expect(bench.state == .initialize)
        bench.run(.ms(1))
        #expect(bench.state == .master)
    }
}

@Suite("Version 2")
struct Version2ConformanceTests {
    @Test("V2-4 the skew is a part of a second, whatever the interval")
    func skew() {
        let bench = Bench(version: .v2) { $0.advertInterval = .seconds(5) }
        #expect(bench.routers.nextDeadline == Instant.zero + Interval(nanoseconds: 15_609_375_000))
    }

    @Test("V2-4 the interval is not learned")
    func interval() {
        var bench = Bench(version: .v2)
        bench.hear(200, every: .seconds(9))
        #expect(bench.router.masterInterval == .seconds(1))
    }

    @Test("V2-5 a losing advert is answered as keepalived does, unless lower_prio_no_advert", arguments: [true, false])
    func answers(ignores: Bool) {
        var bench = Bench(version: .v2, priority: 200) { $0.ignoresLowerPriority = ignores }
        bench.run(.seconds(4))
        #expect(bench.hear(100).adverts == (ignores ? [] : [200]))
    }

    @Test("V2-2 an advert with another interval is dropped, counted and mentioned once")
    func mismatch() {
        var bench = Bench(version: .v2)
        let rejection = Rejection.interval(received: .seconds(2), expected: .seconds(1))
        bench.run(.ms(1000))
        bench.handle(.rejected(router: 0, rejection, from: .v4(0xc000_0201)))
        bench.handle(.rejected(router: 0, rejection, from: .v4(0xc000_0201)))
        #expect(bench.router.statistics.intervalErrors == 2)
        #expect(bench.router.statistics.advertsReceived == 0)
        #expect(bench.lines.suffix(1) == ["(VI) advertisement interval mismatch with 192.0.2.1 mine=1 sec rcv'd=2 sec"])
        bench.run(.ms(2610))
        #expect(bench.state == .master)
    }
}
