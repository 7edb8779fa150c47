// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Testing
import VRRP

/// `track_bfd { NAME fast_failover }`: the loss of a session with the master stands for its silence.
@Suite("Fast failover")
struct FastFailoverTests {
    private static let neighbor = IPAddress.v4(0xc000_0201)

    /// A backup at one advert a second that has just heard 192.0.2.`host`, and watches a session with 192.0.2.1.
    static func bench(hearing host: UInt32 = 1, change: (inout RouterSettings) -> Void = { _ in }) -> Bench {
        var bench = Bench {
            $0.fastFailovers = [FastFailover(session: "peer", neighbor: neighbor)]
            change(&$0)
        }
        bench.hear(200, from: host)
        bench.pass(.ms(300))
        bench.hear(200, from: host)
        bench.pass(.ms(100))
        bench.handle(.bfd("peer", isUp: true))
        return bench
    }

    @Test("A backup takes over in the same instant, advert first, and says why")
    func takesOver() {
        var bench = Self.bench()
        bench.forget()
        let actions = bench.handle(.sessionFailed("peer"))
        #expect(bench.state == .master)
        #expect(actions.first == .sendAdvert(router: 0, priority: 100))
        #expect(actions.announcesSomething)
        #expect(actions.transitions.map(\.cause) == [.sessionFailed("peer", master: Self.neighbor)])
        #expect(
            actions.lines == [
                "(VI) BFD session peer with master 192.0.2.1 went down - taking over without waiting for adverts",
                "(VI) setting VIPs.", "(VI) Entering MASTER STATE",
            ])
        bench.handle(.bfd("peer", isUp: false))
        #expect(bench.state == .master && bench.router.priority == 100, "the session is no fault of ours")
    }

    @Test("Only the session with the present master counts")
    func otherMaster() {
        var bench = Self.bench(hearing: 3)
        bench.handle(.sessionFailed("peer"))
        bench.handle(.sessionFailed("unknown"))
        #expect(bench.state == .backup)
        bench.hear(210, from: 1)
        bench.handle(.sessionFailed("other"))
        #expect(bench.state == .backup)
        bench.handle(.sessionFailed("peer"))
        #expect(bench.state == .master)
    }

    @Test("Before a master was heard there is nobody to take over from")
    func noMaster() {
        var bench = Bench { $0.fastFailovers = [FastFailover(session: "peer", neighbor: Self.neighbor)] }
        bench.handle(.sessionFailed("peer"))
        #expect(bench.state == .backup)
    }

    @Test("That a session is down, however it got there, is nothing to take over for")
    func downOnly() {
        var bench = Self.bench()
        bench.handle(.bfd("peer", isUp: false))
        #expect(bench.state == .backup && bench.router.faults.isEmpty)
    }

    @Test("A master, and a router at fault, do nothing")
    func otherStates() {
        var master = Self.bench()
        master.run(.seconds(5))
        #expect(master.state == .master)
        master.forget()
        #expect(master.handle(.sessionFailed("peer")).isEmpty)
        var faulty = Self.bench()
        faulty.handle(.obstacle(router: 0, .socket, isPresent: true))
        #expect(faulty.state == .fault)
        faulty.handle(.sessionFailed("peer"))
        #expect(faulty.state == .fault)
    }

    @Test("A master that is still alive gets its place back with its next advert")
    func falseAlarm() {
        var bench = Self.bench()
        bench.handle(.sessionFailed("peer"))
        #expect(bench.state == .master)
        bench.pass(.ms(400))
        bench.hear(200)
        #expect(bench.state == .backup && bench.router.master == Self.neighbor)
    }

    @Test("nopreempt and preempt_delay are about masters that are alive")
    func preemption() {
        for delay in [Interval.zero, .seconds(60)] {
            var bench = Self.bench {
                $0.preempts = delay > .zero
                $0.preemptDelay = delay
                $0.priority = 220
            }
            bench.handle(.sessionFailed("peer"))
            #expect(bench.state == .master)
        }
    }

    @Test("In a sync group the others have to lose their masters too")
    func group() {
        var all = VRRPSettings()
        all.routers = ["A", "B"].enumerated().map { index, name in
            settings(name, id: UInt8(51 + index)) {
                $0.syncGroup = "G"
                $0.fastFailovers = [FastFailover(session: "peer\(name)", neighbor: Self.neighbor)]
            }
        }
        var group = SyncGroupSettings(name: "G")
        group.routers = ["A", "B"]
        all.syncGroups = [group]
        var bench = Bench(all)
        bench.handle(.start)
        for place in 0...1 { bench.hear(200, router: place) }
        bench.handle(.sessionFailed("peerA"))
        #expect(bench[0].state == .backup && bench[1].state == .backup)
        bench.handle(.sessionFailed("peerB"))
        #expect(bench[0].state == .master && bench[1].state == .master)
        #expect(bench[0].lastCause == .sessionFailed("peerA", master: Self.neighbor))
    }

    @Test("A weight beside it counts as ever")
    func weight() {
        var bench = Self.bench { $0.trackers = [Tracker(.bfd("peer"), weight: -20)] }
        bench.handle(.sessionFailed("peer"))
        bench.handle(.bfd("peer", isUp: false))
        #expect(bench.state == .master && bench.router.priority == 80)
    }

    @Test("A reload brings it and takes it away without another effect")
    func reload() {
        var bench = Self.bench()
        bench.reconfigure { $0.routers[0].fastFailovers = [] }
        bench.handle(.sessionFailed("peer"))
        #expect(bench.state == .backup)
        bench.reconfigure {
            $0.routers[0].fastFailovers = [FastFailover(session: "peer", neighbor: Self.neighbor)]
        }
        bench.handle(.sessionFailed("peer"))
        #expect(bench.state == .master)
    }
}

