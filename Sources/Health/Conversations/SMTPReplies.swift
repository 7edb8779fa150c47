// SPDX-License-Identifier: GPL-2.0-or-later

/// Reads the replies of a mail server (RFC 5321 section 4.2), for those who check one and those who hand it mails.
///
///     250-one line          three digits, and a hyphen where more lines follow
///     250 the last          ... a blank, or nothing, behind the last line's
///
/// What it remembers is bounded however much the server says.
package struct SMTPReplies: Sendable {
    /// Why what came is not a reply.
    package enum Fault: Error, Sendable {
        /// More than twice the 512 bytes of RFC 5321 section 4.5.3.1.5.
        case longLine
        /// Servers send a handful of lines.
        case endless
        case notSMTP
    }

    private static let longestLine = 2_048
    private static let mostLines = 128

    private var lines = LineBuffer(limit: longestLine)
    private var count = 0

    package init() {}

    /// Takes bytes up to the end of the next reply off the front of `input`; its code, or nil: it is not complete yet.
    package mutating func next(from input: inout ArraySlice<UInt8>) throws(Fault) -> Int? {
        while !input.isEmpty {
            let line: [UInt8]?
            do { line = try lines.line(from: &input) } catch { throw .longLine }
            guard let line else { return nil }
            guard let (code, isLast) = Self.parse(line) else { throw .notSMTP }
            count = isLast ? 0 : count + 1
            guard count < Self.mostLines else { throw .endless }
            if isLast { return code }
        }
        return nil
    }

    private static func parse(_ line: [UInt8]) -> (code: Int, isLast: Bool)? {
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
