// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// The time of day, as the trailer needs it.
package struct WallClock: Hashable, Sendable {
    /// Seconds since 1970.
    package var seconds: UInt32
    /// 1/65536 of a second.
    package var fraction: UInt16

    package init(seconds: UInt32, fraction: UInt16 = 0) {
        self.seconds = seconds
        self.fraction = fraction
    }

    /// As the upper bits of a sequence number.
    fileprivate var sequence: UInt64 { UInt64(seconds) << 32 | UInt64(fraction) << 16 }
}

/// The trailer of `auth_hmac` (draft-cassen-vrrp-auth-hmac-00), directly after the VRRP message, and what was seen of
/// each sender.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |   Type = 1    |    Key ID     |         Reserved = 0          |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                     Seconds since 1970                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |      Seconds / 65536          |           Counter             |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |              First 128 bits of HMAC-SHA-256                   |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// The code covers IP version, VRRP version, VRID and source, then the message with its checksum read as zero, then the
/// trailer with the code read as zero. Seconds, fraction and counter are one number, which only grows.
package struct AuthenticationTrailer: Sendable {
    /// Bytes, the code included.
    package static let length = 28
    /// Senders remembered at a time where there is no list of peers.
    private static let remembered = 4

    private struct Mark: Sendable {
        var sender: IPAddress
        var sequence: UInt64
    }

    package private(set) var settings: TrailerAuthentication
    private var codes: [UInt8: HMAC<SHA256>]
    /// The newest number accepted of each sender, the latest sender last.
    private var marks: [Mark] = []
    /// How many senders are remembered: as many as there are peers, else four.
    private var capacity: Int
    /// The last number sent.
    private var last: UInt64?
    /// How far the clock of the last sender is off, where that is more than half of the window.
    package private(set) var largeSkew: Interval?

    /// - Parameter peers: how many unicast peers there are; 0 for multicast.
    package init(_ settings: TrailerAuthentication, peers: Int) {
        self.settings = settings
        codes = settings.keys.filter { $0.value.count <= 64 }.mapValues { HMAC(key: $0) }
        capacity = max(peers, Self.remembered)
        marks.reserveCapacity(capacity + 1)
    }

    /// Other keys or peers; what was seen stays known.
    mutating func reconfigure(to other: AuthenticationTrailer) {
        (settings, codes, capacity) = (other.settings, other.codes, other.capacity)
    }

    /// Whether what is sent carries a trailer. Without the key to sign with nothing is to be sent at all.
    package var signs: Bool { settings.mode != .receiveOnly }
    package var canSign: Bool { codes[settings.activeKey] != nil }

    // MARK: Sending

    /// Appends the trailer to the message that begins at `start`.
    package mutating func sign(_ writer: inout ByteWriter, from start: Int, source: IPAddress, clock: WallClock) {
        guard let code = codes[settings.activeKey] else { preconditionFailure("An advert is signed without a key.") }
        let end = writer.count
        writer.write(UInt8(1))
        writer.write(settings.activeKey)
        writer.write(UInt16(0))
        writer.write(next(clock))
        writer.writeZeros(16)
        let value = Self.value(code, writer.bytes[start..<end], trailer: writer.bytes[end...], source: source)
        for index in 0..<16 { writer.overwrite(value[index], at: end + 12 + index) }
    }

    private mutating func next(_ clock: WallClock) -> UInt64 {
        let now = clock.sequence
        guard let last else {
            self.last = now
            return now
        }
        var next = last &+ 1
        switch settings.replayProtection {
        case .monotonic: break
        case .time:
            let lead = Int64(bitPattern: last &- now)
            // A clock that was set back far is followed; the peers have forgotten our marks by then.
            if lead < 0 || lead > Int64(settings.timeWindow.seconds) << 32 { next = now }
        }
        self.last = next
        return next
    }

    // MARK: Receiving

    /// Checks the trailer of a packet whose message has this length.
    package mutating func verify(_ packet: borrowing ReceivedPacket, messageLength: Int, clock: WallClock)
        throws(Rejection)
    {
        let message = packet.message.prefix(messageLength)
        let trailer = packet.message.dropFirst(messageLength)
        guard trailer.count == Self.length else {
            guard settings.mode == .enforce else { return }
            throw .trailer(.missing)
        }
        let start = trailer.startIndex
        guard trailer[start] == 1, trailer[start + 2] == 0, trailer[start + 3] == 0 else { throw .trailer(.malformed) }
        let sequence = UInt64(trailer.word(at: start + 4)) << 32 | UInt64(trailer.word(at: start + 8))
        // Before the costly part, so that old packets are cheap to refuse.
        if settings.replayProtection == .time, isOutside(sequence, clock) { throw .trailer(.stale) }
        guard let code = codes[trailer[start + 1]] else { throw .trailer(.unknownKey) }
        let expected = Self.value(code, message, trailer: trailer, source: packet.source)
        var difference: UInt8 = 0
        for index in 0..<16 { difference |= expected[index] ^ trailer[start + 12 + index] }
        guard difference == 0 else { throw .trailer(.invalid) }
        try accept(sequence, from: packet.source, clock)
    }

    private func isOutside(_ sequence: UInt64, _ clock: WallClock) -> Bool {
        skew(sequence, clock).magnitude > UInt64(clamping: settings.timeWindow.seconds)
    }

    /// Seconds that a sender's clock is ahead of ours.
    private func skew(_ sequence: UInt64, _ clock: WallClock) -> Int64 {
        Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: sequence >> 32) &- clock.seconds))
    }

    private mutating func noteSkew(_ sequence: UInt64, _ clock: WallClock) {
        let skew = skew(sequence, clock)
        let isLarge = settings.replayProtection == .time && skew.magnitude * 2 > UInt64(clamping: settings.timeWindow.seconds)
        largeSkew = isLarge ? .seconds(Int(skew.magnitude)) : nil
    }

    /// Only a packet that is right in everything moves a mark.
    private mutating func accept(_ sequence: UInt64, from sender: IPAddress, _ clock: WallClock) throws(Rejection) {
        if let index = marks.firstIndex(where: { $0.sender == sender }) {
            let mark = marks[index].sequence
            let isExpired = settings.replayProtection == .time && isOutside(mark, clock)
            guard isExpired || Int64(bitPattern: sequence &- mark) > 0 else { throw .trailer(.replayed) }
            marks.remove(at: index)
        } else if marks.count >= capacity {
            marks.removeFirst()
        }
        marks.append(Mark(sender: sender, sequence: sequence))
        noteSkew(sequence, clock)
    }

    private static func value(
        _ code: HMAC<SHA256>,
        _ message: ArraySlice<UInt8>,
        trailer: ArraySlice<UInt8>,
        source: IPAddress
    ) -> InlineArray<32, UInt8> {
        var hash = code.inner
        let start = message.startIndex
        hash.update(source.family.version)
        hash.update(message[start] >> 4)
        hash.update(message[start + 1])
        hash.update(0)
        let words: (UInt64, UInt64) =
            switch source {
            case .v4(let word): (UInt64(word) << 32, 0)
            case .v6(let high, let low): (high, low)
            }
        for index in 0..<8 { hash.update(UInt8(truncatingIfNeeded: words.0 >> UInt64(56 - 8 * index))) }
        for index in 0..<8 { hash.update(UInt8(truncatingIfNeeded: words.1 >> UInt64(56 - 8 * index))) }
        for index in message.indices { hash.update(index == start + 6 || index == start + 7 ? 0 : message[index]) }
        hash.update(trailer.prefix(12))
        for _ in 0..<16 { hash.update(0) }
        return code.code(hash)
    }
}
