// SPDX-License-Identifier: GPL-2.0-or-later

/// One datagram of a UDP_CHECK and what is accepted as its answer.
///
/// Without require_reply silence is success: the connection says `silence()` when the time is over without an ICMP error.
package struct UDPConversation: Conversation {
    /// What upstream sends where no payload is given.
    package static let usualPayload = Array("keepalived check - keepalived ch".utf8)

    private let settings: UDPCheckSettings
    private var isFinished = false

    package init(_ settings: UDPCheckSettings) { self.settings = settings }

    /// See `Conversation`.
    package mutating func open() -> Turn {
        .send(settings.payload.isEmpty ? Self.usualPayload : settings.payload)
    }

    /// A whole datagram.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> Turn {
        guard !isFinished else { return .wait }
        isFinished = true
        guard let pattern = settings.reply else { return .finish(.passed) }
        guard bytes.count >= Int(settings.minimumReply), bytes.count <= Int(settings.maximumReply) else {
            return .finish(.failed(.malformed("reply of \(bytes.count) bytes")))
        }
        guard pattern.matches(bytes) else { return .finish(.failed(.malformed("reply with other data"))) }
        return .finish(.passed)
    }

    /// See `Conversation`.
    package mutating func close(cleanly: Bool) -> Turn { .wait }

    /// The time for an answer is over.
    package mutating func silence() -> ProbeOutcome {
        isFinished = true
        return settings.reply == nil ? .passed : .failed(.readTimeout)
    }
}

extension ReplyPattern {
    /// Whether the bytes begin with the pattern.
    package func matches(_ reply: ArraySlice<UInt8>) -> Bool {
        guard reply.count >= bytes.count else { return false }
        return zip(reply, zip(bytes, mask)).allSatisfy { ($0 ^ $1.0) & $1.1 == 0 }
    }
}
