// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

// How the words of a statement are read as values. Each reports what is wrong and returns nil where nothing can be used.

extension Reader {
    /// The value at this place, or a diagnostic that it is missing.
    package mutating func require(_ statement: Statement, _ index: Int = 0, _ what: @autoclosure () -> String = "a value")
        -> Word?
    {
        if let word = statement.value(index) { return word }
        report(
            .error, "missing-value", statement, "'\(statement.name)' needs \(what())", help: "the line is ignored",
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

    /// The statement's value as it stands; reported and cut off where it is longer than `limit` bytes.
    package mutating func text(_ statement: Statement, limit: Int = .max) -> String? {
        guard let word = require(statement) else { return nil }
        noteExtraWords(statement, after: 1)
        guard word.text.utf8.count > limit else { return word.text }
        let cut = String(decoding: word.text.utf8.prefix(limit), as: UTF8.self)
        report(.error, "too-long", statement, word: word, "'\(word.text)' is longer than \(limit) bytes; '\(cut)' is used")
        return cut
    }

    /// What the statement's value stands for, of a few words; reported and nil if it is none of them.
    package mutating func choice<Value>(
        _ statement: Statement, _ words: [(String, Value)], ignoringCase: Bool = false
    ) -> Value? {
        choice(statement, words.map { $0.0 }, ignoringCase: ignoringCase).map { words[$0].1 }
    }

    /// Which of a few words the statement's value is.
    package mutating func choice(_ statement: Statement, _ words: [String], ignoringCase: Bool = false) -> Int? {
        guard let word = require(statement, 0, words.joined(separator: " or ")) else { return nil }
        noteExtraWords(statement, after: 1)
        if let place = words.firstIndex(of: word.text) { return place }
        if ignoringCase, let place = words.firstIndex(where: { $0.lowercased() == word.text.lowercased() }) { return place }
        let guess = closest(to: word.text, among: words) ?? closest(to: word.text.uppercased(), among: words)
        report(
            .error, "unknown-value", statement, word: word,
            "'\(word.text)' is not a value of '\(statement.name)'; the line is ignored",
            help: guess.map { "did you mean '\($0)'?" } ?? "write \(words.joined(separator: " or "))"
        )
        return nil
    }

    /// The statement's value as an address without a length; reported and nil if it is none.
    package mutating func address(_ statement: Statement, family: AddressFamily? = nil) -> IPAddress? {
        guard let word = require(statement, 0, "an address") else { return nil }
        noteExtraWords(statement, after: 1)
        return address(word, of: statement, family: family)
    }

    /// One word as an address without a length.
    package mutating func address(_ word: Word, of statement: Statement, family: AddressFamily? = nil) -> IPAddress? {
        guard let address = IPAddress(word.text) else {
            let text = "'\(word.text)' is not an IP address"
            report(.error, "not-an-address", statement, word: word, text, help: Self.addressHelp(word.text))
            return nil
        }
        if let family, address.family != family {
            let name = family == .ipv4 ? "IPv4" : "IPv6"
            report(.error, "wrong-family", statement, word: word, "'\(word.text)' is not an \(name) address")
            return nil
        }
        return address
    }

    /// What may have been meant by a word that is no address.
    package static func addressHelp(_ text: String) -> String? {
        if text.contains("/") { return "no prefix length is wanted here" }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let isDotted = text.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
        if isDotted { return parts.count == 4 ? "each number is from 0 to 255" : "an IPv4 address has four numbers" }
        if text.contains(":") { return "an IPv6 address has eight groups of up to four hexadecimal digits, or '::' once" }
        return "names are not looked up: write the address"
    }

    /// A decimal integer as the statement's value; `keeping` words the value that stays when this one cannot be used.
    package mutating func number<Value: FixedWidthInteger>(
        _ statement: Statement, in range: ClosedRange<Value>, keeping: @autoclosure () -> String? = nil
    ) -> Value? {
        integer(statement, IntegerRange(range), keeping: keeping()).map { Value(truncatingIfNeeded: $0) }
    }

    /// One word as a decimal integer: an optional `+` or `-`, digits (a leading zero is still decimal). Text behind the
    /// number is warned about and the number is used, as upstream does outside `-t`.
    package mutating func number<Value: FixedWidthInteger>(
        _ word: Word, of statement: Statement, in range: ClosedRange<Value>, keeping: @autoclosure () -> String? = nil
    ) -> Value? {
        integer(word, of: statement, IntegerRange(range), keeping: keeping()).map { Value(truncatingIfNeeded: $0) }
    }

    mutating func integer(
        _ statement: Statement, _ range: IntegerRange, keeping: @autoclosure () -> String?
    ) -> Int? {
        guard let word = require(statement, 0, "a number") else { return nil }
        noteExtraWords(statement, after: 1)
        return integer(word, of: statement, range, keeping: keeping())
    }

    /// The low 64 bits of the number.
    mutating func integer(
        _ word: Word, of statement: Statement, _ range: IntegerRange, keeping: @autoclosure () -> String?
    ) -> Int? {
        let reading = DecimalReading(word.text)
        guard reading.digits > 0 else {
            report(.error, "not-a-number", statement, word: word, "'\(word.text)' is not a number" + used(keeping()))
            return nil
        }
        guard range.contains(reading) else {
            let text = "'\(word.text)' is outside \(range.text)" + used(keeping())
            report(.error, "out-of-range", statement, word: word, text)
            return nil
        }
        if reading.rest > 0 {
            let number = (reading.isNegative ? "-" : "") + String(reading.magnitude)
            report(
                .warning, "text-after-number", statement, word: word, "'\(word.text)' is not a number; \(number) is used",
                help: "numbers are decimal and have no unit"
            )
        }
        return reading.bits
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
    var magnitude: UInt64 = 0
    var isNegative = false
    var digits = 0
    var overflow = false
    /// Bytes behind the number.
    var rest = 0

    init(_ text: String) {
        var used = 0
        var length = 0
        var hasEnded = false
        for byte in text.utf8 {
            length += 1
            if hasEnded { continue }
            if byte >= 0x30, byte <= 0x39 {
                digits += 1
                let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, far) = product.addingReportingOverflow(UInt64(byte &- 0x30))
                overflow = overflow || tooLarge || far
                magnitude = sum
            } else if digits == 0, used == 0, byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
                isNegative = byte == UInt8(ascii: "-")
            } else if digits == 0, used == 0, byte.isBlank {
                continue
            } else {
                hasEnded = true
                rest = length
                continue
            }
            used = length
        }
        rest = rest == 0 ? 0 : length - rest + 1
    }

    /// The number as 64 bits in two's complement.
    var bits: Int { isNegative ? 0 &- Int(truncatingIfNeeded: magnitude) : Int(truncatingIfNeeded: magnitude) }
}

/// The bounds of an integer of any type up to 64 bits.
struct IntegerRange: Sendable {
    private let lower: (magnitude: UInt64, isNegative: Bool)
    private let upper: (magnitude: UInt64, isNegative: Bool)

    init<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) {
        lower = (UInt64(clamping: range.lowerBound.magnitude), range.lowerBound < 0)
        upper = (UInt64(clamping: range.upperBound.magnitude), range.upperBound < 0)
    }

    func contains(_ reading: DecimalReading) -> Bool {
        guard !reading.overflow else { return false }
        let isNegative = reading.isNegative && reading.magnitude > 0
        if isNegative, !lower.isNegative || reading.magnitude > lower.magnitude { return false }
        if isNegative, upper.isNegative, reading.magnitude < upper.magnitude { return false }
        if !isNegative, upper.isNegative || reading.magnitude > upper.magnitude { return false }
        if !isNegative, !lower.isNegative, reading.magnitude < lower.magnitude { return false }
        return true
    }

    var text: String { "\(lower.isNegative ? "-" : "")\(lower.magnitude) to \(upper.isNegative ? "-" : "")\(upper.magnitude)" }
}
