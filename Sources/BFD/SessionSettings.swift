// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// One `bfd_instance`, resolved.
package struct SessionSettings: Equatable, Sendable {
    /// What makes two sessions the same one: any other setting can change while the session lives.
    package struct Identity: Hashable, Sendable {
        package var name: String
        package var neighbor: IPAddress
        /// Nil: the kernel's choice.
        package var source: IPAddress?
        /// The interface that the session is bound to; nil: any.
        package var interface: String?
        /// RFC 5883, port 4784, instead of RFC 5881, port 3784.
        package var isMultihop: Bool

        package init(
            name: String, neighbor: IPAddress, source: IPAddress? = nil, interface: String? = nil,
            isMultihop: Bool = false
        ) {
            self.name = name
            self.neighbor = neighbor
            self.source = source
            self.interface = interface
            self.isMultihop = isMultihop
        }
    }

    package var identity: Identity
    /// Required Min RX Interval, from 1 ms.
    package var minRx = Interval.milliseconds(10)
    /// Desired Min TX Interval while Up, from 1 ms.
    package var minTx = Interval.milliseconds(10)
    /// Desired Min TX Interval while not Up, from 1 s.
    package var idleTx = Interval.seconds(1)
    /// Packets that may be lost in a row, from 1.
    package var multiplier: UInt8 = 5
    /// Silent until the neighbour has been heard.
    package var isPassive = false
    package var hops: HopRule
    /// What the session counts in a `track_bfd` that names no weight, -253...253; 0: failure is a fault.
    package var weight = 0
    package var isReversed = false
    /// Which processes are told of changes.
    package var informsVRRP = true
    package var informsChecker = true
    package var authentication: Authentication?

    package init(_ identity: Identity) {
        self.identity = identity
        hops = HopRule(identity: identity)
    }

    package var name: String { identity.name }
}

/// The TTL or hop limit of packets sent, and the least one accepted.
///
/// A session over one hop sends 255 and accepts nothing less (RFC 5881 section 5): nobody off the link can send 255. A
/// session over many hops accepts any (RFC 5883 section 5). Upstream sends 64 over IPv6 when nothing else is
/// configured; such a neighbour is accepted where the packet proves by our discriminator that its sender reads ours,
/// and while the session has nothing to lose.
package struct HopRule: Equatable, Sendable {
    package var sent: UInt8 = 255
    /// The least accepted; 0: any.
    package var accepted: UInt8
    /// The least accepted with our discriminator, or while not Up.
    package var acceptedFromKnown: UInt8

    /// What upstream sends over IPv6.
    private static let upstreamHopLimit: UInt8 = 64

    /// - Parameters:
    ///   - ttl: 1...255 as configured.
    ///   - maximumHops: by how many the value sent may have shrunk; negative or 255: by any.
    package init(identity: SessionSettings.Identity, ttl: UInt8? = nil, maximumHops: Int? = nil) {
        let isIPv6 = identity.neighbor.family == .ipv6
        sent = ttl ?? 255
        guard let maximumHops else {
            accepted = identity.isMultihop ? 0 : sent
            acceptedFromKnown = isIPv6 && ttl == nil ? min(accepted, Self.upstreamHopLimit) : accepted
            return
        }
        let unchecked = maximumHops < 0 || maximumHops >= 255
        let start = ttl ?? (isIPv6 ? Self.upstreamHopLimit : 255)
        accepted = unchecked ? 0 : start - min(start, UInt8(maximumHops))
        acceptedFromKnown = accepted
    }
}
