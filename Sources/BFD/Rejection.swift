// SPDX-License-Identifier: GPL-2.0-or-later

/// Why a received packet was thrown away, in the order of the checks of RFC 5880 section 6.8.6.
package enum Rejection: Int, Error, CaseIterable, Sendable {
    case version
    case length
    /// The datagram is shorter than a packet, or than its Length field says.
    case truncated
    case zeroDetectMultiplier
    case multipoint
    case zeroMyDiscriminator
    /// Your Discriminator is zero although the sender's state says that it knows it.
    case zeroYourDiscriminator
    case noSuchSession
    /// Came over more hops than the session accepts (RFC 5881 section 5).
    case hops
    case authenticationMissing
    case authenticationUnexpected
    case authenticationLength
    case authenticationType
    case authenticationKey
    case authenticationSequence
    case authenticationDigest
    /// The session is administratively down on this side.
    case adminDown
}

/// How many packets were thrown away for each reason.
package struct RejectionCounts: Equatable, Sendable {
    private var counts = [UInt64](repeating: 0, count: Rejection.allCases.count)

    package init() {}

    package var total: UInt64 { counts.reduce(0, &+) }

    package private(set) subscript(rejection: Rejection) -> UInt64 {
        get { counts[rejection.rawValue] }
        set { counts[rejection.rawValue] = newValue }
    }

    /// One more.
    package mutating func count(_ rejection: Rejection) { self[rejection] &+= 1 }
}
