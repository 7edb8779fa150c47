// SPDX-License-Identifier: GPL-2.0-or-later

// A configuration after preprocessing, as the parent hands it to its children:
//
//      "KAF1" | place of the file table, 8 bytes | lines ... | file table
//
//   line:  flags (bits 0-1 kind, 2 expanded, 3 file follows) | [file] | line - last line, zigzag | column | [length | text]
//   table: count, then each: length | path | 0, or 1 and file, line, column of the include
//
// Numbers without a size are little-endian base 128. Environment, random numbers, conditions and includes are settled in
// it, so that every process reads the same.

/// Writes logical lines in frozen form.
struct Freezer {
    private var bytes: [UInt8] = Array("KAF1".utf8) + Array(repeating: 0, count: 8)
    private var file = 0
    private var line = 0

    mutating func append(_ next: LogicalLine) {
        let changesFile = next.position.file != file
        bytes.append(next.kind.rawValue | (next.isExpanded ? 4 : 0) | (changesFile ? 8 : 0))
        if changesFile {
            file = next.position.file
            write(UInt64(file))
        }
        let delta = next.position.line - line
        line = next.position.line
        write(UInt64(bitPattern: Int64(delta << 1 ^ delta >> 63)))
        write(UInt64(next.position.column))
        guard next.kind == .text else { return }
        write(UInt64(next.bytes.count))
        bytes.append(contentsOf: next.bytes)
    }

    mutating func finish(files: [SourceFile]) -> [UInt8] {
        for index in 0..<8 { bytes[4 + index] = UInt8(truncatingIfNeeded: bytes.count >> (8 * index)) }
        write(UInt64(files.count))
        for file in files {
            write(UInt64(file.path.utf8.count))
            bytes.append(contentsOf: file.path.utf8)
            guard let from = file.includedFrom else {
                bytes.append(0)
                continue
            }
            bytes.append(1)
            for number in [from.file, from.line, from.column] { write(UInt64(number)) }
        }
        return bytes
    }

    private mutating func write(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Replays a frozen configuration. Bytes that are none end the replay early; nothing in them can trap.
package struct FrozenLines {
    package let files: [SourceFile]
    private let bytes: ArraySlice<UInt8>
    private var at: Int
    private let end: Int
    private var file = 0
    private var line = 0

    /// Nil if the bytes do not begin as a frozen configuration does.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= 12, bytes.starts(with: "KAF1".utf8) else { return nil }
        let base = bytes.startIndex
        let place = bytes[(base + 4)..<(base + 12)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let length = Int(exactly: place), length >= 12, length <= bytes.count else { return nil }
        let end = base + length
        var reader = FrozenLines(bytes: bytes, at: end, end: bytes.endIndex)
        guard let files = reader.readFiles() else { return nil }
        self.files = files
        self.bytes = bytes
        at = base + 12
        self.end = end
    }

    /// As above.
    package init?(_ bytes: [UInt8]) { self.init(bytes[...]) }

    private init(bytes: ArraySlice<UInt8>, at: Int, end: Int) {
        files = []
        self.bytes = bytes
        self.at = at
        self.end = end
    }

    private mutating func readFiles() -> [SourceFile]? {
        guard let count = number(), count <= bytes.count else { return nil }
        var files: [SourceFile] = []
        for _ in 0..<count {
            guard let length = number(), length <= end - at else { return nil }
            var file = SourceFile(path: bytes[at..<(at + length)].text)
            at += length
            guard at < end else { return nil }
            at += 1
            if bytes[at - 1] == 1 {
                guard let from = number(), let line = number(), let column = number() else { return nil }
                file.includedFrom = Position(file: from, line: line, column: column)
            }
            files.append(file)
        }
        return files
    }

    /// The next line with its position; nil at the end, or where the bytes are not what the writer wrote.
    package mutating func next() -> LogicalLine? {
        guard at < end else { return nil }
        let flags = bytes[at]
        at += 1
        if flags & 8 != 0 {
            guard let number = number() else { return nil }
            file = number
        }
        guard let kind = LogicalLine.Kind(rawValue: flags & 3), let zigzag = number(), let column = number() else { return nil }
        line &+= zigzag >> 1 ^ -(zigzag & 1)
        let position = Position(file: file, line: line, column: column)
        let isExpanded = flags & 4 != 0
        guard kind == .text else {
            return LogicalLine(kind, kind == .open ? Self.open : Self.close, at: position, isExpanded: isExpanded)
        }
        guard let length = number(), length <= end - at else { return nil }
        defer { at += length }
        return LogicalLine(.text, bytes[at..<(at + length)], at: position, isExpanded: isExpanded)
    }

    private static let open: ArraySlice<UInt8> = [Sign.open]
    private static let close: ArraySlice<UInt8> = [Sign.close]

    /// At most 56 bits, so that no sum of two can overflow.
    private mutating func number() -> Int? {
        var value = 0
        var shift = 0
        while at < end, shift < 56 {
            let byte = bytes[at]
            at += 1
            value |= Int(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
