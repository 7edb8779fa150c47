// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Config

// How the words of value lines are read: names of interfaces, iproute2's names, numbers in C notation, prefixes.

extension Reader {
    /// The name of an interface; longer than 15 bytes cannot exist.
    package mutating func interfaceName(_ word: Word, of statement: Statement) -> String? {
        if (1...15).contains(word.text.utf8.count) { return word.text }
        report(
            .error, "too-long", statement, word: word,
            "'\(word.text)' cannot be the name of an interface and is ignored", help: "names have 1 to 15 bytes"
        )
        return nil
    }

    /// A number in C notation (`10`, `0x1f`, `017`) in a range.
    package mutating func cNumber<Value: FixedWidthInteger>(
        _ word: Word, of statement: Statement, _ range: ClosedRange<Value>
    ) -> Value? {
        guard let value = CNumber.read(word.text) else {
            report(
                .error, "not-a-number", statement, word: word, "'\(word.text)' is not a number; the option is ignored")
            return nil
        }
        guard let fitting = Value(exactly: value), range.contains(fitting) else {
            reportOutside(word, statement, "\(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return fitting
    }

    /// A number, or a name of the given table of iproute2.
    package mutating func routingNumber<Value: FixedWidthInteger>(
        _ word: Word, of statement: Statement, in table: String, _ range: ClosedRange<Value>
    ) -> Value? {
        if let value = CNumber.read(word.text) {
            if let fitting = Value(exactly: value), range.contains(fitting) { return fitting }
            reportOutside(word, statement, "\(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        guard let value = RoutingNames.number(table, word.text, surroundings) else {
            report(
                .error, "unknown-name", statement, word: word,
                "'\(word.text)' is neither a number nor a name in \(table); the option is ignored"
            )
            return nil
        }
        guard let fitting = Value(exactly: value), range.contains(fitting) else {
            reportOutside(word, statement, "\(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return fitting
    }

    /// An address, or a prefix `address/length`; a length that cannot be is replaced by the whole address.
    package mutating func prefix(_ word: Word, of statement: Statement) -> (prefix: IPPrefix, hasLength: Bool)? {
        let parts = word.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let first = parts.first ?? ""
        guard let address = IPAddress(first) else {
            let text = "'\(word.text)' is not an IP address"
            report(.error, "not-an-address", statement, word: word, text, help: Self.addressHelp(String(first)))
            return nil
        }
        let bits = address.family.bits
        guard parts.count == 2 else { return (IPPrefix(address, length: bits), false) }
        guard let length = Int(parts[1]), (0...bits).contains(length) else {
            report(
                .error, "bad-prefix-length", statement, word: word,
                "'\(parts[1])' is not a prefix length; \(bits) is used", help: "write a number from 0 to \(bits)"
            )
            return (IPPrefix(address, length: bits), true)
        }
        return (IPPrefix(address, length: length), true)
    }

    /// `[source/]destination` of routing realms.
    package mutating func realms(_ word: Word, of statement: Statement) -> Realms? {
        let parts = word.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var numbers: [UInt16] = []
        for part in parts {
            let piece = Word(part, column: word.column)
            guard let number: UInt16 = routingNumber(piece, of: statement, in: "rt_realms", 0...255) else { return nil }
            numbers.append(number)
        }
        return numbers.count == 2
            ? Realms(source: numbers[0], destination: numbers[1]) : numbers.first.map { Realms(destination: $0) }
    }

    private mutating func reportOutside(_ word: Word, _ statement: Statement, _ range: String) {
        report(
            .error, "out-of-range", statement, word: word, "'\(word.text)' is outside \(range); the option is ignored")
    }
}

/// Numbers with the prefixes of C: `0x` for hexadecimal, `0` for octal.
package enum CNumber {
    /// The number that the whole text is; nil for anything else, a sign included.
    package static func read(_ text: some StringProtocol) -> UInt64? {
        if text.hasPrefix("0x") || text.hasPrefix("0X") { return number(text.dropFirst(2), 16) }
        if text.hasPrefix("0"), text.utf8.count > 1 { return number(text.dropFirst(), 8) }
        return number(text, 10)
    }

    /// Digits only: `UInt64` itself would let a sign pass.
    private static func number(_ text: some StringProtocol, _ radix: Int) -> UInt64? {
        guard let first = text.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        return UInt64(text, radix: radix)
    }
}

/// Names of iproute2 that every system knows, should its files be missing.
package enum RoutingNames {
    private static let known: [String: [String: UInt32]] = [
        "rt_tables": ["local": 255, "main": 254, "default": 253, "unspec": 0],
        "rt_scopes": ["global": 0, "universe": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255],
        "rt_protos": ["redirect": 1, "kernel": 2, "boot": 3, "static": 4, "keepalived": 18],
    ]

    /// The number of a name in a table of iproute2; nil if it has none.
    package static func number(_ table: String, _ name: String, _ surroundings: Surroundings) -> UInt32? {
        surroundings.routingName(table, name) ?? known[table]?[name]
    }
}
