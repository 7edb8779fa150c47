// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// One line of `virtual_ipaddress`, `virtual_ipaddress_excluded` or `static_ipaddress`.
package struct AddressEntry: Hashable, Sendable {
    package var prefix: IPPrefix
    /// RT_SCOPE_*; 0 is global.
    package var scope: UInt8 = 0
    package var flags: Flags = []
    /// The router does not mind when the address is removed by others.
    package var isUntracked = false
    /// On a virtual MAC of its own although its interface is not the router's.
    package var usesVirtualMAC = false
    @Seldom private var options = Options()

    package init(_ prefix: IPPrefix) { self.prefix = prefix }

    package var address: IPAddress { prefix.address }

    /// What most lines do not say.
    private struct Options: Hashable, Defaulted {
        var interface: String?
        var broadcast: IPAddress?
        var label: String?
        var peer: IPAddress?
        var preferredLifetime: UInt32?
        var trackGroup: String?
    }

    /// Nil: on the router's own interface, or on its virtual one if it has that. Static addresses always name one.
    package var interface: String? {
        get { options.interface }
        set { options.interface = newValue }
    }

    package var broadcast: IPAddress? {
        get { options.broadcast }
        set { options.broadcast = newValue }
    }

    /// At most 15 bytes.
    package var label: String? {
        get { options.label }
        set { options.label = newValue }
    }

    package var peer: IPAddress? {
        get { options.peer }
        set { options.peer = newValue }
    }

    /// How long the address stays preferred, in seconds; nil: for ever. 0 makes it deprecated: no source for new connections.
    package var preferredLifetime: UInt32? {
        get { options.preferredLifetime }
        set { options.preferredLifetime = newValue }
    }

    /// Static addresses only: follows the routers of this track_group.
    package var trackGroup: String? {
        get { options.trackGroup }
        set { options.trackGroup = newValue }
    }

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
