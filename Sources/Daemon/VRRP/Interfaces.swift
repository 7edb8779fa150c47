// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Netlink
package import VRRP

/// The network interfaces of the machine as the kernel reports them, and what about them matters to virtual routers.
///
/// A plain value: news of links and addresses go in, changes come out.
package struct Interfaces {
    /// One interface with its addresses, in the order the kernel tells them.
    package struct Interface: Equatable, Sendable {
        package var link: Link
        package var addresses: [InterfaceAddress] = []

        package var index: UInt32 { link.index }
        package var name: String { link.name }

        /// Whether the address is there with just this prefix length.
        package func has(_ prefix: IPPrefix) -> Bool { place(of: prefix) != nil }

        fileprivate func place(of prefix: IPPrefix) -> Int? { addresses.indices.first { addresses[$0].prefix == prefix } }
    }

    /// What news changed.
    package enum Change: Equatable, Sendable {
        /// The link came up or went down, or its interface appeared.
        case link(name: String, index: UInt32, isUp: Bool)
        /// The interface of that index is there no more under this name.
        case gone(index: UInt32, name: String)
        /// An address was added or changed.
        case address(IPPrefix, index: UInt32)
        case addressRemoved(IPPrefix, index: UInt32)
    }

    private var byIndex: [UInt32: Interface] = [:]
    private var indices: [String: UInt32] = [:]

    package init() {}

    package subscript(index: UInt32) -> Interface? { byIndex[index] }
    /// The index alone, for each advert asks for it.
    package func index(of name: String) -> UInt32? { indices[name] }
    package subscript(name: String) -> Interface? { indices[name].flatMap { byIndex[$0] } }

    /// In the order of their indices.
    package var all: [Interface] { byIndex.values.sorted { $0.index < $1.index } }

    /// Takes in what the kernel reported and tells what is different now.
    package mutating func note(_ news: KernelNews) -> [Change] {
        switch news {
        case .link(let link): note(link)
        case .linkRemoved(let link): forget(link.index)
        case .address(let address): add(address)
        case .addressRemoved(let address): remove(address)
        case .route, .routeRemoved, .rule, .ruleRemoved: []
        }
    }

    private mutating func note(_ link: Link) -> [Change] {
        var changes: [Change] = []
        let before = byIndex[link.index]
        if let before, before.name != link.name {
            indices[before.name] = nil
            changes.append(.gone(index: link.index, name: before.name))
        }
        byIndex[link.index] = Interface(link: link, addresses: before?.addresses ?? [])
        indices[link.name] = link.index
        if before?.name != link.name || before?.link.isUsable != link.isUsable {
            changes.append(.link(name: link.name, index: link.index, isUp: link.isUsable))
        }
        return changes
    }

    private mutating func forget(_ index: UInt32) -> [Change] {
        guard let interface = byIndex.removeValue(forKey: index) else { return [] }
        if indices[interface.name] == index { indices[interface.name] = nil }
        return [.gone(index: index, name: interface.name)]
    }

    private mutating func add(_ address: InterfaceAddress) -> [Change] {
        guard let place = byIndex[address.interface]?.place(of: address.prefix) else {
            guard byIndex[address.interface]?.addresses.append(address) != nil else { return [] }
            return [.address(address.prefix, index: address.interface)]
        }
        guard byIndex[address.interface]?.addresses[place] != address else { return [] }
        byIndex[address.interface]?.addresses[place] = address
        return [.address(address.prefix, index: address.interface)]
    }

    private mutating func remove(_ address: InterfaceAddress) -> [Change] {
        let index = address.interface
        // One that is not known may be one that we hold.
        if let place = byIndex[index]?.place(of: address.prefix) { byIndex[index]?.addresses.remove(at: place) }
        return [.addressRemoved(address.prefix, index: index)]
    }

    /// The address that adverts of a router leave from.
    ///
    /// The one configured; else the one used so far, as long as it is there; else the first on the interface that no keepalived
    /// put there: of IPv4 a primary one (RFC 9568 section 1.6), of IPv6 a link-local one (section 5.1.2.1).
    package func source(for settings: RouterSettings, on index: UInt32, current: IPAddress?) -> IPAddress? {
        guard let interface = byIndex[index] else { return nil }
        let usable = interface.addresses.filter {
            $0.prefix.address.family == settings.family && $0.flags.isDisjoint(with: [.tentative, .duplicate])
        }
        if let configured = settings.source {
            return usable.contains { $0.prefix.address == configured } ? configured : nil
        }
        let candidates = usable.filter {
            $0.protocol != InterfaceAddress.keepalived && (settings.family == .ipv4 || $0.prefix.address.isLinkLocal)
                && !settings.isVirtual($0.prefix.address)
        }
        if let current, candidates.contains(where: { $0.prefix.address == current }) { return current }
        return (candidates.first { !$0.flags.contains(.secondary) } ?? candidates.first)?.prefix.address
    }
}

extension RouterSettings {
    /// Whether the address is one of those that the router brings and takes away.
    fileprivate func isVirtual(_ address: IPAddress) -> Bool {
        addresses.contains { $0.address == address } || excludedAddresses.contains { $0.address == address }
    }
}
