// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// The authentication header (RFC 4302) of version 2 adverts with `auth_type AH`, and the counter against replays.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     | Next = 112    | Length = 4    |           Reserved            |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |      Security Parameters Index: the IPv4 source address       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                        Sequence Number                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |     Integrity Check Value: first 96 bits of HMAC-MD5          |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// The value covers the whole IPv4 packet with type of service, header checksum and the value itself read as zero; time
/// to live and identification count, as keepalived has it. All routers share one counter: whoever hears a number goes
/// on from there, so that a router that started anew is soon believed again. No number is used twice: who comes to the
/// end of the numbers as master gives way (``isNearEnd``), and the next master begins anew with 1, which is ahead of the
/// last ones as RFC 1982 compares them.
package struct AuthenticationHeader: Sendable {
    /// Bytes, the integrity check value included.
    package static let length = 24
    private static let valueLength = 12
    /// Numbers kept for the answers and the last advert of a master that gives way, to however many peers.
    private static let reserve: UInt32 = 4_096

    private var hmac: HMAC<MD5>
    /// The highest number sent or accepted; 0 before the first.
    package private(set) var sequence: UInt32 = 0

    /// Whether a master has so few numbers left that it has to give way.
    var isNearEnd: Bool { sequence > .max - Self.reserve }

    /// The next advert has number 1 again.
    mutating func beginAnew() { sequence = 0 }

    /// - Parameters:
    ///   - key: the eight bytes of the password, padded with zeros, in network order.
    ///   - sequence: the number of the last advert.
    package init(key: UInt64, sequence: UInt32 = 0) {
        self.sequence = sequence
        hmac = HMAC(key: (0..<8).map { UInt8(truncatingIfNeeded: key >> UInt64(56 - 8 * $0)) })
    }

    /// Another key; the counter goes on.
    mutating func reconfigure(to other: AuthenticationHeader) { hmac = other.hmac }

    /// Appends an IPv4 packet with an authentication header and a message. The kernel is to add the header's checksum
    /// only.
    package mutating func write(
        message: some Collection<UInt8>,
        from source: UInt32,
        to destination: UInt32,
        hopLimit: UInt8 = 255,
        into writer: inout ByteWriter
    ) {
        sequence &+= 1
        let start = writer.count
        // Internet control precedence, as every router sends its adverts (RFC 791).
        writer.write(UInt16(0x45c0))
        writer.write(UInt16(truncatingIfNeeded: 20 + Self.length + message.count))
        // The kernel would fill in an identification of zero.
        writer.write(max(UInt16(truncatingIfNeeded: sequence), 1))
        writer.write(UInt16(0))
        writer.write(hopLimit)
        writer.write(IPProtocol.authentication)
        writer.write(UInt16(0))
        writer.write(source)
        writer.write(destination)
        writer.write(IPProtocol.vrrp)
        writer.write(UInt8(4))
        writer.write(UInt16(0))
        writer.write(source)
        writer.write(sequence)
        writer.writeZeros(Self.valueLength)
        writer.write(message)
        var sum = InternetChecksum()
        sum.add(writer.bytes[start..<(start + 20)])
        writer.overwrite(sum.value, at: start + 10)
        let value = value(of: writer.bytes[start...], headerLength: 20)
        for index in 0..<Self.valueLength { writer.overwrite(value[index], at: start + 32 + index) }
    }

    /// Checks the header of a packet, and that its number is newer than all before.
    package mutating func verify(_ packet: borrowing ReceivedPacket) throws(Rejection) {
        guard let part = packet.authenticated else { throw .authenticationMismatch(type: 0) }
        let bytes = part.packet
        let header = bytes.startIndex + part.headerLength
        guard bytes[header] == IPProtocol.vrrp, bytes[header + 1] == 4, .v4(bytes.word(at: header + 4)) == packet.source
        else {
            throw .authenticationFailed
        }
        let expected = value(of: bytes, headerLength: part.headerLength)
        var difference: UInt8 = 0
        for index in 0..<Self.valueLength { difference |= expected[index] ^ bytes[header + 12 + index] }
        guard difference == 0 else { throw .authenticationFailed }
        let received = bytes.word(at: header + 8)
        // The counter may run over its end: what is ahead by less than half of the numbers is newer. To who has heard none
        // yet each is.
        guard sequence == 0 || Int32(bitPattern: received &- sequence) > 0 else { throw .replayedHeader(sequence: received) }
        sequence = received
    }

    /// The integrity check value of a packet, of which only the first 96 bits travel.
    private func value(of packet: ArraySlice<UInt8>, headerLength: Int) -> InlineArray<16, UInt8> {
        var hash = hmac.inner
        let start = packet.startIndex
        let value = (headerLength + 12)..<(headerLength + 12 + Self.valueLength)
        for index in packet.indices {
            switch index - start {
            // Type of service, flags and fragment offset, header checksum: what may change on the way.
            case 1, 6, 7, 10, 11: hash.update(0)
            case value: hash.update(0)
            default: hash.update(packet[index])
            }
        }
        return hmac.code(hash)
    }
}
