// SPDX-License-Identifier: GPL-2.0-or-later

/// The keywords valid in one block, looked up by name.
package struct Table<Target>: Sendable {
    package let rows: [Keyword<Target>]
    /// What there is to know without knowing the target: a generic table is slow to look into.
    package let vocabulary: Vocabulary
    package let actions: [Keyword<Target>.Apply]

    /// A name given twice keeps its first row.
    package init(_ rows: [Keyword<Target>]) {
        self.rows = rows
        vocabulary = Vocabulary(rows.map(\.entry))
        actions = rows.map(\.apply)
    }

    package subscript(name: String) -> Keyword<Target>? { vocabulary[name].map { rows[$0] } }

    /// What the manual, the schema and "did you mean" are made of.
    package var entries: [KeywordEntry] { vocabulary.entries }
}

/// The words of a table.
package struct Vocabulary: Sendable {
    let entries: [KeywordEntry]
    private let index: [String: Int]

    init(_ entries: [KeywordEntry]) {
        self.entries = entries
        index = Dictionary(entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The row of a keyword.
    subscript(name: String) -> Int? { index[name] }
}
