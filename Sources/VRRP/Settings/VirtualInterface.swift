// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// The interface made for a router: a macvlan with the virtual MAC for adverts and addresses, or an ipvlan for adverts.
package struct VirtualInterface: Hashable, Sendable {
    /// How the interface is made.
    package enum Kind: Hashable, Sendable {
        case macvlan(MACAddress)
        case ipvlan(mode: IPVLANMode, address: IPPrefix?)
    }

    /// How interfaces of one ipvlan see each other.
    package enum IPVLANMode: Hashable, Sendable { case bridge, `private`, vepa }

    package var kind: Kind
    /// At most 15 bytes.
    package var name: String
    /// Whether the file gives the name; one that we made up may stay what it is when another would be made up now.
    package var hasGivenName = false
    /// Number of the interface group; nil: that of the interface below.
    package var group: UInt32?
    /// `vmac_xmit_base`: adverts leave through the interface below.
    package var transmitsOnBase = false
    /// `use_vmac_addr`: addresses on other interfaces get virtual MACs too.
    package var coversOtherInterfaces = false
    /// `netlink_notify_msg`: after it is made, the kernel tells everybody of the interface below once more.
    package var notifiesPeers = false

    package init(_ kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    package var isMacvlan: Bool {
        switch kind {
        case .macvlan: true
        case .ipvlan: false
        }
    }
}

/// A macvlan made for those addresses of a router that lie on another interface than its own or are of the other family
/// (`use_vmac_addr`, and `use_vmac` of an address).
package struct AddressInterface: Hashable, Sendable {
    /// At most 15 bytes.
    package var name: String
    /// The interface below, which the file names for the address.
    package var base: String
    package var family: AddressFamily
    package var hardware: MACAddress

    package init(name: String, base: String, family: AddressFamily, hardware: MACAddress) {
        self.name = name
        self.base = base
        self.family = family
        self.hardware = hardware
    }
}

extension RouterSettings {
    /// The interface that adverts leave and, while this router is master, arrive by; a VRF for a router without interface.
    package var transmitInterface: String? {
        guard let virtualInterface, !virtualInterface.transmitsOnBase else { return interface ?? vrf }
        return virtualInterface.name
    }

    /// The interface whose address adverts come from: an ipvlan has one of its own.
    package var sourceInterface: String? {
        guard let virtualInterface, !virtualInterface.isMacvlan, !virtualInterface.transmitsOnBase else { return interface }
        return virtualInterface.name
    }

    /// Whether adverts come by the virtual MAC's interface while this router is master, and by the one below it otherwise: in
    /// between the former is down, so that nothing is sent from the virtual MAC or accepted for it (RFC 9568 section 6.4.2).
    package var movesToVirtualMAC: Bool {
        guard let virtualInterface, !transport.isUnicast else { return false }
        return virtualInterface.isMacvlan && !virtualInterface.transmitsOnBase
    }

    /// The interface that an address is put on; nil where the file names none.
    package func interface(of entry: AddressEntry) -> String? {
        guard virtualInterface != nil || !addressInterfaces.isEmpty, let base = entry.interface ?? interface else {
            return entry.interface ?? interface
        }
        if let virtualInterface, isForOwn(entry) { return virtualInterface.name }
        guard needsInterface(entry) else { return base }
        return addressInterfaces.first { $0.base == base && $0.family == entry.address.family }?.name ?? base
    }

    /// Whether an address goes on the interface of the router's own virtual MAC. An ipvlan is for adverts alone.
    func isForOwn(_ entry: AddressEntry) -> Bool {
        guard let virtualInterface, virtualInterface.isMacvlan else { return false }
        return entry.interface ?? interface == interface && entry.address.family == family
    }

    /// Whether an address that is not for the router's own virtual interface asks for one.
    func needsInterface(_ entry: AddressEntry) -> Bool {
        entry.usesVirtualMAC || (virtualInterface?.coversOtherInterfaces ?? false)
    }

    /// Names of all interfaces made for the router.
    package var madeInterfaces: [String] { [virtualInterface?.name].compactMap { $0 } + addressInterfaces.map(\.name) }
}
