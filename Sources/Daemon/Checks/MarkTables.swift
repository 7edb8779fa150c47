// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Health
import Linux
import Netlink

/// The tables of nftables in which packets to groups of virtual servers get their marks.
///
///     table ip keepalived_ipvs {
///         map tcp_map { address . port : mark, by ranges }      and udp_map, sctp_map
///         chain in { hook input
///             tcp: the mark that tcp_map has for destination and port; return }
///     }
///
/// The chain is run before IPVS looks at a packet, which it does in the same hook.
final class MarkTables {
    private let name: String?
    private let priority: Int32
    private let countsPackets: Bool
    private let log: (String) -> Void
    private var groups: MarkedGroups
    private var socket: FilterSocket?
    private let kept: KeptFile?
    /// What the tables hold; nil before they are made for the first time.
    private var present: [MarkedGroups.Range]?

    /// Without `nftables_ipvs` nothing is ever done, but to take away the tables of an earlier process, whose name is in `kept`.
    init(_ globals: GlobalSettings, kept: KeptFile? = nil, log: @escaping (String) -> Void) {
        name = globals.lvs.nftables
        priority = Int32(clamping: globals.lvs.nftablesPriority)
        countsPackets = globals.vrrp.firewall.nftablesCounters
        groups = MarkedGroups(first: globals.lvs.nftablesStartMark)
        self.log = log
        self.kept = kept
        let left = String(decoding: kept?.content ?? [], as: UTF8.self)
        if !left.isEmpty, left != name {
            perform(Self.removal(left), left)
            try? kept?.keep([])
        }
    }

    /// The settings with marks in the place of groups' addresses; the tables are replaced by those that set them, all
    /// at once.
    func marked(_ health: HealthSettings) -> HealthSettings {
        guard let name else { return health }
        var health = health
        let ranges = groups.mark(&health)
        if present == nil { try? kept?.keep(Array(name.utf8)) }
        if ranges != present { perform(Self.commands(name, priority, ranges, countsPackets: countsPackets), name) }
        present = ranges
        return health
    }

    /// Leaves nothing behind.
    func end() {
        guard let name else { return }
        perform(Self.removal(name), name)
        try? kept?.keep([])
    }

    private func perform(_ commands: [NFTablesBatch.Command], _ name: String) {
        do throws(SystemError) {
            if socket == nil { socket = try FilterSocket() }
        } catch {
            return log("nftables cannot be used: \(error); packets to virtual server groups get no mark")
        }
        guard let refusal = socket?.perform(NFTablesBatch(commands)) else { return }
        log("nftables: cannot make the table \(name): \(refusal.reason); packets to virtual server groups get no mark")
    }

    // MARK: Commands

    static func removal(_ name: String) -> [NFTablesBatch.Command] {
        [AddressFamily.ipv4, .ipv6].flatMap { family in
            [NFTablesBatch.Command.addTable(NFTable(family, name)), .deleteTable(NFTable(family, name))]
        }
    }

    static func commands(
        _ name: String, _ priority: Int32, _ ranges: [MarkedGroups.Range], countsPackets: Bool = false
    ) -> [NFTablesBatch.Command] {
        var commands = removal(name)
        for family in [AddressFamily.ipv4, .ipv6] {
            let own = ranges.filter { $0.first.family == family }
            guard !own.isEmpty else { continue }
            let table = NFTable(family, name)
            commands += [.addTable(table), .addBaseChain(table, "in", .input, priority: priority)]
            for transport in [TransportProtocol.tcp, .udp, .sctp] {
                let elements = own.filter { $0.transport == transport }.map(\.element)
                if !elements.isEmpty { commands += map(table, transport, elements, countsPackets) }
            }
        }
        return commands
    }

    private static func map(
        _ table: NFTable, _ transport: TransportProtocol, _ elements: [NFElement], _ countsPackets: Bool
    ) -> [NFTablesBatch.Command] {
        let address: NFSet.DataType = table.family == .ipv4 ? .ipv4Address : .ipv6Address
        var map = NFSet("\(transport.word)_map", .concatenation(address, .port), data: .mark)
        map.isInterval = true
        map.countsPackets = countsPackets
        let isIPv4 = table.family == .ipv4
        let rule: [NFExpression] = [
            .meta(.transportProtocol, to: .first), .equals(.first, [transport.rawValue]),
            .payload(.network, offset: isIPv4 ? 16 : 24, length: address.length, to: .first),
            .payload(.transport, offset: 2, length: 2, to: isIPv4 ? .secondWord : .fifthWord),
            .map(map.name, .first, to: .first), .setMark(from: .first),
        ]
        let end: [NFExpression] = (countsPackets ? [.counter] : []) + [.verdict(.return)]
        return [.addSet(table, map), .addRule(table, chain: "in", rule + end)]
            + stride(from: 0, to: elements.count, by: 500).map {
                .addElements(table, set: map.name, Array(elements[$0..<min($0 + 500, elements.count)]))
            }
    }
}

extension MarkedGroups.Range {
    /// Both ends as the packet has them, the port filled up to four bytes.
    fileprivate var element: NFElement {
        // Port 0 stands for all.
        let low = port
        let high = port == 0 ? UInt16.max : port
        func key(_ address: IPAddress, _ port: UInt16) -> [UInt8] {
            address.networkBytes + [UInt8(port >> 8), UInt8(port & 0xff), 0, 0]
        }
        return NFElement(key(first, low), end: key(last, high), data: mark.machineBytes)
    }
}
