// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// The virtual servers on groups of addresses, each as one service of a firewall mark (`nftables_ipvs`).
///
/// IPVS then holds one service with its servers where it would hold one for each address of the group, and the
/// firewall marks the packets. A virtual server keeps its mark through reloads.
package struct MarkedGroups: Sendable {
    /// Packets to any of these addresses get the mark.
    package struct Range: Hashable, Sendable {
        package var transport: TransportProtocol
        package var first: IPAddress
        package var last: IPAddress
        package var port: UInt16
        package var mark: UInt32
    }

    private struct Key: Hashable, Sendable {
        var identity: VirtualServerSettings.Identity
        var ordinal: Int
    }

    private var marks: [Key: UInt32] = [:]
    private var next: UInt32

    /// - Parameter first: the first mark to be given out (`nftables_ipvs_start_fwmark`).
    package init(first: UInt32) { next = first }

    /// Replaces the addresses of groups by marks in these settings, and says which packets are to be marked.
    package mutating func mark(_ health: inout HealthSettings) -> [Range] {
        let groups = Dictionary(health.groups.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var ranges: [Range] = []
        for place in health.virtualServers.indices {
            let server = health.virtualServers[place].value
            guard case .group(let name) = server.target, let group = groups[name],
                let transport = server.transport
            else { continue }
            let families = server.services.compactMap { key in if case .address = key { key.family } else { nil } }
            guard !families.isEmpty else { continue }
            let mark = mark(of: Key(identity: server.identity, ordinal: server.groupOrdinal))
            health.virtualServers[place].value.services = server.services.marked(mark)
            for case .addresses(let first, let last, let port) in group.entries where families.contains(first.family) {
                ranges.append(Range(transport: transport, first: first, last: last, port: port, mark: mark))
            }
        }
        return ranges
    }

    private mutating func mark(of key: Key) -> UInt32 {
        if let mark = marks[key] { return mark }
        defer { next = next == .max ? 1 : next + 1 }
        marks[key] = next
        return next
    }
}

extension [ServiceKey] {
    /// With one service of the mark for each family in the place of the first address of that family.
    fileprivate func marked(_ mark: UInt32) -> [ServiceKey] {
        var seen: Set<ServiceKey> = []
        return compactMap { key in
            let key: ServiceKey =
                switch key {
                case .address: .mark(mark, key.family)
                case .mark: key
                }
            return seen.insert(key).inserted ? key : nil
        }
    }
}
