// SPDX-License-Identifier: GPL-2.0-or-later

/// Rewrites a file in canonical layout: a statement a line, four spaces a block, `{` at the end of its line.
///
/// It works on the text as written, before includes, conditions and definitions, and keeps comments. Lines that the
/// preprocessor takes as a whole (includes, definitions and their uses, sequences) are left as they are but for the
/// indentation, and the lines of a definition of several lines altogether.
package struct Formatter {
    private var output: [String] = []
    private var depth = 0
    private var isDefining = false
    /// Whether the last line of the output could take a `{`.
    private var canTakeBrace = false

    /// The file in canonical layout. CR at the end of a line goes, and empty lines at the end of the file.
    package static func format(_ text: [UInt8]) -> String {
        var formatter = Formatter()
        for line in text.split(separator: Sign.newline, omittingEmptySubsequences: false) {
            formatter.add(line.last == 0x0d ? line.dropLast() : line)
        }
        while formatter.output.last == "" { formatter.output.removeLast() }
        return formatter.output.map { $0 + "\n" }.joined()
    }

    private mutating func add(_ raw: ArraySlice<UInt8>) {
        let line = raw.trimmed
        let scan = CommentScan(line)
        let text = line[..<scan.end].trimmed
        let comment = scan.end < line.endIndex ? line[scan.end...].text : nil
        if isDefining || raw.contains(0) {
            emit(raw.trimmedAtEnd.text, indented: false)
            isDefining = isDefining && (text.last == Sign.backslash || text.isEmpty)
            return
        }
        guard !text.isEmpty else { return addEmpty(comment) }
        let pieces = pieces(of: text)
        if scan.isUnterminated || text.contains(Sign.dollar) || pieces.contains(where: { isDirective($0.bytes) }) {
            return addWhole(text, comment)
        }
        add(pieces, comment)
    }

    /// Empty lines separate, one at a time and none at the beginning of a block.
    private mutating func addEmpty(_ comment: String?) {
        if let comment {
            emit(comment)
        } else if let last = output.last, !last.isEmpty, !last.hasSuffix("{") {
            emit("", indented: false)
        }
    }

    /// Whether a line that begins so is not for tables but for the preprocessor, or would be if it stood at the front of a line. A
    /// definition that is used may hold anything, a comment or a brace too.
    private func isDirective(_ text: ArraySlice<UInt8>) -> Bool {
        switch text.first {
        case Sign.at, Sign.tilde: true
        default: Source.isInclude(text)
        }
    }

    private mutating func addWhole(_ text: ArraySlice<UInt8>, _ comment: String?) {
        let behind = text.first == Sign.at ? text.drop { !$0.isBlank }.trimmed : text
        let isDefinition = Definition.opening(behind) != nil
        let nesting = isDefinition ? 0 : nesting(of: text)
        if nesting < 0 { depth = max(0, depth + nesting) }
        emit(text.text + (comment.map { " " + $0 } ?? ""))
        if nesting > 0 { depth += nesting }
        isDefining = isDefinition && text.last == Sign.backslash
    }

    private func nesting(of text: ArraySlice<UInt8>) -> Int {
        pieces(of: text).reduce(0) { $0 + $1.kind.nesting }
    }

    private func pieces(of text: ArraySlice<UInt8>) -> [(kind: LogicalLine.Kind, bytes: ArraySlice<UInt8>)] {
        var pieces: [(LogicalLine.Kind, ArraySlice<UInt8>)] = []
        var rest = text
        while let first = rest.first {
            switch first {
            case Sign.open:
                pieces.append((.open, rest.prefix(1)))
                rest = rest.dropFirst().trimmed
            case Sign.close:
                pieces.append((.close, rest.prefix(1)))
                rest = rest.dropFirst().trimmed
            default:
                let end = Source.pieceEnd(rest)
                pieces.append((.text, rest[..<end].trimmed))
                rest = rest[end...].trimmed
            }
        }
        return pieces
    }

    private mutating func add(_ pieces: [(kind: LogicalLine.Kind, bytes: ArraySlice<UInt8>)], _ comment: String?) {
        for piece in pieces {
            switch piece.kind {
            case .text:
                emit(spaced(piece.bytes))
                canTakeBrace = true
            case .open:
                if canTakeBrace, let last = output.popLast() { output.append(last + " {") } else { emit("{") }
                canTakeBrace = false
                depth += 1
            case .close:
                depth = max(0, depth - 1)
                while output.last == "" { output.removeLast() }
                emit("}")
            }
        }
        if let comment, let last = output.popLast() {
            output.append(last + " " + comment)
            canTakeBrace = false
        }
    }

    /// One space between words, quoted ones left alone.
    private func spaced(_ bytes: ArraySlice<UInt8>) -> String {
        guard !bytes.contains(Sign.backslash), bytes.count(where: { $0 == UInt8(ascii: "'") }) % 2 == 0 else { return bytes.text }
        var result: [UInt8] = []
        var quote: UInt8?
        for byte in bytes {
            if quote == nil, byte.isBlank {
                if result.last != 0x20 { result.append(0x20) }
                continue
            }
            if byte == quote { quote = nil } else if quote == nil, byte == Sign.quote || byte == UInt8(ascii: "'") { quote = byte }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func emit(_ text: String, indented: Bool = true) {
        output.append(indented ? String(repeating: "    ", count: depth) + text : text)
        canTakeBrace = false
    }
}

extension ArraySlice<UInt8> {
    fileprivate var trimmedAtEnd: ArraySlice<UInt8> {
        var end = endIndex
        while end > startIndex, self[end - 1].isBlank { end -= 1 }
        return self[startIndex..<end]
    }
}
