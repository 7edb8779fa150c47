// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// An address of an interface, as it is asked for and as the kernel tells of it.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |    Family     | Prefix Length |  Flags 0...7  |     Scope     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                        Interface Index                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct InterfaceAddress: Hashable, Sendable {
    public var interface: UInt32
    /// The address itself with the length of its network; of the peer's network, if there is a peer.
    public var prefix: IPPrefix
    /// The other end of a point-to-point link.
    public var peer: IPAddress?
    public var broadcast: IPAddress?
    /// At most 15 bytes; IPv4 only.
    public var label: String?
    /// RT_SCOPE_*: 0 global, 253 link, 254 host.
    public var scope: UInt8
    public var flags: Flags
    /// Who put it there; 0x12 is keepalived, 0 unknown (kernels before 5.18).
    public var `protocol`: UInt8
    /// Seconds; nil for ever. 0 preferred makes it deprecated.
    public var preferredLifetime: UInt32?

    public init(
        _ prefix: IPPrefix, interface: UInt32, peer: IPAddress? = nil, broadcast: IPAddress? = nil, label: String? = nil,
        scope: UInt8 = 0, flags: Flags = [], protocol: UInt8 = 0x12, preferredLifetime: UInt32? = nil
    ) {
        self.interface = interface
        self.prefix = prefix
        self.peer = peer
        self.broadcast = broadcast
        self.label = label
        self.scope = scope
        self.flags = flags
        self.protocol = `protocol`
        self.preferredLifetime = preferredLifetime
    }

    /// IFA_F_*.
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// IPv4: not the first of its network, and gone with it unless promote_secondaries is set.
        public static let secondary = Flags(rawValue: 0x01)
        public static let withoutDuplicateDetection = Flags(rawValue: 0x02)
        public static let optimistic = Flags(rawValue: 0x04)
        /// Somebody else has the address.
        public static let duplicate = Flags(rawValue: 0x08)
        public static let home = Flags(rawValue: 0x10)
        public static let deprecated = Flags(rawValue: 0x20)
        /// Not usable before duplicate detection has ended.
        public static let tentative = Flags(rawValue: 0x40)
        public static let permanent = Flags(rawValue: 0x80)
        public static let managesTemporary = Flags(rawValue: 0x100)
        public static let noPrefixRoute = Flags(rawValue: 0x200)
        public static let autojoin = Flags(rawValue: 0x400)
    }

    /// RTPROT_KEEPALIVED.
    public static let keepalived: UInt8 = 18
}

/// Adds, changes or removes an address.
public struct AddressRequest: NetlinkRequest, Sendable {
    /// What becomes of the address.
    public enum Operation: Sendable {
        /// Refused with EEXIST if it is there.
        case add
        /// Added, or changed if it is there.
        case replace
        case delete
    }

    public var operation: Operation
    public var address: InterfaceAddress

    public init(_ operation: Operation, _ address: InterfaceAddress) {
        self.operation = operation
        self.address = address
    }

    /// RTM_NEWADDR or RTM_DELADDR, to be acknowledged: `ifaddrmsg`, then the attributes.
    public func write(into buffer: inout MessageBuffer, sequence: UInt32) {
        let (type, flags): (UInt16, MessageFlags) =
            switch operation {
            case .add: (RouteMessage.newAddress, [.request, .acknowledge, .exclusive, .create])
            case .replace: (RouteMessage.newAddress, [.request, .acknowledge, .replace, .create])
            case .delete: (RouteMessage.deleteAddress, [.request, .acknowledge])
            }
        buffer.message(type, flags, sequence: sequence) { buffer in
            buffer.put(address.prefix.address.family.netlinkNumber)
            buffer.put(UInt8(truncatingIfNeeded: address.prefix.length))
            buffer.put(UInt8(exactly: address.flags.rawValue) ?? 0)
            buffer.put(address.scope)
            buffer.put(address.interface)
            buffer.attribute(AddressAttribute.local, address.prefix.address)
            buffer.attribute(AddressAttribute.address, address.peer ?? address.prefix.address)
            if operation != .delete { writeOptions(into: &buffer) }
        }
    }

    private func writeOptions(into buffer: inout MessageBuffer) {
        if let broadcast = address.broadcast { buffer.attribute(AddressAttribute.broadcast, broadcast) }
        if let label = address.label { buffer.attribute(AddressAttribute.label, label) }
        if address.flags.rawValue > 0xff { buffer.attribute(AddressAttribute.flags, address.flags.rawValue) }
        if let preferred = address.preferredLifetime {
            buffer.attribute(AddressAttribute.cacheInfo) { buffer in
                buffer.put(preferred)
                buffer.put(UInt32.max)
                buffer.put(UInt64(0))
            }
        }
        if address.protocol != 0 { buffer.attribute(AddressAttribute.protocol, address.protocol) }
    }
}

extension InterfaceAddress {
    /// Reads RTM_NEWADDR and RTM_DELADDR; nil if it is not of an Internet family.
    init?(_ message: Message) throws(MalformedMessage) {
        guard let family = AddressFamily(netlinkNumber: try message.payload.native(0, UInt8.self)) else { return nil }
        let length = Int(try message.payload.native(1, UInt8.self))
        var flags = UInt32(try message.payload.native(2, UInt8.self))
        let scope = try message.payload.native(3, UInt8.self)
        let interface = try message.payload.native(4, UInt32.self)
        var local: IPAddress?
        var other: IPAddress?
        var broadcast: IPAddress?
        var label: String?
        var origin: UInt8 = 0
        var preferred: UInt32?
        var attributes = AttributeReader(message.payload.dropFirst(8))
        while let attribute = try attributes.next() {
            switch attribute.type {
            case AddressAttribute.local: local = attribute.address
            case AddressAttribute.address: other = attribute.address
            case AddressAttribute.broadcast: broadcast = attribute.address
            case AddressAttribute.label: label = attribute.text
            case AddressAttribute.flags: flags = attribute.number() ?? flags
            case AddressAttribute.protocol: origin = attribute.number() ?? 0
            case AddressAttribute.cacheInfo:
                let seconds = try attribute.value.native(0, UInt32.self)
                preferred = seconds == .max ? nil : seconds
            default: break
            }
        }
        guard let address = local ?? other, address.family == family, length <= family.bits else { throw MalformedMessage() }
        self.init(
            IPPrefix(address, length: length), interface: interface, peer: other == address ? nil : other,
            broadcast: broadcast, label: label, scope: scope, flags: Flags(rawValue: flags), protocol: origin,
            preferredLifetime: preferred
        )
    }
}
