// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

/// Virtual routers that change state together (`vrrp_sync_group`).
package struct SyncGroup: Equatable, Sendable {
    package var settings: SyncGroupSettings
    /// The state that all members share; INIT until they first do.
    package internal(set) var state = RouterState.initialize
    /// Places of the members.
    package internal(set) var members: [Int]
}

extension VirtualRouters {
    /// Lets the other members follow after something happened to one.
    ///
    /// A fault of one is a fault of all. A group becomes master only when each member would: were one member's rival
    /// alive, the group would be torn between two nodes. One that has to give way takes the others along.
    mutating func settle(_ group: Int, after place: Int, wasMaster: Bool, at now: Instant) {
        shareFaults(group, at: now)
        if wasMaster, routers[place]?.state == .backup {
            follow(group, to: .backup) { $0 == .master }
            for member in groups[group].members where member != place {
                move(member, .demote(.syncGroup(groups[group].settings.name)), at: now)
            }
        }
        if isReady(group) {
            follow(group, to: .master) { $0 == .backup }
            for member in groups[group].members {
                guard let router = routers[member], router.state == .backup else { continue }
                move(member, .promote(router.downCause), at: now)
            }
        }
        reportState(of: group)
    }

    /// Says that the group follows, if any member has to.
    private mutating func follow(_ group: Int, to state: RouterState, _ concerns: (RouterState) -> Bool) {
        guard groups[group].members.contains(where: { routers[$0].map { concerns($0.state) } ?? false }) else { return }
        pending.append(.notice(.groupSyncs(groups[group].settings.name, to: state)))
    }

    /// Whether all members are masters or would be, and at least one is not yet.
    private func isReady(_ group: Int) -> Bool {
        var hasCandidate = false
        for member in groups[group].members {
            guard let router = routers[member] else { return false }
            if router.isCandidate {
                hasCandidate = true
            } else if router.state != .master {
                return false
            }
        }
        return hasCandidate
    }

    private mutating func shareFaults(_ group: Int, at now: Instant) {
        let name = groups[group].settings.name
        let shared = Fault.syncGroup(name)
        var hasSaid = false
        for member in groups[group].members {
            guard let router = routers[member] else { continue }
            let isConcerned = groups[group].members.contains { $0 != member && routers[$0]?.hasOwnFault ?? false }
            guard isConcerned != router.hasFault(shared) else { continue }
            if !hasSaid, router.isStarted {
                hasSaid = true
                pending.append(.notice(.groupSyncs(name, to: isConcerned ? .fault : .backup)))
            }
            move(member, .fault(shared, isPresent: isConcerned), at: now)
        }
    }

    private mutating func move(_ member: Int, _ event: VirtualRouter.Event, at now: Instant) {
        routers[member]?.handle(event, at: now, into: &pending)
        reschedule(member, at: now)
    }

    /// Tells of the state of the group when all its members have come to the same.
    mutating func reportState(of group: Int) {
        guard let first = groups[group].members.first, let state = routers[first]?.state, state != groups[group].state,
            groups[group].members.allSatisfy({ routers[$0]?.state == state })
        else { return }
        let transition = GroupTransition(name: groups[group].settings.name, from: groups[group].state, to: state)
        groups[group].state = state
        pending.append(.report(.group(transition)))
    }

    /// Makes the groups of the settings, each in the state it was in.
    mutating func formGroups(_ settings: [SyncGroupSettings], at now: Instant) {
        let before = groups
        var placeOfName: [String: Int] = [:]
        for place in occupiedPlaces {
            if let name = routers[place]?.settings.name { placeOfName[name] = place }
        }
        groups = settings.map { group in
            var formed = SyncGroup(settings: group, members: group.routers.compactMap { placeOfName[$0] })
            formed.state = before.first { $0.settings.name == group.name }?.state ?? .initialize
            return formed
        }
        groupOfPlace = Array(repeating: -1, count: routers.count)
        for (index, group) in groups.enumerated() {
            for member in group.members { groupOfPlace[member] = index }
        }
        for place in occupiedPlaces { joinGroup(place, at: now) }
    }

    /// Tells the router whether it has to ask others, and takes away faults of groups it is no longer in.
    private mutating func joinGroup(_ place: Int, at now: Instant) {
        guard let router = routers[place] else { return }
        let group = groupOfPlace[place]
        routers[place]?.isIndependent = group < 0 || groups[group].members.count < 2
        if group < 0 || groups[group].members.count < 2, router.isCandidate {
            move(place, .promote(router.downCause), at: now)
        }
        for fault in router.faults {
            guard case .syncGroup(let name) = fault, group < 0 || groups[group].settings.name != name else { continue }
            move(place, .fault(fault, isPresent: false), at: now)
        }
    }
}

extension VirtualRouter {
    /// Whether something besides its group keeps it in FAULT.
    var hasOwnFault: Bool {
        faults.contains { fault in
            if case .syncGroup = fault { return false }
            return true
        }
    }
}
