// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// Counters of one virtual router; they survive reloads. What seldom happens at all is counted in ``Statistics/Rarities``.
@dynamicMemberLookup
package struct Statistics: Hashable, Sendable {
    package var advertsReceived: UInt64 = 0
    package var advertsSent: UInt64 = 0
    package var becameMaster: UInt64 = 0
    package var releasedMaster: UInt64 = 0
    package var priorityZeroReceived: UInt64 = 0
    package var priorityZeroSent: UInt64 = 0
    /// The last error that RFC 6527 has a number for, by that number; 0: none yet.
    package var lastProtocolError: UInt8 = 0
    /// How late the latest of our adverts was.
    package var worstLateness = Interval.zero

    @Seldom private var rarities = Rarities()

    package init() {}

    package subscript(dynamicMember counter: WritableKeyPath<Rarities, UInt64>) -> UInt64 {
        get { rarities[keyPath: counter] }
        set { rarities[keyPath: counter] = newValue }
    }

    /// Packets that are no adverts for us, and other surprises.
    package struct Rarities: Hashable, Sendable, Defaulted {
        package var lengthErrors: UInt64 = 0
        package var hopLimitErrors: UInt64 = 0
        package var typeErrors: UInt64 = 0
        package var intervalErrors: UInt64 = 0
        package var addressListErrors: UInt64 = 0
        package var versionErrors: UInt64 = 0
        package var checksumErrors: UInt64 = 0
        package var routerIDErrors: UInt64 = 0
        package var destinationErrors: UInt64 = 0
        package var unknownPeers: UInt64 = 0

        package var unknownAuthentication: UInt64 = 0
        package var authenticationMismatches: UInt64 = 0
        package var authenticationFailures: UInt64 = 0

        package var trailersMissing: UInt64 = 0
        package var trailersMalformed: UInt64 = 0
        package var trailersOfUnknownKey: UInt64 = 0
        package var trailersInvalid: UInt64 = 0
        package var trailersStale: UInt64 = 0
        package var trailersReplayed: UInt64 = 0

        /// Times another master was met while master ourselves.
        package var contests: UInt64 = 0
        /// Adverts that came from our own address: a loop in the network, or an address used twice.
        package var ownAddressHeard: UInt64 = 0

        package init() {}
    }

    /// Counts a packet that is not an advert for us.
    package mutating func count(_ rejection: Rejection) {
        lastProtocolError = rejection.protocolError ?? lastProtocolError
        rarities.count(rejection)
    }
}

extension Statistics.Rarities {
    fileprivate mutating func count(_ rejection: Rejection) {
        switch rejection {
        case .length, .notVRRP: lengthErrors &+= 1
        case .hopLimit: hopLimitErrors &+= 1
        case .version: versionErrors &+= 1
        case .type: typeErrors &+= 1
        case .routerID: routerIDErrors &+= 1
        case .checksum: checksumErrors &+= 1
        case .noAddresses: addressListErrors &+= 1
        case .interval: intervalErrors &+= 1
        case .unknownAuthentication: unknownAuthentication &+= 1
        case .authenticationMismatch: authenticationMismatches &+= 1
        case .authenticationFailed, .replayedHeader: authenticationFailures &+= 1
        case .destination: destinationErrors &+= 1
        case .unknownPeer: unknownPeers &+= 1
        case .trailer(let fault): count(fault)
        }
    }

    private mutating func count(_ fault: Rejection.TrailerFault) {
        switch fault {
        case .missing: trailersMissing &+= 1
        case .malformed: trailersMalformed &+= 1
        case .unknownKey: trailersOfUnknownKey &+= 1
        case .invalid: trailersInvalid &+= 1
        case .stale: trailersStale &+= 1
        case .replayed: trailersReplayed &+= 1
        }
    }
}
