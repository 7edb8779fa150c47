// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Testing

struct AddressTests {
    @Test("IPv6 text is read and written in the RFC 5952 form", arguments: [
        ("2001:DB8::0:1", "2001:db8::1"), ("::", "::"), ("::1", "::1"), ("fe80::", "fe80::"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("1::8", "1::8"),
    ])
    func ipv6(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test("What is not an address is refused", arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.a", ":", ":::", "1::2::3", "1:2:3:4:5:6:7:8:9",
        "12345::", "1:2:3:4:5:6:7", "1:", ":1", "::1:2:3:4:5:6:7:8", "1.2.3.4::", "g::",
    ])
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("Addresses order as unsigned numbers")
    func order() throws {
        #expect(try #require(IPAddress("10.0.0.2")) < #require(IPAddress("200.0.0.1")))
        #expect(try #require(IPAddress("fe80::2")) > #require(IPAddress("fe80::1")))
    }

    @Test("A prefix holds the addresses that share its bits", arguments: [
        ("10.1.0.0", 16, "10.1.255.1", true), ("10.1.0.0", 16, "10.2.0.1", false), ("0.0.0.0", 0, "1.2.3.4", true),
        ("2001:db8::", 32, "2001:db8:ffff::1", true), ("2001:db8::1", 128, "2001:db8::2", false), ("10.0.0.1", 32, "10.0.0.1", true),
        ("2001:db8::", 64, "2001:db8::9", true), ("::", 0, "::1", true), ("10.0.0.0", 8, "::1", false),
    ])
    func prefix(network: String, length: Int, address: String, inside: Bool) throws {
        #expect(try IPPrefix(#require(IPAddress(network)), length: length).contains(#require(IPAddress(address))) == inside)
    }

    @Test("The checksum of RFC 1071 section 3's example")
    func checksum() {
        var sum = InternetChecksum()
        sum.add([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])
        #expect(sum.value == 0x220d)
    }
}
