// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

// An echo request or reply (RFC 792, RFC 4443 section 4.1):
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Type      |     Code      |          Checksum             |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |           Identifier          |        Sequence Number        |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Data ...

/// One echo request of a PING_CHECK and its reply. Others' replies, and other ICMP messages, are passed over.
package struct PingConversation: Conversation {
    private let isIPv6: Bool
    private let identifier: UInt16
    private let sequence: UInt16
    private var isFinished = false

    private static let data = Array("keepalived check - keepalived ch".utf8)

    /// The identifier and the sequence number together should be unlike those of other checks that run.
    package init(isIPv6: Bool, identifier: UInt16, sequence: UInt16) {
        self.isIPv6 = isIPv6
        self.identifier = identifier
        self.sequence = sequence
    }

    /// The checksum of an ICMPv6 message needs the addresses, so the kernel fills it in.
    package mutating func open() -> Turn {
        var writer = ByteWriter(capacity: 64)
        writer.write(UInt8(isIPv6 ? 128 : 8))
        writer.write(UInt8(0))
        writer.write(UInt16(0))
        writer.write(identifier)
        writer.write(sequence)
        writer.write(Self.data)
        if !isIPv6 {
            var sum = InternetChecksum()
            sum.add(writer.bytes)
            writer.overwrite(sum.value, at: 2)
        }
        return .send(writer.bytes)
    }

    /// A whole ICMP message without its IP header.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> Turn {
        guard !isFinished else { return .wait }
        var reader = ByteReader(bytes)
        guard let type = try? reader.read(UInt8.self), type == (isIPv6 ? 129 : 0),
            let code = try? reader.read(UInt8.self),
            code == 0, (try? reader.read(UInt16.self)) != nil, (try? reader.read(UInt16.self)) == identifier,
            (try? reader.read(UInt16.self)) == sequence, reader.remaining.elementsEqual(Self.data)
        else { return .wait }
        isFinished = true
        return .finish(.passed)
    }

    /// See `Conversation`.
    package mutating func close(cleanly: Bool) -> Turn { .wait }
}
