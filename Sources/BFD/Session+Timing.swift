// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

// Transmission, Poll Sequences and the times of a session (RFC 5880 sections 6.5, 6.8.2 to 6.8.4 and 6.8.7).

extension Session {
    /// Of the neighbour's silence after which the session is lost; zero while the neighbour is unknown.
    package var detectionTime: Interval {
        Interval(wire: max(operating.requiredMinRx, remoteMinTx)) * Int(remoteMultiplier)
    }

    /// Between periodic packets, without jitter.
    package var transmitInterval: Interval { Interval(wire: max(operating.desiredMinTx, remoteMinRx)) }

    package var timing: Timing {
        Timing(
            minTx: offered.desiredMinTx, minRx: offered.requiredMinRx, transmitInterval: transmitInterval,
            multiplier: settings.multiplier, detectionTime: detectionTime
        )
    }

    /// What is known of the other end's times.
    package var remoteTiming: Timing {
        Timing(
            minTx: remoteMinTx, minRx: remoteMinRx,
            transmitInterval: Interval(wire: max(operating.requiredMinRx, remoteMinTx)), multiplier: remoteMultiplier,
            detectionTime: transmitInterval * Int(settings.multiplier)
        )
    }

    /// Whether any packet may be sent: a passive end waits to be spoken to.
    var mayTransmit: Bool { !settings.isPassive || remoteDiscriminator != 0 }

    /// Whether packets are sent at intervals (section 6.8.7).
    private var transmitsPeriodically: Bool {
        let isSilenced = remoteIsDemanding && state == .up && remoteState == .up && !isPolling
        return mayTransmit && remoteMinRx != 0 && !isSilenced
    }

    // MARK: Poll Sequences

    /// How many late answers are waited for: more would delay a change where packets were lost.
    private static let mostStaleFinals = 3

    /// Offers other intervals to the neighbour. One Poll Sequence runs at a time; what is wanted during one waits for
    /// its end.
    mutating func propose(_ intervals: Intervals, into actions: inout [Action]) {
        wanted = intervals
        guard !isPolling, offered != wanted else { return }
        offered = wanted
        switch state {
        case .up:
            operating.desiredMinTx = min(operating.desiredMinTx, offered.desiredMinTx)
            operating.requiredMinRx = max(operating.requiredMinRx, offered.requiredMinRx)
        case .adminDown, .down, .`init`:
            operating = offered
        }
        guard remoteDiscriminator != 0, state == .up || state == .`init` else { return }
        isPolling = true
        pollsSent = 0
        actions.append(.notice(index, .polling))
    }

    /// The neighbour has answered a Poll Sequence: what was offered holds.
    ///
    /// A Poll that was sent several times is answered several times, and the answers do not say what they answer. Where
    /// a Poll Sequence follows at once upon another, the late answers to the first are passed over.
    mutating func endPoll(into actions: inout [Action]) {
        guard isPolling else { return }
        guard staleFinals == 0 else { return staleFinals -= 1 }
        isPolling = false
        staleFinals = wanted == offered ? 0 : min(max(0, pollsSent - 1), Self.mostStaleFinals)
        operating = offered
        propose(wanted, into: &actions)
    }

    // MARK: Transmission

    /// Sends a packet now and counts the next interval from here.
    mutating func transmit(final: Bool = false, at now: Instant, into actions: inout [Action]) {
        lastSent = now
        scheduledInterval = nil
        send(final: final, into: &actions)
    }

    /// Sends a packet without regard to the periodic ones: the answer to a Poll.
    mutating func send(final: Bool, into actions: inout [Action]) {
        var packet = ControlPacket(
            state: state, detectMultiplier: settings.multiplier, myDiscriminator: localDiscriminator,
            desiredMinTx: offered.desiredMinTx, requiredMinRx: offered.requiredMinRx
        )
        packet.diagnostic = diagnostic
        packet.yourDiscriminator = remoteDiscriminator
        packet.final = final
        packet.poll = isPolling && !final
        sign(&packet)
        if packet.poll { pollsSent += 1 }
        statistics.sent &+= 1
        actions.append(.send(index, packet))
    }

    /// Names the next periodic packet's time if the interval is another one than it was made from.
    mutating func reschedule(at now: Instant) {
        guard transmitsPeriodically else {
            nextTransmission = nil
            scheduledInterval = nil
            return
        }
        let interval = transmitInterval
        guard scheduledInterval != interval else { return }
        scheduledInterval = interval
        nextTransmission = max(now, (lastSent ?? now) + jittered(interval))
    }

    /// By how much a packet may leave before its time, so that many can leave at one waking of the process: a sixteenth
    /// of the interval, taken from the quarter that jitter may take.
    package var earliness: Interval { Interval(nanoseconds: (scheduledInterval ?? .zero).nanoseconds / 16) }

    /// The interval less a random part: with `earliness` it is up to a quarter, and at least a tenth where the
    /// neighbour misses no packet (section 6.8.7).
    private mutating func jittered(_ interval: Interval) -> Interval {
        let fraction = Int64(truncatingIfNeeded: nextRandom() >> 48)
        let span = interval.nanoseconds
        let least = settings.multiplier == 1 ? span / 10 : 0
        let most = span / 4 - span / 16
        return Interval(nanoseconds: span - least - (((most - least) * fraction) >> 16))
    }

    // MARK: Signing

    /// Gives the packet its authentication header. A meticulous type counts packets, the others what they say (section
    /// 6.7.3).
    private mutating func sign(_ packet: inout ControlPacket) {
        guard let authentication = settings.authentication, let key = authentication.keys.first else { return }
        if authentication.type != .simplePassword, authentication.type.isMeticulous || signedPacket != packet {
            signedPacket = packet
            transmitSequence &+= 1
        }
        packet.authentication = AuthenticationHeader(
            type: authentication.type, keyID: key.id,
            sequence: authentication.type == .simplePassword ? 0 : transmitSequence
        )
    }
}

extension Interval {
    /// From the microseconds of a Control packet.
    init(wire: UInt32) { self.init(nanoseconds: Int64(wire) * 1000) }
}
