// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

/// Entering and leaving states.
extension VirtualRouter {
    mutating func start(resting: Instant?, at now: Instant, _ actions: inout [Action]) {
        guard !isStarted else { return }
        isStarted = true
        if let resting, resting > now {
            restUntil = resting
        } else {
            begin(at: now, &actions)
        }
    }

    /// RFC 9568 section 6.4.1.
    func hasFault(_ fault: Fault) -> Bool { faults.contains(fault) }

    mutating func begin(at now: Instant, _ actions: inout [Action]) {
        restUntil = nil
        if source == nil, !hasFault(.noAddress) { faults.append(.noAddress) }
        if let fault = faults.first {
            for fault in faults { say(.faulted(fault, family: settings.family), &actions) }
            enter(.fault, .fault(fault), at: now, &actions)
        } else {
            takePart(.start, at: now, &actions)
        }
    }

    /// From INIT or FAULT into the election; the owner of the addresses does not wait for one, nor does who goes on as master.
    private mutating func takePart(_ cause: Cause, at now: Instant, _ actions: inout [Action]) {
        if let succession {
            becomeMaster(succession, at: now, &actions)
            return
        }
        if settings.isOwner && isIndependent {
            becomeMaster(.ownsAddresses, at: now, &actions)
            return
        }
        becomeBackup(cause, at: now, &actions)
        guard settings.isOwner else { return }
        // In a group the owner has to ask the others.
        isCandidate = true
        downDue = nil
        downCause = .ownsAddresses
    }

    mutating func becomeBackup(_ cause: Cause, at now: Instant, _ actions: inout [Action]) {
        masterInterval = settings.advertInterval
        downDue = now + downInterval(for: masterInterval)
        downCause = .silence(master: nil)
        master = nil
        masterPriority = 0
        enter(.backup, cause, at: now, &actions)
    }

    /// The advert leaves before anything is done about addresses.
    mutating func becomeMaster(_ cause: Cause, at now: Instant, _ actions: inout [Action]) {
        masterInterval = settings.advertInterval
        master = source
        masterPriority = priority
        if header?.isNearEnd ?? false { header?.beginAnew() }
        sendAdvert(at: now, &actions)
        statistics.becameMaster &+= 1
        say(.settingAddresses, &actions)
        isHolding = true
        actions.append(.hold(router: place))
        enter(.master, cause, at: now, &actions)
        announcements.begin(at: now)
    }

    /// A master steps down by itself, not because it heard a better one.
    mutating func yield(_ cause: Cause, at now: Instant, _ actions: inout [Action]) {
        contest = nil
        becomeBackup(cause, at: now, &actions)
    }

    /// Ends everything, with priority 0 if master (section 6.4.3).
    mutating func leave(_ cause: Cause, at now: Instant, _ actions: inout [Action]) {
        guard isStarted else { return }
        isStarted = false
        if state == .master { sendZero(at: now, &actions) }
        enter(.initialize, cause, at: now, &actions)
    }

    /// The one place where the state changes: what the old state needed ends here.
    private mutating func enter(_ new: RouterState, _ cause: Cause, at now: Instant, _ actions: inout [Action]) {
        let old = state
        state = new
        lastTransition = now
        lastCause = cause
        isCandidate = false
        succession = nil
        preemptAt = nil
        restUntil = nil
        mentioned.clear(.lowerPriority)
        if new != .backup { downDue = nil }
        if old == .master, new != .master {
            advertDue = nil
            lastAdvert = nil
            contest = nil
            statistics.releasedMaster &+= 1
            announcements.end()
        }
        if isHolding, new != .master {
            say(.removingAddresses, &actions)
            isHolding = false
            actions.append(.release(router: place))
        }
        if new != .initialize {
            say(.entered(new, isFirst: old == .initialize), &actions)
            if cause.needsSaying { say(.because(new, cause), &actions) }
        }
        actions.append(
            .report(
                .transition(
                    Transition(router: place, name: settings.name, from: old, to: new, cause: cause, priority: priority)
                )
            )
        )
    }
}

extension Cause {
    /// Whether the log would not show the cause otherwise: the others have a line of their own before the transition.
    fileprivate var needsSaying: Bool {
        switch self {
        case .resumed, .inherited, .ownsAddresses, .silence, .masterLeft, .preemption, .recovered, .addressLost: true
        case .start, .sessionFailed, .higherPriority, .higherAddress, .fault, .syncGroup, .lateTimer, .numbersUsedUp, .stop, .removed:
            false
        }
    }
}

/// Faults, priorities and addresses, which change from outside.
extension VirtualRouter {
    mutating func add(_ fault: Fault, at now: Instant, _ actions: inout [Action]) {
        guard !hasFault(fault) else { return }
        faults.append(fault)
        guard isStarted, restUntil == nil else { return }
        say(.faulted(fault, family: settings.family), &actions)
        guard state != .fault else { return }
        // Nobody hears an advert from an interface that is down.
        if state == .master, fault != settings.interface.map(Fault.interface) { sendZero(at: now, &actions) }
        enter(.fault, .fault(fault), at: now, &actions)
    }

    mutating func clear(_ fault: Fault, at now: Instant, _ actions: inout [Action]) {
        guard let index = faults.firstIndex(of: fault) else { return }
        faults.remove(at: index)
        guard state == .fault else { return }
        guard faults.isEmpty else {
            say(.cleared(fault, remaining: faults.count), &actions)
            return
        }
        takePart(.recovered, at: now, &actions)
    }

    mutating func change(to new: UInt8, _ actions: inout [Action]) {
        guard new != priority else { return }
        let old = priority
        priority = new
        guard isStarted else { return }
        say(.priority(from: old, to: new), &actions)
        if state == .master { masterPriority = new }
        guard settings.notify.reportsPriority else { return }
        actions.append(.report(.priority(router: place, state: state, priority: new)))
    }

    mutating func move(to address: IPAddress?, at now: Instant, _ actions: inout [Action]) {
        if let address {
            source = address
            if state == .master { master = address }
            clear(.noAddress, at: now, &actions)
            clear(.noSource, at: now, &actions)
        } else {
            source = settings.source
            // A configured source may be used before the interface has it, unless it is tracked.
            if settings.source == nil {
                add(.noAddress, at: now, &actions)
            } else if settings.tracksSource {
                add(.noSource, at: now, &actions)
            }
        }
    }
}
