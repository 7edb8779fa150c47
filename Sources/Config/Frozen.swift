// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

// A configuration after preprocessing, as the parent hands it to its children: items, which are the statements outside of blocks, each
// with its block; then tables by which they are found without being read.
//
//      item ... | table of items | table of known blocks | table of files | places of the three tables | "KAF3"
//
//   item:   file | line | line ...
//   line:   flags (bits 0-1 kind, 2 expanded, 3 file follows) | [file] | line - last line, zigzag | column | [length | text]
//   items:  an `ItemRecord` of each
//   known:  a `KnownBlock` for each item that has one
//   files:  count, then each: length | path | 0, or 1 and file, line, column of the include
//
// Records and places have fields in network order; other numbers are little-endian base 128. Environment, random numbers, conditions and includes are settled
// in it, so that every process reads the same. Behind its own place an item says nothing of where it stands: one that has only moved
// has the same content.

/// Writes logical lines in frozen form, a piece at a time.
struct Freezer {
    /// Takes the bytes, in order.
    private let sink: ([UInt8]) -> Void
    private var bytes: [UInt8] = []
    /// How many bytes the sink has.
    private var written = 0
    private var file = 0
    private var line = 0
    /// The item under way: where it begins in `bytes`, and its keyword once that is known.
    private var item: (start: Int, row: Int?)?
    private var items = ByteWriter(capacity: 0)
    private var knownBlocks = ByteWriter(capacity: 0)
    /// The item under way can be known again by its text.
    private var known: KnownText?
    /// The state before the last line, which may come again.
    private var before: (count: Int, file: Int, line: Int)?

    init(_ sink: @escaping ([UInt8]) -> Void) { self.sink = sink }

    /// Small, so that the same few pages are written again and again.
    private static let pieceSize = 16 << 10

    /// The line that comes next begins an item. The one before it is complete; without a keyword it is forgotten.
    mutating func begin() {
        if let item {
            if let row = item.row {
                let content = FrozenItems.Item.content(of: bytes[item.start...])
                add(length: bytes.count - item.start, row, Fingerprint(content))
            } else {
                bytes.removeLast(bytes.count - item.start)
                known = nil
            }
        }
        if bytes.count >= Self.pieceSize { flush() }
        item = (bytes.count, nil)
        before = nil
    }

    private mutating func add(length: Int, _ row: Int, _ content: Fingerprint) {
        let number = UInt32(truncatingIfNeeded: items.count / ItemRecord.size)
        let place = UInt32(truncatingIfNeeded: written + bytes.count - length)
        ItemRecord(place: place, length: UInt32(truncatingIfNeeded: length), rowNumber: UInt16(truncatingIfNeeded: row), content: content)
            .write(to: &items)
        if let known = known.take() { KnownBlock(item: number, text: known).write(to: &knownBlocks) }
    }

    /// The item that was begun can be known again.
    mutating func note(_ known: KnownText) { self.known = known }

    /// Takes an item over from an earlier configuration, at its place in this one.
    mutating func takeOver(_ text: KnownText, _ record: ItemRecord, content: ArraySlice<UInt8>, at position: Position) {
        begin()
        let start = bytes.count
        Self.write(position.file, to: &bytes)
        Self.write(position.line, to: &bytes)
        bytes += content
        known = text
        add(length: bytes.count - start, record.row, record.content)
        item = nil
    }

    /// The keyword of the item, by its row in the root table.
    mutating func name(_ row: Int) { item?.row = row }

    mutating func append(_ next: LogicalLine) {
        before = (bytes.count, file, line)
        if item?.start == bytes.count {
            (file, line) = (next.position.file, next.position.line)
            Self.write(file, to: &bytes)
            Self.write(line, to: &bytes)
        }
        let changesFile = next.position.file != file
        bytes.append(next.kind.rawValue | (next.isExpanded ? 4 : 0) | (changesFile ? 8 : 0))
        if changesFile {
            file = next.position.file
            Self.write(file, to: &bytes)
        }
        let delta = next.position.line - line
        line = next.position.line
        Self.write(delta << 1 ^ delta >> 63, to: &bytes)
        Self.write(next.position.column, to: &bytes)
        guard next.kind == .text else { return }
        Self.write(next.bytes.count, to: &bytes)
        bytes.append(contentsOf: next.bytes)
    }

