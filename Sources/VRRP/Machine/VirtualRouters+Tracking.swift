// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

/// What a tracker does to a router at this moment.
private enum Effect {
    case none
    case weight(Int)
    case fault(Fault)
    /// Nothing is known yet, and a failure would be a fault: the router waits in INIT.
    case unknown
}

extension VirtualRouters {
    mutating func noteLink(_ name: String, isUp: Bool, at now: Instant) {
        let changed = objects.setLink(name, isUp: isUp, at: now)
        note(.interface(name), changed, at: now)
        if changed, isUp { speakAgain(on: name, at: now) }
        if !isUp, !isWatched(.interface(name)) { objects.forget(.interface(name)) }
    }

    /// The carrier of an interface returned. Masters that did not step down with it say again who they are, for whoever is
    /// behind it may have heard another one meanwhile.
    private mutating func speakAgain(on interface: String, at now: Instant) {
        for place in routers.indices {
            guard let router = routers[place], router.state == .master, router.reaches(interface) else { continue }
            tell(place, .reconnected, at: now)
        }
    }

    mutating func noteScript(_ name: String, _ result: Event.ScriptResult, at now: Instant) {
        let (changed, newStatus) = objects.setResult(result, of: name)
        if let newStatus { pending.append(.notice(.scriptReturns(name, status: newStatus))) }
        if changed { pending.append(.notice(.script(name, result))) }
        note(.script(name), changed, at: now)
    }

    /// Lets routers with `fast_failover` for the session take over from its neighbour.
    mutating func noteFailure(ofSession name: String, at now: Instant) {
        for place in routers.indices {
            guard let failover = routers[place]?.settings.fastFailovers.first(where: { $0.session == name }) else {
                continue
            }
            tell(place, .sessionFailed(failover), at: now)
        }
    }

    /// Lets everybody who watches the object see that it changed.
    mutating func note(_ object: Tracker.Object, _ changed: Bool, at now: Instant) {
        guard changed else { return }
        if case .interface(let name) = object, isWatched(object) {
            pending.append(.notice(.link(name, isUp: objects.isUp(object) ?? false)))
        }
        if case .process(let name) = object {
            pending.append(.notice(.process(name, hasQuorum: objects.isUp(object) ?? false)))
        }
        guard started != nil else { return }
        for place in routers.indices where watches(place, object) { evaluate(place, at: now) }
        for place in routers.indices { startIfReady(place, at: now) }
    }

    private func isWatched(_ object: Tracker.Object) -> Bool { routers.indices.contains { watches($0, object) } }

    private func watches(_ place: Int, _ object: Tracker.Object) -> Bool {
        guard let router = routers[place] else { return false }
        if case .interface(let name) = object, router.settings.requiredInterfaces.contains(name) { return true }
        return trackers(of: place).contains { $0.object == object }
    }

    /// Its own trackers and those of its group.
    private func trackers(of place: Int) -> [Tracker] {
        guard let router = routers[place] else { return [] }
        let group = groupOfPlace[place]
        return group >= 0 ? router.settings.trackers + groups[group].settings.trackers : router.settings.trackers
    }

    /// Starts a router that has waited for nothing but the results of its scripts.
    mutating func startIfReady(_ place: Int, at now: Instant) {
        guard let started, let router = routers[place], !router.isStarted else { return }
        // Who goes on as master takes its trackers to be as good as they were.
        let goesOn = router.succession != nil
        guard goesOn || waits(of: place) == 0, !newcomers.contains(place) else { return }
        let rest = started + options.startupDelay
        tell(place, .start(resting: rest > now && !goesOn ? rest : nil), at: now)
    }

    /// How many trackers have to tell something before the router can take part.
    func waits(of place: Int) -> Int {
        trackers(of: place).count { tracker in
            if case .unknown = effect(of: tracker) { return true }
            return false
        }
    }

    /// The configured priority and the weights of all trackers.
    func totalPriority(of place: Int) -> Int {
        let base = Int(routers[place]?.settings.priority ?? 0)
        guard base < 255 else { return base }
        return trackers(of: place).reduce(base) { sum, tracker in
            if case .weight(let more) = effect(of: tracker) { return sum + more }
            return sum
        }
    }

