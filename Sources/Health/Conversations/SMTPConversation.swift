// SPDX-License-Identifier: GPL-2.0-or-later

/// The talk of an SMTP_CHECK (RFC 5321): greeting, HELO, QUIT. A server whose greeting and answer to HELO are positive is up.
package struct SMTPConversation: Conversation {
    private enum Phase { case greeting, hello, done }

    /// More than twice the 512 bytes of RFC 5321 section 4.5.3.1.5.
    private static let longestLine = 2048
    /// Lines of one reply: servers send a handful.
    private static let longestReply = 128

    private let name: String
    private var phase = Phase.greeting
    private var lines = LineBuffer(limit: longestLine)
    private var lineCount = 0

    package init(_ settings: SMTPCheckSettings) { name = settings.heloName }

    /// See `Conversation`.
    package mutating func open() -> Turn { .wait }

    /// See `Conversation`.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> Turn {
        guard phase != .done else { return .wait }
        var rest = bytes
        var answer: [UInt8] = []
        while !rest.isEmpty {
            let line: [UInt8]?
            do { line = try lines.line(from: &rest) } catch { return fail(.malformed("Too long a line")) }
            guard let line else { break }
            switch take(line) {
            case .wait: continue
            case .send(let bytes): answer += bytes
            case .finish(let outcome, let last): return .finish(outcome, last: answer + last)
            }
        }
        return answer.isEmpty ? .wait : .send(answer)
    }

    /// See `Conversation`.
    package mutating func close(cleanly: Bool) -> Turn {
        phase == .done ? .wait : fail(.closedEarly)
    }

    private mutating func take(_ line: [UInt8]) -> Turn {
        guard let reply = Self.reply(line) else { return fail(.malformed(fault)) }
        lineCount += 1
        guard reply.isLast else { return lineCount < Self.longestReply ? .wait : fail(.endless) }
        lineCount = 0
        switch phase {
        case .greeting:
            guard reply.code == 220 else { return fail(.malformed(fault)) }
            phase = .hello
            return .send(Array("HELO \(name)\r\n".utf8))
        case .hello:
            guard reply.code == 250 else { return fail(.malformed(fault)) }
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

    /// Three digits, then a hyphen if more lines follow, else a blank or nothing (RFC 5321 section 4.2.1).
    private static func reply(_ line: [UInt8]) -> (code: Int, isLast: Bool)? {
        guard line.count >= 3, line.prefix(3).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let code = line.prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard line.count > 3 else { return (code, true) }
        switch line[3] {
        case UInt8(ascii: "-"): return (code, false)
        case UInt8(ascii: " "): return (code, true)
        default: return nil
        }
    }
}
