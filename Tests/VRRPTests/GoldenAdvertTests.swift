// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Testing
import VRRP

/// A frame that another implementation put on the wire, and what it says.
struct Golden: Sendable, CustomTestStringConvertible {
    var name: String
    /// The Ethernet frame.
    var frame: String
    var format: AdvertFormat
    var priority: UInt8
    var checksum: ChecksumForm

    var testDescription: String { name }

    var packet: ReceivedPacket {
        get throws {
            let bytes = hex(frame)
            let isIPv4 = bytes[12...13].elementsEqual([0x08, 0x00])
            if isIPv4 { return try ReceivedPacket(parsingIPv4: bytes[14...]) }
            return ReceivedPacket(
                source: try #require(IPAddress(bytes: bytes[22..<38])),
                destination: try #require(IPAddress(bytes: bytes[38..<54])),
                hopLimit: bytes[21],
                message: bytes[54...]
            )
        }
    }
}

func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap(hexValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func format(
    _ version: UInt8,
    _ id: UInt8,
    _ interval: Interval,
    _ addresses: String...,
    change: (inout AdvertFormat) -> Void = { _ in }
) -> AdvertFormat {
    let list = addresses.compactMap { IPAddress($0) }
    var format = AdvertFormat(
        version: version, family: list[0].family, routerID: id, interval: interval, addresses: list
    )
    change(&format)
    return format
}

/// "s3cret", padded with zeros.
let secret: UInt64 = 0x7333_6372_6574_0000

/// Captured from keepalived 2.2.7 and FRR 8's vrrpd with tcpdump.
let goldens = [
    Golden(
        name: "keepalived, version 2, two addresses",
        frame: """
            01005e0000121a1397f84895080045c0002c00010000ff70188dc0000201e0000012 2115c8020001921cc0000264c00002650000000000000000
            """,
        format: format(2, 21, .seconds(1), "192.0.2.100", "192.0.2.101"),
        priority: 200,
        checksum: .messageOnly
    ),
    Golden(
        name: "keepalived, version 2, leaving",
        frame: """
            01005e0000121a1397f84895080045c0002c00070000ff701887c0000201e0000012 211500020001 5a1dc0000264c00002650000000000000000
            """,
        format: format(2, 21, .seconds(1), "192.0.2.100", "192.0.2.101"),
        priority: 0,
        checksum: .messageOnly
    ),
    Golden(
        name: "keepalived, version 2 with password, every two seconds",
        frame: """
            01005e0000121a1397f84895080045c0002800010000ff701891c0000201e0000012 2116960101024965c00002667333637265740000
            """,
        format: format(2, 22, .seconds(2), "192.0.2.102") { $0.authentication = .password(secret) },
        priority: 150,
        checksum: .messageOnly
    ),
    Golden(
        name: "keepalived, version 2 inside an authentication header",
        frame: """
            01005e0000121a1397f84895080045c0004000010000ff3318b6c0000201e0000012 70040000c00002010000000179f0c0c811ab75e62e0bbc9a
            211796010201847ec00002670000000000000000
            """,
        format: format(2, 23, .seconds(1), "192.0.2.103") { $0.authentication = .header(key: secret) },
        priority: 150,
        checksum: .messageOnly
    ),
    Golden(
        name: "keepalived, version 3, half a second",
        frame: "01005e0000121a1397f84895080045c0002000010000ff701899c0000201e0000012 311f78010032f1b3c0000268",
        format: format(3, 31, .milliseconds(500), "192.0.2.104"),
        priority: 120,
        checksum: .pseudoHeader
    ),
    Golden(
        name: "keepalived, version 3, owner of three addresses",
        frame: """
            01005e0000121a1397f84895080045c0002800010000ff701891c0000201e0000012 3120ff030064e59ec0000269c000026ac000026b
            """,
        format: format(3, 32, .seconds(1), "192.0.2.105", "192.0.2.106", "192.0.2.107"),
        priority: 255,
        checksum: .pseudoHeader
    ),
    Golden(
        name: "keepalived, version 3 to a unicast peer",
        frame: "ca85b2b5220a1a1397f84895080045c0002000010000ff7036a9c0000201c0000202 3129640100642384c000026c",
        format: format(3, 41, .seconds(1), "192.0.2.108") { $0.isUnicast = true },
        priority: 100,
        checksum: .pseudoHeader
    ),
    Golden(
        name: "keepalived, version 3 over IPv6",
        frame: """
            3333000000121a1397f8489586dd6c04b665002870fffe800000000000000000000000000001ff020000000000000000000000000012
            313d640200643df3fe80000000000000000000000000010020010db8000000000000000000000100
            """,
        format: format(3, 61, .seconds(1), "fe80::100", "2001:db8::100"),
        priority: 100,
        checksum: .pseudoHeader
    ),
    Golden(
        name: "FRR, version 3",
        frame: "01005e00001200005e000133080045c00020e8094000ff70f08fc0000201e0000012 313382010064e768c000026d",
        format: format(3, 51, .seconds(1), "192.0.2.109"),
        priority: 130,
        checksum: .pseudoHeader
    ),
    Golden(
        name: "FRR, version 3 over IPv6",
        frame: """
            33330000001200005e00023386dd6c0349ed001870fffe800000000000000000000000000109ff020000000000000000000000000012
            3133820100641e7e20010db8000000000000000000000109
            """,
        format: format(3, 51, .seconds(1), "2001:db8::109"),
        priority: 130,
        checksum: .pseudoHeader
    ),
    Golden(
        name: "FRR, version 2",
        frame: """
            01005e00001200005e000134080045c00028e82b4000ff70f065c0000201e0000012 21345a010001c25ac000026e0000000000000000
            """,
        format: format(2, 52, .seconds(1), "192.0.2.110"),
        priority: 90,
        checksum: .messageOnly
    ),
    Golden(
        name: "draft-cassen-vrrp-auth-hmac's example without its trailer, checksum of RFC 9568",
        frame: "01005e00001200005e000133080045c0002000010000ff700000c633640ae0000012 3133c80100644402c0000264",
        format: format(3, 51, .seconds(1), "192.0.2.100") { $0.sentChecksum = .messageOnly },
        priority: 200,
        checksum: .messageOnly
    ),
]

@Suite("Adverts of other implementations")
struct GoldenAdvertTests {
    @Test("A8 V3-3 V2-1 are read as they were meant", arguments: goldens)
    func parsing(golden: Golden) throws {
        let advert = try golden.format.parse(golden.packet)
        #expect(advert.priority == golden.priority)
        #expect(advert.interval == golden.format.interval)
        #expect(advert.addressList == .same)
        #expect(advert.checksum == golden.checksum)
    }

    @Test("V3-2 V3-3 V2-1 V2-6 are written byte for byte", arguments: goldens)
    func writing(golden: Golden) throws {
        let packet = try golden.packet
        var writer = ByteWriter()
        golden.format.write(priority: golden.priority, from: packet.source, to: packet.destination, into: &writer)
        #expect(writer.bytes == Array(packet.message))
    }
}
