// SPDX-License-Identifier: GPL-2.0-or-later

/// Reads blocks by their tables, keeping what there is to say about them.
///
/// The state that all tables share: where the lines come from, what was found, what has been defined so far, and the facts
/// of the machine.
package struct Reader {
    package private(set) var diagnostics: [Diagnostic] = []
    package let surroundings: Surroundings

    package init(surroundings: Surroundings) { self.surroundings = surroundings }

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
}
