// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Netlink
package import VRRP

/// A route that routers hold, and how it is added.
package struct HeldRoute: Claimable {
    package var route: Route
    package var placement: RouteEntry.Placement
    /// Stays away when somebody else removes it.
    package var isUntracked: Bool

    package init(_ route: Route, placement: RouteEntry.Placement = .prepend, isUntracked: Bool = false) {
        self.route = route
        self.placement = placement
        self.isUntracked = isUntracked
    }

    /// Nil while an interface of the route is missing.
    package init?(_ entry: RouteEntry, link: (String) -> Link?) {
        guard let route = Route(entry, link: link) else { return nil }
        self.init(route, placement: entry.placement, isUntracked: entry.isUntracked)
    }

    /// Routes that differ in one of these can stand side by side, so the new one is there before the old one goes.
    package struct Key: Hashable, Sendable {
        package var slot: Slot
        package var type: UInt8
        package var gateway: IPAddress?
        package var interface: UInt32?
    }

    /// Where a route stands in the kernel's tables.
    package struct Slot: Hashable, Sendable {
        package var table: UInt32
        package var destination: IPPrefix
        package var from: IPPrefix?
        package var tos: UInt8
        package var metric: UInt32
    }

    package var slot: Slot {
        Slot(
            table: route.table, destination: route.destination, from: route.from, tos: route.tos, metric: route.metric ?? 0)
    }

    package var key: Key {
        Key(slot: slot, type: route.type, gateway: route.hop.gateway, interface: route.hop.interface)
    }

    /// Whether nothing has to be asked of the kernel to have the other one instead.
    package func isSameInKernel(as other: HeldRoute) -> Bool { route == other.route }
}

/// A routing rule that routers hold.
package struct HeldRule: Claimable {
    package var rule: Netlink.Rule
    package var isUntracked: Bool

    package init(_ rule: Netlink.Rule, isUntracked: Bool = false) {
        self.rule = rule
        self.isUntracked = isUntracked
    }

    package init(_ entry: RuleEntry) { self.init(Netlink.Rule(entry), isUntracked: entry.isUntracked) }

    package var key: Netlink.Rule { rule }
    /// Rules are the same when everything about them is.
    package func isSameInKernel(as other: HeldRule) -> Bool { rule == other.rule }
}

extension Route {
    /// Whether the kernel's report is of this route, as far as a report tells.
    package func matches(_ facts: RouteFacts) -> Bool {
        facts.destination == destination && facts.table == table && facts.tos == tos && facts.type == type
            && facts.protocol == `protocol` && (facts.metric ?? 0) == (metric ?? 0)
            && agrees(facts.gateway, hop.gateway) && agrees(facts.interface, hop.interface)
    }

    /// What only one side says is no contradiction: of a route over several hops the report says none.
    private func agrees<Value: Equatable>(_ left: Value?, _ right: Value?) -> Bool {
        guard let left, let right else { return true }
        return left == right
    }
}

extension Netlink.Rule {
    /// Whether the kernel's report is of this rule, as far as a report tells.
    package func matches(_ facts: RuleFacts) -> Bool {
        guard facts.family == family, facts.preference == preference, facts.protocol == `protocol` else { return false }
        if case .table(let table) = action, facts.table != table { return false }
        return facts.from == significant(from) && facts.to == significant(to)
    }

    /// A prefix of length 0 is not reported.
    private func significant(_ prefix: IPPrefix?) -> IPPrefix? { prefix.flatMap { $0.length > 0 ? $0 : nil } }
}
