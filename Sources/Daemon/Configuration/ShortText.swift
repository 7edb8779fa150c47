// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

// Texts on the channel between the parent and the process that reads: the length in two bytes, then as many in UTF-8.

extension ByteWriter {
    /// Writes at most 65,535 bytes of it.
    mutating func write(shortText text: some Collection<UInt8>) {
        let text = text.prefix(Int(UInt16.max))
        write(UInt16(truncatingIfNeeded: text.count))
        write(text)
    }
}

extension ByteReader {
    mutating func readShortText() throws(Truncated) -> String {
        let length: UInt16 = try read()
        return String(decoding: try read(bytes: Int(length)), as: UTF8.self)
    }
}
