// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// Why a received packet is not an advert for us. Each case has its counter in ``Statistics``.
package enum Rejection: Error, Hashable, Sendable {
    /// The packet ends before the header or the address list does, or is longer than both and Ethernet's padding.
    case length(received: Int, expected: Int)
    /// Not an IPv4 packet that carries VRRP or AH at all.
    case notVRRP
    /// RFC 9568 section 5.1.1.3: an advert that a router forwarded is not from this link.
    case hopLimit(received: UInt8, expected: ClosedRange<UInt8>)
    case version(received: UInt8, expected: UInt8)
    case type(UInt8)
    /// For another virtual router than the one it was handed to.
    case routerID(UInt8)
    case checksum(version: UInt8)
    /// Count IP Addrs is zero (RFC 9568 erratum 8299).
    case noAddresses
    /// The interval is zero (erratum 8301) or, in version 2, differs from ours (RFC 3768 section 7.1).
    case interval(received: Interval, expected: Interval)
    /// An Auth Type that no RFC defines.
    case unknownAuthentication(type: UInt8)
    /// A defined Auth Type, yet not the configured one.
    case authenticationMismatch(type: UInt8)
    /// Wrong password, or an authentication header whose ICV is wrong.
    case authenticationFailed
    /// An authentication header whose sequence number was seen before.
    case replayedHeader(sequence: UInt32)
    /// Multicast to a unicast router or the other way round.
    case destination(isMulticast: Bool)
    /// The sender is not one of the configured unicast peers.
    case unknownPeer
    /// The trailer of `auth_hmac` is missing, or not as it has to be.
    case trailer(TrailerFault)

    /// Its number among the protocol errors of RFC 6527 (vrrpv3StatisticsProtoErrReason): ipTtlError(1), versionError(2),
    /// checksumError(3), vrIdError(4); nil for all others.
    package var protocolError: UInt8? {
        switch self {
        case .hopLimit: 1
        case .version: 2
        case .checksum: 3
        case .routerID: 4
        case .length, .notVRRP, .type, .noAddresses, .interval, .unknownAuthentication, .authenticationMismatch,
            .authenticationFailed, .replayedHeader, .destination, .unknownPeer, .trailer:
            nil
        }
    }

    /// What is wrong with an authentication trailer; one counter each.
    package enum TrailerFault: Hashable, Sendable {
        case missing, malformed, unknownKey, invalid, stale, replayed
    }
}
