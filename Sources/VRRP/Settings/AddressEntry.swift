// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// One line of `virtual_ipaddress`, `virtual_ipaddress_excluded` or `static_ipaddress`.
package struct AddressEntry: Hashable, Sendable {
    package var prefix: IPPrefix
    /// Nil: on the router's own interface, or on its virtual one if it has that. Static addresses always name one.
    package var interface: String?
    /// RT_SCOPE_*; 0 is global.
    package var scope: UInt8 = 0
    package var broadcast: IPAddress?
    /// At most 15 bytes.
    package var label: String?
    package var peer: IPAddress?
    package var flags: Flags = []
    /// How long the address stays preferred, in seconds; nil: for ever. 0 makes it deprecated: no source for
    /// new connections.
    package var preferredLifetime: UInt32?
    /// The router does not mind when the address is removed by others.
    package var isUntracked = false
    /// On a virtual MAC of its own although its interface is not the router's.
    package var usesVirtualMAC = false
    /// Static addresses only: follows the routers of this track_group.
    package var trackGroup: String?

    package init(_ prefix: IPPrefix) { self.prefix = prefix }

    package var address: IPAddress { prefix.address }

    /// Options the kernel keeps with the address (IFA_F_*).
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let home = Flags(rawValue: 1)
        /// Without duplicate address detection; IPv6 virtual addresses have it unless `-nodad`.
        package static let withoutDuplicateDetection = Flags(rawValue: 2)
        package static let managesTemporary = Flags(rawValue: 4)
        package static let noPrefixRoute = Flags(rawValue: 8)
        package static let autojoin = Flags(rawValue: 16)
    }
}
