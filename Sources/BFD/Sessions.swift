// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// A datagram for one of the BFD ports, with what the kernel tells about it.
package struct Arrival {
    package var payload: ArraySlice<UInt8>
    package var source: IPAddress
    /// Nil where the kernel did not say.
    package var destination: IPAddress?
    /// The index of the interface it came in by; 0 where the kernel did not say.
    package var interface: UInt32
    /// TTL or hop limit.
    package var hops: UInt8
    /// Came to port 4784.
    package var isMultihop: Bool

    package init(
        _ payload: ArraySlice<UInt8>, from source: IPAddress, to destination: IPAddress? = nil, interface: UInt32 = 0,
        hops: UInt8, isMultihop: Bool = false
    ) {
        self.payload = payload
        self.source = source
        self.destination = destination
        self.interface = interface
        self.hops = hops
        self.isMultihop = isMultihop
    }
}

/// All sessions of this end.
package struct Sessions {
    /// What a packet without our discriminator is known by (RFC 5881 section 3, RFC 5883 section 4).
    fileprivate struct Neighbor: Hashable {
        var address: IPAddress
        var isMultihop: Bool
    }

    private var slots: [Session?] = []
    private var queue = DeadlineQueue()
    private var byDiscriminator: [UInt32: Int] = [:]
    private var byNeighbor: [Neighbor: [Int]] = [:]
    private var usedPorts: Set<UInt16> = []
    private let digests: Digests?
    private let random: () -> UInt64
    private let interfaceIndex: (String) -> UInt32?
    /// Of packets that belong to no session, or could not be read.
    package private(set) var rejections = RejectionCounts()

    /// - Parameters:
    ///   - random: unpredictable numbers; asked when a session begins, not for packets.
    ///   - interfaceIndex: the index of an interface now, asked for sessions that are bound to one.
    package init(
        random: @escaping () -> UInt64, digests: Digests? = nil,
        interfaceIndex: @escaping (String) -> UInt32? = { _ in nil }
    ) {
        self.random = random
        self.digests = digests
        self.interfaceIndex = interfaceIndex
    }

    /// Nothing lives any more: the process may end.
    package var isEmpty: Bool { byDiscriminator.isEmpty }

    package subscript(index: Int) -> Session? { slots.indices.contains(index) ? slots[index] : nil }

    /// The living sessions, in no particular order.
    package var all: some Sequence<Session> { slots.lazy.compactMap { $0 } }

    /// When `advance` must be called next.
    package var nextDeadline: Instant? { queue.first?.deadline }

    // MARK: Time

    /// Does what is due, and sends what is nearly due with it. All packets that have arrived must have been handed to
    /// `receive` before: a process that slept too long must not take its own sleep for the neighbour's silence.
    package mutating func advance(to now: Instant, into actions: inout [Action]) {
        while let (_, index) = queue.first, let use = slots[index]?.earliestUse, use <= now {
            slots[index]?.advance(to: now, into: &actions)
            settle(index, into: &actions)
        }
    }

    /// Puts the session's deadline into the queue; a session that has closed gives its place back.
    private mutating func settle(_ index: Int, into actions: inout [Action]) {
        if case .close(index)? = actions.last { return remove(index) }
        queue.set(slots[index]?.deadline, for: index)
    }

    // MARK: Packets

    /// Takes in a datagram; what cannot be used is counted, by its session where one is known.
    package mutating func receive(_ arrival: Arrival, at now: Instant, into actions: inout [Action]) throws(Rejection) {
        var known: Int?
        do throws(Rejection) {
            let packet = try ControlPacket(decoding: arrival.payload)
            let index = try select(packet, arrival)
            known = index
            guard slots[index]?.acceptsHops(arrival.hops, of: packet) == true else { throw .hops }
            try slots[index]?.authenticate(packet, arrival.payload, by: digests, at: now)
            try slots[index]?.receive(packet, at: now, into: &actions)
            queue.set(slots[index]?.deadline, for: index)
        } catch {
            if let known { slots[known]?.statistics.rejections.count(error) } else { rejections.count(error) }
            throw error
        }
    }

    /// The session that a packet belongs to: by our discriminator, or else by the addresses.
    private func select(_ packet: ControlPacket, _ arrival: Arrival) throws(Rejection) -> Int {
        if packet.yourDiscriminator != 0 {
            guard let index = byDiscriminator[packet.yourDiscriminator], let session = slots[index],
                session.settings.identity.isMultihop == arrival.isMultihop
            else { throw .noSuchSession }
            return index
        }
        let neighbor = Neighbor(address: arrival.source, isMultihop: arrival.isMultihop)
        for index in byNeighbor[neighbor] ?? [] {
            guard let session = slots[index], !session.isLeaving else { continue }
            let identity = session.settings.identity
            if let source = identity.source, let destination = arrival.destination, source != destination { continue }
            if let interface = identity.interface, arrival.interface != 0,
                interfaceIndex(interface) != arrival.interface
            {
                continue
            }
            return index
        }
        throw .noSuchSession
    }

    /// Appends a packet of a `send` action as it goes on the wire.
    package func encode(_ packet: ControlPacket, of index: Int, into writer: inout ByteWriter) {
        packet.encode(signedWith: self[index]?.settings.authentication?.keys.first, by: digests, into: &writer)
    }

    // MARK: Settings

    /// Changes the sessions to these settings by the difference: one that is the same feels nothing.
    package mutating func reconfigure(to new: [SessionSettings], at now: Instant, into actions: inout [Action]) {
        var old: [SessionSettings.Identity: Int] = [:]
        for session in all { old[session.settings.identity] = session.index }
        for settings in new {
            guard let index = old.removeValue(forKey: settings.identity) else {
                add(settings, at: now, into: &actions)
                continue
            }
            if slots[index]?.settings != settings { slots[index]?.change(to: settings, at: now, into: &actions) }
            if slots[index]?.isLeaving == true { slots[index]?.start(at: now, into: &actions) }
            settle(index, into: &actions)
        }
        for (identity, index) in old.sorted(by: { $0.value < $1.value }) {
            stop(index, at: now, into: &actions)
            if new.contains(where: { $0.identity.collides(with: identity) }) { cutFarewell(index, into: &actions) }
        }
    }

    /// Takes all sessions down for the operator; `isEmpty` tells when the neighbours have been told for long enough.
    package mutating func stop(at now: Instant, into actions: inout [Action]) {
        for index in slots.indices where slots[index] != nil { stop(index, at: now, into: &actions) }
    }

    private mutating func stop(_ index: Int, at now: Instant, into actions: inout [Action]) {
        slots[index]?.stop(at: now, into: &actions)
        queue.set(slots[index]?.deadline, for: index)
    }

    /// Another session has taken over the addresses: two voices would confuse the neighbour.
    private mutating func cutFarewell(_ index: Int, into actions: inout [Action]) {
        actions.append(.close(index))
        remove(index)
    }

    private mutating func add(_ settings: SessionSettings, at now: Instant, into actions: inout [Action]) {
        let index = slots.firstIndex { $0 == nil } ?? slots.count
        if index == slots.count { slots.append(nil) }
        var session = Session(
            settings, index: index, discriminator: freshDiscriminator(), port: freshPort(), seed: random() | 1
        )
        byDiscriminator[session.localDiscriminator] = index
        byNeighbor[Neighbor(settings.identity), default: []].append(index)
        usedPorts.insert(session.sourcePort)
        actions.append(.open(index))
        session.start(at: now, into: &actions)
        slots[index] = session
        queue.set(session.deadline, for: index)
    }

    private mutating func remove(_ index: Int) {
        guard let session = slots[index] else { return }
        byDiscriminator[session.localDiscriminator] = nil
        let neighbor = Neighbor(session.settings.identity)
        byNeighbor[neighbor]?.removeAll { $0 == index }
        if byNeighbor[neighbor]?.isEmpty == true { byNeighbor[neighbor] = nil }
        usedPorts.remove(session.sourcePort)
        queue.set(nil, for: index)
        slots[index] = nil
    }

    // MARK: Numbers

    private func freshDiscriminator() -> UInt32 {
        while true {
            let number = UInt32(truncatingIfNeeded: random() >> 16)
            if number != 0, byDiscriminator[number] == nil { return number }
        }
    }

    /// A source port that no other session has, while there are any.
    private func freshPort() -> UInt16 {
        while true {
            let port = 49152 + UInt16(truncatingIfNeeded: random() >> 24) & 0x3fff
            if !usedPorts.contains(port) || usedPorts.count >= 0x4000 { return port }
        }
    }

    /// Gives the session another source port, where the kernel has given its own to somebody else.
    package mutating func drawPort(for index: Int) {
        guard let old = slots[index]?.sourcePort else { return }
        let port = freshPort()
        usedPorts.remove(old)
        usedPorts.insert(port)
        slots[index]?.sourcePort = port
    }
}

extension Sessions.Neighbor {
    fileprivate init(_ identity: SessionSettings.Identity) {
        self.init(address: identity.neighbor, isMultihop: identity.isMultihop)
    }
}
