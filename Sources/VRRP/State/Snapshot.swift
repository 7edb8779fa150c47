// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// Everything about the virtual routers of a process at one moment, as a plain value.
///
/// Whatever shows state (text dumps, JSON, SNMP, D-Bus) reads this and nothing else.
package struct VRRPSnapshot: Sendable {
    package var clock: CalendarClock
    package var settings: VRRPSettings
    /// In the order of the configuration.
    package var routers: [RouterSnapshot]
    package var groups: [SyncGroupSnapshot]
    package var scripts: [ScriptSnapshot]
    package var files: [TrackFileSnapshot]
    package var processes: [TrackProcessSnapshot]
    package var sessions: [TrackedSessionSnapshot]
    /// In the order of their indices.
    package var interfaces: [InterfaceSnapshot]
    package var sockets: [SocketSnapshot]
}

/// How the monotonic clock and the calendar stood to each other when a snapshot was taken.
package struct CalendarClock: Hashable, Sendable {
    package var instant: Instant
    /// Nanoseconds since the beginning of 1970, UTC, at `instant`.
    package var nanoseconds: Int64

    package init(instant: Instant, nanoseconds: Int64) {
        self.instant = instant
        self.nanoseconds = nanoseconds
    }

    /// Calendar time of an instant: nanoseconds since the beginning of 1970, UTC.
    package func time(of other: Instant) -> Int64 { nanoseconds &+ (other - instant).nanoseconds }
}

/// One virtual router: what was configured, and what became of it.
package struct RouterSnapshot: Sendable {
    /// Its number among the routers of the process; stays with it over reloads.
    package var place: Int
    package var settings: RouterSettings
    package var state: RouterState
    /// The state it would be in but for faults and waiting.
    package var wantedState: RouterState
    /// The effective priority, 1...255.
    package var priority: UInt8
    /// The configured priority with all weights, before it is held to 1...254.
    package var totalPriority: Int
    /// Where its adverts come from.
    package var source: IPAddress?
    /// Who sent the advert that it last yielded to; its own address while it is master.
    package var master: IPAddress?
    package var masterPriority: UInt8
    package var masterInterval: Interval
    /// The silence after which the master is believed dead.
    package var downInterval: Interval
    package var faults: [Fault]
    /// Trackers without a result yet that keep it in INIT.
    package var waitsFor: Int
    package var statistics: Statistics
    package var lastTransition: Instant?
    /// The oldest first.
    package var transitions: [PastTransition]
    /// When its next timer is due: the advert of a master, the end of a backup's patience.
    package var nextDeadline: Instant?
    /// When the last advert left; nil unless it is master.
    package var lastAdvert: Instant?
    /// Whether addresses, routes and rules are held.
    package var isHolding: Bool
    /// Which entries of `settings.addresses` and `settings.excludedAddresses`, counted through, the kernel has.
    package var presentAddresses: Set<Int>
    package var descriptors: SocketDescriptors?

    /// The numbers of the descriptors that it receives and sends by.
    package struct SocketDescriptors: Hashable, Sendable {
        package var receiving: Int32
        package var sending: Int32

        package init(receiving: Int32, sending: Int32) {
            self.receiving = receiving
            self.sending = sending
        }
    }
}

/// A change of state that is over.
package struct PastTransition: Hashable, Sendable {
    package var at: Instant
    package var from: RouterState
    package var to: RouterState
    package var cause: Cause
}

/// One `vrrp_sync_group`.
package struct SyncGroupSnapshot: Sendable {
    package var settings: SyncGroupSettings
    package var state: RouterState
    /// How many of its routers are in FAULT.
    package var faulty: Int
    /// How many of its routers are in INIT.
    package var waiting: Int
}

/// Who tracks something, and with what weight.
package struct TrackedBy: Hashable, Sendable {
    package var router: String
    package var weight: Int
    package var isReversed: Bool
}

/// One `vrrp_script`.
package struct ScriptSnapshot: Sendable {
    package var settings: ScriptSettings
    /// Nil before the first result.
    package var isUp: Bool?
    /// Results in a row that contradict `isUp`.
    package var streak: Int
    package var activity: Activity
    package var trackedBy: [TrackedBy]

    /// What its program is doing.
    package enum Activity: String, Sendable {
        case idle
        case running
        case terminating = "requested termination"
        case killing = "forcing termination"
    }

    /// Upstream's count: below `rise` the script is down, from there up to `rise + fall - 1` it is up.
    package var result: Int {
        switch isUp {
        case nil: 0
        case false?: streak
        case true?: settings.rise + settings.fall - 1 - streak
        }
    }
}

/// One `track_file`.
package struct TrackFileSnapshot: Sendable {
    package var settings: TrackFileSettings
    /// The number in it; 0 where there is none.
    package var value: Int
    package var trackedBy: [TrackedBy]
}

/// One `vrrp_track_process`.
package struct TrackProcessSnapshot: Sendable {
    package var settings: TrackProcessSettings
    /// How many processes match.
    package var count: Int
    package var hasQuorum: Bool
    /// Whether a change waits for its delay.
    package var forkDelayIsRunning: Bool
    package var terminateDelayIsRunning: Bool
    package var trackedBy: [TrackedBy]
}

/// A BFD session that routers or groups track.
package struct TrackedSessionSnapshot: Sendable {
    package var name: String
    /// Nil before the session has been up for the first time.
    package var isUp: Bool?
    package var trackedBy: [TrackedBy]
}

/// A network interface of the machine, as far as the process knows it.
package struct InterfaceSnapshot: Sendable {
    package var index: UInt32
    package var name: String
    /// IFF_*.
    package var flags: UInt32
    package var isUp: Bool
    package var mtu: Int
    package var hardware: MACAddress?
    /// ARPHRD_*.
    package var type: UInt16
    /// The kind of a virtual link and the interface below it, such as "macvlan" on "eth0".
    package var kind: String?
    package var parent: UInt32?
    package var addresses: [IPPrefix]
    /// The primary IPv4 address.
    package var ipv4: IPAddress?
    /// The link-local IPv6 address.
    package var ipv6: IPAddress?
    package var trackedBy: [TrackedBy] = []

    package init(index: UInt32, name: String, flags: UInt32, isUp: Bool, mtu: Int, type: UInt16, addresses: [IPPrefix]) {
        self.index = index
        self.name = name
        self.flags = flags
        self.isUp = isUp
        self.mtu = mtu
        self.type = type
        self.addresses = addresses
    }
}

/// A socket that adverts arrive at, and the one by which those of its routers leave.
package struct SocketSnapshot: Sendable {
    package var descriptors: RouterSnapshot.SocketDescriptors
    package var interface: String?
    package var family: AddressFamily
    /// 112, or 51 where the authentication header comes first.
    package var proto: UInt8
    package var receiveBuffer: Int
    /// Places of the routers.
    package var routers: [Int]

    package init(
        descriptors: RouterSnapshot.SocketDescriptors, interface: String?, family: AddressFamily, proto: UInt8,
        receiveBuffer: Int, routers: [Int]
    ) {
        self.descriptors = descriptors
        self.interface = interface
        self.family = family
        self.proto = proto
        self.receiveBuffer = receiveBuffer
        self.routers = routers
    }
}
