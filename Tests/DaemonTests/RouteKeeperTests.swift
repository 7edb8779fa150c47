// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Netlink
import Testing
import VRRP

@testable import Daemon

/// In which order routes and rules are asked of the kernel, and what is asked again.
final class RouteKeeperTests {
    private var asked: [RouteKeeper.Change] = []
    private var answers: [(Refusal?) -> Void] = []
    private var lines: [String] = []
    private lazy var keeper = RouteKeeper(
        transmit: { [unowned self] change, answer in
            asked.append(change)
            answers.append(answer)
        },
        later: { _ in }, log: { [unowned self] in lines.append($0) })

    private func route(_ prefix: IPPrefix, via gateway: UInt32, metric: UInt32? = nil, untracked: Bool = false) -> HeldRoute {
        var route = Route(prefix)
        route.hop = Route.Hop(gateway: .v4(gateway), interface: 2)
        route.metric = metric
        return HeldRoute(route, isUntracked: untracked)
    }

    private let network = IPPrefix(.v4(0x0a32_0000), length: 16)
    private let rule = HeldRule(Netlink.Rule(.ipv4, .table(300), preference: 1000))

    private func settle() -> [RouteKeeper.Change] {
        asked.removeAll()
        keeper.settle()
        keeper.send(addressesAreThere: true)
        return asked
    }

    @Test("A rule comes after the routes it leads to and goes before them")
    func order() {
        let held = route(network, via: 1)
        keeper.claim([held], [rule], by: 0)
        #expect(settle() == [.addRoute(held), .addRule(rule)])
        keeper.claim([], [], by: 0)
        #expect(settle() == [.removeRule(rule), .removeRoute(held)])
    }

    @Test("Another gateway: the new route is there before the old one goes")
    func makesBeforeItBreaks() {
        let old = route(network, via: 1), new = route(network, via: 2)
        keeper.claim([old], [], by: 0)
        _ = settle()
        keeper.claim([new], [], by: 0)
        #expect(settle() == [.addRoute(new), .removeRoute(old)])
    }

    @Test("A route that tolerates no other at its place waits until ours is gone")
    func exclusive() {
        let old = route(network, via: 1)
        var new = route(network, via: 2)
        new.placement = .add
        keeper.claim([old], [], by: 0)
        _ = settle()
        keeper.claim([new], [], by: 0)
        #expect(settle() == [.removeRoute(old), .addRoute(new)])
    }

    @Test("Additions wait for addresses, removals alone do not")
    func waitsForAddresses() {
        let held = route(network, via: 1)
        keeper.claim([held], [], by: 0)
        keeper.settle()
        keeper.send(addressesAreThere: false)
        #expect(asked.isEmpty)
        keeper.send(addressesAreThere: true)
        #expect(asked == [.addRoute(held)])
        asked.removeAll()
        keeper.claim([], [], by: 0)
        keeper.settle()
        keeper.send(addressesAreThere: false)
        #expect(asked == [.removeRoute(held)])
    }

    @Test("What was refused is mentioned once and tried again until it is taken")
    func refused() {
        let held = route(network, via: 1)
        keeper.claim([held], [], by: 0)
        _ = settle()
        answers.removeLast()(Refusal(code: 101))
        asked.removeAll()
        keeper.reassert(onlyRefused: true)
        #expect(asked == [.addRoute(held)])
        answers.removeLast()(Refusal(code: 101))
        #expect(lines.count == 1)
        keeper.reassert(onlyRefused: true)
        answers.removeLast()(nil)
        asked.removeAll()
        keeper.reassert(onlyRefused: true)
        #expect(asked.isEmpty)
    }

    @Test("A route that moves between routers, or whose tracking changes, is not touched")
    func moves() {
        keeper.claim([route(network, via: 1)], [], by: 0)
        _ = settle()
        keeper.claim([], [], by: 0)
        keeper.claim([route(network, via: 1, untracked: true)], [], by: 1)
        #expect(settle().isEmpty)
    }
}

/// Lines of the configuration as the kernel is asked for them.
struct RouteConversionTests {
    @Test("An IPv6 route has the kernel's own metric, so that it is found again")
    func metric() throws {
        let entry = RouteEntry(IPPrefix(.v6(high: 0xfd50 << 48, low: 0), length: 32))
        #expect(try #require(Route(entry) { _ in nil }).metric == 1024)
        #expect(try #require(Route(RouteEntry(IPPrefix(.v4(0), length: 0))) { _ in nil }).metric == nil)
    }

    @Test("A route is not there while its interface is missing")
    func interface() {
        var entry = RouteEntry(IPPrefix(.v4(0), length: 0))
        entry.interface = "eth9"
        #expect(Route(entry) { _ in nil } == nil)
        entry.interface = nil
        var hop = RouteEntry.NextHop()
        hop.interface = "eth9"
        entry.nextHops = [hop]
        #expect(Route(entry) { _ in nil } == nil)
    }

    @Test("Metrics carry the kernel's numbers, and locks are a mask of them")
    func metrics() throws {
        var entry = RouteEntry(IPPrefix(.v4(0), length: 0))
        entry.metrics.mtu = 1400
        entry.metrics.advertisedMSS = 1300
        entry.metrics.congestionControl = "cubic"
        entry.metrics.locks = [.mtu, .advertisedMSS]
        let route = try #require(Route(entry) { _ in nil })
        #expect(route.metrics == [.number(1, 1 << 2 | 1 << 8), .number(2, 1400), .number(8, 1300), .congestionControl("cubic")])
    }

    @Test("Realms of a rule share a number, the source in its upper half")
    func realms() {
        var entry = RuleEntry(family: .ipv4, action: .l3mdev, preference: 7)
        entry.realms = Realms(source: 3, destination: 4)
        let rule = Netlink.Rule(entry)
        #expect(rule.realms == 3 << 16 | 4 && rule.action == .masterDevice && rule.preference == 7)
    }
}
