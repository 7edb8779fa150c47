// SPDX-License-Identifier: GPL-2.0-or-later

/// What a child tells its parent over the control channel.
package enum ChildAnswer: Equatable, Sendable {
    /// The configuration has been taken over: at the start, or by a reload.
    case loaded
    /// The configuration could not be taken over, and why; the old one stays in force.
    case refused(String)

    /// The message on the channel: a letter, then a text.
    package var bytes: [UInt8] {
        switch self {
        case .loaded: [UInt8(ascii: "L")]
        case .refused(let reason): [UInt8(ascii: "R")] + Array(reason.utf8.prefix(4096))
        }
    }

    /// Nil for a message that is neither.
    package init?(bytes: [UInt8]) {
        switch bytes.first {
        case UInt8(ascii: "L") where bytes.count == 1: self = .loaded
        case UInt8(ascii: "R"): self = .refused(String(decoding: bytes.dropFirst(), as: UTF8.self))
        default: return nil
        }
    }
}

/// What the parent tells a child; signals do the rest.
package enum ParentOrder: Equatable, Sendable {
    /// A new frozen configuration, whose descriptor comes with the message, and the number of the reading that it is from.
    case configuration(reading: Int)

    /// The message on the channel: a letter, then digits.
    package var bytes: [UInt8] {
        switch self {
        case .configuration(let reading): [UInt8(ascii: "C")] + Array("\(reading)".utf8)
        }
    }

    /// Nil for any other message.
    package init?(bytes: [UInt8]) {
        guard bytes.first == UInt8(ascii: "C"), let reading = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)) else { return nil }
        self = .configuration(reading: reading)
    }
}
