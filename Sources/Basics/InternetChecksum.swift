// SPDX-License-Identifier: GPL-2.0-or-later

/// The ones' complement sum of RFC 1071, fed piece by piece.
///
/// Each piece counts as if it began on an even offset, so only the last one may have an odd length.
public struct InternetChecksum: Sendable {
    private var sum: UInt64 = 0

    public init() {}

    /// Adds bytes; an odd last one counts as the high half of a word.
    public mutating func add(_ bytes: some Collection<UInt8>) {
        var high: UInt8?
        for byte in bytes {
            if let first = high {
                add(UInt16(first) << 8 | UInt16(byte))
                high = nil
            } else {
                high = byte
            }
        }
        if let high { add(UInt16(high) << 8) }
    }

    /// The same for a slice: not generic, for a generic method called from another module allocates for each byte.
    public mutating func add(_ bytes: ArraySlice<UInt8>) {
        var index = bytes.startIndex
        while index + 1 < bytes.endIndex {
            add(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]))
            index += 2
        }
        if index < bytes.endIndex { add(UInt16(bytes[index]) << 8) }
    }

    /// Adds one 16-bit word.
    public mutating func add(_ word: UInt16) { sum &+= UInt64(word) }

    /// Adds two 16-bit words.
    public mutating func add(_ word: UInt32) {
        add(UInt16(truncatingIfNeeded: word >> 16))
        add(UInt16(truncatingIfNeeded: word))
    }

    /// The value for the checksum field; 0 when the data summed already holds a correct checksum.
    public var value: UInt16 {
        var folded = sum
        while folded > 0xffff { folded = (folded & 0xffff) + (folded >> 16) }
        return ~UInt16(truncatingIfNeeded: folded)
    }
}
