// SPDX-License-Identifier: GPL-2.0-or-later

/// An unsolicited Neighbour Advertisement (RFC 4861 section 4.4) to all nodes, in its Ethernet frame.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |   Type (136)  |    Code (0)   |          Checksum             |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |R|S|O|                     Reserved (29 bits)                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                   Target Address (16 bytes)                   |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |  Option (2)   |  Length (1)   | Target Link-Layer Address ... |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
///     |             ... Target Link-Layer Address (6 bytes)           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct NeighbourAdvertisement: Equatable, Sendable {
    /// The virtual IPv6 address; also the packet's source.
    public var target: IPAddress
    public var hardware: MACAddress
    /// The R flag: whether we forward. RFC 9568 section 6.4.1 asks for it; a host that serves must not claim it.
    public var isRouter: Bool

    public init(announcing target: IPAddress, at hardware: MACAddress, isRouter: Bool) {
        self.target = target
        self.hardware = hardware
        self.isRouter = isRouter
    }

    /// ff02::1.
    public static let allNodes = IPAddress.v6(high: 0xff02_0000_0000_0000, low: 1)

    /// The Ethernet frame, 86 bytes: S is clear, since nobody asked; O is set, so that caches change.
    public func writeFrame(into writer: inout ByteWriter) {
        let length: UInt16 = 32
        writer.writeEthernetHeader(to: MACAddress(value: 0x3333_0000_0001), from: hardware, type: 0x86dd)
        writer.write(UInt32(6) << 28)
        writer.write(length)
        writer.write(UInt8(58))
        writer.write(UInt8(255))
        let pseudoHeader = writer.count
        writer.write(target)
        writer.write(Self.allNodes)
        let message = writer.count
        writer.write(UInt8(136))
        writer.write(UInt8(0))
        writer.write(UInt16(0))
        writer.write(isRouter ? UInt32(0xa000_0000) : 0x2000_0000)
        writer.write(target)
        writer.write(UInt8(2))
        writer.write(UInt8(1))
        writer.write(hardware)
        var checksum = InternetChecksum()
        checksum.add(length)
        checksum.add(UInt16(58))
        checksum.add(writer.bytes[pseudoHeader...])
        writer.overwrite(checksum.value, at: message + 2)
    }
}
