// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import SNMP
import VRRP

/// vrrpRouteTable, vrrpRouteNextHopTable and vrrpRuleTable of the KEEPALIVED-MIB: the routes and rules of a router, or with the
/// number 0 the static ones.
struct RouteObjects {
    private let number: UInt32
    private let isSet: ManagedValue
    private let interfaces: [String: UInt32]
    private var table: TableWriter

    static func write(_ router: RouterSnapshot, _ number: UInt32, _ interfaces: [String: UInt32], to table: inout TableWriter) {
        write(router.settings.routes, router.settings.rules, number, isSet: router.isHolding, interfaces, to: &table)
    }

    static func write(
        _ routes: [RouteEntry], _ rules: [RuleEntry], _ number: UInt32, isSet: Bool, _ interfaces: [String: UInt32],
        to table: inout TableWriter
    ) {
        var objects = RouteObjects(number: number, isSet: .integer(isSet ? 1 : 2), interfaces: interfaces, table: table)
        for (place, route) in routes.enumerated() { objects.write(route, UInt32(place + 1)) }
        for (place, rule) in rules.enumerated() { objects.write(rule, UInt32(place + 1)) }
        table = objects.table
    }

    // MARK: Routes

    private mutating func write(_ route: RouteEntry, _ place: UInt32) {
        table.row(of: KeepalivedMIB.vrrp.appending(7), [number, place])
        table.cell(2, route.destination.address.managedType)
        table.cell(3, .octets(route.destination.address.bytes))
        table.cell(4, .gauge(UInt32(route.destination.length)))
        table.cell(5, route.gateway?.managed)
        table.cell(7, route.source?.managed)
        table.cell(8, .gauge(route.metric ?? 0))
        table.cell(9, .integer(managedScope(route.scope ?? 0)))
        // ecmp(2), else the kernel's number, which the MIB follows from blackhole on with other places.
        table.cell(10, .integer(route.nextHops.isEmpty ? managedType(route.type) : 2))
        table.cell(11, route.interface.flatMap { interfaces[$0] }.map { .integer(Int32(clamping: $0)) })
        table.cell(12, route.interface.map(ManagedValue.text))
        table.cell(13, .gauge(route.table))
        table.cell(14, isSet)
        table.cell(15, route.from?.address.managed)
        table.cell(16, route.from.map { .gauge(UInt32($0.length)) })
        table.cell(17, route.tos == 0 ? nil : .gauge(UInt32(route.tos)))
        // The numbers of the MIB are those of the kernel and 1.
        table.cell(18, .integer(Int32(route.proto) + 1))
        table.cell(21, route.expires.map { .integer(Int32(clamping: $0)) })
        table.cell(43, route.preference.map { .integer($0 == 3 ? 1 : $0 == 1 ? 3 : 2) })
        table.cell(44, route.realms.map { .gauge(UInt32($0.destination)) })
        table.cell(45, route.realms.map { .gauge(UInt32($0.source)) })
        write(route.metrics)
        write(route.encapsulation, from: 46)
        for (hop, entry) in route.nextHops.enumerated() { write(entry, place, UInt32(hop + 1)) }
    }

    private func managedType(_ type: UInt8) -> Int32 {
        switch type {
        case 3: 6
        case 4: 4
        case 5: 5
        case 6: 3
        case 7: 7
        case 8: 8
        case 9: 9
        case 10: 10
        case 11: 11
        default: 1
        }
    }

    private mutating func write(_ metrics: RouteEntry.Metrics) {
        let locks = metrics.locks
        table.cell(19, .truth((metrics.features ?? 0) & 1 != 0))
        table.cell(20, .truth(metrics.quickAcknowledgement ?? 0 != 0))
        let values: [(UInt32, UInt32?, RouteEntry.Locks?)] = [
            (22, metrics.mtu, .mtu), (24, metrics.hopLimit, nil), (25, metrics.advertisedMSS, .advertisedMSS),
            (27, metrics.roundTripTime.map { $0 / 8 }, .roundTripTime),
            (29, metrics.roundTripVariance.map { $0 / 4 }, .roundTripVariance),
            (31, metrics.reordering, .reordering), (33, metrics.window, nil),
            (34, metrics.congestionWindow, .congestionWindow), (36, metrics.slowStartThreshold, .slowStartThreshold),
            (38, metrics.minimumTimeout, .minimumTimeout), (40, metrics.initialCongestionWindow, nil),
            (41, metrics.initialReceiveWindow, nil),
        ]
        for (column, value, lock) in values {
            guard let value else { continue }
            table.cell(column, .gauge(value))
            if let lock { table.cell(column + 1, .truth(locks.contains(lock))) }
        }
        table.cell(42, metrics.congestionControl.map(ManagedValue.text))
        table.cell(55, metrics.fastOpenWithoutCookie.map { .truth($0 != 0) })
    }

    /// The nine columns of an encapsulation, from `first` on.
    private mutating func write(_ encapsulation: Encapsulation?, from first: UInt32) {
        switch encapsulation {
        case nil: break
        case .mpls(let labels):
            table.cell(first, .integer(1))
            table.cell(first + 1, .text(labels.map(String.init).joined(separator: "/")))
        case .ip(let tunnel):
            table.cell(first, .integer(2))
            write(tunnel, from: first)
        case .ip6(let tunnel):
            table.cell(first, .integer(4))
            write(tunnel, from: first)
        case .ila(let locator):
            table.cell(first, .integer(3))
            table.cell(first + 8, .counter64(locator))
        }
    }

