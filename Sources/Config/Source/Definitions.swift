// SPDX-License-Identifier: GPL-2.0-or-later

/// What `$NAME=` says: the text of one line, or several lines.
enum Definition {
    case line([UInt8])
    case lines([BodyLine])

    /// A line of several, without its indentation and the `\` at its end.
    struct BodyLine {
        var bytes: [UInt8]
        var position: Position
    }

    /// The name and the value of a line that opens a definition: `$NAME=value`, no blank before the `=`.
    static func opening(_ bytes: ArraySlice<UInt8>) -> (name: String, value: ArraySlice<UInt8>)? {
        guard bytes.first == Sign.dollar else { return nil }
        let name = bytes.dropFirst()
        let end = nameEnd(name)
        guard end > name.startIndex, end < name.endIndex, name[end] == UInt8(ascii: "=") else { return nil }
        return (name[name.startIndex..<end].text, name[(end + 1)...].trimmed)
    }

    /// Where a name that begins at the front ends; the front itself if there is none.
    static func nameEnd(_ bytes: ArraySlice<UInt8>) -> Int {
        guard let first = bytes.first, first.isNameStart else { return bytes.startIndex }
        return bytes.firstIndex { !$0.isNamePart } ?? bytes.endIndex
    }
}

extension UInt8 {
    fileprivate var isNameStart: Bool { self == 0x5f || (self | 0x20 >= 0x61 && self | 0x20 <= 0x7a) }
    fileprivate var isNamePart: Bool { isNameStart || (self >= 0x30 && self <= 0x39) }
}

/// A definition of several lines, under way.
struct Collection {
    /// Nil if its condition did not hold: it is passed over.
    var name: String?
    var position: Position
    var lines: [Definition.BodyLine] = []
    /// Blocks opened and not closed in the lines so far.
    var depth = 0

    init(name: String?, position: Position) {
        self.name = name
        self.position = position
    }

    mutating func append(_ line: ArraySlice<UInt8>, at position: Position) {
        guard !line.isEmpty else { return }
        lines.append(Definition.BodyLine(bytes: Array(line), position: position))
        var quoted = false
        for byte in line {
            switch byte {
            case Sign.quote: quoted.toggle()
            case Sign.open where !quoted: depth += 1
            case Sign.close where !quoted: depth -= 1
            default: break
            }
        }
    }
}

/// A use of a definition in a line.
struct Reference {
    var name: String
    /// What stands behind the name in the braces.
    var parameters: ArraySlice<UInt8>
    /// Behind the reference.
    var end: Int

    /// `${NAME}`, `${NAME parameters}`, or `$NAME` in front of a blank, `,`, `/`, `)` or the end.
    init?(_ bytes: ArraySlice<UInt8>, at dollar: Int) {
        let behind = bytes[(dollar + 1)...]
        if behind.first == Sign.open {
            let inside = behind.dropFirst()
            let nameEnd = Definition.nameEnd(inside)
            guard nameEnd > inside.startIndex, let close = inside[nameEnd...].prefix(256).firstIndex(of: Sign.close)
            else { return nil }
            guard close == nameEnd || inside[nameEnd].isBlank else { return nil }
            name = inside[inside.startIndex..<nameEnd].text
            parameters = inside[nameEnd..<close].trimmed
            end = close + 1
        } else {
            let nameEnd = Definition.nameEnd(behind)
            guard nameEnd > behind.startIndex else { return nil }
            if nameEnd < behind.endIndex {
                switch behind[nameEnd] {
                case 0x20, 0x09, UInt8(ascii: ","), UInt8(ascii: "/"), UInt8(ascii: ")"): break
                default: return nil
                }
            }
            name = behind[behind.startIndex..<nameEnd].text
            parameters = []
            end = nameEnd
        }
    }
}

// MARK: - Defining

extension Source {
    /// Takes a line that opens a definition; false for any other.
    mutating func define(_ line: Line, _ found: inout [Diagnostic]) -> Bool {
        guard let (name, value) = Definition.opening(line.bytes) else { return false }
        if value.last == Sign.backslash {
            var collection = Collection(name: name, position: line.position)
            let body = line.part(value.dropLast().trimmed)
            collection.append(body.bytes, at: body.position)
            collecting = collection
        } else {
            definitions[name] = .line(Array(value))
        }
        return true
    }

