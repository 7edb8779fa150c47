// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// Puts the bytes at these places of a memory into a room, in place of what is there; fewer where the memory ends.
///
/// A room is filled again and again: one made anew for each piece would lie behind what was made of the piece before.
package typealias FrozenReading = (_ places: Range<Int>, _ room: inout [UInt8]) -> Void

/// Records of one size in frozen memory, read a few pages at a time and used again and again: nobody needs all of them at once.
struct FrozenTable<Record: FrozenRecord> {
    let count: Int
    private let place: Range<Int>
    private let read: FrozenReading
    private var window: [UInt8] = []
    private var windowStart = 0

    private static var windowSize: Int { max(1, 4096 / Record.size) * Record.size }

    /// `place` is that of the records in the memory that `read` gives parts of.
    init(at place: Range<Int>, _ read: @escaping FrozenReading) {
        self.place = place
        self.read = read
        count = place.count / Record.size
    }

    /// The record of that number; nil where there is none.
    subscript(number: Int) -> Record? {
        mutating get {
            guard number >= 0, number < count else { return nil }
            let start = place.lowerBound + number * Record.size
            if start < windowStart || start + Record.size > windowStart + window.count {
                read(start..<min(start + Self.windowSize, place.upperBound), &window)
                windowStart = start
            }
            let offset = start - windowStart
            guard offset + Record.size <= window.count else { return nil }
            var reader = ByteReader(window[offset..<(offset + Record.size)])
            return try? Record(&reader)
        }
    }
}

/// What a frozen table consists of.
protocol FrozenRecord {
    /// Its bytes.
    static var size: Int { get }

    /// Reads it; throws if the bytes end too early.
    init(_ reader: inout ByteReader) throws(ByteReader.Truncated)

    /// Writes as many bytes.
    func write(to writer: inout ByteWriter)
}

extension ByteReader {
    mutating func readFingerprint() throws(Truncated) -> Fingerprint { Fingerprint(number: try read()) }
}
