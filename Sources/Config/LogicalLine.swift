// SPDX-License-Identifier: GPL-2.0-or-later

/// What tables see of a file: a line after comments, conditions, substitution and the split at braces.
package struct LogicalLine: Sendable {
    /// Whether it is words, or a brace on its own. The frozen form keeps the number.
    package enum Kind: UInt8, Sendable { case text, open, close }

    package var kind: Kind
    /// Trimmed and never empty; for a brace, the brace.
    package var bytes: ArraySlice<UInt8>
    /// The place of the first byte; for an expanded line, the place of what was expanded.
    package var position: Position
    /// Whether a definition or a sequence had a part in the text, so that columns mean nothing.
    package var isExpanded: Bool

    package init(_ kind: Kind, _ bytes: ArraySlice<UInt8>, at position: Position, isExpanded: Bool = false) {
        self.kind = kind
        self.bytes = bytes
        self.position = position
        self.isExpanded = isExpanded
    }
}
