// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Testing

/// Frames, byte for byte as Debian's keepalived 2.2.7 sends them (recorded with tcpdump).
struct AnnouncementTests {
    private let hardware = MACAddress(value: 0x0200_0000_000a)

    @Test("A6 a gratuitous ARP names the address twice, and the hardware address")
    func gratuitousARP() {
        var writer = ByteWriter()
        ARPPacket(announcing: 0x0a09_0032, at: hardware).writeFrame(into: &writer)
        #expect(
            writer.bytes
                == bytes(
                    """
                    ffff ffff ffff 0200 0000 000a 0806 0001 0800 0604 0001 0200 0000 000a 0a09 0032
                    ffff ffff ffff 0a09 0032
                    """
                )
        )
    }

    @Test("V3-20 an unsolicited neighbour advertisement: R and O, not S, to ff02::1")
    func unsolicitedNeighbourAdvertisement() throws {
        let address = try #require(IPAddress("2001:db8::50"))
        var writer = ByteWriter()
        NeighbourAdvertisement(announcing: address, at: hardware, isRouter: false).writeFrame(into: &writer)
        #expect(
            writer.bytes
                == bytes(
                    """
                    3333 0000 0001 0200 0000 000a 86dd 6000 0000 0020 3aff 2001 0db8 0000 0000 0000 0000 0000 0050
                    ff02 0000 0000 0000 0000 0000 0000 0001 8800 f883 2000 0000 2001 0db8 0000 0000 0000 0000 0000 0050
                    0201 0200 0000 000a
                    """
                )
        )
    }

    /// A router's advertisement differs in the R flag and its checksum only.
    @Test func theRouterFlagIsInTheChecksum() throws {
        let address = try #require(IPAddress("2001:db8::50"))
        var writer = ByteWriter()
        NeighbourAdvertisement(announcing: address, at: hardware, isRouter: true).writeFrame(into: &writer)
        var checksum = InternetChecksum()
        checksum.add(UInt16(32))
        checksum.add(UInt16(58))
        checksum.add(writer.bytes[22...])
        #expect(writer.bytes[58] == 0xa0)
        #expect(checksum.value == 0)
    }

    @Test func headerOfAnAdvert() {
        var writer = ByteWriter()
        IPv4Header(
            payloadLength: 20, identification: 1, protocol: 112, source: 0x0a09_0001, destination: 0xe000_0012
        ).write(into: &writer)
        #expect(writer.bytes == bytes("45c0 0028 0001 0000 ff70 d088 0a09 0001 e000 0012"))
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap(hexValue)
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
