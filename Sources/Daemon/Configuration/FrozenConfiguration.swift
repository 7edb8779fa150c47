// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config
package import Linux

/// A configuration that has been found fit to run, as the parent hands it to its children: its lines after preprocessing, the facts of the
/// machine that it was read against, and what was asked of the file system.
///
///     lines in the form of `FrozenItems` | sources | facts | bytes of sources, 4 bytes | bytes of facts, 4 bytes | "KAD3"
package struct FrozenConfiguration {
    let items: FrozenItems
    let facts: Facts
    /// The facts as they stand in memory.
    let factBytes: [UInt8]
    private let read: FrozenReading
    private let sourcePlaces: Range<Int>

    private static let mark = Array("KAD3".utf8)
    private static let footerLength = 12

    /// What comes behind the lines.
    static func ending(with facts: Facts, _ sources: Facts) -> [UInt8] {
        let (sourceBytes, factBytes) = (sources.bytes, facts.bytes)
        var writer = ByteWriter(capacity: sourceBytes.count + factBytes.count + footerLength)
        writer.write(sourceBytes)
        writer.write(factBytes)
        writer.write(UInt32(truncatingIfNeeded: sourceBytes.count))
        writer.write(UInt32(truncatingIfNeeded: factBytes.count))
        writer.write(mark)
        return writer.bytes
    }

    /// What the files said; only the next reading asks.
    var sources: Facts? {
        var bytes: [UInt8] = []
        read(sourcePlaces, &bytes)
        return Facts(bytes: bytes)
    }

    /// Nil if the memory holds something else.
    package init?(size: Int, _ read: @escaping FrozenReading) {
        let end = size - Self.footerLength
        guard end >= 0 else { return nil }
        var bytes: [UInt8] = []
        read(end..<size, &bytes)
        var footer = ByteReader(bytes)
        guard let sourceLength = try? footer.read(UInt32.self), let length = try? footer.read(UInt32.self),
            footer.remaining.elementsEqual(Self.mark), Int(sourceLength) + Int(length) <= end
        else { return nil }
        let (factStart, sourceStart) = (end - Int(length), end - Int(length) - Int(sourceLength))
        read(factStart..<end, &bytes)
        guard let facts = Facts(bytes: bytes), let items = FrozenItems(size: sourceStart, read) else { return nil }
        self.facts = facts
        self.items = items
        self.read = read
        sourcePlaces = sourceStart..<factStart
        factBytes = bytes
    }

    /// One that is in memory as a whole.
    package init?(_ bytes: [UInt8]) {
        self.init(size: bytes.count) { $1 = Array(bytes[$0.clamped(to: bytes.indices)]) }
    }

    /// Throws EINVAL for memory that holds something else.
    package init(_ memory: SealedMemory) throws(SystemError) {
        guard let frozen = FrozenConfiguration(size: try memory.size, { memory.read($0, into: &$1) }) else {
            throw SystemError(call: "configuration", code: SystemError.invalidArgument)
        }
        self = frozen
    }
}
