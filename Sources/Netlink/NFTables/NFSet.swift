// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// A set of nftables, or a map when it leads from keys to data.
public struct NFSet: Hashable, Sendable {
    /// What keys and data are, as `nft` names it. The kernel only minds the length; the number is for whoever lists
    /// the table.
    public struct DataType: Hashable, Sendable {
        public let number: UInt32
        /// Bytes.
        public let length: UInt32
        /// Whether `nft` shows it by network order (2) or by that of the machine (1).
        public let byteOrder: UInt32
        /// The lengths of the parts of a concatenation.
        private(set) var parts: [UInt32] = []

        private init(number: UInt32, length: UInt32, byteOrder: UInt32, parts: [UInt32] = []) {
            self.number = number
            self.length = length
            self.byteOrder = byteOrder
            self.parts = parts
        }

        public static let ipv4Address = DataType(number: 7, length: 4, byteOrder: 2)
        public static let ipv6Address = DataType(number: 8, length: 16, byteOrder: 2)
        public static let icmpv6Type = DataType(number: 29, length: 1, byteOrder: 1)
        public static let interfaceIndex = DataType(number: 20, length: 4, byteOrder: 1)
        public static let interfaceName = DataType(number: 41, length: 16, byteOrder: 1)
        public static let protocolNumber = DataType(number: 12, length: 1, byteOrder: 1)
        public static let port = DataType(number: 13, length: 2, byteOrder: 2)
        public static let mark = DataType(number: 19, length: 4, byteOrder: 1)

        /// Several one behind the other, each in whole words of four bytes.
        public static func concatenation(_ types: DataType...) -> DataType {
            DataType(
                number: types.reduce(0) { $0 << 6 | $1.number }, length: types.reduce(0) { $0 + ($1.length + 3) & ~3 },
                byteOrder: 1, parts: types.map(\.length))
        }
    }

    public var name: String
    public var key: DataType
    /// For a map.
    public var data: DataType?
    /// Its elements never change.
    public var isConstant = false
    /// Keys are ranges of a concatenation (NFT_SET_INTERVAL and NFT_SET_CONCAT).
    public var isInterval = false
    /// Each element counts the packets that it was found for.
    public var countsPackets = false

    public init(_ name: String, _ key: DataType, data: DataType? = nil, isConstant: Bool = false) {
        self.name = name
        self.key = key
        self.data = data
        self.isConstant = isConstant
    }

    private var flags: UInt32 { (isConstant ? 0x2 : 0) | (isInterval ? 0x84 : 0) | (data == nil ? 0 : 0x8) }

    func write(into buffer: inout MessageBuffer, _ table: NFTable, id: UInt32) {
        buffer.attribute(NFSetAttribute.table, table.name)
        buffer.attribute(NFSetAttribute.name, name)
        if flags != 0 { buffer.attribute(NFSetAttribute.flags, network: flags) }
        buffer.attribute(NFSetAttribute.keyType, network: key.number)
        buffer.attribute(NFSetAttribute.keyLength, network: key.length)
        if let data {
            buffer.attribute(NFSetAttribute.dataType, network: data.number)
            buffer.attribute(NFSetAttribute.dataLength, network: data.length)
        }
        buffer.attribute(NFSetAttribute.id, network: id)
        if isInterval { buffer.concatenation(key.parts) }
        buffer.attribute(NFSetAttribute.userData) { buffer in
            buffer.userNumber(0, key.byteOrder)
            if let data { buffer.userNumber(1, data.byteOrder) }
        }
        if countsPackets { buffer.nested(NFSetAttribute.expression) { NFExpression.counter.writeBody(into: &$0) } }
    }
}

/// An element of a set: a key, and in a map what it leads to. Bytes as a packet or the machine has them.
public struct NFElement: Hashable, Sendable {
    public var key: [UInt8]
    /// The last key, where the element is a range.
    public var end: [UInt8]?
    public var data: [UInt8]?

    public init(_ key: [UInt8], end: [UInt8]? = nil, data: [UInt8]? = nil) {
        self.key = key
        self.end = end
        self.data = data
    }

    func write(into buffer: inout MessageBuffer) {
        buffer.nested(NFElementAttribute.key) { $0.attribute(NFDataAttribute.value, key) }
        if let end { buffer.nested(NFElementAttribute.keyEnd) { $0.attribute(NFDataAttribute.value, end) } }
        if let data { buffer.nested(NFElementAttribute.data) { $0.attribute(NFDataAttribute.value, data) } }
    }
}

extension MessageBuffer {
    /// The lengths of the parts that a key consists of.
    fileprivate mutating func concatenation(_ parts: [UInt32]) {
        nested(NFSetAttribute.description) { buffer in
            buffer.nested(NFSetDescriptionAttribute.concatenation) { buffer in
                for part in parts {
                    buffer.nested(NFListAttribute.element) { $0.attribute(NFSetFieldAttribute.length, network: part) }
                }
            }
        }
    }

    /// What `nft` keeps with a set for its own use: type, length, value.
    fileprivate mutating func userNumber(_ type: UInt8, _ value: UInt32) {
        put(type)
        put(UInt8(4))
        put(value)
    }
}
