// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Netlink

/// How entries of the firewall look in nftables: a table of IPv4 and one of IPv6, both of one name.
///
///     table ip keepalived {                                 table ip6 keepalived {
///         map vmac_map { interface : interface below }          the same, and
///         set vips { addresses }                                set vmac_set, vips_link_local, ..._name
///         chain out { hook output                               chain out { hook output
///             igmp from a virtual MAC: out below, drop              reports from a virtual MAC: out below, drop
///             from @vips drop }                                     router solicitations from one: drop
///         chain in { hook input                                     neighbour discovery: accept
///             to @vips drop }                                       from fe80::/10: goto out_link_local
///     }                                                             from @vips drop }
///                                                               chain in { ... }
///                                                           }
///
/// Neighbour discovery is never dropped (RFC 9568 section 6.4.3). A part stands in the table once there is an entry
/// for it.
struct NFTablesPlan: Equatable {
    /// A part of a table, in the order in which they stand there.
    enum Part: Hashable, CaseIterable {
        case quiet4, addresses4, quiet6, addresses6, namedLinkLocals, linkLocals

        var family: AddressFamily {
            switch self {
            case .quiet4, .addresses4: .ipv4
            case .quiet6, .addresses6, .namedLinkLocals, .linkLocals: .ipv6
            }
        }
    }

    var name: String
    var priority: Int32
    var countsPackets: Bool

    /// As the configuration has it.
    init(_ settings: FirewallGlobals) {
        self.init(
            name: settings.nftables ?? "keepalived", priority: Int32(clamping: settings.nftablesPriority),
            countsPackets: settings.nftablesCounters)
    }

    init(name: String, priority: Int32, countsPackets: Bool) {
        self.name = name
        self.priority = priority
        self.countsPackets = countsPackets
    }

    /// As many elements in one message; its length has 16 bits.
    private static let elementsInMessage = 500

    private func table(_ family: AddressFamily) -> NFTable { NFTable(family, name) }

    /// The parts that entries belong to; link-local addresses need the others of their family around them.
    static func parts(of entries: some Sequence<FirewallEntry>) -> Set<Part> {
        var parts: Set<Part> = []
        for entry in entries {
            parts.insert(entry.part)
            if entry.part == .linkLocals || entry.part == .namedLinkLocals { parts.insert(.addresses6) }
        }
        return parts
    }

    // MARK: Commands

    /// Both tables as they are to be, in place of what there is of them.
    func replacement(_ parts: Set<Part>, _ entries: some Sequence<FirewallEntry>) -> [NFTablesBatch.Command] {
        var commands = removal
        for family in [AddressFamily.ipv4, .ipv6] where parts.contains(where: { $0.family == family }) {
            commands.append(.addTable(table(family)))
            commands.append(.addBaseChain(table(family), "out", .output, priority: priority))
            for part in Part.allCases where part.family == family && parts.contains(part) { commands += rules(part) }
        }
        return commands + addition(entries)
    }

    /// Takes both tables away, whether they are there or not.
    var removal: [NFTablesBatch.Command] {
        [AddressFamily.ipv4, .ipv6].flatMap { family in
            [NFTablesBatch.Command.addTable(table(family)), .deleteTable(table(family))]
        }
    }

    func addition(_ entries: some Sequence<FirewallEntry>) -> [NFTablesBatch.Command] {
        elements(entries).map { .addElements(table($0.family), set: $0.set, $0.elements) }
    }

    func deletion(_ entries: some Sequence<FirewallEntry>) -> [NFTablesBatch.Command] {
        elements(entries).map { .deleteElements(table($0.family), set: $0.set, $0.elements) }
    }

    private func elements(
        _ entries: some Sequence<FirewallEntry>
    ) -> [(family: AddressFamily, set: String, elements: [NFElement])] {
        var lists: [(family: AddressFamily, set: String, elements: [NFElement])] = []
        for entry in entries {
            for (set, element) in entry.elements {
                let place = lists.lastIndex { $0.family == entry.family && $0.set == set }
                if let place, lists[place].elements.count < Self.elementsInMessage {
                    lists[place].elements.append(element)
                } else {
                    lists.append((entry.family, set, [element]))
                }
            }
        }
        return lists
    }

    // MARK: Rules

    private func rules(_ part: Part) -> [NFTablesBatch.Command] {
        let table = table(part.family)
        switch part {
        case .quiet4:
            return [.addSet(table, NFSet("vmac_map", .interfaceIndex, data: .interfaceIndex))]
                + [rule(table, "out", Self.igmp + redirect(destinationAt: 16, 4))]
        case .quiet6:
            return [
                .addSet(table, NFSet("vmac_map", .interfaceIndex, data: .interfaceIndex)),
                .addSet(table, NFSet("vmac_set", .interfaceIndex)),
                rule(table, "out", Self.icmpv6(143) + redirect(destinationAt: 24, 16)),
                rule(table, "out", Self.icmpv6(133) + Self.fromMacvlan + Self.isOurs),
            ]
        case .addresses4:
            return [
                .addBaseChain(table, "in", .input, priority: priority), .addSet(table, NFSet("vips", .ipv4Address)),
                rule(table, "in", [Self.destination4, .lookup("vips", .first)]),
                rule(table, "out", [Self.source4, .lookup("vips", .first)]),
            ]
        case .addresses6:
            return addresses6(table)
        case .namedLinkLocals:
            let set = NFSet("vips_link_local_name", .concatenation(.ipv6Address, .interfaceName))
            return linkLocals(table, set, .inputName, .outputName)
        case .linkLocals:
            let set = NFSet("vips_link_local", .concatenation(.ipv6Address, .interfaceIndex))
            return linkLocals(table, set, .inputInterface, .outputInterface)
        }
    }

