// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// One line of `virtual_routes` or `static_routes`; the names are those of iproute2.
package struct RouteEntry: Hashable, Sendable {
    package var family: AddressFamily
    /// RTN_*: 1 is unicast.
    package var type: UInt8 = 1
    /// Length 0 for the default route.
    package var destination: IPPrefix
    /// Preferred source.
    package var source: IPAddress?
    /// IPv6 only: packets from this prefix.
    package var from: IPPrefix?
    package var gateway: IPAddress?
    package var interface: String?
    package var isOnLink = false
    package var tos: UInt8 = 0
    /// RT_TABLE_*: 254 is main.
    package var table: UInt32 = 254
    /// Its table replaces `table`.
    package var vrf: String?
    /// RTPROT_*: 18 is keepalived.
    package var proto: UInt8 = 18
    /// RT_SCOPE_*; nil: as the kernel and iproute2 choose for the type.
    package var scope: UInt8?
    package var metric: UInt32?
    package var realms: Realms?
    package var encapsulation: Encapsulation?
    /// Seconds; IPv6 only.
    package var expires: UInt32?
    /// ICMPV6_ROUTER_PREF_*; IPv6 only.
    package var preference: UInt8?
    package var ttlPropagates: Bool?
    package var metrics = Metrics()
    package var nextHops: [NextHop] = []
    package var placement = Placement.prepend
    package var isUntracked = false
    /// Static routes only: follows the routers of this track_group.
    package var trackGroup: String?

    package init(_ destination: IPPrefix) {
        self.destination = destination
        family = destination.address.family
    }

    /// What happens beside a route with the same key: the flags of the netlink request.
    package enum Placement: Hashable, Sendable { case add, prepend, append }
}

/// Source and destination realm, 0 where not given.
package struct Realms: Hashable, Sendable {
    package var source: UInt16
    package var destination: UInt16

    package init(source: UInt16 = 0, destination: UInt16) {
        self.source = source
        self.destination = destination
    }
}

extension RouteEntry {
    /// RTAX_* values, in the kernel's units; nil: the kernel's choice.
    package struct Metrics: Hashable, Sendable {
        package var mtu: UInt32?
        package var hopLimit: UInt32?
        package var advertisedMSS: UInt32?
        /// In 1/8 ms.
        package var roundTripTime: UInt32?
        /// In 1/4 ms.
        package var roundTripVariance: UInt32?
        package var reordering: UInt32?
        package var window: UInt32?
        package var congestionWindow: UInt32?
        package var slowStartThreshold: UInt32?
        /// In ms.
        package var minimumTimeout: UInt32?
        package var initialCongestionWindow: UInt32?
        package var initialReceiveWindow: UInt32?
        /// RTAX_FEATURE_*: 1 is ECN.
        package var features: UInt32?
        package var quickAcknowledgement: UInt32?
        package var fastOpenWithoutCookie: UInt32?
        package var congestionControl: String?
        package var locks: Locks = []

        package init() {}
    }

    /// Metrics that the kernel must not change.
    package struct Locks: OptionSet, Hashable, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }
        package static let mtu = Locks(rawValue: 1 << 0)
        package static let advertisedMSS = Locks(rawValue: 1 << 1)
        package static let roundTripTime = Locks(rawValue: 1 << 2)
        package static let roundTripVariance = Locks(rawValue: 1 << 3)
        package static let reordering = Locks(rawValue: 1 << 4)
        package static let congestionWindow = Locks(rawValue: 1 << 5)
        package static let slowStartThreshold = Locks(rawValue: 1 << 6)
        package static let minimumTimeout = Locks(rawValue: 1 << 7)
        package static let congestionControl = Locks(rawValue: 1 << 8)
    }

    /// One hop of a multipath route.
    package struct NextHop: Hashable, Sendable {
        package var gateway: IPAddress?
        package var interface: String?
        /// 1...256.
        package var weight = 1
        package var isOnLink = false
        package var encapsulation: Encapsulation?
        package var realms: Realms?

        package init() {}
    }
}

/// What packets of a route are wrapped in (LWTUNNEL_ENCAP_*).
package enum Encapsulation: Hashable, Sendable {
    case mpls(labels: [UInt32])
    case ip(Tunnel)
    case ip6(Tunnel)
    /// The locator, as 64 bits.
    case ila(UInt64)

    /// Fields of the outer header; nil: not set.
    package struct Tunnel: Hashable, Sendable {
        package var id: UInt64?
        package var destination: IPAddress?
        package var source: IPAddress?
        /// TOS or traffic class.
        package var tos: UInt8?
        /// TTL or hop limit.
        package var ttl: UInt8?
        package var flags: UInt16?

        package init() {}
    }
}
