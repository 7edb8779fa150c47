// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

// Reception of a packet that belongs to the session (RFC 5880 section 6.8.6).

extension Session {
    /// Whether the packet came over few enough hops. One that is authenticated may come from anywhere (RFC 5881 section
    /// 5).
    func acceptsHops(_ hops: UInt8, of packet: ControlPacket) -> Bool {
        if settings.authentication != nil { return true }
        let isKnown = packet.yourDiscriminator == localDiscriminator || state != .up
        return hops >= (isKnown ? settings.hops.acceptedFromKnown : settings.hops.accepted)
    }

    /// Throws unless the packet is authenticated as the session demands (section 6.7). Sequence numbers are believed
    /// only when the digest is right.
    mutating func authenticate(
        _ packet: ControlPacket, _ bytes: ArraySlice<UInt8>, by digests: Digests?, at now: Instant
    ) throws(Rejection) {
        guard let authentication = settings.authentication else {
            if packet.authentication != nil { throw .authenticationUnexpected }
            return
        }
        guard let header = packet.authentication else { throw .authenticationMissing }
        guard header.type == authentication.type else { throw .authenticationType }
        guard let key = authentication.keys.first(where: { $0.id == header.keyID }) else { throw .authenticationKey }
        let isSequenced = header.type != .simplePassword
        if isSequenced, let last = receiveSequence, now < sequenceDeadline {
            let distance = header.sequence &- last
            let window = (header.type.isMeticulous ? 1 : 0)...3 * UInt32(packet.detectMultiplier)
            guard window.contains(distance) else { throw .authenticationSequence }
        }
        guard packet.isSigned(bytes, with: key, by: digests) else { throw .authenticationDigest }
        if isSequenced { receiveSequence = header.sequence }
    }

    /// Takes in a packet that has passed all checks.
    mutating func receive(
        _ packet: ControlPacket, at now: Instant, into actions: inout [Action]
    ) throws(Rejection) {
        guard state != .adminDown else { throw .adminDown }
        let oldTimes = (transmitInterval, detectionTime)
        statistics.received &+= 1
        remoteDiscriminator = packet.myDiscriminator
        remoteState = packet.state
        remoteDiagnostic = packet.diagnostic
        remoteIsDemanding = packet.demand
        remoteMinTx = packet.desiredMinTx
        remoteMinRx = packet.requiredMinRx
        remoteMultiplier = packet.detectMultiplier
        if packet.final { endPoll(into: &actions) }
        let oldState = state
        follow(packet, at: now, into: &actions)
        if state != oldState {
            transmit(final: packet.poll, at: now, into: &actions)
        } else if packet.poll {
            send(final: true, into: &actions)
        }
        lastReceived = now
        let detection = detectionTime
        silenceDeadline = now + detection
        if settings.authentication != nil { sequenceDeadline = now + detection * 2 }
        if oldTimes != (transmitInterval, detection) {
            actions.append(.notice(index, .timing(local: timing, remote: remoteTiming)))
        }
        reschedule(at: now)
    }

    /// The state machine: what the neighbour says of its state, against ours.
    private mutating func follow(_ packet: ControlPacket, at now: Instant, into actions: inout [Action]) {
        switch (state, packet.state) {
        case (.`init`, .adminDown), (.up, .adminDown), (.up, .down):
            enter(.down, .neighborSignaledDown, at: now, into: &actions)
        case (.down, .down):
            enter(.`init`, .none, at: now, into: &actions)
        case (.down, .`init`), (.`init`, .`init`), (.`init`, .up):
            enter(.up, .none, at: now, into: &actions)
        case (.down, .up), (.down, .adminDown), (.`init`, .down), (.up, .`init`), (.up, .up), (.adminDown, _):
            break
        }
    }
}
