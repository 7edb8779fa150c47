// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

/// What adverts do: RFC 9568 sections 6.4.2 and 6.4.3.
extension VirtualRouter {
    /// At most one answer to a losing advert in this time.
    private static let replyPause = Interval.milliseconds(10)

    mutating func hear(_ advert: Advert, from sender: IPAddress, at now: Instant, _ actions: inout [Action]) {
        switch state {
        case .initialize, .fault:
            return
        case .backup, .master:
            break
        }
        statistics.advertsReceived &+= 1
        if sender == source {
            statistics.ownAddressHeard &+= 1
            if mentioned.note(.ownAddress, from: sender) { say(.ownAdvert(sender), &actions) }
            return
        }
        if settings.isOwner {
            if mentioned.note(.owner, from: sender) {
                say(.ownerHeardAdvert(sender, priority: advert.priority), &actions)
            }
            if settings.ownerIgnoresAdverts { return }
        }
        compare(advert, from: sender, &actions)
        if settings.adaptsChecksum { heardChecksum = advert.checksum }
        if advert.priority == 0 { statistics.priorityZeroReceived &+= 1 }
        if state == .backup {
            follow(advert, from: sender, at: now, &actions)
        } else {
            contend(advert, from: sender, at: now, &actions)
        }
    }

    /// Mentions what differs from our settings; none of it is a reason to drop the advert (RFC 9568 section 7.1).
    private mutating func compare(_ advert: Advert, from sender: IPAddress, _ actions: inout [Action]) {
        mentioned.clearRejections(of: sender)
        if let skew = trailer?.largeSkew {
            if mentioned.note(.clockSkew, from: sender) { say(.clockSkew(sender, skew), &actions) }
        } else {
            mentioned.clear(.clockSkew)
        }
        if advert.interval == settings.advertInterval {
            mentioned.clear(.interval)
        } else {
            if mentioned.note(.interval, from: sender) {
                say(.intervalMismatch(sender, ours: settings.advertInterval, theirs: advert.interval), &actions)
            }
        }
        if settings.skipsAddressCheck && sender == master { return }
        switch advert.addressList {
        case .same:
            mentioned.clear(.addressList)
        case .count(let received):
            statistics.addressListErrors &+= 1
            guard mentioned.note(.addressList, from: sender) else { return }
            say(.addressCount(expected: settings.addresses.count, received: Int(received)), &actions)
        case .missing(let address):
            statistics.addressListErrors &+= 1
            guard mentioned.note(.addressList, from: sender) else { return }
            say(.addressNotAdvertised(address, routerID: settings.routerID), &actions)
        }
    }

    /// A backup hears a master.
    private mutating func follow(_ advert: Advert, from sender: IPAddress, at now: Instant, _ actions: inout [Action]) {
        if advert.priority == 0 {
            say(.backupHeardZero, &actions)
            downDue = now + skew(for: masterInterval)
            downCause = .masterLeft(sender)
            isCandidate = false
            return
        }
        guard settings.preempts, advert.priority < priority else {
            accept(advert, from: sender, at: now, &actions)
            preemptAt = nil
            return
        }
        if settings.preemptDelay > .zero {
            let end = preemptAt ?? now + settings.preemptDelay
            if preemptAt == nil { say(.preemptDelay(settings.preemptDelay), &actions) }
            preemptAt = end
            if now < end {
                accept(advert, from: sender, at: now, &actions)
                return
            }
        }
        // The timer runs on: at its end we take over.
        downCause = .preemption(master: sender, priority: advert.priority)
        if mentioned.note(.lowerPriority, from: sender) {
            say(.backupHeardLower(sender, theirs: advert.priority), &actions)
        }
    }

    /// The sender is our master for as long as it goes on.
    private mutating func accept(_ advert: Advert, from sender: IPAddress, at now: Instant, _ actions: inout [Action]) {
        // Version 2 never learns an interval from the wire (RFC 3768 section 6.1); a different one has been refused.
        masterInterval = settings.version == .v3 ? advert.interval : settings.advertInterval
        downDue = now + downInterval(for: masterInterval)
        downCause = .silence(master: sender)
        isCandidate = false
        mentioned.clear(.lowerPriority)
        masterPriority = advert.priority
        if master != sender {
            say(.masterIs(sender, before: master), &actions)
            master = sender
        }
    }

