// SPDX-License-Identifier: GPL-2.0-or-later

/// The two Internet address families.
public enum AddressFamily: Hashable, Sendable {
    case ipv4, ipv6

    /// Bits in an address: 32 or 128.
    public var bits: Int { self == .ipv4 ? 32 : 128 }

    /// The version number of its packets: 4 or 6.
    public var version: UInt8 { self == .ipv4 ? 4 : 6 }

    /// Nil for any other number.
    public init?(version: UInt8) {
        switch version {
        case 4: self = .ipv4
        case 6: self = .ipv6
        default: return nil
        }
    }
}

/// An IPv4 or IPv6 address, ordered as unsigned numbers in network order (RFC 9568 section 6.4.3 compares sources so).
public enum IPAddress: Hashable, Comparable, Sendable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    public var family: AddressFamily {
        switch self {
        case .v4: .ipv4
        case .v6: .ipv6
        }
    }

    /// The address in network order: 4 or 16 bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 16)
        writer.write(self)
        return writer.bytes
    }

    /// Reads 4 or 16 bytes in network order; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4:
            self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self = .v6(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
            )
        default:
            return nil
        }
    }

    public var isMulticast: Bool {
        switch self {
        case .v4(let word): word >> 28 == 0xe
        case .v6(let high, _): high >> 56 == 0xff
        }
    }

    /// fe80::/10 (RFC 4291 section 2.5.6) or 169.254.0.0/16 (RFC 3927).
    public var isLinkLocal: Bool {
        switch self {
        case .v4(let word): word >> 16 == 0xa9fe
        case .v6(let high, _): high >> 54 == 0x3fa
        }
    }

    public var isUnspecified: Bool {
        switch self {
        case .v4(let word): word == 0
        case .v6(let high, let low): high == 0 && low == 0
        }
    }

    /// ff02::1:ffXX:XXXX of an IPv6 address (RFC 4291 section 2.7.1); nil for IPv4.
    public var solicitedNodeGroup: IPAddress? {
        guard case .v6(_, let low) = self else { return nil }
        return .v6(high: 0xff02_0000_0000_0000, low: 0x0000_0001_ff00_0000 | low & 0xff_ffff)
    }

    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        switch (left, right) {
        case (.v4(let a), .v4(let b)): a < b
        case (.v6(let a, let b), .v6(let c, let d)): (a, b) < (c, d)
        case (.v4, .v6): true
        case (.v6, .v4): false
        }
    }
}

/// An address and how many of its leading bits name the network.
public struct IPPrefix: Hashable, Sendable {
    public var address: IPAddress
    private var bits: UInt8

    public init(_ address: IPAddress, length: Int) {
        self.address = address
        bits = UInt8(clamping: length)
    }

    /// 0...32 or 0...128.
    public var length: Int {
        get { Int(bits) }
        set { bits = UInt8(clamping: newValue) }
    }

    /// Whether the other address shares the leading bits.
    public func contains(_ other: IPAddress) -> Bool {
        switch (address, other) {
        case (.v4(let mine), .v4(let theirs)):
            return length == 0 || (mine ^ theirs) >> UInt32(32 - min(length, 32)) == 0
        case (.v6(let high, let low), .v6(let otherHigh, let otherLow)):
            if length <= 64 { return length == 0 || (high ^ otherHigh) >> UInt64(64 - length) == 0 }
            return high == otherHigh && (low ^ otherLow) >> UInt64(128 - min(length, 128)) == 0
        case (.v4, .v6), (.v6, .v4):
            return false
        }
    }
}

/// A 48-bit link-layer address.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address in the low 48 bits.
    public var value: UInt64

    public init(value: UInt64) { self.value = value & 0xffff_ffff_ffff }

    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 6 else { return nil }
        value = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    public static let broadcast = MACAddress(value: 0xffff_ffff_ffff)

    /// 00-00-5E-00-01-VRID for IPv4, 00-00-5E-00-02-VRID for IPv6 (RFC 9568 section 7.3).
    public static func virtualRouter(_ id: UInt8, _ family: AddressFamily) -> MACAddress {
        MACAddress(value: (family == .ipv4 ? 0x0000_5e00_0100 : 0x0000_5e00_0200) | UInt64(id))
    }

    public var bytes: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: value >> UInt64(40 - 8 * $0)) } }

    public var description: String {
        bytes.map { hexDigits($0, width: 2) }.joined(separator: ":")
    }
}

extension ByteWriter {
    /// Appends an address in network byte order: 4 or 16 bytes.
    public mutating func write(_ address: IPAddress) {
        switch address {
        case .v4(let word): write(word)
        case .v6(let high, let low):
            write(high)
            write(low)
        }
    }
}
