// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// One line of `virtual_rules` or `static_rules`.
package struct RuleEntry: Hashable, Sendable {
    /// What happens to a packet that the selectors match.
    package enum Action: Hashable, Sendable {
        case table(UInt32)
        /// Jumps to the rule of that preference.
        case goto(UInt32)
        case nop, blackhole, prohibit, unreachable
        /// The table of the VRF that the packet belongs to.
        case l3mdev
    }

    package var family: AddressFamily
    package var action: Action
    package var isInverted = false
    package var from: IPPrefix?
    package var to: IPPrefix?
    package var preference: UInt32
    package var tos: UInt8 = 0
    package var mark: UInt32?
    package var markMask: UInt32?
    package var realms: Realms?
    /// Routes with a prefix of at most this length are not used.
    package var suppressPrefixLength: UInt32?
    /// Routes through interfaces of this group are not used.
    package var suppressInterfaceGroup: UInt32?
    package var inputInterface: String?
    package var outputInterface: String?
    package var tunnelID: UInt64?
    package var users: ClosedRange<UInt32>?
    /// RTPROT_*: 18 is keepalived.
    package var proto: UInt8 = 18
    package var ipProtocol: UInt8?
    package var sourcePorts: ClosedRange<UInt16>?
    package var destinationPorts: ClosedRange<UInt16>?
    package var isUntracked = false
    /// Static rules only: follows the routers of this track_group.
    package var trackGroup: String?

    package init(family: AddressFamily, action: Action, preference: UInt32) {
        self.family = family
        self.action = action
        self.preference = preference
    }
}
