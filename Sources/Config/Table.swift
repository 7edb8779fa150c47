// SPDX-License-Identifier: GPL-2.0-or-later

/// The keywords valid in one block, looked up by name.
package struct Table<Target>: Sendable {
    package let rows: [Keyword<Target>]
    /// What there is to know without knowing the target: a generic table is slow to look into.
    package let vocabulary: Vocabulary
    /// What the rows do, to a target whose type the reader need not know either.
    let actions: [Action]

    /// A name given twice keeps its first row.
    package init(_ rows: [Keyword<Target>]) {
        self.rows = rows
        vocabulary = Vocabulary(rows.map(\.entry))
        actions = rows.map { row in
            { [apply = row.apply] statement, target, reader in
                apply(statement, &target.assumingMemoryBound(to: Target.self).pointee, &reader)
            }
        }
    }

    package subscript(name: String) -> Keyword<Target>? { vocabulary[name].map { rows[$0] } }

    /// What the manual, the schema and "did you mean" are made of.
    package var entries: [KeywordEntry] { vocabulary.entries }
}

/// What a row does with a statement. The pointer is to a target of the type that the row's table was made for.
typealias Action = @Sendable (_ statement: Statement, _ target: UnsafeMutableRawPointer, _ reader: inout Reader) -> Void

/// The words of a table, found by their bytes: one look for each line of a file that may have millions.
package struct Vocabulary: Sendable {
    let entries: [KeywordEntry]
    /// All names, one behind the other, and where each ends.
    private let text: [UInt8]
    private let ends: [Int]
    /// Of each row, whether there is something to say when it is used: it is deprecated, or its feature is not built.
    let isRemarkable: [Bool]
    /// By hash, a power of two of them: the number of a row, from 1; 0 is free. A taken slot is passed over.
    private let slots: [UInt16]

    init(_ entries: [KeywordEntry]) {
        precondition(entries.count < 0x4000, "A table has as many rows as its slots can number.")
        self.entries = entries
        isRemarkable = entries.map { $0.replacement != nil || $0.status == .parsed }
        text = entries.flatMap { Array($0.name.utf8) }
        var end = 0
        ends = entries.map { entry in
            end += entry.name.utf8.count
            return end
        }
        var size = 4
        while size < 2 * entries.count { size *= 2 }
        var slots = [UInt16](repeating: 0, count: size)
        for (row, entry) in entries.enumerated() {
            var slot = Self.hash(entry.name.utf8) & (size - 1)
            while slots[slot] != 0, entries[Int(slots[slot]) - 1].name != entry.name { slot = (slot + 1) & (size - 1) }
            if slots[slot] == 0 { slots[slot] = UInt16(row + 1) }
        }
        self.slots = slots
    }

    /// The row of a keyword.
    package subscript(name: String) -> Int? {
        var name = name
        return name.withUTF8 { bytes in
            var slot = Self.hash(bytes) & (slots.count - 1)
            while slots[slot] != 0 {
                let row = Int(slots[slot]) - 1
                let start = row == 0 ? 0 : ends[row - 1]
                if ends[row] - start == bytes.count, Self.areEqual(bytes, text, from: start) { return row }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    @inline(__always)
    private static func areEqual(_ bytes: UnsafeBufferPointer<UInt8>, _ text: [UInt8], from start: Int) -> Bool {
        for index in 0..<bytes.count where bytes[index] != text[start + index] { return false }
        return true
    }

    /// FNV-1a, which does well on short words; files are the operator's own.
    @inline(__always)
    private static func hash(_ bytes: some Sequence<UInt8>) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32) & .max
    }
}
