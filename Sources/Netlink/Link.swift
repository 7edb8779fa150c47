// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// A network interface, as the kernel tells of it.
package struct Link: Hashable, Sendable {
    package var index: UInt32
    package var name: String
    package var flags: Flags
    package var operationalState: OperationalState
    package var mtu: Int
    /// Nil if the interface has none of six bytes.
    package var hardware: MACAddress?
    /// ARPHRD_*: 1 Ethernet, 772 loopback.
    package var type: UInt16
    /// The bridge, bond or VRF it belongs to.
    package var master: UInt32?
    /// The interface it lies on, such as that below a macvlan.
    package var parent: UInt32?
    /// "macvlan", "veth", "bridge", "vrf", ...; nil for hardware.
    package var kind: String?
    /// The mode of a macvlan (MACVLAN_MODE_*), when it is one.
    package var macvlanMode: UInt32?
    /// The table of a VRF, when it is one.
    package var vrfTable: UInt32?
    package var group: UInt32

    /// IFF_*.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Put up by somebody.
        package static let up = Flags(rawValue: 0x1)
        package static let broadcast = Flags(rawValue: 0x2)
        package static let loopback = Flags(rawValue: 0x8)
        package static let pointToPoint = Flags(rawValue: 0x10)
        /// Up and able to carry packets (RFC 2863 operational).
        package static let running = Flags(rawValue: 0x40)
        package static let noARP = Flags(rawValue: 0x80)
        package static let multicast = Flags(rawValue: 0x1000)
        /// There is a carrier.
        package static let lowerUp = Flags(rawValue: 0x1_0000)
        package static let dormant = Flags(rawValue: 0x2_0000)
    }

    /// IF_OPER_* (RFC 2863).
    package enum OperationalState: UInt8, Sendable {
        case unknown, notPresent, down, lowerLayerDown, testing, dormant, up
    }

    /// Whether packets can pass: up and running, which is what makes a virtual router leave FAULT.
    package var isUsable: Bool { flags.isSuperset(of: [.up, .running]) }

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
