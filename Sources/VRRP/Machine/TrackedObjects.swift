// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

/// What is known about interfaces, scripts, files, processes and BFD sessions.
struct TrackedObjects: Sendable {
    private struct State: Sendable {
        /// Nil as long as nothing is known.
        var isUp: Bool?
        /// The number in a file.
        var value: Int?
        /// Results in a row that contradict `isUp`.
        var streak = 0
        /// The last exit status of a script, -1 for none.
        var status: Int?
        /// What `isUp` becomes when a delay has passed.
        var coming: Bool?
    }

    private var states: [State] = []
    private var indices: [Tracker.Object: Int] = [:]
    private var objects: [Tracker.Object] = []
    /// Places in `states` that are not in use.
    private var free: [Int] = []
    private var delays = DeadlineQueue()
    private var unknownRouters: Set<String> = []

    private var scripts: [String: ScriptSettings] = [:]
    private var processes: [String: TrackProcessSettings] = [:]
    private var linkDelays: [String: LinkDelays] = [:]

    /// How many things something is known about.
    var count: Int { indices.count }

    var deadline: Instant? { delays.first?.deadline }

    /// Takes over the settings; states are kept, for a reload changes nothing in the world.
    mutating func configure(_ settings: VRRPSettings) {
        scripts = Dictionary(settings.scripts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        processes = Dictionary(settings.trackProcesses.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        linkDelays = settings.linkDelays
        for script in settings.scripts where script.startsAsFailed && indices[.script(script.name)] == nil {
            states[index(of: .script(script.name))].isUp = false
        }
    }

    func isUp(_ object: Tracker.Object) -> Bool? { indices[object].flatMap { states[$0].isUp } }
    func value(of object: Tracker.Object) -> Int? { indices[object].flatMap { states[$0].value } }
    /// Results in a row that contradict the state.
    func streak(of object: Tracker.Object) -> Int { indices[object].map { states[$0].streak } ?? 0 }
    /// What the state becomes when its delay has passed.
    func coming(_ object: Tracker.Object) -> Bool? { indices[object].flatMap { states[$0].coming } }

    private mutating func index(of object: Tracker.Object) -> Int {
        if let index = indices[object] { return index }
        let index = free.popLast() ?? states.count
        if index == states.count {
            states.append(State())
            objects.append(object)
        } else {
            (states[index], objects[index]) = (State(), object)
        }
        indices[object] = index
        return index
    }

    /// Forgets an interface that is down and that nobody watches: hosts make and delete interfaces by the thousand.
    mutating func forget(_ object: Tracker.Object) {
        guard let index = indices.removeValue(forKey: object) else { return }
        delays.set(nil, for: index)
        free.append(index)
    }

    /// Sets a state at once; whether it is another than before.
    mutating func set(_ isUp: Bool, _ object: Tracker.Object) -> Bool {
        let index = index(of: object)
        delays.set(nil, for: index)
        states[index].coming = nil
        guard states[index].isUp != isUp else { return false }
        states[index].isUp = isUp
        return true
    }

    /// Sets a state once it has lasted for the delay.
    private mutating func set(_ isUp: Bool, _ object: Tracker.Object, after delay: Interval, at now: Instant) -> Bool {
        let index = index(of: object)
        guard delay > .zero, let before = states[index].isUp, before != isUp else { return set(isUp, object) }
        if states[index].coming != isUp {
            states[index].coming = isUp
            delays.set(now + delay, for: index)
        }
        return false
    }

    /// The next object whose delay has passed, with its new state in place.
    mutating func popDue(at now: Instant) -> Tracker.Object? {
        guard let (_, index) = delays.popFirst(notAfter: now) else { return nil }
        states[index].isUp = states[index].coming
        states[index].coming = nil
        return objects[index]
    }

    mutating func setLink(_ name: String, isUp: Bool, at now: Instant) -> Bool {
        let wait = linkDelays[name].map { isUp ? $0.up : $0.down } ?? .zero
        return set(isUp, .interface(name), after: wait, at: now)
    }

    /// Whether the value is another than before.
    mutating func setValue(_ value: Int?, of object: Tracker.Object) -> Bool {
        let index = index(of: object)
        defer { states[index].isUp = true }
        guard states[index].value != value || states[index].isUp == nil else { return false }
        states[index].value = value
        return true
    }

    mutating func setCount(_ count: Int, of name: String, at now: Instant) -> Bool {
        guard let process = processes[name] else { return false }
        let isUp = count >= process.quorum && count <= process.quorumMaximum ?? .max
        // Too few means that some ended, too many that some were forked; the way back is the other delay.
        let wasFork = count >= process.quorum
        return set(isUp, .process(name), after: wasFork ? process.forkDelay : process.terminateDelay, at: now)
    }

    /// Counts the result of a run: whether the script changed sides, and whether its status did.
    mutating func setResult(_ result: Event.ScriptResult, of name: String) -> (changed: Bool, newStatus: Int?) {
        let index = index(of: .script(name))
        let isSuccess = result.isSuccess
        var newStatus: Int?
        if case .exited(let status) = result {
            if let before = states[index].status, before != Int(status) { newStatus = Int(status) }
            states[index].status = Int(status)
        }
        // The very first result counts at once: nobody waits for rise successes to begin.
        guard let isUp = states[index].isUp else { return (set(isSuccess, .script(name)), newStatus) }
        guard isSuccess != isUp else {
            states[index].streak = 0
            return (false, newStatus)
        }
        states[index].streak += 1
        let script = scripts[name]
        guard states[index].streak >= (isSuccess ? script?.rise ?? 1 : script?.fall ?? 1) else {
            return (false, newStatus)
        }
        states[index].streak = 0
        return (set(isSuccess, .script(name)), newStatus)
    }

    /// Whether this VRID was not mentioned before on the interface; what is remembered is bounded by 255 per interface.
    mutating func noteUnknownRouter(_ id: UInt8, interface: String) -> Bool {
        unknownRouters.insert("\(id) \(interface)").inserted
    }
}