/// The words of the language around it.
@Suite("Fast failover, settings")
struct FastFailoverSettingsTests {
    private static func read(
        _ line: String, neighbor: String = "192.0.2.7", weight: Int = 0, more: String = ""
    ) -> Reading {
        let session = TrackedSession(neighbor: ip(neighbor), weight: OwnWeight(weight: weight))
        return .router("\(more)\ntrack_bfd {\n \(line)\n}", sessions: ["hop": session])
    }

    @Test("It is read, and alone it is no tracker")
    func reading() {
        let reading = Self.read("hop fast_failover")
        #expect(reading.findings.filter { !$0.contains("max_auto") }.isEmpty, "\(reading.findings)")
        #expect(reading.router.fastFailovers == [FastFailover(session: "hop", neighbor: ip("192.0.2.7"))])
        #expect(reading.router.trackers.isEmpty)
        #expect(Self.read("hop").router.fastFailovers.isEmpty)
        #expect(Self.read("hop fast_failover", weight: -9).router.trackers == [Tracker(.bfd("hop"), weight: -9)])
        #expect(Self.read("hop weight 5 fast_failover").router.trackers == [Tracker(.bfd("hop"), weight: 5)])
        #expect(Self.read("hop weight 0 fast_failover", weight: 9).router.trackers.isEmpty)
    }

    @Test("It belongs to BFD sessions of instances")
    func places() {
        let script = Reading.router(
            "track_script {\n chk fast_failover\n}",
            before: "vrrp_script chk {\n script /bin/true\n user nobody\n}\n")
        #expect(script.findings.contains { $0.hasSuffix("error unknown-option") }, "\(script.findings)")
        let text = """
            vrrp_instance A {
            interface eth0
            virtual_router_id 1
            virtual_ipaddress {
            192.0.2.9
            }
            }
            vrrp_sync_group G {
            group {
            A
            }
            track_bfd {
            hop fast_failover
            }
            }
            """
        let group = Reading(text, sessions: ["hop": TrackedSession(neighbor: ip("192.0.2.7"))])
        #expect(group.findings.contains { $0.hasSuffix("error misplaced-option") }, "\(group.findings)")
        #expect(group.settings.syncGroups.first?.trackers == [Tracker(.bfd("hop"))])
    }

    @Test(
        "A neighbour that can hardly be the master gets a hint",
        arguments: [
            ("192.0.2.7", "", false), ("198.51.100.7", "", true), ("fe80::7", "", true), ("192.0.2.100", "", true),
            ("192.0.2.7", "unicast_peer {\n192.0.2.7\n}", false), ("192.0.2.8", "unicast_peer {\n192.0.2.7\n}", true),
            ("198.51.100.7", "unicast_peer {\n198.51.100.7\n}", false),
        ])
    func hints(neighbor: String, more: String, isOdd: Bool) {
        let reading = Self.read("hop fast_failover", neighbor: neighbor, more: more)
        #expect((reading.finding("fast-failover-peer") != nil) == isOdd, "\(reading.findings)")
        #expect(reading.faults.isEmpty)
    }

    @Test("Over IPv6 the master speaks from a link-local address")
    func linkLocal() {
        for (neighbor, isOdd) in [("fe80::7", false), ("2001:db8::7", true)] {
            let reading = Reading(
                """
                vrrp_instance VI_1 {
                 interface eth0
                 virtual_router_id 51
                 virtual_ipaddress {
                  fe80::100
                  2001:db8::100
                 }
                 track_bfd {
                  hop fast_failover
                 }
                }
                """, sessions: ["hop": TrackedSession(neighbor: ip(neighbor))])
            #expect((reading.finding("fast-failover-peer") != nil) == isOdd, "\(reading.findings)")
        }
    }
}
