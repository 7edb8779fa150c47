// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// How adverts reach the peers.
package enum Transport: Equatable, Sendable {
    /// To a group on the interface: 224.0.0.18 and ff02::12 unless configured.
    case multicast(group: IPAddress)
    /// A copy to each peer.
    case unicast(Unicast)

    package var isUnicast: Bool {
        switch self {
        case .multicast: false
        case .unicast: true
        }
    }
}

/// Peers that are sent their own copy of each advert.
package struct Unicast: Equatable, Sendable {
    /// May be empty when `faultsWithoutPeers`.
    package var peers: [UnicastPeer] = []
    /// Adverts from others than the peers are dropped and counted.
    package var checksSource = false
    /// TTL or hop limit of what we send; nil: 255 for IPv4, the kernel's for IPv6.
    package var ttl: UInt8?
    /// Fault, not multicast, while no peer is configured.
    package var faultsWithoutPeers = false

    package init() {}
}

/// One line of `unicast_peer`.
package struct UnicastPeer: Hashable, Sendable {
    package var address: IPAddress
    /// TTLs accepted from this peer.
    package var ttl: ClosedRange<UInt8> = 0...255

    package init(_ address: IPAddress) { self.address = address }
}

/// What the checksum of a version 3 advert over IPv4 covers; other adverts leave no choice.
package enum ChecksumForm: Hashable, Sendable {
    /// A pseudo-header and the message: RFC 5798 as keepalived reads it. The default.
    case pseudoHeader
    /// The message only: RFC 9568 section 5.2.8 and `v3_checksum_as_v2`.
    case messageOnly
    /// The pseudo-header names the multicast group although the advert goes to a unicast peer (keepalived
    /// before 1.3.6): `old_unicast_checksum`.
    case multicastPseudoHeader
}

/// How adverts prove where they come from.
package enum Authentication: Hashable, Sendable {
    case none
    /// Type 1 of RFC 2338: eight bytes in clear, padded with zeros.
    case password([UInt8])
    /// Type 2 of RFC 2338: IP Authentication Header with HMAC-MD5-96 over the eight byte key; IPv4 only.
    case authenticationHeader(key: [UInt8])
    /// The HMAC-SHA-256-128 trailer of draft-cassen-vrrp-auth-hmac.
    case trailer(TrailerAuthentication)
}

/// `auth_hmac`: several keys are accepted, one signs.
package struct TrailerAuthentication: Hashable, Sendable {
    /// How far signatures are insisted on: the steps of a change to signed adverts.
    package enum Mode: Hashable, Sendable {
        /// Signed adverts only, both ways.
        case enforce
        /// Signs; adverts without a trailer are accepted.
        case permissive
        /// Does not sign; a trailer that is there must be right.
        case receiveOnly
    }

    /// How a repeated advert is recognised.
    package enum ReplayProtection: Hashable, Sendable { case time, monotonic }

    /// 32...64 bytes each, by key id 1...255.
    package var keys: [UInt8: [UInt8]] = [:]
    package var activeKey: UInt8 = 0
    /// How far a sender's clock may be off: 1...300 s.
    package var timeWindow = Interval.seconds(5)
    package var replayProtection = ReplayProtection.time
    package var mode = Mode.enforce

    package init() {}
}
