// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

// The header of a DNS message (RFC 1035 section 4.1.1), all fields in network order:
//
//      0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
//    +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//    |                      ID                       |
//    |QR|   Opcode  |AA|TC|RD|RA|   Z    |   RCODE   |
//    |                    QDCOUNT                    |
//    |                    ANCOUNT                    |
//    |                    NSCOUNT                    |
//    |                    ARCOUNT                    |
//    +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//
// The question is the name as labels, each with its length before it, then 16 bits each of type and class.

/// One query of a DNS_CHECK over UDP and what is accepted as its answer: the same id and question, a response, no error. An
/// empty answer without error is accepted, as upstream does.
package struct DNSConversation: Conversation {
    package let id: UInt16
    private let question: [UInt8]
    private var isFinished = false

    /// `id` should be unpredictable: answers are recognised by it.
    package init(_ settings: DNSCheckSettings, id: UInt16) {
        self.id = id
        var writer = ByteWriter(capacity: 64)
        writer.write(Self.labels(settings.name) ?? [0])
        writer.write(settings.type.rawValue)
        writer.write(UInt16(1))
        question = writer.bytes
    }

    package var query: [UInt8] {
        var writer = ByteWriter(capacity: 12 + question.count)
        writer.write(id)
        writer.write(UInt16(0x0100))
        for count: UInt16 in [1, 0, 0, 0] { writer.write(count) }
        writer.write(question)
        return writer.bytes
    }

    /// A domain name as labels; nil if a label is empty or beyond 63 bytes, or the name beyond 255 (RFC 1035 section 2.3.4).
    package static func labels(_ name: String) -> [UInt8]? {
        var bytes = Array(name.utf8)
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        guard !bytes.isEmpty else { return [0] }
        var result: [UInt8] = []
        for label in bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard (1...63).contains(label.count) else { return nil }
            result.append(UInt8(label.count))
            result += label
        }
        result.append(0)
        return result.count <= 255 ? result : nil
    }

    /// See `Conversation`.
    package mutating func open() -> Turn { .send(query) }

    /// A whole datagram. What does not answer our query is passed over: it may be late, or somebody else's.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> Turn {
        guard !isFinished else { return .wait }
        var reader = ByteReader(bytes)
        do {
            let found = try reader.read(UInt16.self)
            let flags = try reader.read(UInt16.self)
            guard found == id else { return .wait }
            guard flags & 0x8000 != 0 else { return finish(.failed(.malformed("answer is not a response"))) }
            guard flags & 0x7800 == 0 else { return finish(.failed(.malformed("answer to another kind of query"))) }
            let code = flags & 0x000f
            guard code == 0 else { return finish(.failed(.refused("error \(Self.word(code))"))) }
            let questions = try reader.read(UInt16.self)
            _ = try reader.read(bytes: 6)
            guard questions == 1, Self.isSame(try reader.read(bytes: question.count), question) else {
                return finish(.failed(.malformed("answer to another question")))
            }
            return finish(.passed)
        } catch {
            return finish(.failed(.malformed("answer is too short")))
        }
    }

    /// See `Conversation`.
    package mutating func close(cleanly: Bool) -> Turn { isFinished ? .wait : finish(.failed(.closedEarly)) }

    private mutating func finish(_ outcome: ProbeOutcome) -> Turn {
        isFinished = true
        return .finish(outcome)
    }

    /// Names are compared without regard to case (RFC 4343).
    private static func isSame(_ left: ArraySlice<UInt8>, _ right: [UInt8]) -> Bool {
        left.elementsEqual(right) { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

    /// RFC 1035 section 4.1.1.
    private static func word(_ code: UInt16) -> String {
        switch code {
        case 1: "FORMERR"
        case 2: "SERVFAIL"
        case 3: "NXDOMAIN"
        case 4: "NOTIMP"
        case 5: "REFUSED"
        default: "\(code)"
        }
    }
}
