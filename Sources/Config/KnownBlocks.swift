// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// The text of a block outside of all others that was read, and of which everything is known: it needs nothing around it to be understood, and
/// there was nothing to say about it. Where the same text stands in a later configuration it need not be read.
struct KnownText: Equatable {
    /// Bytes and lines, from the line of the keyword to that of the last brace.
    var length: UInt32
    var lines: UInt32
    /// Of the first line, and of all.
    var opening: Fingerprint
    var whole: Fingerprint
    /// Of what no other block may define, too.
    var identity: Fingerprint
}

/// A known text and the number of the item that was made of it.
///
///      0        4        8        12                  20                  28                  36
///     +--------+--------+--------+-------------------+-------------------+-------------------+
///     | item   | length | lines  | opening           | whole             | identity          |
///     +--------+--------+--------+-------------------+-------------------+-------------------+
struct KnownBlock: FrozenRecord {
    let item: UInt32
    let text: KnownText

    static var size: Int { 36 }
}

extension KnownBlock {
    init(_ reader: inout ByteReader) throws(ByteReader.Truncated) {
        item = try reader.read()
        text = KnownText(
            length: try reader.read(), lines: try reader.read(), opening: try reader.readFingerprint(),
            whole: try reader.readFingerprint(), identity: try reader.readFingerprint()
        )
    }

    func write(to writer: inout ByteWriter) {
        for number in [item, text.length, text.lines] { writer.write(number) }
        for fingerprint in [text.opening, text.whole, text.identity] { writer.write(fingerprint.number) }
    }
}

/// The known blocks of a frozen configuration; each serves once. Most stand where they stood, so the next one is looked at first, and an
/// index is made only once a block stands elsewhere.
struct KnownBlocks {
    private var table: FrozenTable<KnownBlock>
    private var isUsed: [Bool]
    private var next = 0
    /// By first lines, the first block that begins so; and of a block, the next one that does.
    private var index: (places: [Fingerprint: Int], others: [Int: Int])?

    init(_ table: FrozenTable<KnownBlock>) {
        self.table = table
        isUsed = Array(repeating: false, count: table.count)
    }

    var isEmpty: Bool { isUsed.isEmpty }

    /// How many blocks may be gone without making an index.
    private static let lookahead = 4

    /// A block that begins with this line, was not found yet, and whose text is there.
    mutating func use(opening: Fingerprint, where isThere: (KnownBlock) -> Bool) -> KnownBlock? {
        var hasChanged = false
        for place in next..<min(next + Self.lookahead, table.count) {
            guard let block = table[place], block.text.opening == opening else { continue }
            if let block = use(place, where: isThere) { return block }
            hasChanged = true
        }
        if hasChanged {
            next += 1
            return nil
        }
        let index = self.index ?? makeIndex()
        self.index = index
        var place = index.places[opening]
        while let here = place {
            if let block = use(here, where: isThere) { return block }
            place = index.others[here]
        }
        return nil
    }

    private mutating func use(_ place: Int, where isThere: (KnownBlock) -> Bool) -> KnownBlock? {
        guard !isUsed[place], let block = table[place], isThere(block) else { return nil }
        isUsed[place] = true
        next = place + 1
        return block
    }

    private mutating func makeIndex() -> (places: [Fingerprint: Int], others: [Int: Int]) {
        var (places, others): ([Fingerprint: Int], [Int: Int]) = ([:], [:])
        // Read from the first to the last, as the table's window moves.
        let openings = (0..<table.count).map { table[$0]?.text.opening }
        for place in openings.indices.reversed() {
            guard let opening = openings[place] else { continue }
            others[place] = places.updateValue(place, forKey: opening)
        }
        return (places, others)
    }
}

/// What is known of an earlier reading, and its frozen items.
struct EarlierReading {
    private var items: FrozenItems
    private var blocks: KnownBlocks

    init(_ items: FrozenItems) {
        self.items = items
        blocks = KnownBlocks(items.knownBlocks)
    }

    /// A block that need not be read: its text, the record and the content of its item, and where it begins.
    typealias Found = (text: KnownText, record: ItemRecord, content: ArraySlice<UInt8>, position: Position)

    /// Passes over the next block of the source if its text is known.
    mutating func next(in source: inout Source?, _ found: inout [Diagnostic]) -> Found? {
        guard !blocks.isEmpty else { return nil }
        var (item, record): (FrozenItems.Item?, ItemRecord?)
        let passed = source?.passOver(&blocks, &found) { block in
            (item, record) = (items.item(Int(block.item), readingOn: { _ in true }), items.record(Int(block.item)))
            return item != nil
        }
        guard let (block, position) = passed, let item, let record else { return nil }
        return (block.text, record, FrozenItems.Item.content(of: item.bytes), position)
    }
}

/// How blocks are known again in a later reading.
package struct Recognition<Target> {
    /// Takes a block that has been passed over, by what it defines.
    let takeOver: (_ identity: Fingerprint, _ target: inout Target) -> Void
    /// What the block just read, by the row of its keyword, defines and no other may; nil if it says something that depends on more than
    /// its own text. Asked once after each.
    let identity: (_ row: Int, _ target: Target) -> Fingerprint?

    package init(
        takeOver: @escaping (_ identity: Fingerprint, _ target: inout Target) -> Void,
        identity: @escaping (_ row: Int, _ target: Target) -> Fingerprint?
    ) {
        self.takeOver = takeOver
        self.identity = identity
    }
}
