// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

extension VirtualRouters {
    /// Takes over another configuration as a pure difference: a router whose settings did not change feels nothing, a
    /// changed one changes in place, new ones are added before others are removed.
    ///
    /// The first call brings all routers. Addresses that pass from one router to another are in no action of their own:
    /// the shell compares, after all actions, what is to be held with what is.
    package mutating func reconfigure(
        to new: VRRPSettings,
        options: Options,
        at now: Instant,
        into actions: inout [Action]
    ) {
        freeDeparted()
        let hasOtherLanes = lanes.differ(from: new.garpGroups, options)
        if hasOtherLanes { lanes = AnnouncementLanes(new.garpGroups, options) }
        objects.configure(new)
        var kept: Set<Int> = []
        routers.reserveCapacity(new.routers.count)
        let places = placesOfIdentities
        for index in new.routers.indices {
            let configured = ConfiguredRouter(new.routers, index)
            if let place = places[new.routers[index].identity] {
                kept.insert(place)
                change(place, to: configured, at: now)
                if hasOtherLanes { moveToLanes(place, at: now) }
            } else {
                kept.insert(add(configured))
            }
        }
        let leaving = routers.indices.filter { !kept.contains($0) }
        passOn(from: leaving)
        for place in leaving { remove(place, at: now) }
        store(new, options)
        formGroups(new.syncGroups, at: now)
        if started != nil {
            for place in occupiedPlaces { evaluate(place, at: now) }
            for place in occupiedPlaces { startIfReady(place, at: now) }
            for group in groups.indices {
                if let first = groups[group].members.first { settle(group, after: first, wasMaster: false, at: now) }
            }
        }
        deliver(into: &actions)
    }

    /// Needed by a reload only, and not kept for the time between two.
    private var placesOfIdentities: [RouterSettings.Identity: Int] {
        var places: [RouterSettings.Identity: Int] = [:]
        for place in occupiedPlaces { if let router = routers[place] { places[router.settings.identity] = place } }
        return places
    }

    private mutating func add(_ configured: ConfiguredRouter) -> Int {
        let place = routers.firstIndex { $0 == nil } ?? routers.count
        let router = VirtualRouter(configured, place: place, lanes: lanes.places(for: configured.settings))
        if place == routers.count {
            routers.append(router)
            groupOfPlace.append(-1)
        } else {
            routers[place] = router
            groupOfPlace[place] = -1
        }
        if started != nil { newcomers.insert(place) }
        pending.append(.added(router: place))
        return place
    }

    private mutating func change(_ place: Int, to configured: ConfiguredRouter, at now: Instant) {
        guard let old = routers[place]?.settings else { return }
        // The settings of before are let go of in any case.
        guard old != configured.settings else {
            routers[place]?.configured = configured
            return
        }
        pending.append(.changed(router: place, from: old))
        let paces = lanes.places(for: configured.settings)
        routers[place]?.reconfigure(to: configured, at: now, lanes: paces, into: &pending)
        reschedule(place, at: now)
    }

    /// The lanes of before are no more, whether the router itself has changed or not.
    private mutating func moveToLanes(_ place: Int, at now: Instant) {
        guard let router = routers[place] else { return }
        let schedule = AnnouncementSchedule(router.settings, lanes: lanes.places(for: router.settings))
        routers[place]?.announcements.reconfigure(to: schedule, at: now, isMaster: router.isHolding)
        reschedule(place, at: now)
    }

    private mutating func remove(_ place: Int, at now: Instant) {
        guard let settings = routers[place]?.settings else { return }
        groupOfPlace[place] = -1
        newcomers.remove(place)
        tell(place, .remove, at: now)
        departing.append(place)
        pending.append(.removed(router: place, settings))
    }

    /// Frees the places of routers that left with the call before this one: by now their last adverts have been written.
    mutating func freeDeparted() {
        for place in departing { routers[place] = nil }
        departing.removeAll()
    }
}

extension VirtualRouter {
    /// Takes over changed settings without leaving the state.
    mutating func reconfigure(
        to configured: ConfiguredRouter,
        at now: Instant,
        lanes: [Int],
        into actions: inout [Action]
    ) {
        let old = settings
        let before = standingFaults
        self.configured = configured
        let new = configured.settings
        format = AdvertFormat(new)
        if old.source != new.source, let configured = new.source { source = configured }
        if old.advertInterval != new.advertInterval { changeInterval(at: now) }
        if !new.adaptsChecksum { heardChecksum = nil }
        if old.addresses != new.addresses || old.excludedAddresses != new.excludedAddresses
            || old.announcements != new.announcements
            || old.routes != new.routes || old.rules != new.rules
            || old.virtualInterface != new.virtualInterface || old.addressInterfaces != new.addressInterfaces
        {
            if isHolding { actions.append(.hold(router: place)) }
            changeAddresses(from: old, at: now, lanes: lanes, into: &actions)
        }
        if old.authentication != new.authentication || old.transport != new.transport { setGuards() }
        let after = standingFaults
        for fault in after where !before.contains(fault) {
            handle(.fault(fault, isPresent: true), at: now, into: &actions)
        }
        for fault in before where !after.contains(fault) {
            handle(.fault(fault, isPresent: false), at: now, into: &actions)
        }
    }

    private mutating func changeInterval(at now: Instant) {
        if let due = advertDue, let lastAdvert { advertDue = min(due, max(now, lastAdvert + settings.advertInterval)) }
        guard state == .backup else { return }
        // A version 3 master's interval was learned from itself, and stays.
        guard settings.version == .v2 || master == nil else { return }
        masterInterval = settings.advertInterval
        if downDue != nil { downDue = now + downInterval(for: masterInterval) }
    }

    /// A master announces what is new at once.
    private mutating func changeAddresses(
        from old: RouterSettings, at now: Instant, lanes: [Int], into actions: inout [Action]
    ) {
        let stays = { [new = settings] (entry: AddressEntry) in
            old.interface(of: entry) == new.interface(of: entry)
                && old.virtualInterface?.kind == new.virtualInterface?.kind
        }
        let before = Set(announcedAddresses.filter(stays))
        announcedAddresses = settings.allAddresses
        announcements.reconfigure(to: AnnouncementSchedule(settings, lanes: lanes), at: now, isMaster: isHolding)
        guard isHolding else { return }
        let added = announcedAddresses.indices.filter { !before.contains(announcedAddresses[$0]) }
        for index in added { actions.append(.announce(router: place, from: index, count: 1)) }
        if !added.isEmpty { announcements.onceMore(at: now) }
    }
}
