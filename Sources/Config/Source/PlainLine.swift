// SPDX-License-Identifier: GPL-2.0-or-later

/// A line of a file that the preprocessor leaves as it is: no comment, quote, backslash, definition, condition, sequence or include.
struct PlainLine {
    /// Where the line begins, and the one behind it.
    let begin: Int
    let next: Int
    /// Its text without the blanks around it.
    private(set) var start: Int
    private(set) var end: Int
    let hasBrace: Bool

    /// Nil for a line of another kind, and for one whose end is not among the bytes.
    @inline(__always)
    init?(_ bytes: UnsafeBufferPointer<UInt8>, from begin: Int) {
        var at = begin
        let limit = bytes.count
        while at < limit, bytes[at].isBlank, bytes[at] != Sign.newline { at += 1 }
        guard at < limit, !Self.opensMore(bytes[at...]) else { return nil }
        start = at
        var hasBrace = false
        while true {
            guard at < limit else { return nil }
            let byte = bytes[at]
            // All that matters lies outside of these.
            if byte > Sign.dollar, byte < Sign.open, byte != Sign.backslash {
                at += 1
                continue
            }
            if byte == Sign.newline { break }
            switch byte {
            case Sign.quote, Sign.backslash, Sign.hash, Sign.bang, Sign.dollar, 0: return nil
            case Sign.open, Sign.close: hasBrace = true
            default: break
            }
            at += 1
        }
        self.begin = begin
        self.hasBrace = hasBrace
        next = at + 1
        while at > start, bytes[at - 1].isBlank { at -= 1 }
        end = at
    }

    /// Whether a line that begins so may be more than words: a condition, a sequence, an include.
    @inline(__always)
    private static func opensMore(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        switch bytes[bytes.startIndex] {
        case Sign.at, Sign.tilde: true
        case UInt8(ascii: "i"): bytes.count < 3 || bytes[bytes.startIndex + 2] == UInt8(ascii: "c")
        default: false
        }
    }
}
