// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// A network interface, as the kernel tells of it.
public struct Link: Hashable, Sendable {
    public var index: UInt32
    public var name: String
    public var flags: Flags
    public var operationalState: OperationalState
    public var mtu: Int
    /// Nil if the interface has none of six bytes.
    public var hardware: MACAddress?
    /// ARPHRD_*: 1 Ethernet, 772 loopback.
    public var type: UInt16
    /// The bridge, bond or VRF it belongs to.
    public var master: UInt32?
    /// The interface it lies on, such as that below a macvlan.
    public var parent: UInt32?
    /// "macvlan", "veth", "bridge", "vrf", ...; nil for hardware.
    public var kind: String?
    /// The mode of a macvlan (MACVLAN_MODE_*), when it is one.
    public var macvlanMode: UInt32?
    /// The table of a VRF, when it is one.
    public var vrfTable: UInt32?
    public var group: UInt32

    /// IFF_*.
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Put up by somebody.
        public static let up = Flags(rawValue: 0x1)
        public static let broadcast = Flags(rawValue: 0x2)
        public static let loopback = Flags(rawValue: 0x8)
        public static let pointToPoint = Flags(rawValue: 0x10)
        /// Up and able to carry packets (RFC 2863 operational).
        public static let running = Flags(rawValue: 0x40)
        public static let noARP = Flags(rawValue: 0x80)
        public static let multicast = Flags(rawValue: 0x1000)
        /// There is a carrier.
        public static let lowerUp = Flags(rawValue: 0x1_0000)
        public static let dormant = Flags(rawValue: 0x2_0000)
    }

    /// IF_OPER_* (RFC 2863).
    public enum OperationalState: UInt8, Sendable {
        case unknown, notPresent, down, lowerLayerDown, testing, dormant, up
    }

    /// Whether packets can pass: up and running, which is what makes a virtual router leave FAULT.
    public var isUsable: Bool { flags.isSuperset(of: [.up, .running]) }

    /// Reads RTM_NEWLINK and RTM_DELLINK; nil for a message about a bridge's port, which has another family.
    init?(_ message: Message) throws(MalformedMessage) {
        guard try message.payload.native(0, UInt8.self) == 0 else { return nil }
        type = try message.payload.native(2, UInt16.self)
        index = try message.payload.native(4, UInt32.self)
        flags = Flags(rawValue: try message.payload.native(8, UInt32.self))
        name = ""
        operationalState = .unknown
        mtu = 0
        group = 0
        var attributes = AttributeReader(message.payload.dropFirst(16))
        while let attribute = try attributes.next() {
            switch attribute.type {
            case LinkAttribute.name: name = attribute.text
            case LinkAttribute.mtu: mtu = Int(attribute.number(UInt32.self) ?? 0)
            case LinkAttribute.address: hardware = MACAddress(bytes: attribute.value)
            case LinkAttribute.master: master = attribute.number()
            case LinkAttribute.link: parent = attribute.number()
            case LinkAttribute.group: group = attribute.number() ?? 0
            case LinkAttribute.operationalState:
                operationalState = attribute.number().flatMap(OperationalState.init) ?? .unknown
            case LinkAttribute.info: try readInfo(attribute.attributes)
            default: break
            }
        }
    }

    private mutating func readInfo(_ reader: AttributeReader) throws(MalformedMessage) {
        kind = try reader.first(LinkAttribute.infoKind)?.text
        guard let data = try reader.first(LinkAttribute.infoData)?.attributes else { return }
        if kind == "macvlan" { macvlanMode = try data.first(LinkAttribute.macvlanMode)?.number() }
        if kind == "vrf" { vrfTable = try data.first(LinkAttribute.vrfTable)?.number() }
    }
}
