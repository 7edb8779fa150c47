// SPDX-License-Identifier: GPL-2.0-or-later

/// The keywords valid in one block, looked up by name.
package struct Table<Target>: Sendable {
    package let rows: [Keyword<Target>]
    private let index: [String: Int]

    /// A name given twice keeps its first row.
    package init(_ rows: [Keyword<Target>]) {
        self.rows = rows
        index = Dictionary(rows.enumerated().map { ($1.entry.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package subscript(name: String) -> Keyword<Target>? { index[name].map { rows[$0] } }

    /// What the manual, the schema and "did you mean" are made of.
    package var entries: [KeywordEntry] { rows.map(\.entry) }
}
