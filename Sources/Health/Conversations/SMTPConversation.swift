// SPDX-License-Identifier: GPL-2.0-or-later

/// The talk of an SMTP_CHECK (RFC 5321): greeting, HELO, QUIT. A server whose greeting and answer to HELO are positive is up.
package struct SMTPConversation: Conversation {
    private enum Phase { case greeting, hello, done }

    private let name: String
    private var phase = Phase.greeting
    private var replies = SMTPReplies()

    package init(_ settings: SMTPCheckSettings) { name = settings.heloName }

    /// See `Conversation`.
    package mutating func open() -> Turn { .wait }

    /// See `Conversation`.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> Turn {
        guard phase != .done else { return .wait }
        var rest = bytes
        var answer: [UInt8] = []
        do {
            while let code = try replies.next(from: &rest) {
                switch take(code) {
                case .wait: continue
                case .send(let bytes): answer += bytes
                case .finish(let outcome, let last): return .finish(outcome, last: answer + last)
                }
            }
        } catch {
            switch error {
            case .longLine: return fail(.malformed("Too long a line"))
            case .endless: return fail(.endless)
            case .notSMTP: return fail(.malformed(fault))
            }
        }
        return answer.isEmpty ? .wait : .send(answer)
    }

    /// See `Conversation`.
    package mutating func close(cleanly: Bool) -> Turn {
        phase == .done ? .wait : fail(.closedEarly)
    }

    private mutating func take(_ code: Int) -> Turn {
        switch phase {
        case .greeting:
            guard code == 220 else { return fail(.malformed(fault)) }
            phase = .hello
            return .send(Array("HELO \(name)\r\n".utf8))
        case .hello:
            guard code == 250 else { return fail(.malformed(fault)) }
            phase = .done
            return .finish(.passed, last: Array("QUIT\r\n".utf8))
        case .done:
            return .wait
        }
    }

    private var fault: String {
        switch phase {
        case .greeting: "Bad greeting banner"
        case .hello, .done: "Bad HELO response"
        }
    }

    private mutating func fail(_ failure: ProbeFailure) -> Turn {
        phase = .done
        return .finish(.failed(failure))
    }
}
