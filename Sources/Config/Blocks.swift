// SPDX-License-Identifier: GPL-2.0-or-later

// Recursive descent: a block row calls back into the reader for the block's lines.

extension Reader {
    /// Reads the whole configuration by its root table.
    package mutating func readRoot<Target>(by table: Table<Target>, into target: inout Target) {
        withUnsafeMutablePointer(to: &target) { readRoot(by: table.vocabulary, table.actions, into: UnsafeMutableRawPointer($0)) }
    }

    /// As above, passing over blocks whose text is that of an earlier reading, and noting by what blocks of this one are known again.
    package mutating func readRoot<Target>(by table: Table<Target>, into target: inout Target, recognising recognition: Recognition<Target>) {
        begin(table.vocabulary)
        while true {
            while let block = nextKnown() { recognition.takeOver(block.identity, &target) }
            let before = remarksMade
            guard let (statement, row) = nextRootStatement(among: table.vocabulary) else { return }
            withUnsafeMutablePointer(to: &target) { table.actions[row](statement, UnsafeMutableRawPointer($0), &self) }
            let identity = recognition.identity(row, target)
            if remarksMade == before, let identity { noteKnown(identity) }
        }
    }

    /// Replays the items of a frozen configuration that are for this process, by the root table. `isKnown` is given each before: true
    /// if it has been seen to without being read.
    package mutating func replay<Target>(
        _ items: inout FrozenItems, by table: Table<Target>, into target: inout Target,
        unless isKnown: (_ record: ItemRecord, _ target: inout Target) -> Bool = { _, _ in false }
    ) {
        for number in 0..<items.count {
            guard let record = items.record(number), isWanted(record.row, among: table.vocabulary) else { continue }
            pause()
            guard !isKnown(record, &target) else { continue }
            guard let item = items.item(number, readingOn: { isWanted($0.row, among: table.vocabulary) }) else { return }
            replay(item)
            readRoot(by: table, into: &target)
            endReplay()
        }
    }

    /// Whether a keyword of the root table is one of this process.
    package func isWanted(_ row: Int, among words: Vocabulary) -> Bool {
        guard words.entries.indices.contains(row) else { return false }
        let wanted = words.entries[row].processes
        return wanted.isEmpty || !wanted.isDisjoint(with: processes)
    }

    private mutating func readRoot(by words: Vocabulary, _ actions: [Action], into target: UnsafeMutableRawPointer) {
        begin(words)
        while let (statement, row) = nextRootStatement(among: words) { actions[row](statement, target, &self) }
    }

    /// Reads `{`, the block's lines by its table, and `}`.
    package mutating func readBlock<Target>(of statement: Statement, by table: Table<Target>, into target: inout Target) {
        withUnsafeMutablePointer(to: &target) {
            readBlock(of: statement, by: table.vocabulary, table.actions, into: UnsafeMutableRawPointer($0))
        }
    }

    private mutating func readBlock(
        of statement: Statement, by words: Vocabulary, _ actions: [Action], into target: UnsafeMutableRawPointer
    ) {
        open(statement)
        while let (statement, row) = nextStatement(among: words) { actions[row](statement, target, &self) }
    }

    /// Makes these the keywords that the reader knows while it reads the root.
    package mutating func begin(_ words: Vocabulary) { vocabulary = words.entries }

    /// The next statement outside of blocks with a keyword of this process, and the row of the keyword; what is none is
    /// reported and passed over.
    package mutating func nextRootStatement(among words: Vocabulary) -> (Statement, row: Int)? {
        beginItem()
        while let line = nextLine() {
            switch line.kind {
            case .text:
                let statement = self.statement(line)
                if let row = row(of: statement, among: words) {
                    nameItem(row)
                    if isWanted(row, among: words) { return (statement, row) }
                    skipBlock()
                }
            case .open: skipUnexpectedBlock(line)
            case .close: report(Diagnostic(.error, "extra-brace", at: line.position, "this '}' closes nothing"))
            }
            beginItem()
        }
        return nil
    }

