// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// What the shell around the virtual routers adds to a snapshot.
package struct SnapshotSurroundings: Sendable {
    package var clock: CalendarClock
    package var history = TransitionHistory()
    package var interfaces: [InterfaceSnapshot] = []
    /// Addresses that routers hold, by interface: news of those are not kept one by one.
    package var held: [UInt32: [IPPrefix]] = [:]
    package var sockets: [SocketSnapshot] = []
    /// What programs of scripts are doing, by the name of the script; idle where nothing is said.
    package var activities: [String: ScriptSnapshot.Activity] = [:]
    /// How many processes match, by the name of the `vrrp_track_process`.
    package var processCounts: [String: Int] = [:]

    package init(clock: CalendarClock) { self.clock = clock }
}

extension VirtualRouters {
    /// All there is to show, as a value.
    package func snapshot(in surroundings: SnapshotSurroundings) -> VRRPSnapshot {
        let interfaces = surroundings.interfaces.map { interface in
            let known = Set(interface.addresses)
            var interface = interface
            interface.addresses += (surroundings.held[interface.index] ?? []).filter { !known.contains($0) }
            return interface
        }
        let watchers = Watchers(self)
        let places = Dictionary(
            occupiedPlaces.compactMap { place in routers[place].map { ($0.settings.name, place) } },
            uniquingKeysWith: { first, _ in first })
        let present = PresentAddresses(interfaces)
        var descriptors: [Int: RouterSnapshot.SocketDescriptors] = [:]
        for socket in surroundings.sockets {
            for place in socket.routers { descriptors[place] = socket.descriptors }
        }
        let snapshots = settings.routers.compactMap { settings -> RouterSnapshot? in
            guard let place = places[settings.name], let router = routers[place] else { return nil }
            var snapshot = RouterSnapshot(router, totalPriority: totalPriority(of: place), waitsFor: waits(of: place))
            snapshot.transitions = surroundings.history[place]
            snapshot.presentAddresses = present.places(of: router)
            snapshot.descriptors = descriptors[place]
            return snapshot
        }
        return VRRPSnapshot(
            clock: surroundings.clock, settings: settings, routers: snapshots,
            groups: groups.map { group in
                let states = group.members.compactMap { routers[$0]?.state }
                return SyncGroupSnapshot(
                    settings: group.settings, state: group.state, faulty: states.count { $0 == .fault },
                    waiting: states.count { $0 == .initialize })
            },
            scripts: settings.scripts.map { script in
                let object = Tracker.Object.script(script.name)
                return ScriptSnapshot(
                    settings: script, isUp: objects.isUp(object), streak: objects.streak(of: object),
                    activity: surroundings.activities[script.name] ?? .idle, trackedBy: watchers[object])
            },
            files: settings.trackFiles.map { file in
                let object = Tracker.Object.file(file.name)
                return TrackFileSnapshot(
                    settings: file, value: objects.value(of: object) ?? 0, trackedBy: watchers[object])
            },
            processes: settings.trackProcesses.map { process in
                let object = Tracker.Object.process(process.name)
                let coming = objects.coming(object)
                return TrackProcessSnapshot(
                    settings: process, count: surroundings.processCounts[process.name] ?? 0,
                    hasQuorum: objects.isUp(object) ?? false, forkDelayIsRunning: coming == true,
                    terminateDelayIsRunning: coming == false, trackedBy: watchers[object])
            },
            sessions: watchers.sessions.map { name in
                TrackedSessionSnapshot(name: name, isUp: objects.isUp(.bfd(name)), trackedBy: watchers[.bfd(name)])
            },
            interfaces: interfaces.map { interface in
                var interface = interface
                interface.trackedBy = watchers[.interface(interface.name)]
                return interface
            },
            sockets: surroundings.sockets
        )
    }
}

extension RouterSnapshot {
    fileprivate init(_ router: VirtualRouter, totalPriority: Int, waitsFor: Int) {
        place = router.place
        settings = router.settings
        state = router.state
        wantedState = router.state == .initialize ? (router.settings.startsAsMaster ? .master : .backup) : router.state
        priority = router.priority
        self.totalPriority = totalPriority
        source = router.source
        master = router.master
        masterPriority = router.masterPriority
        masterInterval = router.masterInterval
        downInterval = router.downInterval(for: router.masterInterval)
        faults = router.faults
        self.waitsFor = waitsFor
        statistics = router.statistics
        lastTransition = router.lastTransition
        transitions = []
        nextDeadline = [router.advertDeadline, router.timerDeadline].compactMap(\.self).min()
        lastAdvert = router.lastAdvert
        isHolding = router.isHolding
        presentAddresses = []
    }
}

/// Which addresses are on which interface.
private struct PresentAddresses {
    private var prefixes: [String: Set<IPPrefix>] = [:]

    init(_ interfaces: [InterfaceSnapshot]) {
        for interface in interfaces { prefixes[interface.name] = Set(interface.addresses) }
    }

    /// Those of a router that holds its addresses, as places in all its addresses.
    func places(of router: VirtualRouter) -> Set<Int> {
        guard router.isHolding else { return [] }
        let entries = router.announcedAddresses
        return Set(
            entries.indices.filter { index in
                guard let name = entries[index].interface ?? router.settings.addressInterface else { return false }
                return prefixes[name]?.contains(entries[index].prefix) ?? false
            })
    }
}

extension RouterSettings {
    /// The interface that addresses are put on which name none: the virtual one if there is one.
    package var addressInterface: String? { virtualInterface?.name ?? interface }
}

/// Who tracks what, the members of a group for what the group tracks.
private struct Watchers {
    private var byObject: [Tracker.Object: [TrackedBy]] = [:]
    /// Names of the sessions tracked, in the order of the configuration.
    private(set) var sessions: [String] = []

    subscript(object: Tracker.Object) -> [TrackedBy] { byObject[object] ?? [] }

    init(_ routers: VirtualRouters) {
        let groups = Dictionary(
            routers.settings.syncGroups.map { ($0.name, $0.trackers) }, uniquingKeysWith: { first, _ in first })
        for settings in routers.settings.routers {
            for interface in settings.requiredInterfaces {
                add(.interface(interface), TrackedBy(router: settings.name, weight: 0, isReversed: false))
            }
            for tracker in settings.trackers + (settings.syncGroup.flatMap { groups[$0] } ?? []) {
                if case .bfd(let name) = tracker.object, !sessions.contains(name) { sessions.append(name) }
                add(
                    tracker.object,
                    TrackedBy(router: settings.name, weight: tracker.weight, isReversed: tracker.isReversed))
            }
        }
    }

    private mutating func add(_ object: Tracker.Object, _ watcher: TrackedBy) {
        guard !self[object].contains(where: { $0.router == watcher.router }) else { return }
        byObject[object, default: []].append(watcher)
    }
}