    /// The last line comes again, in this item or in the next.
    mutating func takeBack() {
        guard let before else { return }
        bytes.removeLast(bytes.count - before.count)
        (file, line) = (before.file, before.line)
        self.before = nil
    }

    mutating func finish(files: [SourceFile]) {
        begin()
        var footer = ByteWriter(capacity: FrozenItems.footerLength)
        for table in [items, knownBlocks] {
            footer.write(UInt64(written + bytes.count))
            flush()
            written += table.count
            sink(table.bytes)
        }
        footer.write(UInt64(written))
        footer.write(FrozenItems.mark)
        Self.write(files.count, to: &bytes)
        for file in files {
            Self.write(file.path.utf8.count, to: &bytes)
            bytes.append(contentsOf: file.path.utf8)
            guard let from = file.includedFrom else {
                bytes.append(0)
                continue
            }
            bytes.append(1)
            for number in [from.file, from.line, from.column] { Self.write(number, to: &bytes) }
        }
        bytes += footer.bytes
        flush()
    }

    private mutating func flush() {
        written += bytes.count
        sink(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    private static func write(_ number: Int, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: Int64(number))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

/// A frozen configuration, item by item. Only what is asked for is read; nothing in the bytes can trap.
package struct FrozenItems {
    package let files: [SourceFile]
    private let read: FrozenReading
    /// What there is to know of the items without reading them, in order.
    private var records: FrozenTable<ItemRecord>
    /// The blocks that are known again by their text.
    let knownBlocks: FrozenTable<KnownBlock>
    /// Where the last item ends.
    private let end: Int
    /// Items that were read together, and where they stand.
    private var piece: [UInt8] = []
    private var pieceStart = 0

    static let mark = Array("KAF3".utf8)
    static let footerLength = 28
    /// Items are read together up to this many bytes: few enough to be read into the same pages again and again.
    private static let pieceSize = 16 << 10

    /// An item: its keyword's row in the root table, and its bytes.
    package struct Item {
        package let row: Int
        let bytes: ArraySlice<UInt8>

        /// All but the place where it stands.
        static func content(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
            var numbers = FrozenNumbers(bytes)
            _ = numbers.next()
            _ = numbers.next()
            return numbers.rest
        }

        /// The first word behind the keyword.
        package var name: String? {
            var lines = FrozenLines(self)
            var unterminated = false
            return lines.next().flatMap { Statement(splitting: $0, unterminated: &unterminated).value(0)?.text }
        }
    }

    /// Nil if the first `size` bytes of the memory do not end as a frozen configuration does.
    package init?(size: Int, _ read: @escaping FrozenReading) {
        self.read = read
        let end = size - Self.footerLength
        guard end >= 0 else { return nil }
        var room: [UInt8] = []
        read(end..<size, &room)
        var footer = ByteReader(room)
        guard let first = try? footer.read(UInt64.self), let second = try? footer.read(UInt64.self), let third = try? footer.read(UInt64.self),
            footer.remaining.elementsEqual(Self.mark), first <= second, second <= third, let first = Int(exactly: first),
            let second = Int(exactly: second), let third = Int(exactly: third), third <= end
        else { return nil }
        read(third..<end, &room)
        var table = FrozenNumbers(room[...])
        guard let files = Self.files(&table) else { return nil }
        self.files = files
        records = FrozenTable(at: first..<second, read)
        knownBlocks = FrozenTable(at: second..<third, read)
        self.end = first
    }

    /// One that is in memory as a whole.
    package init?(_ bytes: [UInt8]) {
        self.init(size: bytes.count) { $1 = Array(bytes[$0.clamped(to: bytes.indices)]) }
    }

    /// How many items there are.
    package var count: Int { records.count }

    /// What there is to know of the item without reading it; nil for one whose bytes lie elsewhere.
    package mutating func record(_ number: Int) -> ItemRecord? { records[number].flatMap { $0.end <= end ? $0 : nil } }

    private static func files(_ numbers: inout FrozenNumbers) -> [SourceFile]? {
        guard let count = numbers.next(), count <= numbers.rest.count else { return nil }
        var files: [SourceFile] = []
        for _ in 0..<count {
            guard let path = numbers.text(), let isIncluded = numbers.next() else { return nil }
            var file = SourceFile(path: path.text)
            if isIncluded == 1 {
                guard let from = numbers.next(), let line = numbers.next(), let column = numbers.next() else { return nil }
                file.includedFrom = Position(file: from, line: line, column: column)
            }
            files.append(file)
        }
        return files
    }

    /// The item of that number; nil if it cannot be read. Those behind it are read with it as long as they are wanted, too.
    package mutating func item(_ number: Int, readingOn isWanted: (ItemRecord) -> Bool) -> Item? {
        guard let record = record(number) else { return nil }
        if record.start < pieceStart || record.end > pieceStart + piece.count {
            var (pieceEnd, next) = (record.end, number + 1)
            while let other = self.record(next), other.start == pieceEnd, other.end <= record.start + Self.pieceSize, isWanted(other) {
                (pieceEnd, next) = (other.end, next + 1)
            }
            pieceStart = record.start
            read(pieceStart..<pieceEnd, &piece)
        }
        let start = record.start - pieceStart
        guard start + Int(record.length) <= piece.count else { return nil }
        return Item(row: record.row, bytes: piece[start..<(start + Int(record.length))])
    }
}

/// What a table says of a frozen item.
///
///      0        4        8     10                   18
///     +--------+--------+-----+--------------------+
///     | place  | length | row | content            |
///     +--------+--------+-----+--------------------+
package struct ItemRecord: FrozenRecord {
    fileprivate let place: UInt32
    fileprivate let length: UInt32
    fileprivate let rowNumber: UInt16
    /// Equal for items that say the same, wherever they stand.
    package let content: Fingerprint

    /// The row of its keyword in the root table.
    package var row: Int { Int(rowNumber) }
    fileprivate var start: Int { Int(place) }
    fileprivate var end: Int { Int(place) + Int(length) }

    static var size: Int { 18 }
}

extension ItemRecord {
    init(_ reader: inout ByteReader) throws(ByteReader.Truncated) {
        (place, length, rowNumber) = (try reader.read(), try reader.read(), try reader.read())
        content = try reader.readFingerprint()
    }

    func write(to writer: inout ByteWriter) {
        writer.write(place)
        writer.write(length)
        writer.write(rowNumber)
        writer.write(content.number)
    }
}

/// The lines of a frozen item. Bytes that are none end the replay early.
struct FrozenLines {
    private var numbers: FrozenNumbers
    private var file = 0
    private var line = 0

    init(_ item: FrozenItems.Item) {
        numbers = FrozenNumbers(item.bytes)
        file = numbers.next() ?? 0
        line = numbers.next() ?? 0
    }

    /// The next line with its position; nil at the end, or where the bytes are not what the writer wrote.
    mutating func next() -> LogicalLine? {
        guard let flags = numbers.byte() else { return nil }
        if flags & 8 != 0 {
            guard let number = numbers.next() else { return nil }
            file = number
        }
        guard let kind = LogicalLine.Kind(rawValue: flags & 3), let zigzag = numbers.next(), let column = numbers.next() else { return nil }
        line &+= zigzag >> 1 ^ -(zigzag & 1)
        let position = Position(file: file, line: line, column: column)
        let isExpanded = flags & 4 != 0
        guard kind == .text else {
            return LogicalLine(kind, kind == .open ? Self.open : Self.close, at: position, isExpanded: isExpanded)
        }
        return numbers.text().map { LogicalLine(.text, $0, at: position, isExpanded: isExpanded) }
    }

    private static let open: ArraySlice<UInt8> = [Sign.open]
    private static let close: ArraySlice<UInt8> = [Sign.close]
}

/// Numbers and texts from bytes that may be anything.
private struct FrozenNumbers {
    private let bytes: ArraySlice<UInt8>
    private var at: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    var rest: ArraySlice<UInt8> { bytes[at...] }

    mutating func byte() -> UInt8? {
        guard at < bytes.endIndex else { return nil }
        defer { at += 1 }
        return bytes[at]
    }

    /// At most 56 bits, so that no sum of two can overflow.
    mutating func next() -> Int? {
        var value = 0
        var shift = 0
        while at < bytes.endIndex, shift < 56 {
            let byte = bytes[at]
            at += 1
            value |= Int(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    /// A length, and so many bytes.
    mutating func text() -> ArraySlice<UInt8>? {
        guard let length = next(), length <= bytes.endIndex - at else { return nil }
        defer { at += length }
        return bytes[at..<(at + length)]
    }
}