    /// The next statement of a block; nil behind its end.
    package mutating func nextStatement(among words: Vocabulary) -> (Statement, row: Int)? {
        while let line = nextLine() {
            switch line.kind {
            case .text:
                let statement = self.statement(line)
                if let row = row(of: statement, among: words) { return (statement, row) }
            case .open: skipUnexpectedBlock(line)
            case .close:
                close()
                return nil
            }
        }
        reportUnclosed()
        return nil
    }

    /// The row of a keyword; an unknown one is passed over with its block.
    private mutating func row(of statement: Statement, among words: Vocabulary) -> Int? {
        guard let row = words[statement.name] else {
            skipUnknown(statement, among: words.entries)
            return nil
        }
        if words.isRemarkable[row] { remark(on: words.entries[row], statement) }
        return row
    }

    private mutating func remark(on entry: KeywordEntry, _ statement: Statement) {
        if let replacement = entry.replacement {
            report(
                .hint, "deprecated", statement, "'\(statement.name)' is deprecated", help: "write '\(replacement)' instead"
            )
        }
        if entry.status == .parsed { note(inactive: entry.name, at: statement.position) }
    }

    /// Reads `{`, hands over each line up to `}`, and takes the `}`.
    package mutating func readLines(of statement: Statement, _ body: (Statement, inout Reader) -> Void) {
        open(statement)
        while let line = nextLine() {
            switch line.kind {
            case .text: body(self.statement(line), &self)
            case .open: skipUnexpectedBlock(line)
            case .close: return close()
            }
        }
        reportUnclosed()
    }

    /// Passes over the block that follows, with all that is nested in it; nothing if no block follows.
    package mutating func skipBlock() {
        guard let line = nextLine() else { return }
        guard line.kind == .open else { return pushBack(line) }
        var depth = 1
        while depth > 0, let line = nextLine() { depth += line.kind.nesting }
    }

    /// Takes the `{`.
    package mutating func open(_ statement: Statement) {
        enter(statement)
        guard let line = nextLine() else { return }
        guard line.kind != .open else { return }
        pushBack(line)
        report(
            .error, "missing-brace", statement, "there is no '{' behind '\(statement.name)'",
            help: "what follows is read as if it were there"
        )
    }

    private mutating func reportUnclosed() {
        let suspect = suspect
        guard let block = leave() else { return }
        guard let suspect else {
            return report(
                Diagnostic(
                    .error, "unclosed-block", at: block.position, length: block.name.utf8.count,
                    "the block '\(block.name)' is never closed", help: "a '}' is missing, here or in a block inside"
                )
            )
        }
        var diagnostic = Diagnostic(
            .error, "unclosed-block", at: suspect.position, length: suspect.name.utf8.count,
            "the block '\(suspect.name)' seems never to be closed", help: "a '}' is missing in front of line \(suspect.end.line)"
        )
        diagnostic.notes = [
            Diagnostic.Note(at: suspect.end, "this '}' closes it, but stands further to the left"),
            Diagnostic.Note(at: block.position, "so '\(block.name)' is left without its own '}' at the end"),
        ]
        report(diagnostic)
    }
}

extension LogicalLine.Kind {
    /// What the line adds to the depth of blocks.
    var nesting: Int {
        switch self {
        case .text: 0
        case .open: 1
        case .close: -1
        }
    }
}

// MARK: - What does not belong

extension Reader {
    /// A `{` where no block can begin: passed over with its block.
    private mutating func skipUnexpectedBlock(_ line: LogicalLine) {
        var diagnostic = Diagnostic(.error, "unexpected-brace", at: line.position, "a block does not belong here; it is skipped")
        diagnostic.notes = skippedLines(from: line, "skipped")
        report(diagnostic)
        derail(diagnostics.count - 1)
    }

