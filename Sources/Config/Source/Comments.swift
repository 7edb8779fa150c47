// SPDX-License-Identifier: GPL-2.0-or-later

/// Bytes with a meaning in the lexical layer.
enum Sign {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let hash = UInt8(ascii: "#")
    static let bang = UInt8(ascii: "!")
    static let dollar = UInt8(ascii: "$")
    static let open = UInt8(ascii: "{")
    static let close = UInt8(ascii: "}")
    static let at = UInt8(ascii: "@")
    static let tilde = UInt8(ascii: "~")
    static let newline = UInt8(ascii: "\n")
}

/// Which bytes a line holds that need a closer look; most lines hold none.
struct LineTraits: OptionSet {
    let rawValue: UInt8
    /// A quote, a backslash or the beginning of a comment.
    static let quoting = LineTraits(rawValue: 1)
    static let dollar = LineTraits(rawValue: 2)
    static let brace = LineTraits(rawValue: 4)
    static let null = LineTraits(rawValue: 8)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(of bytes: ArraySlice<UInt8>) {
        self = []
        for byte in bytes { note(byte) }
    }

    @inline(__always)
    mutating func note(_ byte: UInt8) {
        switch byte {
        case Sign.quote, Sign.backslash, Sign.hash, Sign.bang: insert(.quoting)
        case Sign.dollar: insert(.dollar)
        case Sign.open, Sign.close: insert(.brace)
        case 0: insert(.null)
        default: break
        }
    }
}

/// Where the text of a line ends and its comment begins.
struct CommentScan {
    /// Index of the first byte that is comment, or the end.
    var end: Int
    /// Whether `\#` or `\!` stands outside double quotes, so that a backslash is to be taken out.
    var hasEscape = false
    /// Whether a double quote is never closed.
    var isUnterminated = false
    /// Index of the last double quote.
    var lastQuote: Int?

    /// `#` and `!` begin a comment anywhere but in double quotes or behind a backslash.
    init(_ bytes: ArraySlice<UInt8>) {
        var index = bytes.startIndex
        end = bytes.endIndex
        while index < end {
            switch bytes[index] {
            case Sign.backslash:
                index += 1
                if index < end, !isUnterminated, bytes[index] == Sign.hash || bytes[index] == Sign.bang { hasEscape = true }
            case Sign.quote:
                isUnterminated.toggle()
                lastQuote = index
            case Sign.hash, Sign.bang:
                if !isUnterminated { end = index }
            default:
                break
            }
            index += 1
        }
    }
}

extension ArraySlice<UInt8> {
    /// Without blanks at both ends.
    var trimmed: ArraySlice<UInt8> {
        var start = startIndex
        var end = endIndex
        while start < end, self[start].isBlank { start += 1 }
        while end > start, self[end - 1].isBlank { end -= 1 }
        return self[start..<end]
    }

    /// Without the backslashes of `\#` and `\!` outside double quotes.
    var withoutCommentEscapes: ArraySlice<UInt8> {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var quoted = false
        var index = startIndex
        while index < endIndex {
            let byte = self[index]
            index += 1
            if byte == Sign.quote { quoted.toggle() }
            guard byte == Sign.backslash, index < endIndex else {
                result.append(byte)
                continue
            }
            if quoted || (self[index] != Sign.hash && self[index] != Sign.bang) { result.append(byte) }
            result.append(self[index])
            index += 1
        }
        return result[...]
    }

    var text: String { String(decoding: self, as: UTF8.self) }
}
