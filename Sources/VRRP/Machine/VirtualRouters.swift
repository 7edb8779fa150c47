// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// All virtual routers of a process, with their sync groups and trackers: the whole of VRRP without sockets, addresses
/// and clock.
///
/// The shell hands in events and instants and does what the actions say, calls ``advance(to:into:)`` when
/// ``nextDeadline`` has come, and says so with ``reconfigure(to:options:at:into:)`` when the configuration is another.
/// Before it calls `advance` late it hands in whatever its sockets still hold, so that an advert that has arrived is
/// never taken for silence.
///
/// A router's *place* is a small number that stays with it for as long as it is configured; a place that was freed is
/// used again.
package struct VirtualRouters: Sendable {
    /// Global settings that the machine needs.
    package struct Options: Equatable, Sendable {
        /// `vrrp_startup_delay`: how long after the start no router takes part.
        package var startupDelay = Interval.zero
        /// `vrrp_garp_interval` and `vrrp_gna_interval`, the pace on each interface that no `garp_group` covers; zero:
        /// none.
        package var garpInterval = Interval.zero
        package var gnaInterval = Interval.zero

        package init() {}
    }

    /// How late a wake-up has to be to be mentioned.
    private static let noticedLateness = Interval.milliseconds(500)

    package private(set) var settings = VRRPSettings()
    package private(set) var options = Options()
    /// By place; nil where a place is free.
    package internal(set) var routers: [VirtualRouter?] = []
    package internal(set) var groups: [SyncGroup] = []

    /// Routers that have left the configuration and still have their last advert to write.
    var departing: [Int] = []
    /// The group of the router at each place, or -1.
    var groupOfPlace: [Int] = []
    var objects = TrackedObjects()
    /// Routers that a reload brought and that wait to hear of their source address before they take part.
    var newcomers: Set<Int> = []
    /// When ``Event/start`` came; nil before and after ``Event/stop``.
    var started: Instant?
    /// Actions of the call in progress, before adverts are put first.
    var pending: [Action] = []

    private var adverts = DeadlineQueue()
    private var timers = DeadlineQueue()
    private var announcements = DeadlineQueue()
    var lanes = AnnouncementLanes()
    /// The largest slack of any router.
    private var widestSlack = Interval.zero

    /// Routers that do nothing until ``Event/start``; ``Action/added(router:)`` tells of each at the first
    /// ``reconfigure(to:options:at:into:)``.
    package init() { pending.reserveCapacity(64) }

    // What is asked for each advert; read here, none of it copies the rest of the router.

    /// The interface that adverts of a router leave by.
    package func transmitInterface(of place: Int) -> String? { routers[place]?.settings.transmitInterface }
    /// Whom they go to.
    package func transport(of place: Int) -> Transport? { routers[place]?.settings.transport }
    /// Where they come from.
    package func source(of place: Int) -> IPAddress? { routers[place]?.source }
    /// ``VirtualRouter/writesWholePacket``
    package func writesWholePacket(of place: Int) -> Bool { routers[place]?.writesWholePacket ?? false }

    /// Places that are taken, in the order of the places.
    package var occupiedPlaces: [Int] { routers.indices.filter { routers[$0] != nil && !departing.contains($0) } }

    /// When ``advance(to:into:)`` is to be called next.
    package var nextDeadline: Instant? {
        var earliest = adverts.first?.deadline
        for other in [timers.first?.deadline, announcements.first?.deadline, objects.deadline] {
            if let other, other < earliest ?? .distantFuture { earliest = other }
        }
        return earliest
    }

    // MARK: Events

    /// Handles one event; what is to be done is appended, adverts first.
    package mutating func handle(_ event: Event, at now: Instant, into actions: inout [Action]) {
        if !departing.isEmpty { freeDeparted() }
        switch event {
        case .start:
            start(at: now)
        case .resume(let place):
            if started == nil { routers[place]?.succession = .resumed }
        case .stop:
            stop(at: now)
        case .advert(let place, let advert, let sender):
            tell(place, .advert(advert, from: sender), at: now)
        case .rejected(let place, let rejection, let sender):
            tell(place, .rejected(rejection, from: sender), at: now)
        case .source(let place, let address):
            tell(place, .source(address), at: now)
            welcome(place, at: now)
        case .addressLost(let place, let address):
            tell(place, .addressLost(address), at: now)
        case .obstacle(let place, let obstacle, let isPresent):
            tell(place, .fault(.obstacle(obstacle), isPresent: isPresent), at: now)
        case .unknownRouter(let id, let interface):
            noteUnknownRouter(id, interface: interface)
        case .link(let name, let isUp):
            noteLink(name, isUp: isUp, at: now)
        case .scriptEnded(let name, let result):
            noteScript(name, result, at: now)
        case .fileValue(let name, let value):
            note(.file(name), objects.setValue(value, of: .file(name)), at: now)
        case .processCount(let name, let count):
            note(.process(name), objects.setCount(count, of: name, at: now), at: now)
        case .bfd(let name, let isUp):
            note(.bfd(name), objects.set(isUp, .bfd(name)), at: now)
        case .sessionFailed(let name):
            noteFailure(ofSession: name, at: now)
        }
        deliver(into: &actions)
    }

    /// Reads a received packet for the router at this place and handles the advert in it, or counts why there is none.
    ///
    /// - Parameter clock: the time of day, which only routers with `auth_hmac` look at.
    package mutating func receive(
        _ packet: borrowing ReceivedPacket,
        for place: Int,
        at now: Instant,
        clock: WallClock = WallClock(seconds: 0),
        into actions: inout [Action]
    ) {
        guard place >= 0, place < routers.count,
            let outcome = routers[place]?.take(packet, clock: clock, at: now, into: &pending)
        else { return }
        follow(outcome, of: place, at: now)
        deliver(into: &actions)
    }

    /// Does what is due. Adverts that are due within a hundredth of their interval leave with those that are due;
    /// nothing else is early.
    package mutating func advance(to now: Instant, into actions: inout [Action]) {
        if !departing.isEmpty { freeDeparted() }
        if let due = nextDeadline, now - due >= Self.noticedLateness {
            pending.append(.notice(.timerExpired(ago: now - due)))
        }
        while let (due, place) = adverts.popFirst(notAfter: now + widestSlack) {
            guard let slack = routers[place]?.slack, due <= now + slack else {
                // An advert of a shorter interval stands before others that might leave now: they will share a later
                // wake-up.
                adverts.set(due, for: place)
                break
            }
            tell(place, .advance, at: now)
        }
        while let (_, place) = timers.popFirst(notAfter: now) { tell(place, .advance, at: now) }
        while let (_, place) = announcements.popFirst(notAfter: now) { announce(place, at: now) }
        while let object = objects.popDue(at: now) { note(object, true, at: now) }
        deliver(into: &actions)
    }

    /// Appends an advert of the router at this place as it is to leave now: the VRRP message, and where
    /// ``VirtualRouter/writesWholePacket`` says so the IPv4 header before it.
    ///
    /// - Parameter clock: the time of day, which only routers with `auth_hmac` look at.
    package mutating func writeAdvert(
        of place: Int,
        priority: UInt8,
        from source: IPAddress,
        to destination: IPAddress,
        clock: WallClock = WallClock(seconds: 0),
        into writer: inout ByteWriter
    ) {
        precondition(routers[place] != nil, "An advert is written for a router that does not exist.")
        routers[place]?.write(priority: priority, from: source, to: destination, clock: clock, into: &writer)
    }

    /// Zeroes the counters of all routers.
    package mutating func clearStatistics() {
        for place in routers.indices { routers[place]?.statistics = Statistics() }
    }

    // MARK: Inside

    /// Hands an event to one router, lets its group follow and sets its deadlines.
    mutating func tell(_ place: Int, _ event: VirtualRouter.Event, at now: Instant) {
        guard place >= 0, place < routers.count, let outcome = routers[place]?.take(event, at: now, into: &pending)
        else { return }
        follow(outcome, of: place, at: now)
    }

    private mutating func follow(_ outcome: VirtualRouter.Outcome, of place: Int, at now: Instant) {
        rekey(place, outcome.deadlines, at: now)
        let group = groupOfPlace[place]
        if group >= 0 { settle(group, after: place, wasMaster: outcome.wasMaster, at: now) }
    }

    private mutating func rekey(_ place: Int, _ deadlines: VirtualRouter.Deadlines, at now: Instant) {
        adverts.set(deadlines.advert, for: place)
        timers.set(deadlines.timer, for: place)
        if let due = deadlines.announcement, due <= now {
            announce(place, at: now)
        } else {
            announcements.set(deadlines.announcement, for: place)
        }
    }

    /// Sets the deadlines of a router after it was changed otherwise than by ``tell(_:_:at:)``.
    mutating func reschedule(_ place: Int, at now: Instant) {
        rekey(place, routers[place]?.deadlines ?? VirtualRouter.Deadlines(), at: now)
    }

    private mutating func announce(_ place: Int, at now: Instant) {
        routers[place]?.announcements.advance(to: now, router: place, lanes: &lanes.all, into: &pending)
        announcements.set(routers[place]?.announcements.deadline, for: place)
    }

    /// Moves the actions of this call to the caller, adverts first.
    mutating func deliver(into actions: inout [Action]) {
        guard !pending.isEmpty else { return }
        for action in pending {
            if case .sendAdvert = action { actions.append(action) }
        }
        for action in pending {
            if case .sendAdvert = action { continue }
            actions.append(action)
        }
        // What a transition of a thousand routers fills is not kept for their adverts.
        pending.removeAll(keepingCapacity: pending.capacity <= Self.usualActions)
    }

    private static let usualActions = 2_048

    private mutating func start(at now: Instant) {
        guard started == nil else { return }
        started = now
        keepTogether()
        for place in routers.indices { evaluate(place, at: now) }
        for place in routers.indices { startIfReady(place, at: now) }
    }

    private mutating func stop(at now: Instant) {
        guard started != nil else { return }
        started = nil
        for place in routers.indices { routers[place]?.handle(.stop, at: now, into: &pending) }
        for place in routers.indices { reschedule(place, at: now) }
        for group in groups.indices { reportState(of: group) }
    }

    private mutating func noteUnknownRouter(_ id: UInt8, interface: String) {
        guard objects.noteUnknownRouter(id, interface: interface) else { return }
        pending.append(.notice(.unknownRouter(id, interface: interface)))
    }

    mutating func store(_ settings: VRRPSettings, _ options: Options) {
        self.settings = settings
        let startupDelay = self.options.startupDelay
        self.options = options
        // That of the start has begun, another one is for the next.
        if started != nil { self.options.startupDelay = startupDelay }
        widestSlack = .zero
        for router in routers {
            if let slack = router?.slack, slack > widestSlack { widestSlack = slack }
        }
    }
}