    /// An unknown keyword: passed over with its block, with a guess at what was meant.
    private mutating func skipUnknown(_ statement: Statement, among entries: [KeywordEntry]) {
        let count = diagnostics.count
        report(
            .error, "unknown-keyword", statement, "'\(statement.name)' is not a keyword \(here)",
            help: suggestion(for: statement.name, among: entries)
        )
        guard let line = nextLine() else { return }
        guard line.kind == .open else { return pushBack(line) }
        let notes = skippedLines(from: line, "skipped with '\(statement.name)'")
        guard count < diagnostics.count else { return }
        diagnostics[count].notes = notes.filter { $0.position.line != statement.position.line }
        diagnostics[count].message += "; its block is skipped"
        derail(count)
    }

    private var here: String { blocks.last.map { "of '\($0.name)'" } ?? "here" }

    /// Passes over a block whose brace was just read; a note for each line of it, for they all have no effect.
    private mutating func skippedLines(from open: LogicalLine, _ what: String) -> [Diagnostic.Note] {
        var notes: [Diagnostic.Note] = []
        var depth = 1
        var last = place(of: open)
        while depth > 0, let line = nextLine() {
            depth += line.kind.nesting
            let place = self.place(of: line)
            guard place.line != last.line || place.file != last.file, notes.count < 1000 else { continue }
            last = place
            notes.append(Diagnostic.Note(at: place, "\(what): \(line.bytes.prefix(200).text)"))
        }
        if depth > 0 {
            report(Diagnostic(.error, "unclosed-block", at: open.position, "the block that begins here is never closed"))
        }
        return notes
    }

    /// Looked for once a word and block, and not without end: it takes longer than all the rest of a line.
    private mutating func suggestion(for name: String, among entries: [KeywordEntry]) -> String? {
        let key = "\(blocks.last?.name ?? "")/\(name)"
        if let known = suggestions[key] { return known.isEmpty ? nil : known }
        guard suggestions.count < 1000 else { return nil }
        let found = search(for: name, among: entries)
        suggestions[key] = found ?? ""
        return found
    }

    /// The innermost of the blocks around the current one where the keyword is valid, empty for outside all blocks.
    private func enclosing(of name: String) -> String? {
        var levels: [(name: String, entries: [KeywordEntry])] = [("", vocabulary)]
        for block in blocks.dropLast() {
            guard let entry = levels[levels.count - 1].entries.first(where: { $0.name == block.name }) else { break }
            levels.append((block.name, entry.children))
        }
        guard !blocks.isEmpty else { return nil }
        return levels.last { level in level.entries.contains { $0.name == name } }?.name
    }

    private mutating func search(for name: String, among entries: [KeywordEntry]) -> String? {
        if let close = closest(to: name, among: entries.lazy.map(\.name)) { return "did you mean '\(close)'?" }
        if everywhere == nil { everywhere = KeywordIndex(vocabulary) }
        guard let everywhere else { return nil }
        if let outer = enclosing(of: name) {
            return outer.isEmpty
                ? "'\(name)' belongs outside all blocks: is a '}' missing before it?"
                : "'\(name)' belongs in '\(outer)': is a '}' missing before it?"
        }
        if let place = everywhere.places[name] { return "'\(name)' belongs \(place)" }
        return closest(to: name, among: everywhere.names).map { close in
            "there is '\(close)', but it belongs \(everywhere.places[close] ?? "elsewhere")"
        }
    }
}

/// Every keyword and where it belongs.
struct KeywordIndex {
    /// The first place of each: "outside all blocks", "in 'vrrp_instance'".
    private(set) var places: [String: String] = [:]
    private(set) var names: [String] = []

    init(_ entries: [KeywordEntry]) {
        add(entries, in: nil)
        names = places.keys.sorted()
    }

    private mutating func add(_ entries: [KeywordEntry], in block: String?) {
        for entry in entries where entry.isKeyword {
            if places[entry.name] == nil { places[entry.name] = block.map { "in '\($0)'" } ?? "outside all blocks" }
            add(entry.children, in: block.map { "\($0) / \(entry.name)" } ?? entry.name)
        }
    }
}

extension [KeywordEntry] {

    func collectNames(into names: inout Set<String>) {
        for entry in self where entry.isKeyword {
            names.insert(entry.name)
            entry.children.collectNames(into: &names)
        }
    }
}
