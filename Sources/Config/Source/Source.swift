// SPDX-License-Identifier: GPL-2.0-or-later

/// The preprocessor: files in, logical lines out, one at a time.
///
/// A physical line goes through: comment off, `@id` condition, collection of a definition, include, sequence, substitution,
/// split at braces. What a definition or a sequence makes of a line waits in `pending` and goes through the same steps.
package struct Source {
    /// All files read so far, in the order they were opened.
    package internal(set) var files: [SourceFile] = []
    /// What counts as an error of the includes that follow.
    package var includeChecks: IncludeChecks

    let fileSystem: FileSystem
    let options: SourceOptions
    var frame: FileFrame
    /// Lines made by definitions and sequences of the current file, the next one last.
    var pending: [Pending] = []
    /// Files that wait for the end of one they include.
    var suspended: [(frame: FileFrame, pending: [Pending])] = []
    var definitions: [String: Definition] = [:]
    /// The definition whose lines are being collected.
    var collecting: Collection?
    var spentLines = 0
    var spentBytes = 0
    private var spentFileBytes = 0
    /// Random numbers once a seed was named; before that they come from outside.
    var seeded: SeededNumbers?
    /// All lines of all files as they are read; nil unless a copy is made.
    var copy: [UInt8]?
    var isSpent = false
    /// The text that is being read, as long as nothing around it has a say.
    var ownText: OwnText?

    /// What is left of the line that is being split at braces.
    private var rest: ArraySlice<UInt8> = []
    private var restPosition = Position(file: 0, line: 0)
    private var restTraits: LineTraits = []
    private var restIsExpanded = false

    /// A file as far as it has been read.
    struct FileFrame {
        /// The piece of it that is being read.
        var bytes: [UInt8] = []
        /// Gives the next piece; nil if there is none.
        var more: (() -> [UInt8])?
        var at = 0
        var line = 0
        var file = 0
        var directory: String
        /// The checks to go back to at the end of the file.
        var checks: IncludeChecks = []
    }

    /// Something that will become lines.
    enum Pending {
        case line(ArraySlice<UInt8>, Position, depth: Int, isExpanded: Bool)
        case sequence(Sequence, Position, depth: Int)
        case file(String, from: Position?, checks: IncludeChecks)
    }

    /// A line under way.
    struct Line {
        var bytes: ArraySlice<UInt8>
        var position: Position
        var traits: LineTraits
        /// Changed by a definition or a sequence: columns say nothing.
        var isExpanded: Bool
        var depth: Int

        /// The part from there on, at its own column.
        func part(_ slice: ArraySlice<UInt8>) -> Line {
            var copy = self
            copy.bytes = slice
            if !isExpanded { copy.position.column += slice.startIndex - bytes.startIndex }
            return copy
        }
    }

    /// Reads the files that a path or pattern of the command line names.
    package init(_ pattern: String, in fileSystem: FileSystem, _ options: SourceOptions, _ found: inout [Diagnostic]) {
        self.fileSystem = fileSystem
        self.options = options
        includeChecks = options.includeChecks
        frame = FileFrame(file: -1, directory: fileSystem.currentDirectory, checks: options.includeChecks)
        openMain(pattern, &found)
    }

    /// One file that is already in memory.
    package init(text: [UInt8], path: String = "keepalived.conf", in fileSystem: FileSystem, _ options: SourceOptions) {
        self.fileSystem = fileSystem
        self.options = options
        includeChecks = options.includeChecks
        files = [SourceFile(path: path)]
        frame = FileFrame(bytes: text, directory: fileSystem.currentDirectory, checks: options.includeChecks)
    }

    /// The next logical line; nil at the end of everything.
    package mutating func next(_ found: inout [Diagnostic]) -> LogicalLine? {
        while true {
            if !rest.isEmpty, let line = split() { return line }
            if let item = pending.popLast() {
                take(item, &found)
            } else if let line = plainLine() {
                if let line { return line }
            } else if !takePhysicalLine(&found), !closeFile(&found) {
                return nil
            }
        }
    }

    /// Takes the next line of the file; false at its end.
    @discardableResult
    mutating func takePhysicalLine(_ found: inout [Diagnostic]) -> Bool {
        guard let line = physicalLine(&found) else { return false }
        if line.traits.contains(.null) {
            found.append(Diagnostic(.error, "null-byte", at: line.position, "this line holds a NUL byte and is ignored"))
        } else {
            process(line, &found)
        }
        return true
    }

    /// The next line if it stands whole in this piece of the file and nothing in it or around it asks for more than the split at braces:
    /// most lines of large files. The inner nil is a blank line; the outer one leaves the line to `physicalLine`.
    private mutating func plainLine() -> LogicalLine?? {
        guard collecting == nil, copy == nil, frame.line > 0 else { return .none }
        guard let plain = frame.bytes.withUnsafeBufferPointer({ PlainLine($0, from: frame.at) }) else { return .none }
        frame.at = plain.next
        frame.line += 1
        guard plain.start < plain.end else { return .some(nil) }
        let position = Position(file: frame.file, line: frame.line, column: plain.start - plain.begin + 1)
        let bytes = frame.bytes[plain.start..<plain.end]
        guard plain.hasBrace else { return LogicalLine(.text, bytes, at: position) }
        rest = bytes
        restPosition = position
        restTraits = .brace
        restIsExpanded = false
        return split()
    }

    /// Whether all of the last line has been handed out.
    var isBetweenLines: Bool { rest.isEmpty }

    mutating func take(_ item: Pending, _ found: inout [Diagnostic]) {
        ownText = nil
        switch item {
        case .line(let bytes, let position, let depth, let isExpanded):
            let traits = LineTraits(of: bytes)
            process(Line(bytes: bytes, position: position, traits: traits, isExpanded: isExpanded, depth: depth), &found)
        case .sequence(let sequence, let position, let depth):
            step(sequence, position, depth, &found)
        case .file(let path, let from, let checks):
            open(path, from: from, checks: checks, &found)
        }
    }

    private mutating func physicalLine(_ found: inout [Diagnostic]) -> Line? {
        var traits: LineTraits = []
        var at = frame.at
        while true {
            let end = frame.bytes.count
            frame.bytes.withUnsafeBufferPointer { bytes in
                while at < end {
                    let byte = bytes[at]
                    if byte == Sign.newline { break }
                    traits.note(byte)
                    at += 1
                }
            }
            if at < end { break }
            let begun = end - frame.at
            guard nextPiece(&found) else { break }
            at = frame.at + begun
        }
        let start = frame.at
        guard start < frame.bytes.count else { return nil }
        frame.at = at + 1
        frame.line += 1
        let line = Line(
            bytes: frame.bytes[start..<at], position: Position(file: frame.file, line: frame.line), traits: traits,
            isExpanded: false, depth: 0
        )
        return frame.line == 1 && line.bytes.starts(with: Self.byteOrderMark) ? withoutMark(line, &found) : line
    }

    /// What some editors put at the front of a file in UTF-8.
    static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    private func withoutMark(_ line: Line, _ found: inout [Diagnostic]) -> Line {
        found.append(
            Diagnostic(
                .error, "byte-order-mark", at: line.position,
                "the file begins with a byte order mark, which is passed over; upstream takes it for a part of the first word",
                help: "save the file as UTF-8 without a mark"
            )
        )
        return line.part(line.bytes.dropFirst(Self.byteOrderMark.count))
    }

    /// Puts the next piece of the file behind the line that was begun; false at the end of the file.
    mutating func nextPiece(_ found: inout [Diagnostic]) -> Bool {
        guard let more = frame.more else { return false }
        if let ownText, frame.at - ownText.start > OwnText.limit { self.ownText = nil }
        let piece = more()
        spentFileBytes += piece.count
        let isLong = frame.bytes.count - frame.at > options.limits.fileLine
        if isLong || spentFileBytes > options.limits.fileBytes {
            let what = isLong ? "this line has no end" : "the files are larger than \(options.limits.fileBytes >> 20) MB in all"
            let position = Position(file: frame.file, line: frame.line + 1)
            found.append(Diagnostic(.error, "too-large", at: position, length: 0, "\(what); the rest of the file is ignored"))
            frame.bytes = []
            frame.at = 0
            ownText = nil
        }
        guard !piece.isEmpty, !isLong, spentFileBytes <= options.limits.fileBytes else {
            frame.more = nil
            return false
        }
        let kept = min(ownText?.start ?? frame.at, frame.bytes.count)
        if kept == frame.bytes.count { frame.bytes = piece } else { frame.bytes = frame.bytes[kept...] + piece }
        frame.at = max(0, frame.at - kept)
        ownText?.start -= kept
        return true
    }

    /// The steps up to the split at braces.
    private mutating func process(_ raw: Line, _ found: inout [Diagnostic]) {
        var line = raw
        var hasEscape = false
        if raw.traits.contains(.quoting) { hasEscape = cutComment(&line, &found) }
        line = line.part(line.bytes.trimmed)
        if raw.traits.contains(.dollar) || line.bytes.first == Sign.at || line.bytes.first == Sign.tilde { ownText = nil }
        note(line: line)
        guard collecting == nil else { return collect(line, raw: raw.bytes, &found) }
        guard let first = line.bytes.first else { return }
        if first == Sign.at {
            guard let kept = condition(line) else { return }
            line = kept
        }
        guard let start = line.bytes.first else { return }
        if start == Sign.dollar, define(line, &found) { return }
        if start == UInt8(ascii: "i"), include(line, &found) { return }
        if start == Sign.tilde, sequence(line, &found) { return }
        if line.traits.contains(.dollar) {
            guard let expanded = expand(line, &hasEscape, &found) else { return }
            line = expanded
        }
        if hasEscape { line.bytes = line.bytes.withoutCommentEscapes }
        rest = line.bytes
        restPosition = line.position
        restTraits = line.traits
        restIsExpanded = line.isExpanded
    }

    /// Cuts the comment off; true if escapes are left to take out.
    private func cutComment(_ line: inout Line, _ found: inout [Diagnostic]) -> Bool {
        let scan = CommentScan(line.bytes)
        if scan.isUnterminated {
            var position = line.position
            if !line.isExpanded { position.column += (scan.lastQuote ?? line.bytes.startIndex) - line.bytes.startIndex }
            found.append(
                Diagnostic(
                    .error, "unterminated-quote", at: position, length: line.isExpanded ? 0 : 1,
                    "this quote is never closed; the rest of the line is lost", help: "quotes cannot span lines"
                )
            )
        }
        line.bytes = line.bytes[line.bytes.startIndex..<scan.end]
        return scan.hasEscape
    }

    /// What is behind a condition that holds. There is one condition a line; a second `@` is a word.
    ///
    /// A definition of several lines behind one that does not hold is passed over with all its lines.
    private mutating func condition(_ line: Line) -> Line? {
        let bytes = line.bytes.dropFirst()
        let end = bytes.firstIndex(where: \.isBlank) ?? bytes.endIndex
        let word = bytes[bytes.startIndex..<end]
        let behind = line.part(bytes[end...].trimmed)
        let isInverse = word.first == UInt8(ascii: "^")
        let holds = (isInverse ? word.dropFirst() : word).elementsEqual(options.id.utf8) != isInverse
        if holds { return behind }
        if Definition.opening(behind.bytes) != nil, behind.bytes.last == Sign.backslash {
            collecting = Collection(name: nil, position: behind.position)
        }
        return nil
    }

    /// Substitutes, and then looks at comments and the condition again, for they may have come out of a definition.
    private mutating func expand(_ line: Line, _ hasEscape: inout Bool, _ found: inout [Diagnostic]) -> Line? {
        guard let text = substitute(line, &found) else { return nil }
        guard text.changed else { return line }
        var result = line
        result.bytes = text.bytes
        result.isExpanded = true
        result.traits = LineTraits(of: result.bytes)
        if result.traits.contains(.quoting) { hasEscape = cutComment(&result, &found) }
        result.bytes = result.bytes.trimmed
        if line.bytes.first == Sign.dollar, result.bytes.first == Sign.at {
            guard let kept = condition(result) else { return nil }
            result.bytes = kept.bytes
        }
        return result
    }

    /// The next piece of the current line: a brace, or the text up to one. Double quotes protect, and so does `${...}`
    /// that is not defined: it is a word of its own and no block.
    private mutating func split() -> LogicalLine? {
        let before = rest
        rest = rest.trimmed
        guard let first = rest.first else { return nil }
        var position = restPosition
        if !restIsExpanded { position.column += rest.startIndex - before.startIndex }
        guard restTraits.contains(.brace) else {
            defer { rest = [] }
            return LogicalLine(.text, rest, at: position, isExpanded: restIsExpanded)
        }
        var end = rest.startIndex + 1
        var kind = first == Sign.open ? LogicalLine.Kind.open : .close
        if first != Sign.open, first != Sign.close {
            kind = .text
            end = Self.pieceEnd(rest)
        }
        let piece = rest[rest.startIndex..<end].trimmed
        if !restIsExpanded { restPosition.column = position.column + end - rest.startIndex }
        rest = rest[end...]
        return LogicalLine(kind, piece, at: position, isExpanded: restIsExpanded)
    }

    static func pieceEnd(_ bytes: ArraySlice<UInt8>) -> Int {
        var quoted = false
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case Sign.quote: quoted.toggle()
            case Sign.dollar where !quoted: if let reference = Reference(bytes, at: index) { index = reference.end - 1 }
            case Sign.open where !quoted, Sign.close where !quoted: return index
            default: break
            }
            index += 1
        }
        return index
    }
}
