// SPDX-License-Identifier: GPL-2.0-or-later

/// Appends big-endian fields to a buffer that can be used again without a new allocation.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8]

    public init(capacity: Int = 64) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    public var count: Int { bytes.count }

    /// Empties the writer and keeps its memory for the next message.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends an integer in network byte order.
    public mutating func write<T: FixedWidthInteger>(_ value: T) {
        var shift = T.bitWidth
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> T(shift)))
        }
    }

    /// Appends bytes as they are.
    public mutating func write(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// Appends `count` zero bytes, such as padding.
    public mutating func writeZeros(_ count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: count))
    }

    /// Overwrites a field written earlier, such as a checksum; `offset` must lie inside what was written.
    public mutating func overwrite<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        let width = T.bitWidth / 8
        precondition(offset >= 0 && offset + width <= bytes.count, "A field is overwritten where none was written.")
        for index in 0..<width {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> T((width - 1 - index) * 8))
        }
    }
}

// The widths that protocols use, without the cost of a generic call across modules.
extension ByteWriter {
    /// Appends a byte.
    public mutating func write(_ value: UInt8) { append(value) }

    /// Appends two bytes, the high one first.
    public mutating func write(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    /// Appends four bytes, the highest one first.
    public mutating func write(_ value: UInt32) {
        append(UInt8(truncatingIfNeeded: value >> 24))
        append(UInt8(truncatingIfNeeded: value >> 16))
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    /// Appends eight bytes, the highest one first.
    public mutating func write(_ value: UInt64) {
        write(UInt32(truncatingIfNeeded: value >> 32))
        write(UInt32(truncatingIfNeeded: value))
    }

    private mutating func append(_ byte: UInt8) { bytes.append(byte) }
}
