// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

// How the words of a statement are read as values. Each reports what is wrong and returns nil where nothing can be used.

extension Reader {
    /// The value at this place, or a diagnostic that it is missing.
    package mutating func require(_ statement: Statement, _ index: Int = 0, _ what: String = "a value") -> Word? {
        if let word = statement.value(index) { return word }
        report(
            .error, "missing-value", statement, "'\(statement.name)' needs \(what)", help: "the line is ignored",
            consequence: .missingParameter
        )
        return nil
    }

    /// Words that are ignored deserve a remark: `nopreempt no` still turns preemption off.
    package mutating func noteExtraWords(_ statement: Statement, after count: Int, _ severity: Diagnostic.Severity = .hint) {
        guard statement.values.count > count else { return }
        let word = statement.values[count]
        report(severity, "extra-words", statement, word: word, "'\(word.text)' has no meaning here and is ignored")
    }

    /// On when bare.
    package mutating func bool(_ statement: Statement) -> Bool? {
        guard let word = statement.value(0) else { return true }
        guard let value = Self.bool(word.text) else {
            report(
                .error, "not-a-boolean", statement, word: word, "'\(word.text)' is neither on nor off; the line is ignored",
                help: "write one of on, yes, true, off, no, false"
            )
            return nil
        }
        noteExtraWords(statement, after: 1)
        return value
    }

    /// The six words for on and off; they are lower case only.
    package static func bool(_ text: String) -> Bool? {
        switch text {
        case "true", "on", "yes": true
        case "false", "off", "no": false
        default: nil
        }
    }

    package mutating func text(_ statement: Statement, limit: Int = .max) -> String? {
        guard let word = require(statement) else { return nil }
        noteExtraWords(statement, after: 1)
        guard word.text.utf8.count > limit else { return word.text }
        let cut = String(decoding: word.text.utf8.prefix(limit), as: UTF8.self)
        report(.error, "too-long", statement, word: word, "'\(word.text)' is longer than \(limit) bytes; '\(cut)' is used")
        return cut
    }

    package mutating func choice<Value>(
        _ statement: Statement, _ words: [(String, Value)], ignoringCase: Bool = false
    ) -> Value? {
        guard let word = require(statement, 0, words.map(\.0).joined(separator: " or ")) else { return nil }
        noteExtraWords(statement, after: 1)
        let text = ignoringCase ? word.text.lowercased() : word.text
        if let found = words.first(where: { (ignoringCase ? $0.0.lowercased() : $0.0) == text }) { return found.1 }
        report(
            .error, "unknown-value", statement, word: word,
            "'\(word.text)' is not a value of '\(statement.name)'; the line is ignored",
            help: "write \(words.map(\.0).joined(separator: " or "))"
        )
        return nil
    }

    package mutating func address(_ statement: Statement, family: AddressFamily? = nil) -> IPAddress? {
        guard let word = require(statement, 0, "an address") else { return nil }
        noteExtraWords(statement, after: 1)
        return address(word, of: statement, family: family)
    }

    /// One word as an address without a length.
    package mutating func address(_ word: Word, of statement: Statement, family: AddressFamily? = nil) -> IPAddress? {
        guard let address = IPAddress(word.text) else {
            report(.error, "not-an-address", statement, word: word, "'\(word.text)' is not an IP address")
            return nil
        }
        if let family, address.family != family {
            let name = family == .ipv4 ? "IPv4" : "IPv6"
            report(.error, "wrong-family", statement, word: word, "'\(word.text)' is not an \(name) address")
            return nil
        }
        return address
    }

    /// A decimal integer as the statement's value; `keeping` words the value that stays when this one cannot be used.
    package mutating func number<Value: FixedWidthInteger>(
        _ statement: Statement, in range: ClosedRange<Value>, keeping: @autoclosure () -> String? = nil
    ) -> Value? {
        guard let word = require(statement, 0, "a number") else { return nil }
        noteExtraWords(statement, after: 1)
        return number(word, of: statement, in: range, keeping: keeping())
    }

    /// One word as a decimal integer: an optional `+` or `-`, digits (a leading zero is still decimal). Text behind the
    /// number is warned about and the number is used, as upstream does outside `-t`.
    package mutating func number<Value: FixedWidthInteger>(
        _ word: Word, of statement: Statement, in range: ClosedRange<Value>, keeping: @autoclosure () -> String? = nil
    ) -> Value? {
        let reading = DecimalReading(word.text)
        guard reading.digits > 0 else {
            report(.error, "not-a-number", statement, word: word, "'\(word.text)' is not a number" + used(keeping()))
            return nil
        }
        guard let value = Value(exactly: reading.value), range.contains(value), !reading.overflow else {
            let limits = "\(range.lowerBound) to \(range.upperBound)"
            let text = "'\(word.text)' is outside \(limits)" + used(keeping())
            report(.error, "out-of-range", statement, word: word, text)
            return nil
        }
        if reading.rest > 0 {
            report(
                .warning, "text-after-number", statement, word: word, "'\(word.text)' is not a number; \(value) is used",
                help: "numbers are decimal and have no unit"
            )
        }
        return value
    }