    /// Takes a line of a definition of several lines; one that does not end in `\` is the last.
    ///
    /// An empty line ends it too, unless a block is open in it: upstream's manual has such empty lines in its examples. A
    /// comment at the very beginning of a line leaves an empty line, which ends it in any case, as on upstream.
    mutating func collect(_ line: Line, raw: ArraySlice<UInt8>, _ found: inout [Diagnostic]) {
        guard var collection = collecting.take() else { return }
        if line.bytes.isEmpty {
            let isComment = raw.first == Sign.hash || raw.first == Sign.bang
            if isComment, let name = collection.name {
                found.append(
                    Diagnostic(
                        .hint, "comment-ends-definition", at: line.position, length: 0,
                        "a comment without a blank before it ends the definition of '\(name)'", help: "indent the comment"
                    )
                )
            }
            let isBlank = raw.allSatisfy { $0 == 0x0d }
            if isComment || (isBlank && collection.depth <= 0) { return finish(collection) }
        } else if line.bytes.last == Sign.backslash {
            collection.append(line.bytes.dropLast().trimmed, at: line.position)
        } else {
            collection.append(line.bytes, at: line.position)
            reportOpenBlock(collection, at: line.position, &found)
            return finish(collection)
        }
        collecting = collection
    }

    /// A block that is open at the end of its definition has mostly lost its brace, and the lines that followed it.
    private func reportOpenBlock(_ collection: Collection, at end: Position, _ found: inout [Diagnostic]) {
        guard collection.depth > 0, let name = collection.name else { return }
        var diagnostic = Diagnostic(
            .hint, "open-definition", at: collection.position, length: 0,
            "the definition of '\(name)' ends on line \(end.line) with a block still open", help: "is a '}' missing before it?")
        diagnostic.notes.append(Diagnostic.Note(at: end, "its last line"))
        found.append(diagnostic)
    }

    mutating func finish(_ collection: Collection) {
        if let name = collection.name { definitions[name] = .lines(collection.lines) }
    }
}

// MARK: - Using

extension Source {
    /// Replaces definitions in a line until none is left. Nil if the line is used up: its rest waits in `pending`, or the
    /// substitution has no end and was reported.
    mutating func substitute(_ line: Line, _ found: inout [Diagnostic]) -> (bytes: ArraySlice<UInt8>, changed: Bool)? {
        var bytes = line.bytes
        var changed = false
        for _ in 0..<options.limits.depth {
            switch substituteOnce(bytes, line, &found) {
            case .unchanged:
                return (bytes, changed)
            case .text(let next):
                changed = true
                bytes = next[...]
                guard bytes.count <= options.limits.lineLength + line.bytes.count, spend(lines: 0, bytes: bytes.count, line.position, &found) else {
                    return endless(line, &found)
                }
            case .lines(let name, let prefix, let lines):
                push(name, prefix, lines, line, &found)
                return nil
            }
        }
        return endless(line, &found)
    }

    private enum Round {
        case unchanged
        case text([UInt8])
        /// A definition of several lines at the end, with what stands in front of it.
        case lines(String, [UInt8], [Definition.BodyLine])
    }

    /// Replaces each reference that stands in the line now.
    private mutating func substituteOnce(_ bytes: ArraySlice<UInt8>, _ line: Line, _ found: inout [Diagnostic]) -> Round {
        var result: [UInt8] = []
        var changed = false
        var isReported = false
        var copied = bytes.startIndex
        var index = bytes.startIndex
        while let dollar = bytes[index...].firstIndex(of: Sign.dollar) {
            guard let reference = Reference(bytes, at: dollar) else {
                index = dollar + 1
                continue
            }
            index = reference.end
            switch definitions[reference.name] {
            case .line(let value)?:
                result += bytes[copied..<dollar] + value
                copied = reference.end
                changed = true
            case .lines(let lines)?:
                guard bytes[reference.end...].trimmed.isEmpty else {
                    reportMiddle(reference.name, line, &found)
                    continue
                }
                return .lines(reference.name, result + bytes[copied..<dollar], lines)
            case nil:
                guard let value = builtIn(reference) else {
                    if !isReported { reportUndefined(reference, bytes, dollar, line, &found) }
                    isReported = true
                    continue
                }
                result += bytes[copied..<dollar] + value
                copied = reference.end
                changed = true
            }
        }
        guard changed else { return .unchanged }
        return .text(result + bytes[copied...])
    }

    /// The lines of a definition wait to be processed, the first of them behind the prefix.
    private mutating func push(
        _ name: String, _ prefix: [UInt8], _ lines: [Definition.BodyLine], _ line: Line, _ found: inout [Diagnostic]
    ) {
        let size = lines.reduce(0) { $0 + $1.bytes.count }
        guard line.depth < options.limits.depth else {
            _ = endless(line, &found)
            return dropExpansion()
        }
        guard spend(lines: lines.count, bytes: size, line.position, &found) else { return dropExpansion() }
        let file = use(of: name, lines, at: line.position)
        for (index, body) in lines.enumerated().reversed() {
            let isJoined = index == 0 && !prefix.isEmpty
            guard let file, !isJoined else {
                pending.append(.line((isJoined ? prefix + body.bytes : body.bytes)[...], line.position, depth: line.depth + 1, isExpanded: true))
                continue
            }
            let position = Position(file: file, line: body.position.line, column: body.position.column)
            pending.append(.line(body.bytes[...], position, depth: line.depth + 1, isExpanded: false))
        }
    }

