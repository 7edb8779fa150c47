// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// Something that a router or a sync group watches, and what its state does to the priority.
package struct Tracker: Hashable, Sendable {
    /// What is watched, by its name in the configuration.
    package enum Object: Hashable, Sendable {
        case interface(String)
        case script(String)
        case file(String)
        case process(String)
        case bfd(String)

        package var name: String {
            switch self {
            case .interface(let name), .script(let name), .file(let name), .process(let name), .bfd(let name): name
            }
        }
    }

    package var object: Object
    /// 0: failure is a fault. Above: added while the object is up. Below: added (so subtracted) while it is
    /// down. A file's value is
    /// multiplied by it. -253...253, for files and processes -254...254.
    package var weight: Int
    /// With a weight: what would be added is subtracted and the other way round. Without: up is a fault, down is none.
    package var isReversed: Bool

    package init(_ object: Object, weight: Int = 0, isReversed: Bool = false) {
        self.object = object
        self.weight = weight
        self.isReversed = isReversed
    }
}

/// A program that is run again and again, its exit status being the result (`vrrp_script`).
package struct ScriptSettings: Equatable, Sendable {
    package var name: String
    package var command: ScriptCommand
    /// From the start of one run to the start of the next.
    package var interval = Interval.seconds(1)
    /// A run that takes longer is ended and has failed.
    package var timeout = Interval.seconds(1)
    /// Where a `track_script` line says none.
    package var weight = 0
    package var isReversed = false
    /// Successes in a row before the script counts as up.
    package var rise = 1
    /// Failures in a row before it counts as down.
    package var fall = 1
    /// Counts as down until it has first succeeded.
    package var startsAsFailed = false

    package init(name: String, command: ScriptCommand) {
        self.name = name
        self.command = command
    }
}

/// A file that holds a number (`track_file`).
package struct TrackFileSettings: Equatable, Sendable {
    package var name: String
    package var path = ""
    package var weight = 1
    package var isReversed = false
    /// Written into the file at the start; nil: the file is left alone.
    package var initialValue: Int32?
    /// The initial value replaces what an existing file says.
    package var overwrites = false

    package init(name: String) { self.name = name }
}

/// A program whose running processes are counted (`vrrp_track_process`).
package struct TrackProcessSettings: Equatable, Sendable {
    /// How the arguments of a process are compared with those of the file.
    package enum ParameterMatch: Hashable, Sendable { case exact, initial, partial }

    package var name: String
    /// Name or path of the program.
    package var program = ""
    package var parameters: [String] = []
    /// How `parameters` are compared; nil: they are not.
    package var parameterMatch: ParameterMatch?
    /// The whole command line is compared, not only the name of the program.
    package var matchesCommandLine = false
    package var weight = 0
    package var isReversed = false
    /// Processes that make it up: 0...65535.
    package var quorum = 1
    /// More processes than this make it down; nil: no limit. 0: it must not run.
    package var quorumMaximum: Int?
    /// How long fewer (terminate) or more (fork) processes must last before they count.
    package var terminateDelay = Interval.zero
    package var forkDelay = Interval.zero

    package init(name: String) { self.name = name }
}

/// Routers that static addresses, routes and rules follow (`track_group`).
package struct TrackGroupSettings: Equatable, Sendable {
    package var name: String
    package var routers: [String] = []

    package init(name: String) { self.name = name }
}

/// Routers that change state together (`vrrp_sync_group`).
package struct SyncGroupSettings: Equatable, Sendable {
    package var name: String
    /// Names of the routers, each in no other group.
    package var routers: [String] = []
    /// For all routers of the group.
    package var trackers: [Tracker] = []
    /// `sync_group_tracking_weight`: members may have trackers of different weight.
    package var allowsDifferentWeights = false
    package var notify = NotifySettings()

    package init(name: String) { self.name = name }
}

/// How the link of an interface is polled where netlink does not tell (`linkbeat_interfaces`).
package enum LinkPolling: Hashable, Sendable { case automatic, mii, ethtool, ioctl }

/// How long a change of an interface must last before it counts (`interface_up_down_delays`).
package struct LinkDelays: Hashable, Sendable {
    package var down = Interval.zero
    package var up = Interval.zero

    package init() {}
}
