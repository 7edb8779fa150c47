// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Config

/// A `vrrp_instance` block as the file says it: nil where it says nothing.
package struct RouterDraft: Sendable {
    package var name: String
    /// The block's name.
    package var place: Place
    /// The closing brace.
    package var end: Place?
    /// How many named blocks came before: what is defined later cannot be tracked.
    package var sequence = 0
    /// Where each keyword was last used.
    package var places: [String: Place] = [:]

    // MARK: Election

    package var startsAsMaster: Bool?
    package var routerID: UInt8?
    package var version: ProtocolVersion?
    package var priority: UInt8?
    package var advertInterval: Interval?
    package var preempts: Bool?
    package var preemptDelay: Interval?
    package var downTimerAdverts: Int?
    package var timerExpiredBackup: UInt8?
    package var ignoresLowerPriority: Bool?
    package var advertisesToHigherPriority: Bool?
    package var ownerIgnoresAdverts: Bool?
    package var skipsAddressCheck: Bool?
    package var isStrict: Bool?

    // MARK: Where

    package var interface: String?
    package var vrf: String?
    package var isNativeIPv6 = false
    package var source: IPAddress?
    package var group: IPAddress?
    package var tracksSource = false
    package var peers: [PeerDraft] = []
    package var faultsWithoutPeers = false
    package var checksSource = false
    package var unicastTTL: UInt8?
    package var oldChecksum: OldChecksum?
    package var messageOnlyChecksum: Bool?
    package var receiveBuffer: UInt32?

    /// `old_unicast_checksum`: the form of keepalived before 1.3.6, always or never.
    package enum OldChecksum: Sendable { case always, never }

    // MARK: What

    package var addresses: [AddressDraft] = []
    package var excludedAddresses: [AddressDraft] = []
    package var hasNoAddresses = false
    package var routes: [RouteDraft] = []
    package var rules: [RuleDraft] = []
    package var virtualInterface: VirtualInterfaceDraft?
    package var transmitsOnBase = false
    package var coversOtherInterfaces = false
    package var promotesSecondaries = false
    package var accepts = false
    package var refuses = false
    package var linkPolling = false
    package var authentication: AuthenticationDraft?
    package var trailer: TrailerDraft?

    // MARK: Watching and telling

    package var ignoresOwnInterface = false
    package var trackers: [TrackLine] = []
    package var announcements = AnnouncementDraft()
    package var notify = NotifyDraft()
    package var debug: UInt8 = 0
    package var syncDaemonInterface: String?

    package init(name: String, at place: Place) {
        self.name = name
        self.place = place
    }

    /// Where the keyword was used, or the block's name.
    package func place(of keyword: String) -> Place { places[keyword] ?? place }
}

/// A line of `unicast_peer`.
package struct PeerDraft: Sendable {
    package var address: IPAddress
    package var minimumTTL: UInt8?
    package var maximumTTL: UInt8?
    package var place: Place
}

/// The garp_* keywords of an instance.
package struct AnnouncementDraft: Sendable {
    package var delay: Interval?
    package var repeats: Int?
    package var refresh: Interval?
    package var refreshRepeats: Int?
    package var lowerPriorityDelay: Interval?
    package var lowerPriorityRepeats: Int?
    package var extraInterfaces: Interval?
    package var includesAllExtraInterfaces = false
}

/// `authentication`.
package struct AuthenticationDraft: Sendable {
    /// The types of RFC 2338 but for "none".
    package enum Kind: Sendable { case password, header }

    package var kind: Kind?
    package var password: [UInt8] = []

    package init() {}
}

/// `auth_hmac`.
package struct TrailerDraft: Sendable {
    package var keys: [UInt8: [UInt8]] = [:]
    package var activeKey: UInt8?
    package var timeWindow: Interval?
    package var replayProtection = TrailerAuthentication.ReplayProtection.time
    package var mode = TrailerAuthentication.Mode.enforce

    package init() {}
}

/// `use_vmac` or `use_ipvlan`.
package struct VirtualInterfaceDraft: Sendable {
    /// Which of the two keywords it was.
    package enum Kind: Sendable {
        case macvlan
        case ipvlan(VirtualInterface.IPVLANMode)
    }

    package var kind: Kind
    package var name: String?
    /// Five or six bytes.
    package var mac: [UInt8] = []
    package var address: IPPrefix?
    package var group: UInt32?
    package var notifiesPeers = false
}
