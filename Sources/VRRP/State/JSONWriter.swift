// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// Writes one JSON document (RFC 8259) without blanks, keys in the order they are given.
///
/// A slash in a string is escaped and numbers are short, as upstream writes them: readers compare texts.
struct JSONWriter {
    private(set) var text = ""
    private var needsComma = false

    mutating func object(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
        open(key, "{")
        body(&self)
        close("}")
    }

    mutating func array(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
        open(key, "[")
        body(&self)
        close("]")
    }

    mutating func number(_ key: String, _ value: some BinaryInteger) {
        begin(key)
        text += "\(value)"
    }

    mutating func flag(_ key: String, _ value: Bool) {
        begin(key)
        text += value ? "true" : "false"
    }

    /// 0 or 1, which some keys have instead of false and true.
    mutating func bit(_ key: String, _ value: Bool) { number(key, value ? 1 : 0) }

    /// Seconds with as many decimals as it takes, at most six.
    mutating func seconds(_ key: String, _ value: Interval) {
        begin(key)
        text += value.shortSeconds
    }

    /// Calendar time as seconds with six decimals.
    mutating func time(_ key: String, nanoseconds: Int64) {
        begin(key)
        text += secondsText(nanoseconds)
    }

    mutating func string(_ key: String?, _ value: String) {
        begin(key)
        quote(value)
    }

    /// An array of strings, left out when it is empty.
    mutating func strings(_ key: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        array(key) { writer in
            for value in values { writer.string(nil, value) }
        }
    }

    private mutating func begin(_ key: String?) {
        if needsComma { text += "," }
        needsComma = true
        guard let key else { return }
        quote(key)
        text += ":"
    }

    private mutating func open(_ key: String?, _ bracket: String) {
        begin(key)
        text += bracket
        needsComma = false
    }

    private mutating func close(_ bracket: String) {
        text += bracket
        needsComma = true
    }

    private mutating func quote(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "/": text += "\\/"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f: text += "\\u" + hexDigits(scalar.value, width: 4)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension Interval {
    /// Seconds with as many decimals as it takes, at most six: "5", "0.5".
    var shortSeconds: String {
        let micros = Swift.max(microseconds, 0)
        guard micros % 1_000_000 != 0 else { return "\(micros / 1_000_000)" }
        var digits = decimalDigits(micros % 1_000_000, width: 6)
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(micros / 1_000_000).\(digits)"
    }
}

/// Seconds since the beginning of 1970 with six decimals.
func secondsText(_ nanoseconds: Int64) -> String {
    let micros = Swift.max(nanoseconds, 0) / 1_000
    return "\(micros / 1_000_000).\(decimalDigits(micros % 1_000_000, width: 6))"
}
