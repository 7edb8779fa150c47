// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Support

/// A session's settings as the tests like them: 10.0.0.2, 100 ms both ways, three packets.
func settings(_ name: String = "one", _ neighbor: String = "10.0.0.2", multihop: Bool = false) -> SessionSettings {
    let address = IPAddress(neighbor) ?? .v4(0)
    var settings = SessionSettings(
        SessionSettings.Identity(name: name, neighbor: address, isMultihop: multihop)
    )
    settings.minTx = .milliseconds(100)
    settings.minRx = .milliseconds(100)
    settings.multiplier = 3
    return settings
}

/// One end under test, with the neighbour played by hand.
struct End {
    var sessions: Sessions
    var now = Instant(nanoseconds: 1_000_000_000)
    private var actions: [Action] = []

    init(_ settings: SessionSettings..., seed: UInt64 = 1) {
        var generator = SeededGenerator(seed: seed)
        sessions = Sessions(random: { generator.next() }, digests: digests, interfaceIndex: { $0 == "eth7" ? 7 : nil })
        reconfigure(settings)
    }

    mutating func reconfigure(_ settings: [SessionSettings]) {
        sessions.reconfigure(to: settings, at: now, into: &actions)
    }
    mutating func stop() { sessions.stop(at: now, into: &actions) }

    /// The first session.
    var session: Session { sessions[0] ?? sessions.all.first { _ in true } ?? missing() }

    private func missing() -> Session { preconditionFailure("There is no session.") }

    /// The actions since the last call.
    mutating func take() -> [Action] {
        defer { actions = [] }
        return actions
    }

    /// The packets sent since the last call.
    mutating func takePackets() -> [ControlPacket] { packets(take()) }

    /// Lets time pass; the actions stay to be taken.
    mutating func advance(by interval: Interval) {
        let end = now + interval
        while let next = sessions.nextDeadline, next <= end {
            now = max(now, next)
            sessions.advance(to: now, into: &actions)
        }
        now = end
    }

    /// A packet from the neighbour, discriminator 77.
    mutating func receive(
        _ state: SessionState, knowing: Bool = true, minTx: UInt32 = 1_000_000, minRx: UInt32 = 100_000,
        multiplier: UInt8 = 3, from source: String = "10.0.0.2", hops: UInt8 = 255, interface: UInt32 = 0,
        multihop: Bool = false, edit: (inout ControlPacket) -> Void = { _ in }
    ) throws {
        var packet = ControlPacket(
            state: state, detectMultiplier: multiplier, myDiscriminator: 77, desiredMinTx: minTx, requiredMinRx: minRx
        )
        if knowing { packet.yourDiscriminator = session.localDiscriminator }
        edit(&packet)
        try receive(encode(packet), from: source, hops: hops, interface: interface, multihop: multihop)
    }

    mutating func receive(
        _ bytes: [UInt8], from source: String = "10.0.0.2", hops: UInt8 = 255, interface: UInt32 = 0,
        multihop: Bool = false
    ) throws {
        let arrival = Arrival(
            bytes[...], from: IPAddress(source) ?? .v4(0), interface: interface, hops: hops, isMultihop: multihop
        )
        try sessions.receive(arrival, at: now, into: &actions)
    }

    /// Brings the session up and ends its first Poll Sequence; nothing is left to take.
    mutating func bringUp(minTx: UInt32 = 100_000, minRx: UInt32 = 100_000) throws {
        try receive(.down, knowing: false, minTx: 1_000_000, minRx: minRx)
        try receive(.`init`, minTx: 1_000_000, minRx: minRx)
        try receive(.up, minTx: minTx, minRx: minRx) { $0.final = true }
        _ = take()
    }
}

func packets(_ actions: [Action]) -> [ControlPacket] {
    actions.compactMap { if case .send(_, let packet) = $0 { packet } else { nil } }
}

func reports(_ actions: [Action]) -> [SessionReport] {
    actions.compactMap { if case .report(_, let report) = $0 { report } else { nil } }
}
