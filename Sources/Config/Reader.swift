// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// Reads blocks by their tables, keeping what there is to say about them.
///
/// The state that all tables share: where the lines come from, what was found, and the facts of the machine. Lines come
/// from the files through the preprocessor, or from a frozen configuration; tables see no difference.
package struct Reader {
    package internal(set) var diagnostics: [Diagnostic] = []
    package let surroundings: Surroundings
    /// The processes this reading is for: root blocks of others are passed over.
    package var processes: KeywordEntry.Processes = .all
    /// Called again and again while something long is read: the time for whoever reads beside other work to see to that.
    package var intermission: () -> Void = {}
    /// Blocks until the next intermission: it takes longer than a small block.
    private var blocksToGo = Self.blocksBetween
    private static let blocksBetween = 16
    /// The blocks being read, outermost first: their names and where they were opened.
    package private(set) var blocks: [(name: String, position: Position)] = []
    /// The first block inside the current outermost one whose '}' stands further to the left than the block itself: it may be the end
    /// of another, and the block's own be missing.
    private(set) var suspect: (name: String, position: Position, end: Position)?
    /// Every keyword there is, for "valid in another block".
    var vocabulary: [KeywordEntry] = []

    /// Keywords that were used although their features are not built, and where first.
    package internal(set) var inactive: [String: Position] = [:]
    /// All of them by name, once something is looked for.
    var everywhere: KeywordIndex?

    /// What was suggested for words that are no keywords; empty for nothing.
    var suggestions: [String: String] = [:]

    var source: Source?
    private var frozen: FrozenLines?
    private var freezer: Freezer?
    private var pushedBack: LogicalLine?
    private var remarks: Set<String> = []
    private var droppedFindings = 0
    /// How often something was said, or not said for having been said before.
    private(set) var remarksMade = 0
    private var earlier: EarlierReading?
    /// What the preprocessor found on the way to the next line.
    private var news: [Diagnostic] = []
    /// The finding whose block makes upstream lose count of the braces, and the last line that was noted for it.
    private var derailment: (finding: Int, line: Int)?
    /// Where the block read last was closed: the place of findings about what a block lacks.
    package private(set) var closing: Position?

    /// Findings kept; a file that is no configuration at all must not fill the memory with them.
    private static let findingLimit = 20_000

    /// Reads files. What is read goes to `frozen` as well, piece by piece, until `finishFreezing`; blocks that are known from an
    /// `earlier` reading come from there.
    package init(
        surroundings: Surroundings, source: Source, freezing frozen: (([UInt8]) -> Void)? = nil, earlier: FrozenItems? = nil
    ) {
        self.surroundings = surroundings
        self.source = source
        freezer = frozen.map { Freezer($0) }
        if freezer != nil { self.earlier = earlier.map { EarlierReading($0) } }
    }

    /// Replays items of a frozen configuration.
    package init(surroundings: Surroundings) { self.surroundings = surroundings }

    /// Reads one text, as tests do; its includes find nothing.
    package init(surroundings: Surroundings, text: String, path: String = "keepalived.conf") {
        self.init(
            surroundings: surroundings,
            source: Source(text: Array(text.utf8), path: path, in: FileSystem(), SourceOptions())
        )
    }

    /// The files that positions count.
    package var files: [SourceFile] { source?.files ?? [] }

    /// Everything has been read: the frozen form is completed.
    package mutating func finishFreezing() {
        guard var freezer = freezer.take() else { return }
        freezer.finish(files: files)
    }

    /// Keeps a finding; those beyond the limit are only counted, so that a broken file cannot fill the memory.
    package mutating func report(_ diagnostic: Diagnostic) {
        remarksMade += 1
        guard diagnostics.count < Self.findingLimit else {
            droppedFindings += 1
            // A sequence that makes nothing but mistakes need not be read to its end.
            source?.dropExpansion()
            return
        }
        diagnostics.append(diagnostic.shortened)
    }

    /// Shorthand: a finding about one word of a statement, or about its keyword.
    package mutating func report(
        _ severity: Diagnostic.Severity,
        _ code: String,
        _ statement: Statement,
        word: Word? = nil,
        _ message: String,
        help: String? = nil,
        consequence: Diagnostic.Consequence = .none
    ) {
        let at = word ?? statement.keyword
        var diagnostic = Diagnostic(
            severity, code, at: statement.position(of: at), length: max(1, at.text.utf8.count), message, help: help,
            consequence: consequence
        )
        if statement.isExpanded {
            diagnostic.length = 0
            diagnostic.expansion = statement.line
        }
        report(diagnostic)
    }

    /// Whether this is asked for the first time: for findings that are worth saying once, however often they apply.
    package mutating func isFirst(_ remark: String) -> Bool {
        remarksMade += 1
        return remarks.insert(remark).inserted
    }

    /// Notes that there is something about a keyword which is told once for all its uses.
    mutating func note(inactive name: String, at position: Position) {
        remarksMade += 1
        if inactive[name] == nil { inactive[name] = position }
    }

    mutating func nextLine() -> LogicalLine? {
        if let line = pushedBack {
            pushedBack = nil
            freezer?.append(line)
            return line
        }
        let next = source?.next(&news) ?? frozen?.next()
        if !news.isEmpty {
            for diagnostic in news { report(diagnostic) }
            news = []
        }
        guard let line = next else { return nil }
        freezer?.append(line)
        if line.kind == .close { closing = line.position }
        if derailment != nil { noteDerailment(line) }
        return line
    }

    /// Upstream reads the content of a block that does not belong as lines of the block around it, whose end it then takes
    /// too early. Whoever moves here should know which lines had no effect so far.
    mutating func derail(_ finding: Int) {
        guard derailment == nil, !blocks.isEmpty, diagnostics.indices.contains(finding) else { return }
        derailment = (finding, diagnostics[finding].notes.last?.position.line ?? diagnostics[finding].position?.line ?? 0)
    }

    private mutating func noteDerailment(_ line: LogicalLine) {
        let place = self.place(of: line)
        guard let (finding, last) = derailment, last != place.line, diagnostics[finding].notes.count < 1000 else { return }
        derailment?.line = place.line
        diagnostics[finding].notes.append(
            Diagnostic.Note(at: place, "read here, but lost on upstream: \(line.bytes.prefix(200).text)")
        )
    }

    /// The place of a line in a file as it is written: for the lines of a definition, that of its use.
    func place(of line: LogicalLine) -> Position {
        var place = line.position
        while let source, source.files.indices.contains(place.file), source.files[place.file].definition != nil,
            let use = source.files[place.file].includedFrom
        {
            place = use
        }
        return place
    }

    /// The line comes again.
    mutating func pushBack(_ line: LogicalLine) {
        pushedBack = line
        freezer?.takeBack()
    }

    /// What comes next stands outside of blocks.
    mutating func beginItem() {
        guard freezer != nil else { return }
        freezer?.begin()
        source?.beginText(isWhole: pushedBack == nil, &news)
    }

    /// The block that comes next if its text is that of an earlier reading; it has been passed over.
    mutating func nextKnown() -> KnownText? {
        guard pushedBack == nil, let block = earlier?.next(in: &source, &news) else { return nil }
        freezer?.takeOver(block.text, block.record, content: block.content, at: block.position)
        pause()
        return block.text
    }

    /// The item that has just been read defines this, and would be the same wherever its text stood.
    mutating func noteKnown(_ identity: Fingerprint) {
        if pushedBack == nil, let text = source?.endText(defining: identity) { freezer?.note(text) }
    }

    /// The item that was begun is for the keyword of this row.
    mutating func nameItem(_ row: Int) { freezer?.name(row) }

    /// The lines that come next are those of a frozen item.
    mutating func replay(_ item: FrozenItems.Item) { frozen = FrozenLines(item) }

    /// Lets go of the lines of a frozen item, so that others can be read into their place.
    mutating func endReplay() { frozen = nil }

    mutating func statement(_ line: LogicalLine) -> Statement {
        var unterminated = false
        let statement = Statement(splitting: line, unterminated: &unterminated)
        if unterminated, !hasReportedQuote(line.position) {
            report(.error, "unterminated-quote", statement, "a quote on this line is never closed; the rest of it is lost")
        }
        return statement
    }

    /// Whether the preprocessor said already that a quote on this line is never closed.
    func hasReportedQuote(_ position: Position) -> Bool {
        guard let last = diagnostics.last, last.code == "unterminated-quote" else { return false }
        return last.position?.line == position.line && last.position?.file == position.file
    }

    mutating func enter(_ statement: Statement) {
        blocks.append((statement.name, statement.position))
        pause()
    }

    /// A block more has been read.
    mutating func pause() {
        blocksToGo -= 1
        guard blocksToGo == 0 else { return }
        blocksToGo = Self.blocksBetween
        intermission()
    }

    mutating func leave() -> (name: String, position: Position)? {
        let block = blocks.popLast()
        if blocks.isEmpty { (derailment, suspect) = (nil, nil) }
        return block
    }

    /// Takes the end of a block, a `}` that was just read.
    mutating func close() {
        if let block = blocks.last, blocks.count > 1, suspect == nil, let closing, closing.file == block.position.file,
            closing.line > block.position.line, closing.column < block.position.column
        {
            suspect = (block.name, block.position, closing)
        }
        _ = leave()
    }
}
