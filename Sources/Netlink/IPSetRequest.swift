// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// Makes, fills or removes a set of addresses that iptables rules look into.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |  Family       |  Version (0)  |          Resource (0)         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// The type of the message is 6 (NFNL_SUBSYS_IPSET) and a command.
public struct IPSetRequest: NetlinkRequest, Hashable, Sendable {
    /// What an element of a set is.
    public enum Kind: String, Hashable, Sendable {
        case address = "hash:ip"
        case networkAndInterface = "hash:net,iface"
    }

    /// An address, or a network with an interface.
    public struct Element: Hashable, Sendable {
        public var address: IPAddress
        public var length: UInt8?
        public var interface: String?

        public init(_ address: IPAddress, length: UInt8? = nil, interface: String? = nil) {
            self.address = address
            self.length = length
            self.interface = interface
        }
    }

    /// IPSET_CMD_*; what is made may be there already if it is of the same kind.
    public enum Command: Hashable, Sendable {
        case create(Kind, AddressFamily)
        /// Refused while a rule looks into the set.
        case destroy
        case flush
        case add([Element])
        case delete([Element])
    }

    public var set: String
    public var command: Command

    public init(_ command: Command, _ set: String) {
        self.command = command
        self.set = set
    }

    private static let subsystem: UInt16 = 6
    /// The version of the protocol that every kernel since 2.6.39 understands.
    private static let version: UInt8 = 6
    private static let networkOrder: UInt16 = 0x4000

    /// The message, to be acknowledged.
    public func write(into buffer: inout MessageBuffer, sequence: UInt32) {
        buffer.message(Self.subsystem << 8 | number, [.request, .acknowledge], sequence: sequence) { buffer in
            buffer.put(AddressFamily.ipv4.netlinkNumber)
            buffer.put(UInt8(0))
            buffer.put(UInt16(0))
            buffer.attribute(1, Self.version)
            buffer.attribute(2, set)
            switch command {
            case .create(let kind, let family):
                buffer.attribute(3, kind.rawValue)
                // Revision 0 has all that is used here.
                buffer.attribute(4, UInt8(0))
                buffer.attribute(5, family.netlinkNumber)
                buffer.nested(7) { _ in }
            case .destroy, .flush:
                break
            case .add(let elements), .delete(let elements):
                buffer.attribute(9 | Self.networkOrder, network: UInt32(0))
                buffer.nested(8) { buffer in
                    for element in elements { element.write(into: &buffer) }
                }
            }
        }
    }

    private var number: UInt16 {
        switch command {
        case .create: 2
        case .destroy: 3
        case .flush: 4
        case .add: 9
        case .delete: 10
        }
    }
}

extension IPSetRequest.Element {
    fileprivate func write(into buffer: inout MessageBuffer) {
        buffer.nested(7) { buffer in
            buffer.nested(1) { $0.attribute(0x4000 | (address.family == .ipv4 ? 1 : 2), address) }
            if let length { buffer.attribute(3, length) }
            if let interface { buffer.attribute(23, interface) }
        }
    }
}
