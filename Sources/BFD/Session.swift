// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// One end of a BFD session in asynchronous mode (RFC 5880 section 6.8): packets and time go in, actions come out.
///
/// The variables bear the names of section 6.8.1. `offered` is what packets say, `operating` what the timers run by;
/// they differ while a Poll Sequence has not been answered.
package struct Session {
    /// The two intervals that this end may change, in microseconds.
    struct Intervals: Equatable {
        var desiredMinTx: UInt32
        var requiredMinRx: UInt32
    }

    /// Where the session stands in `Sessions`.
    package let index: Int
    package let localDiscriminator: UInt32
    package internal(set) var settings: SessionSettings
    /// 49152...65535 (RFC 5881 section 4).
    package internal(set) var sourcePort: UInt16
    package internal(set) var state = SessionState.down
    package internal(set) var diagnostic = DiagnosticCode.none
    /// What was reported last.
    package internal(set) var report = SessionReport.untested

    package internal(set) var remoteState = SessionState.down
    package internal(set) var remoteDiagnostic = DiagnosticCode.none
    package internal(set) var remoteDiscriminator: UInt32 = 0
    /// Microseconds.
    package internal(set) var remoteMinTx: UInt32 = 0
    /// Microseconds.
    package internal(set) var remoteMinRx: UInt32 = 1
    package internal(set) var remoteMultiplier: UInt8 = 0
    package internal(set) var remoteIsDemanding = false

    var wanted: Intervals
    var offered: Intervals
    var operating: Intervals
    package internal(set) var isPolling = false
    /// Packets with the P bit sent in this Poll Sequence.
    var pollsSent = 0
    /// Answers that may still come to earlier Poll Sequences: they must not end this one.
    var staleFinals = 0

    var nextTransmission: Instant?
    /// When the silence of the neighbour has lasted for the detection time.
    var silenceDeadline: Instant?
    /// When a session that was stopped has told its neighbour for long enough.
    var farewellDeadline: Instant?
    var lastSent: Instant?
    package internal(set) var lastReceived: Instant?
    /// The interval that `nextTransmission` was made from.
    var scheduledInterval: Interval?

    var transmitSequence: UInt32
    /// What was signed under `transmitSequence`.
    var signedPacket: ControlPacket?
    var receiveSequence: UInt32?
    /// When `receiveSequence` is to be forgotten.
    var sequenceDeadline = Instant.zero

    package internal(set) var statistics = Statistics()
    private var random: UInt64

    /// Counts since the session began.
    package struct Statistics: Equatable, Sendable {
        package var sent: UInt64 = 0
        package var received: UInt64 = 0
        package var timesUp: UInt64 = 0
        package var timesDown: UInt64 = 0
        package var rejections = RejectionCounts()
    }

    /// - Parameter seed: unpredictable; jitter and sequence numbers come from it.
    init(_ settings: SessionSettings, index: Int, discriminator: UInt32, port: UInt16, seed: UInt64) {
        precondition(discriminator != 0, "A session has no discriminator.")
        self.settings = settings
        self.index = index
        localDiscriminator = discriminator
        sourcePort = port
        random = seed
        transmitSequence = UInt32(truncatingIfNeeded: seed >> 32)
        wanted = Intervals(idle: settings)
        offered = wanted
        operating = wanted
    }

    /// When `advance` must be called next.
    package var deadline: Instant? {
        var least = nextTransmission
        if let silenceDeadline { least = min(least ?? silenceDeadline, silenceDeadline) }
        if let farewellDeadline { least = min(least ?? farewellDeadline, farewellDeadline) }
        return least
    }

    /// When `advance` may be called next and find something to do.
    package var earliestUse: Instant? {
        guard let deadline, deadline == nextTransmission else { return deadline }
        return deadline - earliness
    }

    /// Whether the session has been stopped and only takes leave of its neighbour.
    package var isLeaving: Bool { state == .adminDown }

    /// A random number (an xorshift generator with a multiplied output).
    mutating func nextRandom() -> UInt64 {
        random ^= random >> 12
        random ^= random << 25
        random ^= random >> 27
        if random == 0 { random = 0x9e37_79b9_7f4a_7c15 }
        return random &* 0x2545_f491_4f6c_dd1d
    }
}

extension Session.Intervals {
    /// Nothing faster than a packet a second while a session is not Up (section 6.8.3).
    init(idle settings: SessionSettings) {
        desiredMinTx = max(settings.idleTx.wire, settings.minTx.wire, 1_000_000)
        requiredMinRx = settings.minRx.wire
    }

    init(up settings: SessionSettings) {
        desiredMinTx = settings.minTx.wire
        requiredMinRx = settings.minRx.wire
    }
}

extension Interval {
    /// As a Control packet carries it: microseconds.
    var wire: UInt32 { UInt32(clamping: microseconds) }
}

