// SPDX-License-Identifier: GPL-2.0-or-later

import Health

/// The talk with a mail server (RFC 5321), without the connection: bytes in, bytes and verdicts out.
///
///     220 ...         HELO name
///     250 ...         MAIL FROM:<sender>
///     250 ...         RCPT TO:<recipient>, for each
///     250 ...         DATA
///     354 ...         the mail
///     250 ...         MAIL FROM for the next mail, or QUIT
///
/// What it remembers is bounded however much the server says. Time is the connection's business.
package struct MailConversation: Sendable {
    /// What the connection is to do.
    package enum Step: Hashable, Sendable {
        case send([UInt8])
        /// The mail under way was taken by the server.
        case delivered
        /// The server does not want the mail under way; the next one may do better.
        case refused(String)
        /// Nothing more can be done with this connection.
        case broken(String)
        /// All is said: hang up.
        case finished
    }

    private enum Phase { case greeting, hello, idle, sender, recipient(Int), data, text, reset, quit, over }

    private let envelope: MailEnvelope
    private var phase = Phase.greeting
    private var replies = SMTPReplies()
    private var mail: [UInt8] = []
    private var accepted = 0

    package init(_ envelope: MailEnvelope) { self.envelope = envelope }

    /// Whether a mail may be handed in.
    package var isIdle: Bool {
        if case .idle = phase { return true }
        return false
    }

    /// Begins with a mail: the text that follows DATA. Only while idle.
    package mutating func begin(_ text: [UInt8]) -> [Step] {
        precondition(isIdle, "A mail is begun while another one is under way.")
        mail = text
        accepted = 0
        phase = .sender
        return [command("MAIL FROM:<\(Self.address(envelope.sender))>")]
    }

    /// Ends the talk in good order. Only while idle.
    package mutating func quit() -> [Step] {
        phase = .quit
        return [command("QUIT")]
    }

    /// Bytes came.
    package mutating func receive(_ bytes: some Sequence<UInt8>) -> [Step] {
        var steps: [Step] = []
        var rest = Array(bytes)[...]
        do {
            while !isOver, let code = try replies.next(from: &rest) { steps += take(code) }
        } catch {
            switch error {
            case .longLine: steps.append(fail("sent too long a line"))
            case .endless: steps.append(fail("sent an endless reply"))
            case .notSMTP: steps.append(fail("sent something that is not SMTP"))
            }
        }
        return steps
    }

    private var isOver: Bool { if case .over = phase { true } else { false } }

    /// The server closed its side.
    package mutating func close() -> [Step] {
        switch phase {
        case .over: return []
        case .quit:
            phase = .over
            return [.finished]
        case .greeting, .hello, .idle, .sender, .recipient, .data, .text, .reset:
            return [fail("has closed the connection")]
        }
    }

    private mutating func take(_ code: Int) -> [Step] {
        switch phase {
        case .greeting:
            guard code == 220 else { return [fail("greets with status code = \(code)")] }
            phase = .hello
            return [command("HELO \(envelope.greeting)")]
        case .hello:
            guard code == 250 else { return [fail("answers HELO with status code = \(code)")] }
            phase = .idle
            return []
        case .sender:
            guard code == 250 else { return refuse("MAIL", code) }
            return recipient(0)
        case .recipient(let index):
            // One that is not wanted does not keep the mail from the others.
            if code == 250 || code == 251 { accepted += 1 }
            guard index + 1 < envelope.recipients.count else { return accepted > 0 ? data() : refuse("RCPT", code) }
            return recipient(index + 1)
        case .data:
            guard code == 354 else { return refuse("DATA", code) }
            phase = .text
            return [.send(mail)]
        case .text:
            phase = .idle
            return [code == 250 ? .delivered : .refused(Self.text("DATA", code))]
        case .reset:
            phase = .idle
            return []
        case .quit:
            phase = .over
            return [.finished]
        case .idle:
            // 421: the server ends by itself (section 4.2.1).
            return [fail("said status code = \(code) unasked")]
        case .over:
            return []
        }
    }

    private mutating func recipient(_ index: Int) -> [Step] {
        guard index < envelope.recipients.count else { return data() }
        phase = .recipient(index)
        return [command("RCPT TO:<\(Self.address(envelope.recipients[index]))>")]
    }

    private mutating func data() -> [Step] {
        phase = .data
        return [command("DATA")]
    }

    /// Gives the mail up and clears the table for the next.
    private mutating func refuse(_ command: String, _ code: Int) -> [Step] {
        guard code != 421 else { return [fail("is closing down")] }
        phase = .reset
        return [.refused(Self.text(command, code)), self.command("RSET")]
    }

    private static func text(_ command: String, _ code: Int) -> String {
        "Error processing \(command) cmd, SMTP status code = \(code)"
    }

    private mutating func fail(_ reason: String) -> Step {
        phase = .over
        return .broken(reason)
    }

    private func command(_ text: String) -> Step {
        .send(text.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 } + [0x0d, 0x0a])
    }

    /// What stands in the envelope of `Name <address>`.
    static func address(_ text: String) -> Substring {
        guard let start = text.lastIndex(of: "<"), let end = text[start...].firstIndex(of: ">") else { return text[...] }
        return text[text.index(after: start)..<end]
    }
}