    /// A master hears another router.
    private mutating func contend(_ advert: Advert, from sender: IPAddress, at now: Instant, _ actions: inout [Action])
    {
        if advert.priority == 0 {
            say(.masterHeardZero, &actions)
            if contest?.peer == sender { endContest(won: true, at: now, &actions) }
            sendAdvert(at: now, &actions)
            return
        }
        if yieldsForLateness(at: now, &actions) {
            follow(advert, from: sender, at: now, &actions)
            return
        }
        let ours = priority
        if advert.priority > ours || advert.priority == ours && wins(sender) {
            if settings.advertisesToHigherPriority || lastCause == .silence(master: sender) {
                // It was cut off from us, and may not know that the addresses have been announced from here: our advert
                // has it announce them again.
                sendAdvert(at: now, &actions)
            }
            let cause: Cause
            if advert.priority > ours {
                say(.masterHeardHigherPriority(sender, theirs: advert.priority, ours: ours), &actions)
                cause = .higherPriority(sender, theirs: advert.priority, ours: ours)
            } else {
                say(.masterHeardHigherAddress(sender, priority: ours), &actions)
                cause = .higherAddress(sender, priority: ours)
            }
            endContest(won: false, at: now, &actions)
            becomeBackup(cause, at: now, &actions)
            accept(advert, from: sender, at: now, &actions)
            return
        }
        if isFarewell(of: sender, at: now) {
            answer(at: now, &actions)
            return
        }
        // Only the one that stays calls it a contest: to be preempted is the normal course.
        noteContest(advert, from: sender, at: now, &actions)
        refute(advert, from: sender, at: now, &actions)
    }

    /// Between equal priorities the higher address wins, compared as unsigned numbers in network order.
    private func wins(_ sender: IPAddress) -> Bool {
        guard let source else { return true }
        return sender > source
    }

    /// The losing advert is discarded, and its sender and the bridges between hear at once who is master (section
    /// 6.4.3, new in RFC 9568).
    private mutating func refute(_ advert: Advert, from sender: IPAddress, at now: Instant, _ actions: inout [Action]) {
        if mentioned.note(.lowerPriority, from: sender) {
            say(.masterHeardLower(sender, theirs: advert.priority, ours: priority), &actions)
            actions.append(.report(.lowerPriority(router: place)))
        }
        answer(at: now, &actions)
        announcements.repeatAfterLowerPriority(at: now)
    }

    private mutating func answer(at now: Instant, _ actions: inout [Action]) {
        guard !settings.ignoresLowerPriority, lastReply.map({ now - $0 >= Self.replyPause }) ?? true else { return }
        lastReply = now
        actions.append(.sendAdvert(router: place, priority: priority))
        countSent(at: now)
    }

    /// Whether this is the last advert of a master that we have just preempted.
    private func isFarewell(of sender: IPAddress, at now: Instant) -> Bool {
        guard case .preemption(sender, _) = lastCause, let lastTransition else { return false }
        return now - lastTransition < settings.advertInterval
    }

    private mutating func noteContest(
        _ advert: Advert, from sender: IPAddress, at now: Instant, _ actions: inout [Action]
    ) {
        let silentAt = now + max(advert.interval, settings.advertInterval) * (settings.downTimerAdverts + 1)
        if contest == nil {
            contest = Contest(peer: sender, began: now, adverts: 0, silentAt: silentAt)
            statistics.contests &+= 1
            say(.contestBegan(sender, priority: advert.priority), &actions)
        }
        contest?.adverts &+= 1
        contest?.silentAt = silentAt
    }

    /// The rival gave way, or we do; having won, we announce the addresses again, for the rival has done so too.
    mutating func endContest(won: Bool, at now: Instant, _ actions: inout [Action]) {
        guard let ended = contest else { return }
        contest = nil
        mentioned.clear(.lowerPriority)
        say(.contestEnded(ended.peer, adverts: ended.adverts, lasted: now - ended.began, won: won), &actions)
        guard won else { return }
        announcements.once(at: now)
        actions.append(.report(.contestWon(router: place, peer: ended.peer)))
    }
}