    private mutating func write(_ tunnel: Encapsulation.Tunnel, from first: UInt32) {
        table.cell(first + 2, tunnel.id.map(ManagedValue.counter64))
        table.cell(first + 3, tunnel.destination?.managed)
        table.cell(first + 4, tunnel.source?.managed)
        table.cell(first + 5, tunnel.tos.map { .gauge(UInt32($0)) })
        table.cell(first + 6, tunnel.ttl.map { .gauge(UInt32($0)) })
        table.cell(first + 7, tunnel.flags.map { .gauge(UInt32($0)) })
    }

    private mutating func write(_ hop: RouteEntry.NextHop, _ place: UInt32, _ number: UInt32) {
        table.row(of: KeepalivedMIB.vrrp.appending(11), [self.number, place, number])
        table.cell(2, hop.gateway?.managedType)
        table.cell(3, hop.gateway?.managed)
        table.cell(4, hop.interface.flatMap { interfaces[$0] }.map { .integer(Int32(clamping: $0)) })
        table.cell(5, hop.interface.map(ManagedValue.text))
        table.cell(6, .count(hop.weight))
        table.cell(7, .truth(hop.isOnLink))
        table.cell(8, hop.realms.map { .gauge(UInt32($0.destination)) })
        table.cell(9, hop.realms.map { .gauge(UInt32($0.source)) })
        write(hop.encapsulation, from: 10)
    }

    // MARK: Rules

    private mutating func write(_ rule: RuleEntry, _ place: UInt32) {
        table.row(of: KeepalivedMIB.vrrp.appending(8), [number, place])
        // Columns 2 to 5 are obsolete: the one address that a rule once had.
        let old = rule.from ?? rule.to
        table.cell(2, old.map { _ in .text(rule.from != nil && rule.to != nil ? "both" : rule.from != nil ? "from" : "to") })
        writeAddress(old, from: 3)
        table.cell(6, rule.action.table.map(ManagedValue.gauge))
        table.cell(7, isSet)
        table.cell(8, .truth(rule.isInverted))
        writeAddress(rule.to, from: 9)
        writeAddress(rule.from, from: 12)
        table.cell(15, .gauge(UInt32(rule.tos)))
        table.cell(16, rule.mark.map(ManagedValue.gauge))
        table.cell(17, rule.markMask.map(ManagedValue.gauge))
        table.cell(18, rule.realms.map { .gauge(UInt32($0.destination)) })
        table.cell(19, rule.realms.map { .gauge(UInt32($0.source)) })
        table.cell(20, rule.inputInterface.map(ManagedValue.text))
        table.cell(21, rule.outputInterface.map(ManagedValue.text))
        if case .goto(let target) = rule.action { table.cell(22, .gauge(target)) }
        table.cell(23, .integer(rule.action.managed))
        table.cell(24, rule.action.table.map(ManagedValue.gauge))
        table.cell(25, .gauge(rule.preference))
        table.cell(26, rule.suppressPrefixLength.map(ManagedValue.gauge))
        table.cell(27, rule.suppressInterfaceGroup.map { .text("\($0)") })
        writeSelectors(of: rule)
    }

    private mutating func writeSelectors(of rule: RuleEntry) {
        table.cell(28, rule.tunnelID.map { .gauge(UInt32($0 >> 32)) })
        table.cell(29, rule.tunnelID.map { .gauge(UInt32($0 & 0xffff_ffff)) })
        table.cell(30, rule.users.map { .gauge($0.lowerBound) })
        table.cell(31, rule.users.map { .gauge($0.upperBound) })
        if rule.action == .l3mdev { table.cell(32, .truth(true)) }
        table.cell(34, rule.ipProtocol.map { .gauge(UInt32($0)) })
        table.cell(35, rule.sourcePorts.map { .gauge(UInt32($0.lowerBound)) })
        table.cell(36, rule.sourcePorts.map { .gauge(UInt32($0.upperBound)) })
        table.cell(37, rule.destinationPorts.map { .gauge(UInt32($0.lowerBound)) })
        table.cell(38, rule.destinationPorts.map { .gauge(UInt32($0.upperBound)) })
    }

    /// Type, address and length of a prefix.
    private mutating func writeAddress(_ prefix: IPPrefix?, from column: UInt32) {
        table.cell(column, prefix?.address.managedType)
        table.cell(column + 1, prefix?.address.managed)
        table.cell(column + 2, prefix.map { .gauge(UInt32($0.length)) })
    }
}

extension IPAddress {
    /// InetAddress of RFC 4001.
    var managed: ManagedValue { .octets(bytes) }
}

extension RuleEntry.Action {
    /// table(1), goto(2), nop(3), blackhole(6), unreachable(7), prohibit(8)
    fileprivate var managed: Int32 {
        switch self {
        case .table, .l3mdev: 1
        case .goto: 2
        case .nop: 3
        case .blackhole: 6
        case .unreachable: 7
        case .prohibit: 8
        }
    }

    fileprivate var table: UInt32? {
        if case .table(let number) = self { return number }
        return nil
    }
}
