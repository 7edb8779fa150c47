// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import VRRP

/// Something that the firewall is to know of.
enum FirewallEntry: Claimable {
    /// Nothing is accepted for this address and nothing is sent from it.
    case address(IPAddress)
    /// The same for a link-local one, which means something on its own link only.
    case linkLocal(IPAddress, interface: UInt32)
    /// The same, where the interface may go and come back as another.
    case namedLinkLocal(IPAddress, interface: String)
    /// What the kernel itself sends out of a virtual MAC's interface is not to leave there: membership reports go out
    /// of the interface below, router solicitations nowhere.
    case quiet(AddressFamily, interface: UInt32, below: UInt32)

    var key: FirewallEntry { self }

    var family: AddressFamily {
        switch self {
        case .address(let address), .linkLocal(let address, _), .namedLinkLocal(let address, _): address.family
        case .quiet(let family, _, _): family
        }
    }
}

extension FirewallEntry {
    /// The entries that keep a router from accepting packets to these addresses; none if it may.
    static func refusing(
        _ holdings: [AddressLedger.Holding], of settings: RouterSettings, byIndex: Bool, name: (UInt32) -> String?
    ) -> [FirewallEntry] {
        settings.accepts ? [] : all(holdings, of: settings, byIndex: byIndex, name: name)
    }

    /// Those that would keep packets from these addresses.
    static func all(
        _ holdings: [AddressLedger.Holding], of settings: RouterSettings, byIndex: Bool, name: (UInt32) -> String?
    ) -> [FirewallEntry] {
        holdings.map { holding in
            guard holding.entry.address.isLinkLocal, holding.entry.address.family == .ipv6 else {
                return .address(holding.entry.address)
            }
            // An interface whose loss is no fault may come back with another index while the router is master.
            if !byIndex, let name = name(holding.interface), !settings.requiredInterfaces.contains(name),
                !settings.madeInterfaces.contains(name)
            {
                return .namedLinkLocal(holding.entry.address, interface: name)
            }
            return .linkLocal(holding.entry.address, interface: holding.interface)
        }
    }
}

extension RouterSettings {
    /// The names of the interfaces of its virtual MACs, and the family each is for.
    var virtualMACs: [(name: String, family: AddressFamily)] {
        let own = virtualInterface.map { [(name: $0.name, family: family)] } ?? []
        return own + addressInterfaces.map { ($0.name, $0.family) }
    }
}
