// SPDX-License-Identifier: GPL-2.0-or-later

extension IPAddress: CustomStringConvertible {
    /// Reads a dotted quad or RFC 4291 section 2.2 text; nil for anything else (leading zeros in a quad included, as inet_pton).
    public init?(_ text: some StringProtocol) {
        if let word = Self.quad(text.utf8) {
            self = .v4(word)
        } else {
            guard let groups = Self.groups(of: Array(text.utf8)) else { return nil }
            self = .v6(
                high: groups[0..<4].reduce(0) { $0 << 16 | UInt64($1) },
                low: groups[4..<8].reduce(0) { $0 << 16 | UInt64($1) }
            )
        }
    }

    /// A dotted quad, or the RFC 5952 form of an IPv6 address.
    public var description: String {
        switch self {
        case .v4(let word):
            "\(word >> 24).\(word >> 16 & 255).\(word >> 8 & 255).\(word & 255)"
        case .v6(let high, let low):
            Self.text(groups: (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - 16 * ($0 & 3))) })
        }
    }

    /// Four numbers up to 255 without leading zeros, a point between each two.
    private static func quad(_ text: some Sequence<UInt8>) -> UInt32? {
        var word: UInt32 = 0
        var (value, digits, points): (UInt32, Int, Int) = (0, 0, 0)
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard digits > 0, points < 3 else { return nil }
                word = word << 8 | value
                points += 1
                (value, digits) = (0, 0)
            } else {
                guard (0x30...0x39).contains(byte), digits == 0 || value > 0 else { return nil }
                value = value * 10 + UInt32(byte - 0x30)
                digits += 1
                guard value <= 255 else { return nil }
            }
        }
        return digits > 0 && points == 3 ? word << 8 | value : nil
    }

    /// The eight groups of an IPv6 text, `::` filled in and a trailing quad taken as two groups.
    private static func groups(of bytes: [UInt8]) -> [UInt16]? {
        var before: [UInt16] = []
        var after: [UInt16]?
        var rest = bytes[...]
        if rest.starts(with: [0x3a, 0x3a]) {
            after = []
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x3a) ?? rest.endIndex
            let part = rest[rest.startIndex..<end]
            if end == rest.endIndex, part.contains(UInt8(ascii: ".")) {
                guard let word = quad(part) else { return nil }
                append([UInt16(truncatingIfNeeded: word >> 16), UInt16(truncatingIfNeeded: word)])
                break
            }
            guard let group = hex(part) else { return nil }
            append([group])
            guard end < rest.endIndex else { break }
            rest = rest[(end + 1)...]
            guard let next = rest.first else { return nil }
            if next == 0x3a {
                guard after == nil else { return nil }
                after = []
                rest = rest.dropFirst()
            }
        }
        guard let tail = after else { return before.count == 8 ? before : nil }
        let gap = 8 - before.count - tail.count
        return gap < 1 ? nil : before + Array(repeating: 0, count: gap) + tail

        func append(_ more: [UInt16]) {
            if after == nil { before += more } else { after? += more }
        }
    }

    private static func hex(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var value: UInt16 = 0
        for digit in digits {
            guard let nibble = hexValue(digit) else { return nil }
            value = value << 4 | UInt16(nibble)
        }
        return value
    }

    private static func text(groups: [UInt16]) -> String {
        if groups[0..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xffff {
            let word = UInt32(groups[6]) << 16 | UInt32(groups[7])
            return "::ffff:" + IPAddress.v4(word).description
        }
        var best = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, groups[end] == 0 { end += 1 }
            if end - index > max(best.count, 1) { best = index..<end }
            index = max(end, index + 1)
        }
        let parts = groups.map { hexDigits($0, width: 1) }
        if best.isEmpty { return parts.joined(separator: ":") }
        return parts[..<best.lowerBound].joined(separator: ":") + "::" + parts[best.upperBound...].joined(separator: ":")
    }
}

extension IPPrefix: CustomStringConvertible {
    public var description: String { "\(address)/\(length)" }
}

extension MACAddress {
    /// Reads six groups of one or two hex digits separated by colons.
    public init?(_ text: some StringProtocol) {
        var bytes: [UInt8] = []
        for part in Array(text.utf8).split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
            guard (1...2).contains(part.count) else { return nil }
            var byte: UInt8 = 0
            for digit in part {
                guard let nibble = hexValue(digit) else { return nil }
                byte = byte << 4 | nibble
            }
            bytes.append(byte)
        }
        self.init(bytes: bytes)
    }
}

/// The value of one ASCII hex digit.
public func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x41 + 10
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
}

/// Lower-case hex digits, padded with zeros to `width`.
public func hexDigits(_ value: some FixedWidthInteger & UnsignedInteger, width: Int) -> String {
    let digits = String(value, radix: 16)
    return digits.utf8.count >= width ? digits : String(repeating: "0", count: width - digits.utf8.count) + digits
}

/// Decimal digits, padded with zeros to `width`; the value must not be negative.
public func decimalDigits(_ value: some FixedWidthInteger, width: Int) -> String {
    let digits = String(value)
    return digits.utf8.count >= width ? digits : String(repeating: "0", count: width - digits.utf8.count) + digits
}
