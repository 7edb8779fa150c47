// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config
package import Linux

/// A configuration that has been found fit to run, as the parent hands it to its children: its lines after preprocessing, and the facts
/// of the machine that it was read against.
///
///     lines in the form of `FrozenItems` | facts | bytes of facts, 4 bytes | "KAD2"
package struct FrozenConfiguration {
    let items: FrozenItems
    let facts: Facts
    /// The facts as they stand in memory.
    let factBytes: [UInt8]

    private static let mark = Array("KAD2".utf8)
    private static let footerLength = 8

    /// What comes behind the lines.
    static func ending(with facts: Facts) -> [UInt8] {
        var writer = ByteWriter(capacity: 1024)
        writer.write(facts.bytes)
        writer.write(UInt32(truncatingIfNeeded: writer.count))
        writer.write(mark)
        return writer.bytes
    }

    /// Nil if the memory holds something else.
    package init?(size: Int, _ read: @escaping FrozenReading) {
        let end = size - Self.footerLength
        guard end >= 0 else { return nil }
        var bytes: [UInt8] = []
        read(end..<size, &bytes)
        var footer = ByteReader(bytes)
        guard let length = try? footer.read(UInt32.self), footer.remaining.elementsEqual(Self.mark), length <= end else { return nil }
        read(end - Int(length)..<end, &bytes)
        guard let facts = Facts(bytes: bytes), let items = FrozenItems(size: end - Int(length), read) else { return nil }
        self.facts = facts
        self.items = items
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
