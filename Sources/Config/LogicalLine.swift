// SPDX-License-Identifier: GPL-2.0-or-later

/// What tables see of a file: a line after comments, conditions, substitution and the split at braces.
package struct LogicalLine: Sendable {
    package enum Kind: UInt8, Sendable { case text, open, close }

    package var kind: Kind
    /// Trimmed and never empty; for a brace, the brace.
    package var bytes: ArraySlice<UInt8>
    /// The place of the first byte.
    package var position: Position

    package init(_ kind: Kind, _ bytes: ArraySlice<UInt8>, at position: Position) {
        self.kind = kind
        self.bytes = bytes
        self.position = position
    }
}
