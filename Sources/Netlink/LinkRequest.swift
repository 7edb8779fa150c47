// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// Makes, changes or removes an interface.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |  Family (0)   |   Padding     |         Hardware Type         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                        Interface Index                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                             Flags                             |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                    Which Flags are to Change                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public enum LinkRequest: NetlinkRequest, Hashable, Sendable {
    /// A macvlan of mode private, which lets nothing through between itself and its siblings: the interface of a virtual router.
    /// Without `hardware` the kernel invents an address.
    case addMacvlan(name: String, parent: UInt32, hardware: MACAddress?, group: UInt32?)
    /// An ipvlan of mode L2, which shares its parent's hardware address.
    case addIPVLAN(name: String, parent: UInt32, flags: IPVLANFlags, group: UInt32?)
    case setUp(index: UInt32)
    case setDown(index: UInt32)
    case setHardware(index: UInt32, MACAddress)
    case setMTU(index: UInt32, UInt32)
    case setMaster(index: UInt32, UInt32?)
    case setGroup(index: UInt32, UInt32)
    /// Settings of /proc/sys/net/ipv4/conf, which can be made this way even where /proc is read-only.
    case setIPv4(index: UInt32, [IPv4Setting: UInt32])
    /// No link-local IPv6 address of its own (IN6_ADDR_GEN_MODE_NONE). It must be in force before the interface goes up.
    case setNoLinkLocalAddress(index: UInt32)
    case delete(index: UInt32)
    case deleteNamed(String)

    /// IPVLAN_F_*; neither is bridge mode.
    public enum IPVLANFlags: UInt16, Sendable { case bridge = 0, `private` = 1, vepa = 2 }

    /// IPV4_DEVCONF_*.
    public enum IPv4Setting: UInt16, Hashable, Sendable {
        case rpFilter = 8
        case arpFilter = 13
        case arpAnnounce = 18
        case arpIgnore = 19
        case promoteSecondaries = 20
        case acceptLocal = 23
    }

    private static let macvlanPrivate: UInt32 = 1

    /// The RTM_* message about a link: `ifinfomsg`, then the attributes.
    public func write(into buffer: inout MessageBuffer, sequence: UInt32) {
        switch self {
        case .addMacvlan(let name, let parent, let hardware, let group):
            add(&buffer, sequence, name, parent, group, kind: "macvlan", hardware: hardware) {
                $0.attribute(LinkAttribute.macvlanMode, Self.macvlanPrivate)
            }
        case .addIPVLAN(let name, let parent, let flags, let group):
            add(&buffer, sequence, name, parent, group, kind: "ipvlan", hardware: nil) {
                $0.attribute(LinkAttribute.ipvlanMode, UInt16(0))
                $0.attribute(LinkAttribute.ipvlanFlags, flags.rawValue)
            }
        case .setUp(let index):
            change(&buffer, sequence, index, flags: 1, mask: 1) { _ in }
        case .setDown(let index):
            change(&buffer, sequence, index, flags: 0, mask: 1) { _ in }
        case .setHardware(let index, let hardware):
            change(&buffer, sequence, index) { $0.attribute(LinkAttribute.address, hardware.bytes) }
        case .setMTU(let index, let mtu):
            change(&buffer, sequence, index) { $0.attribute(LinkAttribute.mtu, mtu) }
        case .setMaster(let index, let master):
            change(&buffer, sequence, index) { $0.attribute(LinkAttribute.master, master ?? 0) }
        case .setGroup(let index, let group):
            change(&buffer, sequence, index) { $0.attribute(LinkAttribute.group, group) }
        case .setIPv4(let index, let settings):
            change(&buffer, sequence, index) { $0.ipv4(settings) }
        case .setNoLinkLocalAddress(let index):
            change(&buffer, sequence, index) { $0.noLinkLocalAddress() }
        case .delete(let index):
            buffer.message(RouteMessage.deleteLink, [.request, .acknowledge], sequence: sequence) {
                $0.linkHeader(index)
            }
        case .deleteNamed(let name):
            buffer.message(RouteMessage.deleteLink, [.request, .acknowledge], sequence: sequence) {
                $0.linkHeader(0)
                $0.attribute(LinkAttribute.name, name)
            }
        }
    }

    private func add(
        _ buffer: inout MessageBuffer, _ sequence: UInt32, _ name: String, _ parent: UInt32, _ group: UInt32?, kind: String,
        hardware: MACAddress?, _ data: (inout MessageBuffer) -> Void
    ) {
        let flags: MessageFlags = [.request, .acknowledge, .exclusive, .create]
        buffer.message(RouteMessage.newLink, flags, sequence: sequence) { buffer in
            buffer.linkHeader(0)
            if let hardware { buffer.attribute(LinkAttribute.address, hardware.bytes) }
            if let group { buffer.attribute(LinkAttribute.group, group) }
            buffer.attribute(LinkAttribute.link, parent)
            buffer.attribute(LinkAttribute.name, name)
            buffer.attribute(LinkAttribute.info) { buffer in
                buffer.attribute(LinkAttribute.infoKind, kind.utf8)
                buffer.attribute(LinkAttribute.infoData, data)
            }
        }
    }

    private func change(
        _ buffer: inout MessageBuffer, _ sequence: UInt32, _ index: UInt32, flags: UInt32 = 0, mask: UInt32 = 0,
        _ body: (inout MessageBuffer) -> Void
    ) {
        buffer.message(RouteMessage.newLink, [.request, .acknowledge], sequence: sequence) { buffer in
            buffer.linkHeader(index, flags: flags, mask: mask)
            body(&buffer)
        }
    }
}

extension MessageBuffer {
    fileprivate mutating func linkHeader(_ index: UInt32, flags: UInt32 = 0, mask: UInt32 = 0) {
        put(UInt32(0))
        put(index)
        put(flags)
        put(mask)
    }

    fileprivate mutating func ipv4(_ settings: [LinkRequest.IPv4Setting: UInt32]) {
        let inet: UInt16 = 2
        let configuration: UInt16 = 1
        nested(LinkAttribute.familySpecific) { buffer in
            buffer.nested(inet) { buffer in
                buffer.nested(configuration) { buffer in
                    for (setting, value) in settings.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                        buffer.attribute(setting.rawValue, value)
                    }
                }
            }
        }
    }

    fileprivate mutating func noLinkLocalAddress() {
        let none: UInt8 = 1
        let inet6: UInt16 = 10
        attribute(LinkAttribute.familySpecific) { buffer in
            buffer.attribute(inet6) { $0.attribute(LinkAttribute.inet6AddressGeneration, none) }
        }
    }
}
