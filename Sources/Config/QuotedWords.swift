// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// The quoting grammar of scripts and regular expressions: both kinds of quotes, pieces that touch are one word.
struct QuotedWords {
    enum Backslashes {
        /// They protect the next byte and stay, for a second pass to find.
        case kept
        /// They and what follows become the byte they stand for.
        case resolved
    }

    var words: [Word] = []
    var isUnterminated = false

    /// Splits at blanks outside quotes. `column` is that of the first byte.
    init(_ bytes: ArraySlice<UInt8>, column: Int = 1, backslashes: Backslashes) {
        var word: [UInt8]?
        var start = 0
        var quote: UInt8?
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if word == nil, !byte.isBlank {
                word = []
                start = index
            }
            index += 1
            if byte == Sign.backslash, index < bytes.endIndex {
                switch backslashes {
                case .kept:
                    word?.append(contentsOf: [byte, bytes[index]])
                    index += 1
                case .resolved:
                    word?.append(Self.escaped(bytes, &index))
                }
            } else if byte == quote {
                quote = nil
            } else if quote != nil {
                word?.append(byte)
            } else if byte == Sign.quote || byte == UInt8(ascii: "'") {
                quote = byte
            } else if !byte.isBlank {
                word?.append(byte)
            } else if let complete = word {
                append(complete, column + start - bytes.startIndex)
                word = nil
            }
        }
        isUnterminated = quote != nil
        if let word { append(word, column + start - bytes.startIndex) }
    }

    private mutating func append(_ bytes: [UInt8], _ column: Int) {
        words.append(Word(String(decoding: bytes, as: UTF8.self), column: column))
    }

    /// The byte that stands behind a backslash: a letter of C, one to three octal digits, `xHH`, `cC`, or the byte itself.
    private static func escaped(_ bytes: ArraySlice<UInt8>, _ index: inout Int) -> UInt8 {
        let letter = bytes[index]
        index += 1
        switch letter {
        case UInt8(ascii: "a"): return 0x07
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "E"): return 0x1b
        case UInt8(ascii: "f"): return 0x0c
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "v"): return 0x0b
        case UInt8(ascii: "c") where index < bytes.endIndex:
            index += 1
            return bytes[index - 1] & 0x1f
        case UInt8(ascii: "x"):
            return digits(bytes, &index, radix: 16, limit: 2) ?? letter
        case 0x30...0x37:
            index -= 1
            return digits(bytes, &index, radix: 8, limit: 3) ?? letter
        default:
            return letter
        }
    }

    private static func digits(_ bytes: ArraySlice<UInt8>, _ index: inout Int, radix: UInt8, limit: Int) -> UInt8? {
        var value: UInt8?
        for _ in 0..<limit {
            guard index < bytes.endIndex, let digit = hexValue(bytes[index]), digit < radix else { break }
            value = (value ?? 0) &* radix &+ digit
            index += 1
        }
        return value
    }
}

extension Reader {
    /// The words of the line by the grammar of scripts: command, user, group; backslashes still in them.
    mutating func quotedValues(_ statement: Statement, _ backslashes: QuotedWords.Backslashes) -> [Word]? {
        let split = QuotedWords(statement.bytes, column: statement.position.column, backslashes: backslashes)
        if split.isUnterminated, !hasReportedQuote(statement.position) {
            report(
                .error, "unterminated-quote", statement, "a quote on this line is never closed; the line is ignored",
                help: "in a script both ' and \" are quotes"
            )
        }
        guard !split.isUnterminated else { return nil }
        return Array(split.words.dropFirst())
    }

    /// A regular expression: exactly one value, escapes resolved.
    package mutating func regularExpression(_ statement: Statement) -> String? {
        guard let values = quotedValues(statement, .resolved) else { return nil }
        guard let word = values.first else { return require(statement, .max, "a regular expression")?.text }
        if values.count > 1 {
            report(
                .error, "extra-words", statement, word: values[1],
                "a regular expression is one word; '\(values[1].text)' is too much and the line is ignored",
                help: "put it in double quotes"
            )
            return nil
        }
        return word.text
    }
}
