// SPDX-License-Identifier: GPL-2.0-or-later

extension UInt8 {
    /// What separates words: space, tab, line feed, vertical tab, form feed, carriage return.
    var isBlank: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0d) }
}

extension Statement {
    /// Splits a logical line as almost all keywords want it: blanks separate, double quotes hold a word together and end
    /// the one before them, nothing is escaped. `unterminated` is set where a quote is never closed; the rest of the line
    /// is then lost.
    init(splitting line: LogicalLine, unterminated: inout Bool) {
        var keyword: Word?
        var values: [Word] = []
        let bytes = line.bytes
        let base = line.position.column - bytes.startIndex
        var at = bytes.startIndex
        let end = bytes.endIndex
        while true {
            while at < end, bytes[at].isBlank { at += 1 }
            guard at < end else { break }
            var start = at
            let column = base + at
            var stop: Int
            if bytes[at] == UInt8(ascii: "\"") {
                start += 1
                stop = start
                while stop < end, bytes[stop] != UInt8(ascii: "\"") { stop += 1 }
                guard stop < end else {
                    unterminated = true
                    break
                }
                at = stop + 1
            } else {
                stop = at
                while stop < end, !bytes[stop].isBlank, bytes[stop] != UInt8(ascii: "\"") { stop += 1 }
                at = stop
            }
            let word = Word(String(decoding: bytes[start..<stop], as: UTF8.self), column: column)
            if keyword == nil { keyword = word } else { values.append(word) }
        }
        self.init(
            keyword: keyword ?? Word("", column: line.position.column), values: values, position: line.position,
            bytes: bytes, isExpanded: line.isExpanded
        )
    }
}
