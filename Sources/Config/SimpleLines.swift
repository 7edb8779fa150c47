// SPDX-License-Identifier: GPL-2.0-or-later

/// The logical lines of one text: comments off, split at braces.
struct SimpleLines {
    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    private var lineStart = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func next() -> LogicalLine? {
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case 0x0a:
                at += 1
                line += 1
                lineStart = at
            case _ where byte.isBlank:
                at += 1
            case UInt8(ascii: "#"), UInt8(ascii: "!"):
                while at < bytes.count, bytes[at] != 0x0a { at += 1 }
            case UInt8(ascii: "{"), UInt8(ascii: "}"):
                at += 1
                return make(byte == UInt8(ascii: "{") ? .open : .close, at - 1, at)
            default:
                return text()
            }
        }
        return nil
    }

    private mutating func text() -> LogicalLine {
        let start = at
        var quoted = false
        while at < bytes.count, bytes[at] != 0x0a {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            if !quoted, [0x7b, 0x7d, 0x23, 0x21].contains(byte) { break }
            at += 1
        }
        var end = at
        while end > start, bytes[end - 1].isBlank { end -= 1 }
        return make(.text, start, end)
    }

    private func make(_ kind: LogicalLine.Kind, _ start: Int, _ end: Int) -> LogicalLine {
        LogicalLine(kind, bytes[start..<end], at: Position(file: 0, line: line, column: start - lineStart + 1))
    }
}
