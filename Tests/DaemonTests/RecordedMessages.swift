// SPDX-License-Identifier: GPL-2.0-or-later

import Netlink

/// Messages to nftables as text, without what may differ between two programs that mean the same: sequence and port, padding,
/// NLM_F_EXCL of elements (one that is there already is as good as a new one), the number of a set within its batch (it has a name
/// too), and how many elements share a message.
enum RecordedMessages {
    /// The messages of a recording, in hexadecimal digits with a blank line between two.
    static func texts(recorded hex: String) -> [String] {
        hex.split(separator: "\n\n").flatMap { message in
            let digits = message.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
            return texts(of: stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
        }
    }

    /// The messages of a command of ours.
    static func texts(_ command: NFTablesBatch.Command) -> [String] {
        var buffer = MessageBuffer()
        NFTablesBatch([command]).write(into: &buffer, sequence: 0)
        // Without the messages that begin and end the batch
        return texts(of: Array(buffer.bytes.dropFirst(20).dropLast(20)))
    }

    private static let newSet: UInt8 = 9
    private static let newElement: UInt8 = 12

    private static func texts(of message: [UInt8]) -> [String] {
        let type = message[4]
        let flags = type == newElement ? message[7] & ~0x02 : message[7]
        let head = "\(type) \(message[6]) \(flags) \(message[16])"
        let body = message[20...]
        guard type == newElement else { return [head + text(body, without: type == newSet ? [10] : [])] }
        let list = attributes(body).first { $0.type == 3 }?.value ?? []
        return attributes(list).map { head + text(body, without: [3, 4]) + text($0.value, without: []) }
    }

    private static func attributes(_ bytes: ArraySlice<UInt8>) -> [(type: UInt16, isNested: Bool, value: ArraySlice<UInt8>)] {
        var rest = bytes
        var all: [(type: UInt16, isNested: Bool, value: ArraySlice<UInt8>)] = []
        while rest.count >= 4 {
            let head = Array(rest.prefix(4))
            let length = max(4, Int(head[0]) | Int(head[1]) << 8)
            all.append((UInt16(head[2]) | UInt16(head[3] & 0x3f) << 8, head[3] & 0x80 != 0, rest.prefix(length).dropFirst(4)))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return all
    }

    private static func text(_ bytes: ArraySlice<UInt8>, without left: Set<UInt16>) -> String {
        var (text, isLookup) = ("", false)
        for (type, isNested, value) in attributes(bytes) where !left.contains(type) {
            if value.elementsEqual("lookup\0".utf8) { isLookup = true }
            let inner = isNested ? Self.text(value, without: isLookup ? [4] : []) : ""
            text += isNested ? " \(type){\(inner)}" : " \(type)=\(value.map { String($0, radix: 16) })"
        }
        return text
    }
}
