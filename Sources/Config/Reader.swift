// SPDX-License-Identifier: GPL-2.0-or-later

/// Reads blocks by their tables, keeping what there is to say about them.
///
/// The state that all tables share: where the lines come from, what was found, what has been defined so far, and the facts
/// of the machine.
package struct Reader {
    package private(set) var diagnostics: [Diagnostic] = []
    package let surroundings: Surroundings
    /// The blocks being read, outermost first: their names and where they were opened.
    package private(set) var blocks: [(name: String, position: Position)] = []
    /// What counts as an error of the includes that follow, from `include_check`.
    package var includeChecks: IncludeChecks = []
    private var lines: SimpleLines
    private var pushedBack: LogicalLine?
    private var remarks: Set<String> = []
    /// Where the block read last was closed: the place of findings about what a block lacks.
    package private(set) var closing: Position?

    package init(surroundings: Surroundings, text: String = "") {
        self.surroundings = surroundings
        lines = SimpleLines(text)
    }

    package mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

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
        report(
            Diagnostic(
                severity, code, at: statement.position(of: at), length: max(1, at.text.utf8.count), message, help: help,
                consequence: consequence
            )
        )
    }

    /// Whether this is asked for the first time: for findings that are worth saying once, however often they apply.
    package mutating func isFirst(_ remark: String) -> Bool { remarks.insert(remark).inserted }

    private mutating func nextLine() -> LogicalLine? {
        if let line = pushedBack {
            pushedBack = nil
            return line
        }
        let line = lines.next()
        if line?.kind == .close { closing = line?.position }
        return line
    }

    private mutating func statement(_ line: LogicalLine) -> Statement {
        var unterminated = false
        let statement = Statement(splitting: line, unterminated: &unterminated)
        if unterminated {
            report(.error, "unmatched-quote", statement, "a quote on this line is never closed; the rest of it is lost")
        }
        return statement
    }
}

// MARK: - Blocks

extension Reader {
    /// Reads the whole configuration by its root table.
    package mutating func readRoot<Target>(by table: Table<Target>, into target: inout Target) {
        while let line = nextLine() {
            switch line.kind {
            case .text: apply(line, by: table, into: &target)
            case .open: skipUnexpectedBlock(line)
            case .close: report(Diagnostic(.error, "extra-brace", at: line.position, "this '}' closes nothing"))
            }
        }
    }

    /// Reads `{`, the block's lines by its table, and `}`.
    package mutating func readBlock<Target>(
        of statement: Statement, by table: Table<Target>, into target: inout Target
    ) {
        open(statement)
        while let line = nextLine() {
            switch line.kind {
            case .text: apply(line, by: table, into: &target)
            case .open: skipUnexpectedBlock(line)
            case .close: return close()
            }
        }
        reportUnclosed()
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
        guard line.kind == .open else {
            pushedBack = line
            return
        }
        skipToClose()
    }

    private mutating func apply<Target>(_ line: LogicalLine, by table: Table<Target>, into target: inout Target) {
        let statement = statement(line)
        guard let row = table[statement.name] else {
            report(.error, "unknown-keyword", statement, "'\(statement.name)' is not a keyword")
            return skipBlock()
        }
        if let replacement = row.entry.replacement {
            report(
                .hint, "deprecated", statement, "'\(statement.name)' is deprecated", help: "write '\(replacement)' instead"
            )
        }
        row.apply(statement, &target, &self)
    }

    private mutating func open(_ statement: Statement) {
        blocks.append((statement.name, statement.position))
        guard let line = nextLine() else { return }
        guard line.kind != .open else { return }
        pushedBack = line
        report(
            .error, "missing-brace", statement, "there is no '{' behind '\(statement.name)'",
            help: "what follows is read as if it were there"
        )
    }

    private mutating func close() { blocks.removeLast() }

    private mutating func reportUnclosed() {
        guard let block = blocks.popLast() else { return }
        report(
            Diagnostic(
                .error, "unclosed-block", at: block.position, length: block.name.utf8.count,
                "the block '\(block.name)' is never closed", help: "a '}' is missing"
            )
        )
    }

    private mutating func skipUnexpectedBlock(_ line: LogicalLine) {
        report(Diagnostic(.error, "unexpected-brace", at: line.position, "a '{' does not belong here; its block is skipped"))
        skipToClose()
    }

    private mutating func skipToClose() {
        var depth = 1
        while depth > 0, let line = nextLine() {
            switch line.kind {
            case .open: depth += 1
            case .close: depth -= 1
            case .text: break
            }
        }
    }
}
