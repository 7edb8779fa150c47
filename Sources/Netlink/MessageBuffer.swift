// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// Netlink messages one behind the other, as one system call sends them (RFC 3549 section 2.3.2). Numbers are in the byte
/// order of the machine, which is little-endian wherever we run.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                 Length, this header included                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |             Type              |             Flags             |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                        Sequence Number                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                       Port of the Sender                      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |   Family's header, then attributes, each padded to 4 bytes:   |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     | Length, these 4 bytes included|             Type              |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                           Value ...                           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct MessageBuffer: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public var count: Int { bytes.count }

    /// Empties the buffer for the next messages and keeps its memory.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends a message whose family header and attributes `body` writes.
    public mutating func message(
        _ type: UInt16, _ flags: MessageFlags, sequence: UInt32, _ body: (inout MessageBuffer) -> Void
    ) {
        let start = bytes.count
        put(UInt32(0))
        put(type)
        put(flags.rawValue)
        put(sequence)
        put(UInt32(0))
        body(&self)
        store(UInt32(truncatingIfNeeded: bytes.count - start), at: start)
    }

    /// Appends a number as it lies in memory.
    public mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    /// Appends an address in network order.
    public mutating func put(_ address: IPAddress) {
        switch address {
        case .v4(let word): put(word.bigEndian)
        case .v6(let high, let low):
            put(high.bigEndian)
            put(low.bigEndian)
        }
    }

    /// Appends the bytes as they are, without padding.
    public mutating func put(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// An attribute of one value: a number in the byte order of the machine, an address in that of the wire, or bytes.
    public mutating func attribute(_ type: UInt16, _ value: some FixedWidthInteger) { attribute(type) { $0.put(value) } }
    public mutating func attribute(_ type: UInt16, _ address: IPAddress) { attribute(type) { $0.put(address) } }
    public mutating func attribute(_ type: UInt16, _ bytes: some Sequence<UInt8>) { attribute(type) { $0.put(bytes) } }

    /// A string with the zero byte that ends it.
    public mutating func attribute(_ type: UInt16, _ text: String) {
        attribute(type) {
            $0.put(text.utf8)
            $0.put(UInt8(0))
        }
    }

    /// A number in network order.
    public mutating func attribute(_ type: UInt16, network value: some FixedWidthInteger) {
        attribute(type, value.bigEndian)
    }

    /// An attribute whose value, such as other attributes, `body` writes.
    public mutating func attribute(_ type: UInt16, _ body: (inout MessageBuffer) -> Void) {
        let start = bytes.count
        put(UInt16(0))
        put(type)
        body(&self)
        store(UInt16(truncatingIfNeeded: bytes.count - start), at: start)
        pad()
    }

    /// An attribute of attributes that says so in its type (NLA_F_NESTED).
    public mutating func nested(_ type: UInt16, _ body: (inout MessageBuffer) -> Void) {
        attribute(type | 0x8000, body)
    }

    /// Takes flags back from the message that begins at `offset`.
    public mutating func clear(_ flags: MessageFlags, ofMessageAt offset: Int) {
        bytes[offset + 6] &= ~UInt8(truncatingIfNeeded: flags.rawValue)
        bytes[offset + 7] &= ~UInt8(truncatingIfNeeded: flags.rawValue >> 8)
    }

    private mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    /// Overwrites a number written earlier.
    mutating func store(_ value: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: value) { source in
            for (index, byte) in source.enumerated() { bytes[offset + index] = byte }
        }
    }
}

/// The flags of a message's header (NLM_F_*).
public struct MessageFlags: OptionSet, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let request = MessageFlags(rawValue: 0x01)
    public static let multi = MessageFlags(rawValue: 0x02)
    public static let acknowledge = MessageFlags(rawValue: 0x04)
    /// The dump was disturbed by a change and is to be asked for again.
    public static let interrupted = MessageFlags(rawValue: 0x10)
    public static let dump = MessageFlags(rawValue: 0x300)
    public static let replace = MessageFlags(rawValue: 0x100)
    public static let exclusive = MessageFlags(rawValue: 0x200)
    public static let create = MessageFlags(rawValue: 0x400)
    public static let append = MessageFlags(rawValue: 0x800)
    /// In an acknowledgement: attributes follow (NLM_F_ACK_TLVS), and the request is not repeated in full (NLM_F_CAPPED).
    public static let extended = MessageFlags(rawValue: 0x200)
    public static let capped = MessageFlags(rawValue: 0x100)
}

/// Something the kernel is asked to do, or to list.
public protocol NetlinkRequest {
    /// Appends exactly one message.
    func write(into buffer: inout MessageBuffer, sequence: UInt32)
}
