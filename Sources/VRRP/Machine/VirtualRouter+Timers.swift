// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// What the passing of time does.
extension VirtualRouter {
    /// An advert may leave this much before its time, so that many share a wake-up.
    var slack: Interval { settings.advertInterval / 100 }

    mutating func advance(to now: Instant, _ actions: inout [Action]) {
        if let due = restUntil, due <= now { begin(at: now, &actions) }
        if let due = advertDue, due <= now + slack { advertise(due: due, at: now, &actions) }
        if let due = downDue, due <= now { claim(at: now, &actions) }
        if let rival = contest, rival.silentAt <= now { endContest(won: true, at: now, &actions) }
    }

    /// The advert timer ran out.
    private mutating func advertise(due: Instant, at now: Instant, _ actions: inout [Action]) {
        let late = now - due
        if late > statistics.worstLateness { statistics.worstLateness = late }
        if yieldsForLateness(at: now, &actions) || yieldsForNumbers(at: now, &actions) { return }
        let hasStalled = lastAdvert.map { now - $0 >= downInterval(for: settings.advertInterval) } ?? false
        sendAdvert(at: now, &actions)
        // On time, the rhythm is kept; early, the advert starts a new one together with those it left with.
        if late > .zero, late < settings.advertInterval / 2 { advertDue = due + settings.advertInterval }
        guard hasStalled else { return }
        // Another router may have taken over and announced. If it is still there it answers within the skew time;
        // if it gave way, only our announcement brings the traffic back.
        say(.awoke(after: late), &actions)
        announcements.begin(at: now + skew(for: settings.advertInterval))
    }

    /// `timer_expired_backup`: whoever has been silent for so long that the others had to elect another gives its place up
    /// before it says or answers anything.
    mutating func yieldsForLateness(at now: Instant, _ actions: inout [Action]) -> Bool {
        guard let highest = settings.timerExpiredBackup, !settings.preempts, let lastAdvert else { return false }
        let silence =
            settings.advertInterval * settings.downTimerAdverts + skew(for: settings.advertInterval, priority: highest)
        guard now - lastAdvert >= silence else { return false }
        let late = now - (advertDue ?? now)
        say(.lateTimer(late), &actions)
        yield(.lateTimer(late), at: now, &actions)
        return true
    }

    /// AH: no number is sent twice, so a master that has used them up gives its place up and the next one begins anew.
    private mutating func yieldsForNumbers(at now: Instant, _ actions: inout [Action]) -> Bool {
        guard let header, header.isNearEnd else { return false }
        say(.numbersUsedUp, &actions)
        sendZero(at: now, &actions)
        yield(.numbersUsedUp, at: now, &actions)
        return true
    }

    /// Has everybody know at once who is master and where the addresses are.
    mutating func speakAgain(at now: Instant, _ actions: inout [Action]) {
        sendAdvert(at: now, &actions)
        announcements.once(at: now)
    }

    /// The master has been silent for too long.
    private mutating func claim(at now: Instant, _ actions: inout [Action]) {
        say(.advertTimeout, &actions)
        replaceMaster(at: now, &actions)
    }

    /// BFD knows sooner than the missing adverts that the master is lost.
    mutating func claim(after failover: FastFailover, at now: Instant, _ actions: inout [Action]) {
        guard state == .backup, downDue != nil, let master, master == failover.neighbor else { return }
        say(.sessionFailed(failover.session, master: master), &actions)
        downCause = .sessionFailed(failover.session, master: master)
        replaceMaster(at: now, &actions)
    }

    private mutating func replaceMaster(at now: Instant, _ actions: inout [Action]) {
        downDue = nil
        if isIndependent {
            becomeMaster(downCause, at: now, &actions)
        } else {
            isCandidate = true
        }
    }

    /// Sends an advert and sets the timer for the next.
    mutating func sendAdvert(at now: Instant, _ actions: inout [Action]) {
        actions.append(.sendAdvert(router: place, priority: priority))
        countSent(at: now)
        advertDue = now + settings.advertInterval
    }

    mutating func countSent(at now: Instant) {
        statistics.advertsSent &+= 1
        lastAdvert = now
    }

    /// Says that we leave.
    mutating func sendZero(at now: Instant, _ actions: inout [Action]) {
        actions.append(.sendAdvert(router: place, priority: 0))
        statistics.advertsSent &+= 1
        statistics.priorityZeroSent &+= 1
        say(.sentZero, &actions)
    }

    /// Active_Down_Interval for a master that advertises at this interval.
    package func downInterval(for interval: Interval) -> Interval {
        interval * settings.downTimerAdverts + skew(for: interval)
    }

    /// Skew_Time, by the effective priority: a part of the master's interval (RFC 9568 section 6.1), of a second in
    /// version 2.
    package func skew(for interval: Interval) -> Interval { skew(for: interval, priority: priority) }

    private func skew(for interval: Interval, priority: UInt8) -> Interval {
        (settings.version == .v2 ? .seconds(1) : interval) * (256 - Int(priority)) / 256
    }

    func say(_ notice: RouterNotice, _ actions: inout [Action]) {
        actions.append(.notice(.router(settings.name, notice)))
    }

    /// A packet that is no advert for us is counted, and mentioned once.
    mutating func refuse(_ rejection: Rejection, from sender: IPAddress, _ actions: inout [Action]) {
        statistics.count(rejection)
        if mentioned.note(.rejection(rejection.number), from: sender) {
            say(.rejected(rejection, from: sender), &actions)
        }
    }
}

extension Rejection {
    /// A small number for the kind, whatever it carries.
    var number: Int {
        switch self {
        case .length: 0
        case .notVRRP: 1
        case .hopLimit: 2
        case .version: 3
        case .type: 4
        case .routerID: 5
        case .checksum: 6
        case .noAddresses: 7
        case .interval: 8
        case .unknownAuthentication: 9
        case .authenticationMismatch: 10
        case .authenticationFailed: 11
        case .replayedHeader: 12
        case .destination: 13
        case .unknownPeer: 14
        case .trailer: 15
        }
    }
}
