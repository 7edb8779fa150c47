// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Netlink
package import VRRP

extension Route {
    /// The metric that the kernel gives an IPv6 route without one (IP6_RT_PRIO_USER).
    private static let defaultIPv6Metric: UInt32 = 1024

    /// A line of `virtual_routes` or `static_routes` as the kernel is asked for it; nil while an interface it names is missing.
    ///
    /// An IPv6 route always gets a metric: a request to delete one without matches the routes of others as well.
    package init?(_ entry: RouteEntry, link: (String) -> Link?) {
        self.init(entry.destination)
        type = entry.type
        source = entry.source
        from = entry.from
        tos = entry.tos
        table = entry.table
        `protocol` = entry.proto
        scope = entry.scope
        metric = entry.metric ?? (entry.family == .ipv6 ? Self.defaultIPv6Metric : nil)
        expires = entry.expires
        preference = entry.preference
        propagatesTTL = entry.ttlPropagates
        metrics = entry.metrics.attributes
        if let vrf = entry.vrf {
            guard let number = link(vrf)?.vrfTable else { return nil }
            table = number
        }
        hop = Hop(gateway: entry.gateway)
        hop.isOnLink = entry.isOnLink
        hop.encapsulation = entry.encapsulation.map(Encapsulation.init)
        hop.realms = entry.realms.map { ($0.source, $0.destination) }
        if let name = entry.interface {
            guard let index = link(name)?.index else { return nil }
            hop.interface = index
        }
        for next in entry.nextHops {
            guard let hop = Hop(next, link: link) else { return nil }
            hops.append(hop)
        }
    }

    /// Whether packets of the route leave through the interface.
    package func uses(interface: UInt32) -> Bool {
        hop.interface == interface || hops.contains { $0.interface == interface }
    }
}

extension Route.Hop {
    fileprivate init?(_ next: RouteEntry.NextHop, link: (String) -> Link?) {
        self.init(gateway: next.gateway)
        weight = next.weight
        isOnLink = next.isOnLink
        encapsulation = next.encapsulation.map(Route.Encapsulation.init)
        realms = next.realms.map { ($0.source, $0.destination) }
        if let name = next.interface {
            guard let index = link(name)?.index else { return nil }
            interface = index
        }
    }
}

extension Route.Encapsulation {
    fileprivate init(_ encapsulation: Encapsulation) {
        self =
            switch encapsulation {
            case .mpls(let labels): .mpls(labels: labels)
            case .ip(let tunnel): .ip(Route.Tunnel(tunnel))
            case .ip6(let tunnel): .ip6(Route.Tunnel(tunnel))
            case .ila(let locator): .ila(locator: locator)
            }
    }
}

extension Route.Tunnel {
    fileprivate init(_ tunnel: Encapsulation.Tunnel) {
        self.init()
        id = tunnel.id
        destination = tunnel.destination
        source = tunnel.source
        tos = tunnel.tos
        ttl = tunnel.ttl
        flags = tunnel.flags
    }
}

extension RouteEntry.Metrics {
    /// Numbers of RTAX_*, in their order.
    private static let lock: UInt16 = 1

    fileprivate var attributes: [Route.Metric] {
        let numbers: [(UInt16, UInt32?)] = [
            (Self.lock, lockMask), (2, mtu), (3, window), (4, roundTripTime), (5, roundTripVariance), (6, slowStartThreshold),
            (7, congestionWindow), (8, advertisedMSS), (9, reordering), (10, hopLimit), (11, initialCongestionWindow),
            (12, features), (13, minimumTimeout), (14, initialReceiveWindow), (15, quickAcknowledgement),
            (17, fastOpenWithoutCookie),
        ]
        let attributes = numbers.compactMap { type, value in value.map { Route.Metric.number(type, $0) } }
        return attributes + (congestionControl.map { [.congestionControl($0)] } ?? [])
    }

    /// A bit for each locked metric, at the place of its RTAX_* number.
    private var lockMask: UInt32? {
        let numbers: [(RouteEntry.Locks, UInt32)] = [
            (.mtu, 2), (.roundTripTime, 4), (.roundTripVariance, 5), (.slowStartThreshold, 6), (.congestionWindow, 7),
            (.advertisedMSS, 8), (.reordering, 9), (.minimumTimeout, 13), (.congestionControl, 16),
        ]
        guard !locks.isEmpty else { return nil }
        return numbers.reduce(0) { locks.contains($1.0) ? $0 | 1 << $1.1 : $0 }
    }
}

extension Netlink.Rule {
    /// A line of `virtual_rules` or `static_rules` as the kernel is asked for it. Interfaces go by name, so they may be missing.
    package init(_ entry: RuleEntry) {
        self.init(entry.family, Action(entry.action), preference: entry.preference)
        isInverted = entry.isInverted
        from = entry.from
        to = entry.to
        tos = entry.tos
        mark = entry.mark
        markMask = entry.markMask
        realms = entry.realms.map { UInt32($0.source) << 16 | UInt32($0.destination) }
        suppressPrefixLength = entry.suppressPrefixLength
        suppressInterfaceGroup = entry.suppressInterfaceGroup
        inputInterface = entry.inputInterface
        outputInterface = entry.outputInterface
        tunnelID = entry.tunnelID
        users = entry.users
        `protocol` = entry.proto
        ipProtocol = entry.ipProtocol
        sourcePorts = entry.sourcePorts
        destinationPorts = entry.destinationPorts
    }
}

extension Netlink.Rule.Action {
    fileprivate init(_ action: RuleEntry.Action) {
        self =
            switch action {
            case .table(let number): .table(number)
            case .goto(let preference): .goto(preference)
            case .nop: .nop
            case .blackhole: .blackhole
            case .prohibit: .prohibit
            case .unreachable: .unreachable
            case .l3mdev: .masterDevice
            }
    }
}
