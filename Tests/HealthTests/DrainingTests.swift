// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
@testable import Health
import Testing

/// `drain_timeout`: a server that a reload takes away keeps its connections for a while.
@Suite struct DrainingTests {
    private static let service = ServiceKey.address(.v4(0x0a01_0001), port: 80, .tcp)
    private static let first = ServerKey(.v4(0x0a00_0001), port: 80)

    /// Servers 10.0.0.1 and on, without checkers, and how long those that leave may stay.
    private func settings(_ servers: [Int], drain: Int = 60) -> VirtualServerSettings {
        var service = virtualServer("10.1.0.1", servers.map { realServer("10.0.0.\($0)", weight: 3, []) })
        service.drainTimeout = .seconds(drain)
        return service
    }

    private func drainingBench(_ settings: VirtualServerSettings) -> Bench {
        var bench = Bench()
        bench.start(health([self.settings([1, 2])]))
        bench.actions.removeAll()
        bench.reload(health([settings]))
        return bench
    }

    @Test func itStaysWithoutNewConnectionsUntilTheLastHasEnded() {
        var bench = drainingBench(settings([2]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=0 10.0.0.2=3"], "weight 0, in place")
        #expect(bench.notices().last == "Draining service [10.0.0.1]:tcp:80 of VS [10.1.0.1]:tcp:80 for at most 60 s")
        for round in 1...3 {
            bench.step()
            #expect(bench.counted == Array(repeating: Self.service, count: round), "counted once a second")
            bench.handle(.connections(Self.service, [Self.first: UInt32(3 - round)]))
            #expect(bench.text == [round < 3 ? "10.1.0.1:80 10.0.0.1=0 10.0.0.2=3" : "10.1.0.1:80 10.0.0.2=3"])
        }
        #expect(bench.now <= .zero + .seconds(3))
        #expect(bench.notices() == ["Drained service [10.0.0.1]:tcp:80 of VS [10.1.0.1]:tcp:80"])
        #expect(bench.servers.nextDeadline == nil, "there is nothing more to wait for")
    }

    @Test func itGoesAfterTheTimeWhateverItHas() {
        var bench = drainingBench(settings([2], drain: 2))
        for _ in 1...2 {
            bench.step()
            bench.handle(.connections(Self.service, [Self.first: 7]))
        }
        #expect(bench.text == ["10.1.0.1:80 10.0.0.2=3"])
        #expect(bench.notices().last == "Drained service [10.0.0.1]:tcp:80 of VS [10.1.0.1]:tcp:80, with 7 connections left")
    }

    @Test func withoutTheKeywordItGoesAtOnce() {
        var bench = drainingBench(settings([2], drain: 0))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.2=3"])
        bench.step()
        #expect(bench.counted.isEmpty)
    }

    @Test func itComesBackInPlace() {
        var bench = drainingBench(settings([2]))
        bench.actions.removeAll()
        bench.reload(health([settings([1, 2])]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=3 10.0.0.2=3"])
        let edits = bench.edits()
        #expect(edits.count == 1)
        guard case .changeServer = edits.first else { Issue.record("\(edits)"); return }
        bench.handle(.connections(Self.service, [Self.first: 0]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=3 10.0.0.2=3"], "it does not drain any more")
    }

    @Test func otherReloadsAndRepairsLetItDrain() {
        var bench = drainingBench(settings([2]))
        bench.reload(health([settings([2, 3])]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=0 10.0.0.2=3 10.0.0.3=3"])
        bench.actions.removeAll()
        bench.reload(health([settings([2, 3])]))
        #expect(bench.edits().isEmpty)
        var repairs: [Action] = []
        bench.servers.reconcile(kernel: bench.table, into: &repairs)
        bench.take(repairs)
        #expect(bench.text == ["10.1.0.1:80 10.0.0.1=0 10.0.0.2=3 10.0.0.3=3"])
        bench.reload(health([virtualServer("10.1.0.2", [realServer("10.0.0.2", [])])]))
        #expect(bench.text == ["10.1.0.2:80 10.0.0.2=1"], "it goes with its virtual server")
        #expect(bench.servers.nextDeadline == nil)
    }

    @Test func whatCannotBeCountedIsNotWaitedFor() {
        var bench = drainingBench(settings([2]))
        bench.step()
        bench.handle(.connections(Self.service, nil))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.2=3"])
        var other = drainingBench(settings([2]))
        other.step()
        other.actions.removeAll()
        other.handle(.connections(Self.service, [:]))
        #expect(other.edits().isEmpty, "what somebody else has taken away is not taken away again")
    }

    @Test func aServerThatWasDownHasNothingToWaitFor() {
        var bench = Bench()
        var down = settings([1, 2])
        down.servers[0].checks = [tcpCheck(alpha: true)]
        bench.start(health([down]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.2=3"])
        bench.reload(health([settings([2])]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.2=3"])
    }

    /// The daemon dies and comes back after `pause` seconds, by settings without the first server; `remembers`: what it kept is found.
    private func revived(after pause: Int, remembers: Bool = true, drain: Int = 60) -> Bench {
        let dead = drainingBench(settings([2]))
        let kept = dead.servers.drainEnds.bytes
        var bench = Bench()
        bench.table = dead.table
        bench.now = dead.now + .seconds(pause)
        var actions: [Action] = []
        let ends = remembers ? DrainEnds(bytes: kept) : DrainEnds()
        bench.servers.start(health([settings([2], drain: drain)]), at: bench.now, kernel: bench.table, drains: ends, into: &actions)
        bench.take(actions)
        return bench
    }

    @Test func itGoesOnWhenTheProcessIsKilledAndEndsWhenItWouldHave() {
        for (remembers, rest) in [(true, 20), (false, 60)] {
            var bench = revived(after: 40, remembers: remembers)
            let began = bench.now
            #expect(bench.text == ["10.1.0.1:80 10.0.0.1=0 10.0.0.2=3"], "nothing is touched")
            #expect(bench.notices().contains("Draining service [10.0.0.1]:tcp:80 of VS [10.1.0.1]:tcp:80 for at most \(rest) s"))
            while bench.text == ["10.1.0.1:80 10.0.0.1=0 10.0.0.2=3"], bench.now < began + .seconds(99) {
                bench.step()
                bench.handle(.connections(Self.service, [Self.first: 5]))
            }
            #expect(bench.now == began + .seconds(rest))
            #expect(bench.text == ["10.1.0.1:80 10.0.0.2=3"])
            #expect(bench.servers.drainEnds.bytes.isEmpty)
        }
    }

    @Test func itsTimeMayBeOverWhenTheProcessComesBack() {
        var bench = revived(after: 100)
        bench.step()
        bench.handle(.connections(Self.service, [Self.first: 5]))
        #expect(bench.text == ["10.1.0.1:80 10.0.0.2=3"])
        let other = revived(after: 1, drain: 0)
        #expect(other.text == ["10.1.0.1:80 10.0.0.2=3"], "without the keyword it goes at once")
    }

    @Test func theEndsAreReadAsTheyWereWrittenAndRubbishIsNot() throws {
        let places: [(ServiceKey, ServerKey)] = [
            (.mark(7, .ipv6), ServerKey(try #require(IPAddress("fd00::1")), port: 0)),
            (.address(try #require(IPAddress("fd00::2")), port: 53, .udp), ServerKey(try #require(IPAddress("fd00::3")), port: 5353)),
            (Self.service, Self.first),
        ]
        let ends = DrainEnds(
            places.enumerated().map { number, place in
                let configuration = ServerConfiguration(weight: 0, forwarding: .nat)
                return DrainingServer(
                    service: place.0, server: place.1, configuration: configuration, end: .zero + .seconds(number + 1))
            })
        let read = DrainEnds(bytes: ends.bytes)
        #expect(read == ends)
        for (number, place) in places.enumerated() { #expect(read[place.0, place.1] == .zero + .seconds(number + 1)) }
        for length in 0..<ends.bytes.count { _ = DrainEnds(bytes: Array(ends.bytes.prefix(length))) }
        #expect(DrainEnds(bytes: [9, 1, 2]) == DrainEnds())
    }
}
