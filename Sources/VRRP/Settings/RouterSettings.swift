// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// The two versions of the protocol that are spoken: RFC 3768 and RFC 9568.
package enum ProtocolVersion: UInt8, Hashable, Comparable, Sendable {
    case v2 = 2
    case v3 = 3

    package static func < (left: ProtocolVersion, right: ProtocolVersion) -> Bool { left.rawValue < right.rawValue }
}

/// Everything the configuration says about one virtual router (`vrrp_instance`), inheritance resolved and rules
/// applied.
///
/// The first half is what the protocol machine reads, the second what the shell asks of the kernel and of scripts.
package struct RouterSettings: Equatable, Sendable {
    package var name: String
    package var family = AddressFamily.ipv4
    package var version = ProtocolVersion.v2
    /// VRID, 1...255.
    package var routerID: UInt8 = 0
    /// The interface the file names; adverts leave and arrive here. Nil only for unicast with a source address.
    package var interface: String?
    /// Limits a unicast router without an interface to a VRF.
    package var vrf: String?

    // MARK: Election

    /// 1...254, or 255 for the owner of the addresses.
    package var priority: UInt8 = 100
    /// `state MASTER` or priority 255: goes straight for master at the start.
    package var startsAsMaster = false
    /// 1...255 whole seconds in version 2, 0.01...40.95 s in centiseconds in version 3.
    package var advertInterval = Interval.seconds(1)
    package var preempts = true
    /// How long after the start a master of lower priority is left alone (0...1000 s).
    package var preemptDelay = Interval.zero
    /// Adverts missed before a backup takes over, 1...100.
    package var downTimerAdverts = 3
    /// The highest priority that may be about when a late timer makes this master step down; nil when off.
    /// Needs `preempts` off.
    package var timerExpiredBackup: UInt8?
    /// `lower_prio_no_advert`: a losing advert is not answered by one of ours.
    package var ignoresLowerPriority = false
    /// `higher_prio_send_advert`: one more advert before yielding to a higher priority.
    package var advertisesToHigherPriority = false
    /// `owner_ignore_adverts`: the owner of the addresses does not act on adverts (RFC 9568 section 7.1).
    package var ownerIgnoresAdverts = false
    /// The list of addresses in an advert of the current master is not compared with ours.
    package var skipsAddressCheck = false
    /// `vrrp_strict`/`strict_mode`: the RFC to the letter.
    package var isStrict = false

    // MARK: Adverts

    /// In the order they are advertised: at most 255 and never more than fit the MTU.
    package var addresses: [AddressEntry] = []
    /// Held like the others, not advertised; either family.
    package var excludedAddresses: [AddressEntry] = []
    package var authentication = Authentication.none
    package var checksum = ChecksumForm.pseudoHeader
    /// The checksum form follows what a peer is seen to send; off when the file says which form to use.
    package var adaptsChecksum = true
    package var transport = Transport.multicast(group: .v4(0xe000_0012))
    /// `mcast_src_ip`/`unicast_src_ip`; nil: the interface's primary (IPv4) or link-local (IPv6) address.
    package var source: IPAddress?
    /// Fault when `source` disappears from the interface.
    package var tracksSource = false

    // MARK: Announcements

    @Seldom package var announcements = AnnouncementSettings()

    // MARK: Tracking

    package var trackers: [Tracker] = []
    /// Sessions whose loss stands for the silence of a master.
    package var fastFailovers: [FastFailover] = []
    /// Interfaces whose loss is a fault without being asked for: the router's own (unless `dont_track_primary`)
    /// and those of
    /// tracked addresses, routes and rules.
    package var requiredInterfaces: [String] = []
    /// The sync group that the router belongs to.
    package var syncGroup: String?

    // MARK: Kernel

    @Seldom package var virtualInterface: VirtualInterface? = nil
    /// More of the kind, for addresses elsewhere.
    package var addressInterfaces: [AddressInterface] = []
    package var routes: [RouteEntry] = []
    package var rules: [RuleEntry] = []
    /// RFC 9568 Accept_Mode: packets to the addresses are accepted although we do not own them.
    package var accepts = true
    package var promotesSecondaries = false
    /// Size of the receive socket's buffer in bytes; nil: by policy.
    package var receiveBuffer: UInt32?
    package var linkPolling = false

    // MARK: Telling others

    @Seldom package var notify = NotifySettings()
    /// 0...4: how much is logged about this router.
    package var debug: UInt8 = 0
    /// `lvs_sync_daemon_interface` (deprecated): the IPVS sync daemon follows this router on that interface.
    package var syncDaemonInterface: String?

    package init(name: String) { self.name = name }

    package var isOwner: Bool { priority == 255 }

    /// The addresses advertised, then those excluded; mostly the memory of the former.
    var allAddresses: [AddressEntry] { excludedAddresses.isEmpty ? addresses : addresses + excludedAddresses }

    /// Active_Down_Interval: the silence after which a master advertising at this interval is believed dead.
    package func downInterval(for advertInterval: Interval) -> Interval {
        advertInterval * downTimerAdverts + skewTime(for: advertInterval)
    }

    /// Skew_Time: (256 - priority) / 256 of the interval (RFC 9568 section 6.1), of a second in version 2 (RFC
    /// 3768 section 6.1).
    package func skewTime(for advertInterval: Interval) -> Interval {
        let unit = version == .v2 ? Interval.seconds(1) : advertInterval
        return unit * (256 - Int(priority)) / 256
    }
}

extension RouterSettings {
    /// What makes a router the same router across a reload; its name does not.
    package struct Identity: Hashable, Sendable {
        package var routerID: UInt8
        package var family: AddressFamily
        package var interface: String?
        package var reach: Reach

        /// How the router meets its peers, as far as it tells two routers apart.
        package enum Reach: Hashable, Sendable {
            case unicast(source: IPAddress?)
            case multicast(group: IPAddress, onVirtualMAC: Bool)
        }
    }

    package var identity: Identity {
        let reach: Identity.Reach =
            switch transport {
            case .unicast: .unicast(source: source)
            case .multicast(let group): .multicast(group: group, onVirtualMAC: virtualInterface != nil)
            }
        return Identity(routerID: routerID, family: family, interface: interface, reach: reach)
    }
}
