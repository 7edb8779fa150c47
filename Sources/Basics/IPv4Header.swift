// SPDX-License-Identifier: GPL-2.0-or-later

/// An IPv4 header without options (RFC 791 section 3.1).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |Version| IHL(5)|Type of Service|          Total Length         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |         Identification        |Flags|      Fragment Offset    |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |  Time to Live |    Protocol   |         Header Checksum       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                       Source Address                          |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                    Destination Address                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct IPv4Header: Equatable, Sendable {
    /// 0xc0, internetwork control, in adverts.
    public var typeOfService: UInt8
    /// Header and payload.
    public var totalLength: UInt16
    public var identification: UInt16
    public var timeToLive: UInt8
    /// 112 is VRRP, 51 the authentication header.
    public var `protocol`: UInt8
    public var source: UInt32
    public var destination: UInt32

    public static let length = 20

    public init(
        typeOfService: UInt8 = 0xc0, payloadLength: Int, identification: UInt16, timeToLive: UInt8 = 255, protocol: UInt8,
        source: UInt32, destination: UInt32
    ) {
        precondition((0...65_515).contains(payloadLength), "An IPv4 packet holds at most 65,515 bytes after its header.")
        self.typeOfService = typeOfService
        totalLength = UInt16(Self.length + payloadLength)
        self.identification = identification
        self.timeToLive = timeToLive
        self.protocol = `protocol`
        self.source = source
        self.destination = destination
    }

    /// Appends the 20 bytes, checksum included.
    public func write(into writer: inout ByteWriter) {
        let start = writer.count
        writer.write(UInt8(0x45))
        writer.write(typeOfService)
        writer.write(totalLength)
        writer.write(identification)
        writer.write(UInt16(0))
        writer.write(timeToLive)
        writer.write(`protocol`)
        writer.write(UInt16(0))
        writer.write(source)
        writer.write(destination)
        var checksum = InternetChecksum()
        checksum.add(writer.bytes[start...])
        writer.overwrite(checksum.value, at: start + 10)
    }
}
