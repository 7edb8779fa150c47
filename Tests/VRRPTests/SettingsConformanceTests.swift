// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Testing
import VRRP

/// What the standards ask of the configuration.
@Suite("Conformance of settings")
struct SettingsConformanceTests {
    private static let key = "hex:" + String(repeating: "0f", count: 32)

    private static func signed(_ lines: String, addresses: [String] = ["192.0.2.100"]) -> Reading {
        Reading.bare(
            "version 3\nvirtual_ipaddress {\n\(addresses.joined(separator: "\n"))\n}\nauth_hmac {\nkey 1 \(key)\n\(lines)\n}")
    }

    @Test("V2-8 IPv6 is version 3 whatever the file says, with a warning")
    func ipv6NeedsVersion3() {
        let reading = Reading.bare("version 2\nvirtual_ipaddress {\nfe80::1\n}")
        #expect(reading.router.version == .v3)
        #expect(reading.diagnostics.contains { $0.message.contains("IPv6 needs version 3") })
    }

    @Test("V3-4 families are not mixed in an advert; the first IPv6 address is to be link-local, which strict mode insists on")
    func families() {
        let mixed = Reading.bare("version 3\nvirtual_ipaddress {\nfe80::1\n192.0.2.100\n2001:db8::1\n}").router
        #expect(mixed.addresses.map(\.address) == [ip("fe80::1"), ip("2001:db8::1")])
        let text = "version 3\nvirtual_ipaddress {\n2001:db8::1\n}"
        #expect(Reading.bare(text).finding("link-local-first")?.severity == .hint)
        #expect(Reading.bare(text + "\nstrict_mode").finding("link-local-first")?.severity == .error)
    }

    @Test("V3-13 an advert counts its addresses in one byte: the 256th is held without being advertised")
    func count() {
        let all = (0..<300).map { "10.0.\($0 / 200).\($0 % 200 + 1)" }.joined(separator: "\n")
        let router = Reading.bare("version 3\nvirtual_ipaddress {\n\(all)\n}").router
        #expect((router.addresses.count, router.excludedAddresses.count) == (255, 45))
    }

    @Test("V3-12 intervals in the file are what the wire can say: never zero, at most 40.95 s",
        arguments: [("0.01", 1), ("40.95", 4095), ("0.995", 100), ("255", 4095)])
    func intervals(text: String, centiseconds: Int) {
        let router = Reading.bare("version 3\nvirtual_ipaddress {\n192.0.2.100\n}\nadvert_int \(text)").router
        #expect(router.advertInterval == .centiseconds(centiseconds))
    }

    @Test("HM-10 the window is three intervals, at least 5 s and at most 300 s, unless the file says it",
        arguments: [("", 1, 5), ("", 10, 30), ("", 40, 120), ("time_window 7\n", 40, 7)])
    func window(line: String, interval: Int, seconds: Int) throws {
        let reading = Reading.bare(
            "version 3\nadvert_int \(interval)\nvirtual_ipaddress {\n192.0.2.100\n}\nauth_hmac {\nkey 1 \(Self.key)\nactive_key 1\n\(line)}")
        guard case .trailer(let trailer) = reading.router.authentication else {
            Issue.record("no auth_hmac")
            return
        }
        #expect(trailer.timeWindow == .seconds(seconds))
    }

    @Test("HM-12 the trailer takes its 28 bytes out of the room for addresses, unless nothing is signed",
        arguments: [("", 77), ("mode receive-only\n", 77), ("none", 77)])
    func room(line: String, count: Int) {
        let addresses = (1...100).map { "fe80::\($0)" }
        let reading =
            line == "none"
            ? Reading.bare("version 3\nvirtual_ipaddress {\n\(addresses.joined(separator: "\n"))\n}") { $0.interfaceMTU = { _ in 1300 } }
            : Reading(
                "vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nversion 3\nvirtual_ipaddress {\n\(addresses.joined(separator: "\n"))\n}\nauth_hmac {\nkey 1 \(Self.key)\nactive_key 1\n\(line)}\n}\n"
            ) { $0.interfaceMTU = { _ in 1300 } }
        // (1300 - 40 - 8) / 16 is 78, with 28 bytes less 76
        #expect(reading.router.addresses.count == (line.isEmpty ? 76 : 78))
    }

    @Test("HM-9 strict mode enforces whatever mode the file says", arguments: ["", "strict_mode\n"])
    func modes(strict: String) throws {
        let reading = Reading.bare(
            "version 3\n\(strict)virtual_ipaddress {\n192.0.2.100\n}\nauth_hmac {\nkey 1 \(Self.key)\nactive_key 1\nmode permissive\n}")
        guard case .trailer(let trailer) = reading.router.authentication else {
            Issue.record("no auth_hmac")
            return
        }
        #expect(trailer.mode == (strict.isEmpty ? .permissive : .enforce))
    }

    @Test("HM-13 no active key, an unknown one, or a key that cannot be read: the file is refused",
        arguments: ["", "active_key 2", "key 3 file:/nowhere\nactive_key 3"])
    func missingKey(lines: String) {
        let reading = Self.signed(lines)
        #expect(reading.diagnostics.contains { $0.consequence == .fatal && $0.message.contains("auth_hmac has no") })
    }
}
