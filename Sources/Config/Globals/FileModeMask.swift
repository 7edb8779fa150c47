// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension Reader {
    /// A file mode mask: a number with the prefixes of C, or names such as `IRUSR` and `IRWXG` joined by `|`.
    mutating func fileModeMask(_ statement: Statement) -> UInt16? {
        guard let word = require(statement, 0, "a mask") else { return nil }
        let text = statement.values.map(\.text).joined()
        if let number = prefixedInteger(text) {
            guard let mask = UInt16(exactly: number), mask <= 0o777 else {
                report(.error, "out-of-range", statement, word: word, "'\(text)' is outside 0 to 0777; the line is ignored")
                return nil
            }
            return mask
        }
        var mask: UInt16 = 0
        for name in text.split(separator: "|") {
            guard let bits = Self.modeNames[String(name)] else {
                report(.error, "unknown-value", statement, word: word, "'\(name)' is no name of a file mode; the line is ignored")
                return nil
            }
            mask |= bits
        }
        return mask
    }

    private static var modeNames: [String: UInt16] {
        [
            "IRUSR": 0o400, "IWUSR": 0o200, "IXUSR": 0o100, "IRWXU": 0o700,
            "IRGRP": 0o040, "IWGRP": 0o020, "IXGRP": 0o010, "IRWXG": 0o070,
            "IROTH": 0o004, "IWOTH": 0o002, "IXOTH": 0o001, "IRWXO": 0o007,
        ]
    }
}

/// An integer with the prefixes of C: `0x` is hexadecimal, a leading `0` octal; an optional sign. Nil for anything else.
package func prefixedInteger(_ text: some StringProtocol) -> Int64? {
    var digits = Substring(text)
    let isNegative = digits.hasPrefix("-")
    if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
    let radix: Int
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
        digits = digits.dropFirst(2)
        radix = 16
    } else {
        radix = digits.hasPrefix("0") ? 8 : 10
    }
    guard let first = digits.utf8.first, hexValue(first) != nil, let value = Int64(digits, radix: radix) else { return nil }
    return isNegative ? -value : value
}