    /// Each use of a definition counts as a file that is included there: so a finding in its lines has both places. Nil once there
    /// are so many that it is not worth it any more.
    private mutating func use(of name: String, _ lines: [Definition.BodyLine], at place: Position) -> Int? {
        guard let first = lines.first, files.indices.contains(first.position.file), files.count < options.limits.uses else { return nil }
        files.append(SourceFile(path: files[first.position.file].path, includedFrom: place, definition: name))
        return files.count - 1
    }

    /// What waits of the current expansion is not read: files that wait are.
    mutating func dropExpansion() {
        pending.removeAll { if case .file = $0 { false } else { true } }
    }

    private func endless(_ line: Line, _ found: inout [Diagnostic]) -> (bytes: ArraySlice<UInt8>, changed: Bool)? {
        found.append(
            Diagnostic(
                .error, "endless-substitution", at: line.position, length: 0,
                "the definitions used here never come to an end; the line is ignored",
                help: "does a definition contain itself?"
            )
        )
        return nil
    }

    private func reportMiddle(_ name: String, _ line: Line, _ found: inout [Diagnostic]) {
        found.append(
            Diagnostic(
                .error, "lines-inside-line", at: line.position, length: 0,
                "'\(name)' is a definition of several lines and must be the last word of a line", help: "it is left as it is"
            )
        )
    }

    /// In quotes a `$` may be meant for a shell, and so may a name without braces; the other is certainly a mistake.
    private func reportUndefined(
        _ reference: Reference, _ bytes: ArraySlice<UInt8>, _ dollar: Int, _ line: Line, _ found: inout [Diagnostic]
    ) {
        let quotes = bytes[..<dollar].reduce(0) { $0 + ($1 == Sign.quote ? 1 : 0) }
        guard quotes % 2 == 0 else { return }
        let isBraced = bytes[(dollar + 1)...].first == Sign.open
        var position = line.position
        if !line.isExpanded { position.column += dollar - bytes.startIndex }
        let diagnostic = Diagnostic(
            isBraced ? .error : .hint, "undefined", at: position, length: line.isExpanded ? 0 : reference.end - dollar,
            "'\(reference.name)' is not defined here; the text is left as it is",
            help: "definitions hold from their line on: $\(reference.name)=value"
        )
        if found.last != diagnostic { found.append(diagnostic) }
    }

    /// Accounts for what expansion made; false, with one diagnostic, once it is too much.
    mutating func spend(lines: Int, bytes: Int, _ position: Position, _ found: inout [Diagnostic]) -> Bool {
        spentLines += lines
        spentBytes += bytes + 32 * lines
        guard spentLines > options.limits.lines || spentBytes > options.limits.bytes else { return true }
        if !isSpent {
            found.append(
                Diagnostic(
                    .error, "too-much-expansion", at: position, length: 0,
                    "definitions and sequences make more than \(options.limits.lines) lines; the rest is ignored"
                )
            )
        }
        isSpent = true
        return false
    }
}

// MARK: - Built-in definitions

extension Source {
    /// `random_seed`: random numbers can be foretold from here on.
    mutating func seed(_ seed: UInt64) { seeded = SeededNumbers(state: seed) }

    private mutating func builtIn(_ reference: Reference) -> [UInt8]? {
        switch reference.name {
        case "_PWD": return Array(frame.directory.utf8)
        case "_INSTANCE": return Array(options.id.utf8)
        case "_HASH": return [Sign.hash]
        case "_BANG": return [Sign.bang]
        case "_ENV": return Array((options.environment(reference.parameters.text) ?? "").utf8)
        case "_RANDOM": return random(reference.parameters)
        default: return nil
        }
    }

    /// `${_RANDOM [min [max]]}`, 0 to 32767 unless said.
    private mutating func random(_ parameters: ArraySlice<UInt8>) -> [UInt8]? {
        let numbers = parameters.split(whereSeparator: \.isBlank).map { Int($0.text) }
        guard numbers.count <= 2, !numbers.contains(nil) else { return nil }
        let least = numbers.first.flatMap { $0 } ?? 0
        let most = (numbers.count > 1 ? numbers[1] : nil) ?? max(least, 32767)
        guard least >= 0, least <= most else { return nil }
        let number = seeded?.next(in: least...most) ?? options.random(least...most)
        return Array(String(number).utf8)
    }
}

/// Numbers that follow from a seed: SplitMix64.
struct SeededNumbers {
    var state: UInt64

    mutating func next(in bounds: ClosedRange<Int>) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        let count = UInt64(bounds.upperBound - bounds.lowerBound) &+ 1
        let step = count == 0 ? word ^ (word >> 31) : (word ^ (word >> 31)) % count
        return bounds.lowerBound &+ Int(truncatingIfNeeded: step)
    }
}