    private func addresses6(_ table: NFTable) -> [NFTablesBatch.Command] {
        let discovery = NFSet("neighbor-discovery", .icmpv6Type, isConstant: true)
        var commands: [NFTablesBatch.Command] = [
            .addBaseChain(table, "in", .input, priority: priority),
            .addChain(table, "in_link_local"), .addChain(table, "out_link_local"),
            .addSet(table, NFSet("vips", .ipv6Address)), .addSet(table, discovery),
            .addElements(table, set: discovery.name, [NFElement([135]), NFElement([136])]),
        ]
        for (chain, address) in [("in", Self.destination6), ("out", Self.source6)] {
            commands.append(rule(table, chain, Self.discovery, then: .verdict(.accept)))
            commands.append(rule(table, chain, [address] + Self.isLinkLocal, then: .goto("\(chain)_link_local")))
            commands.append(rule(table, chain, [address, .lookup("vips", .first)]))
        }
        return commands
    }

    private func linkLocals(
        _ table: NFTable, _ set: NFSet, _ input: NFExpression.Meta, _ output: NFExpression.Meta
    ) -> [NFTablesBatch.Command] {
        [
            .addSet(table, set),
            rule(table, "in_link_local", [Self.destination6, .meta(input, to: .second), .lookup(set.name, .first)]),
            rule(table, "out_link_local", [Self.source6, .meta(output, to: .second), .lookup(set.name, .first)]),
        ]
    }

    private func rule(
        _ table: NFTable, _ chain: String, _ matches: [NFExpression], then end: NFExpression = .verdict(.drop)
    ) -> NFTablesBatch.Command {
        .addRule(table, chain: chain, matches + (countsPackets ? [.counter] : []) + [end])
    }

    private static let source4 = NFExpression.payload(.network, offset: 12, length: 4, to: .first)
    private static let destination4 = NFExpression.payload(.network, offset: 16, length: 4, to: .first)
    private static let source6 = NFExpression.payload(.network, offset: 8, length: 16, to: .first)
    private static let destination6 = NFExpression.payload(.network, offset: 24, length: 16, to: .first)
    private static let isLinkLocal: [NFExpression] = [
        .mask(.first, [0xff, 0xc0] + Array(repeating: 0, count: 14)),
        .equals(.first, [0xfe, 0x80] + Array(repeating: 0, count: 14)),
    ]
    private static let discovery: [NFExpression] = [
        .payload(.network, offset: 6, length: 1, to: .first), .equals(.first, [58]),
        .payload(.transport, offset: 0, length: 1, to: .first), .lookup("neighbor-discovery", .first),
    ]
    private static let isOurs: [NFExpression] = [
        .meta(.outputInterface, to: .second), .lookup("vmac_set", .second),
    ]
    private static let igmp: [NFExpression] = [
        .payload(.network, offset: 9, length: 1, to: .first), .equals(.first, [2]),
    ]

    /// By the last header, for membership reports stand behind a hop-by-hop option.
    private static func icmpv6(_ type: UInt8) -> [NFExpression] {
        [
            .meta(.transportProtocol, to: .first), .equals(.first, [58]),
            .payload(.transport, offset: 0, length: 1, to: .first), .equals(.first, [type]),
        ]
    }

    private static let fromMacvlan: [NFExpression] = [
        .meta(.outputKind, to: .second), .equals(.second, Array("macvlan".utf8) + Array(repeating: 0, count: 9)),
    ]

    private func redirect(destinationAt offset: UInt32, _ length: UInt32) -> [NFExpression] {
        [.payload(.network, offset: offset, length: length, to: .first)] + Self.fromMacvlan
            + [
                .meta(.outputInterface, to: .second), .map("vmac_map", .second, to: .second),
                .duplicate(address: .first, interface: .second),
            ]
    }
}

extension FirewallEntry {
    fileprivate var part: NFTablesPlan.Part {
        switch self {
        case .address(let address): address.family == .ipv4 ? .addresses4 : .addresses6
        case .linkLocal: .linkLocals
        case .namedLinkLocal: .namedLinkLocals
        case .quiet(let family, _, _): family == .ipv4 ? .quiet4 : .quiet6
        }
    }

    /// The sets it stands in, and how.
    fileprivate var elements: [(set: String, NFElement)] {
        switch self {
        case .address(let address):
            return [("vips", NFElement(address.networkBytes))]
        case .linkLocal(let address, let interface):
            return [("vips_link_local", NFElement(address.networkBytes + interface.machineBytes))]
        case .namedLinkLocal(let address, let interface):
            let name = Array(interface.utf8.prefix(15))
            let padded = name + Array(repeating: 0, count: 16 - name.count)
            return [("vips_link_local_name", NFElement(address.networkBytes + padded))]
        case .quiet(let family, let interface, let below):
            let map = ("vmac_map", NFElement(interface.machineBytes, data: below.machineBytes))
            return family == .ipv4 ? [map] : [map, ("vmac_set", NFElement(interface.machineBytes))]
        }
    }
}

extension IPAddress {
    var networkBytes: [UInt8] {
        var buffer = MessageBuffer()
        buffer.put(self)
        return buffer.bytes
    }
}

extension UInt32 {
    /// As it lies in the memory of the machine.
    var machineBytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
}
