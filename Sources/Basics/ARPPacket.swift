// SPDX-License-Identifier: GPL-2.0-or-later

/// An ARP packet for IPv4 over Ethernet (RFC 826), in its Ethernet frame.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |       Hardware Type (1)       |    Protocol Type (0x0800)     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     | Hw. Length (6)| Pr. Length (4)|   Operation (1 request, 2 reply)|
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                 Sender Hardware Address (6 bytes)             |
///     +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                               |    Sender IPv4 Address ...    |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |    ... Sender IPv4 Address    |  Target Hardware Address ...  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
///     |               ... Target Hardware Address (6 bytes)           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      Target IPv4 Address                      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct ARPPacket: Equatable, Sendable {
    /// The operation field (RFC 826), by its number on the wire.
    public enum Operation: UInt16, Sendable { case request = 1, reply = 2 }

    public var operation: Operation
    public var sender: (hardware: MACAddress, address: UInt32)
    public var target: (hardware: MACAddress, address: UInt32)

    /// Tells every neighbour that the address is at this hardware address now: a request for the address by its owner, as
    /// upstream sends it (sender and target address are the virtual one, RFC 9568 section 8.1.2).
    public init(announcing address: UInt32, at hardware: MACAddress) {
        operation = .request
        sender = (hardware, address)
        target = (.broadcast, address)
    }

    /// The Ethernet frame, 42 bytes, sent to all.
    public func writeFrame(into writer: inout ByteWriter) {
        writer.writeEthernetHeader(to: .broadcast, from: sender.hardware, type: 0x0806)
        writer.write(UInt16(1))
        writer.write(UInt16(0x0800))
        writer.write(UInt8(6))
        writer.write(UInt8(4))
        writer.write(operation.rawValue)
        writer.write(sender.hardware)
        writer.write(sender.address)
        writer.write(target.hardware)
        writer.write(target.address)
    }

    public static func == (left: ARPPacket, right: ARPPacket) -> Bool {
        left.operation == right.operation && left.sender == right.sender && left.target == right.target
    }
}

extension ByteWriter {
    /// The six bytes of the address in the order of the wire.
    public mutating func write(_ address: MACAddress) {
        write(UInt32(truncatingIfNeeded: address.value >> 16))
        write(UInt16(truncatingIfNeeded: address.value))
    }

    /// Destination, source and type: 14 bytes.
    public mutating func writeEthernetHeader(to destination: MACAddress, from source: MACAddress, type: UInt16) {
        write(destination)
        write(source)
        write(type)
    }
}