    /// A time as the statement's value.
    package mutating func interval(
        _ statement: Statement, _ format: TimeFormat, keeping: @autoclosure () -> String? = nil
    ) -> Interval? {
        guard let word = require(statement, 0, "a time") else { return nil }
        noteExtraWords(statement, after: 1)
        return interval(word, of: statement, format, keeping: keeping())
    }

    /// One word as a time.
    package mutating func interval(
        _ word: Word, of statement: Statement, _ format: TimeFormat, keeping: @autoclosure () -> String? = nil
    ) -> Interval? {
        guard case .value(let value, let rounded, let rest) = format.read(word.text) else {
            report(.error, "not-a-time", statement, word: word, "'\(word.text)' is not a time" + used(keeping()))
            return nil
        }
        guard format.range.contains(value) else {
            let text = "'\(word.text)' is outside \(format.rangeText)" + used(keeping())
            report(.error, "out-of-range", statement, word: word, text)
            return nil
        }
        if rest > 0 {
            report(
                .warning, "text-after-number", statement, word: word,
                "'\(word.text)' is not a time; \(format.text(value)) is used", help: "times have no unit"
            )
        } else if rounded {
            report(
                .warning, "too-precise", statement, word: word,
                "'\(word.text)' has more than \(format.places) decimal places; \(format.text(value)) is used"
            )
        }
        return value
    }

    private func used(_ kept: String?) -> String { kept.map { "; \($0) is used" } ?? "; the line is ignored" }
}

/// A decimal integer at the front of a word.
struct DecimalReading {
    var value: Int128 = 0
    var digits = 0
    var overflow = false
    /// Bytes behind the number.
    var rest = 0

    init(_ text: String) {
        var used = 0
        var negative = false
        for byte in text.utf8 {
            if (0x30...0x39).contains(byte) {
                digits += 1
                if value > 1 << 80 { overflow = true } else { value = value * 10 + Int128(byte - 0x30) }
            } else if digits == 0, used == 0, byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
                negative = byte == UInt8(ascii: "-")
            } else if digits == 0, byte.isBlank {
                continue
            } else {
                break
            }
            used += 1
        }
        if negative { value = -value }
        rest = digits == 0 ? text.utf8.count : text.utf8.count - min(used, text.utf8.count)
    }
}

/// What counts as an error of an include; plain `include` has none of its own.
package struct IncludeChecks: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// A matched file is unreadable, a directory, executable or not plain. The other three imply it.
    package static let read = IncludeChecks(rawValue: 1)
    /// A name without wildcards matches nothing.
    package static let match = IncludeChecks(rawValue: 2)
    /// A pattern matches nothing.
    package static let wildcardMatch = IncludeChecks(rawValue: 4)
    /// One of the alternatives in braces matches nothing.
    package static let braceMatch = IncludeChecks(rawValue: 8)
    package static let all: IncludeChecks = [.read, .match, .wildcardMatch, .braceMatch]
}

extension Reader {
    /// `include_check`: what is an error of the includes that follow.
    mutating func setIncludeChecks(_ statement: Statement) {
        if statement.values.isEmpty { includeChecks = .all }
        var hasPlain = false
        for word in statement.values {
            let sign = word.text.first { $0 == "+" || $0 == "-" }
            let name = sign == nil || !(word.text.hasPrefix("+") || word.text.hasPrefix("-")) ? word.text : String(word.text.dropFirst())
            guard let check = Self.checkNames[name] else {
                report(
                    .error, "unknown-value", statement, word: word, "'\(word.text)' is not a check of an include",
                    help: "write read, match, wildcard_match or brace_match"
                )
                continue
            }
            switch word.text.first {
            case "+": includeChecks.formUnion([check, .read])
            case "-": includeChecks.subtract(check)
            default:
                includeChecks = hasPlain ? includeChecks.union([check, .read]) : [check, .read]
                hasPlain = true
            }
        }
    }

    private static var checkNames: [String: IncludeChecks] {
        ["read": .read, "match": .match, "wildcard_match": .wildcardMatch, "brace_match": .braceMatch]
    }
}