// MARK: - Life

extension Session {
    /// Begins the session, or begins it anew after `stop`.
    mutating func start(at now: Instant, into actions: inout [Action]) {
        state = .down
        diagnostic = .none
        report = .untested
        farewellDeadline = nil
        forgetNeighbor()
        settle(Intervals(idle: settings))
        actions.append(.report(index, report))
        if mayTransmit { transmit(at: now, into: &actions) }
        reschedule(at: now)
    }

    /// Takes the session down for the operator and tells the neighbour for one of its detection times (section 6.8.16).
    mutating func stop(at now: Instant, into actions: inout [Action]) {
        guard state != .adminDown else { return }
        let isEstablished = state == .up || state == .`init`
        farewellDeadline = isEstablished ? now + remoteTiming.detectionTime : now
        silenceDeadline = nil
        enter(.adminDown, .administrativelyDown, at: now, into: &actions)
        if remoteDiscriminator != 0 { transmit(at: now, into: &actions) }
        reschedule(at: now)
    }

    /// Runs on under other settings of the same identity; what may not change at once waits for a Poll Sequence.
    mutating func change(to new: SessionSettings, at now: Instant, into actions: inout [Action]) {
        let old = settings
        settings = new
        if old.hops.sent != new.hops.sent { actions.append(.configureSocket(index)) }
        if old.authentication != new.authentication {
            signedPacket = nil
            receiveSequence = nil
        }
        guard !isLeaving else { return }
        propose(state == .up ? Intervals(up: new) : Intervals(idle: new), into: &actions)
        if silenceDeadline != nil, let lastReceived { silenceDeadline = lastReceived + detectionTime }
        if old.isPassive, !new.isPassive, lastSent == nil { transmit(at: now, into: &actions) }
        reschedule(at: now)
    }

    /// Does what is due at this time. Packets that wait in a socket must have been handed to `receive` before.
    mutating func advance(to now: Instant, into actions: inout [Action]) {
        if let farewellDeadline, farewellDeadline <= now {
            self.farewellDeadline = nil
            nextTransmission = nil
            return actions.append(.close(index))
        }
        if let silenceDeadline, silenceDeadline <= now {
            expire(at: now, overdue: now - silenceDeadline, into: &actions)
        }
        if let nextTransmission, nextTransmission <= now + earliness {
            transmit(at: now, into: &actions)
            reschedule(at: now)
        }
    }

    /// The neighbour has been silent for the detection time (section 6.8.4).
    private mutating func expire(at now: Instant, overdue: Interval, into actions: inout [Action]) {
        let time = detectionTime
        forgetNeighbor()
        if state == .up || state == .`init` {
            actions.append(.notice(index, .expired(after: time, overdue: overdue)))
            enter(.down, .detectionTimeExpired, at: now, into: &actions)
            if mayTransmit { transmit(at: now, into: &actions) }
        }
        reschedule(at: now)
    }

    /// Back to what section 6.8.1 begins with; the neighbour may come back as another one.
    private mutating func forgetNeighbor() {
        silenceDeadline = nil
        remoteState = .down
        remoteDiscriminator = 0
        remoteMinTx = 0
        remoteMinRx = 1
        remoteMultiplier = 0
        remoteIsDemanding = false
        isPolling = false
    }

    /// Changes the state with everything that hangs on it, but for the packet that tells of it.
    mutating func enter(
        _ new: SessionState, _ cause: DiagnosticCode, at now: Instant, into actions: inout [Action]
    ) {
        let old = state
        guard new != old else { return }
        state = new
        switch new {
        case .up:
            diagnostic = .none
            statistics.timesUp &+= 1
        case .down, .adminDown:
            diagnostic = cause
            if old == .up { statistics.timesDown &+= 1 }
        case .`init`:
            break
        }
        guard new != .`init` else { return }
        actions.append(.notice(index, .entered(new, local: diagnostic, remote: remoteDiagnostic)))
        tell(into: &actions)
        if new == .up {
            propose(Intervals(up: settings), into: &actions)
        } else {
            settle(Intervals(idle: settings))
        }
    }

    /// Reports the state if it is another one for those who track the session. Our own operator's stop is none of their
    /// business: what they track is the neighbour.
    private mutating func tell(into actions: inout [Action]) {
        let new: SessionReport
        switch state {
        case .up: new = .up
        case .adminDown: return
        case .down, .`init`:
            if report == .untested { return }
            new = remoteState == .adminDown ? .adminDown : .down
        }
        guard new != report else { return }
        report = new
        actions.append(.report(index, new))
    }

    /// Takes the intervals without asking: nothing is agreed with the neighbour yet, or any more.
    private mutating func settle(_ intervals: Intervals) {
        wanted = intervals
        offered = intervals
        operating = intervals
        isPolling = false
        staleFinals = 0
    }
}
