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
        var words = WordSplit(base: line.position.column)
        line.bytes.withUnsafeBufferPointer { words.split($0) }
        if words.isUnterminated { unterminated = true }
        self.init(
            keyword: words.keyword ?? Word("", column: line.position.column), values: words.values, position: line.position,
            bytes: line.bytes, isExpanded: line.isExpanded
        )
    }
}

/// The words of a line.
private struct WordSplit {
    /// The column of the first byte.
    let base: Int
    var keyword: Word?
    var values: [Word] = []
    var isUnterminated = false

    init(base: Int) { self.base = base }

    mutating func split(_ bytes: UnsafeBufferPointer<UInt8>) {
        var at = 0
        while true {
            while at < bytes.count, bytes[at].isBlank { at += 1 }
            guard at < bytes.count else { return }
            let begin = at
            if bytes[at] == Sign.quote {
                at += 1
                while at < bytes.count, bytes[at] != Sign.quote { at += 1 }
                guard at < bytes.count else {
                    isUnterminated = true
                    return
                }
                add(bytes[(begin + 1)..<at], at: begin)
                at += 1
            } else {
                while at < bytes.count, !bytes[at].isBlank, bytes[at] != Sign.quote { at += 1 }
                add(bytes[begin..<at], at: begin)
            }
        }
    }

    private mutating func add(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, at index: Int) {
        let word = Word(String(decoding: UnsafeBufferPointer(rebasing: bytes), as: UTF8.self), column: base + index)
        guard keyword != nil else {
            keyword = word
            return
        }
        // Few lines have more than two values, and most have one.
        if values.isEmpty { values.reserveCapacity(2) }
        values.append(word)
    }
}
