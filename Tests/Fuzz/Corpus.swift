// SPDX-License-Identifier: GPL-2.0-or-later

/// Texts as lines of a file, so that they can be read, compared and kept: `\n`, `\t`, `\\`, and `\xHH` for what is no ASCII.
package enum Corpus {
    package static func encode(_ text: [UInt8]) -> String {
        var line = ""
        for byte in text {
            switch byte {
            case 0x0a: line += "\\n"
            case 0x09: line += "\\t"
            case 0x5c: line += "\\\\"
            case 0x20..<0x7f: line.unicodeScalars.append(Unicode.Scalar(byte))
            default: line += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return line
    }

    package static func decode(_ line: Substring) -> [UInt8] {
        var text: [UInt8] = []
        var rest = Array(line.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x5c, let sign = rest.popFirst() else {
                text.append(byte)
                continue
            }
            switch sign {
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "x"):
                text.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            default: text.append(sign)
            }
        }
        return text
    }

    /// The texts of a file, one a line.
    package static func texts(in file: [UInt8]) -> [[UInt8]] {
        String(decoding: file, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("%") }.map(decode)
    }
}
