// SPDX-License-Identifier: GPL-2.0-or-later

package import Config
package import Linux

/// A configuration that has been found fit to run, as the parent hands it to its children: its lines after preprocessing, and the facts
/// of the machine that it was read against.
///
///     lines in the form of `FrozenItems` | facts | bytes of facts, 4 bytes | "KAD2"
package struct FrozenConfiguration {
    let items: FrozenItems
    let facts: Facts
    /// What facts and items are recognised by: two with the same are equal but for blocks that stand on their own.
    let factBytes: [UInt8]

    private static let mark = Array("KAD2".utf8)

    /// What comes behind the lines.
    static func ending(with facts: Facts) -> [UInt8] {
        let bytes = facts.bytes
        return bytes + (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + mark
    }

    /// Nil if the memory holds something else. `read` gives a part of it, less where it ends.
    package init?(size: Int, _ read: @escaping (Range<Int>) -> [UInt8]) {
        guard size >= 8 else { return nil }
        let end = read(size - 8..<size)
        guard end.count == 8, end.suffix(4).elementsEqual(Self.mark) else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(end[$1]) << (8 * $1) }
        guard length <= size - 8 else { return nil }
        let bytes = read(size - 8 - length..<size - 8)
        guard let facts = Facts(bytes: bytes), let items = FrozenItems(size: size - 8 - length, read) else { return nil }
        self.facts = facts
        self.items = items
        factBytes = bytes
    }

    /// One that is in memory as a whole.
    package init?(_ bytes: [UInt8]) {
        self.init(size: bytes.count) { Array(bytes[$0.clamped(to: bytes.indices)]) }
    }

    /// Throws EINVAL for memory that holds something else.
    package init(_ memory: SealedMemory) throws(SystemError) {
        guard let frozen = FrozenConfiguration(size: try memory.size, { memory.read($0) }) else {
            throw SystemError(call: "configuration", code: SystemError.invalidArgument)
        }
        self = frozen
    }
}