    /// Works out the faults and the priority of a router from the state of what it tracks, and tells it what changed.
    mutating func evaluate(_ place: Int, at now: Instant) {
        guard let router = routers[place] else { return }
        var faults: [Fault] = []
        for interface in router.settings.requiredInterfaces where objects.isUp(.interface(interface)) != true {
            faults.append(.interface(interface))
        }
        for tracker in trackers(of: place) {
            switch effect(of: tracker) {
            case .none, .unknown, .weight: break
            case .fault(let fault): if !faults.contains(fault) { faults.append(fault) }
            }
        }
        // New reasons first, so that exchanging one for another does not leave FAULT in between.
        for fault in faults where !router.hasFault(fault) { tell(place, .fault(fault, isPresent: true), at: now) }
        for fault in router.faults where fault.isTracked && !faults.contains(fault) {
            tell(place, .fault(fault, isPresent: false), at: now)
        }
        let total = totalPriority(of: place)
        let priority = router.settings.isOwner ? 255 : UInt8(clamping: min(max(total, 1), 254))
        if priority != router.priority { tell(place, .priority(priority), at: now) }
    }

    private func effect(of tracker: Tracker) -> Effect {
        if case .file(let name) = tracker.object { return effect(ofFile: name, tracker) }
        var state = objects.isUp(tracker.object)
        if state == nil {
            switch tracker.object {
            // One that is not there is down.
            case .interface: state = false
            case .script: return tracker.weight == 0 ? .unknown : .none
            // A BFD session counts as down only once it has been up; a process is counted before the start.
            case .file, .process, .bfd: return .none
            }
        }
        guard tracker.weight != 0 else { return state == tracker.isReversed ? fault(tracker.object) : .none }
        guard state == (tracker.weight > 0) else { return .none }
        return .weight(tracker.isReversed ? -tracker.weight : tracker.weight)
    }

    private func fault(_ object: Tracker.Object) -> Effect {
        switch object {
        case .interface(let name): .fault(.interface(name))
        case .script(let name): .fault(.script(name))
        case .file(let name): .fault(.file(name, value: nil))
        case .process(let name): .fault(.process(name))
        case .bfd(let name): .fault(.bfd(name))
        }
    }

    /// A file's number counts as many times as its weight says; without weight any number but 0 is a fault, and so is
    /// -254 or less.
    private func effect(ofFile name: String, _ tracker: Tracker) -> Effect {
        let object = Tracker.Object.file(name)
        guard objects.isUp(object) != nil else { return .none }
        let value = objects.value(of: object) ?? 0
        guard tracker.weight != 0 else {
            return (value != 0) != tracker.isReversed ? .fault(.file(name, value: value)) : .none
        }
        let factor = tracker.isReversed ? -tracker.weight : tracker.weight
        let (product, overflows) = value.multipliedReportingOverflow(by: factor)
        let weight = overflows ? ((value < 0) == (factor < 0) ? 253 : -254) : product
        return weight <= -254 ? .fault(.file(name, value: value)) : .weight(min(weight, 253))
    }
}

extension VirtualRouter {
    /// Whether it sends adverts or announcements by that interface.
    fileprivate func reaches(_ interface: String) -> Bool {
        settings.interface == interface || announcedAddresses.contains { $0.interface == interface } || isAgain(interface)
    }

    /// Whether it is one made for the router, which somebody has removed or put down: the router itself puts it up when it becomes
    /// master, and has more announcements to make then.
    private func isAgain(_ interface: String) -> Bool {
        !announcements.isUnderWay && announcedAddresses.contains { settings.interface(of: $0) == interface }
    }
}

extension Fault {
    /// Whether trackers decide about it.
    fileprivate var isTracked: Bool {
        switch self {
        case .interface, .script, .file, .process, .bfd: true
        case .noAddress, .noSource, .noPeers, .syncGroup, .obstacle: false
        }
    }
}
