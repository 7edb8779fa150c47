// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Config
import Testing

private func read(_ text: String) -> (sessions: [SessionSettings], codes: [String]) {
    var reader = Reader(surroundings: Surroundings(), text: text)
    var settings = BFDSettings()
    reader.readRoot(by: Table(BFDSettings.rows), into: &settings)
    return (settings.sessions, reader.diagnostics.map(\.code))
}

/// One instance with these lines besides its neighbour.
private func instance(_ lines: String) -> (session: SessionSettings?, codes: [String]) {
    let (sessions, codes) = read("bfd_instance one {\n neighbor_ip 10.0.0.2\n \(lines)\n}")
    return (sessions.first, codes)
}

private let warnings: [(String, [String])] = [
    ("min_rx 0.5", ["out-of-range"]), ("min_tx 5000000", ["out-of-range"]), ("idle_tx 500", ["out-of-range"]),
    ("min_rx 20000", ["long-interval"]), ("min_rx 1.23456", ["too-precise"]), ("multiplier 0", ["out-of-range"]),
    ("weight 300", ["out-of-range"]), ("weight 3 foo", ["unknown-option"]), ("max_hops 256", ["out-of-range"]),
    ("ttl 10\n max_hops 20", ["max-hops-above-ttl"]), ("source_ip 10.0.0", ["not-an-address"]),
    ("passive yes", ["extra-words"]), ("colour red", ["unknown-keyword"]),
    ("authentication {\n auth_type MD5\n auth_key 1 12345678901234567\n}", ["too-long"]),
    ("authentication {\n auth_key 1 a\n auth_key 1 b\n}", ["duplicate-key"]),
]

private let refusals: [(String, String)] = [
    ("bfd_instance a {\n min_rx 10\n}", "no-neighbor"),
    ("bfd_instance a {\n neighbor_ip 10.0.0.2\n source_ip fd00::1\n}", "wrong-family"),
    ("bfd_instance a {\n neighbor_ip fe80::1\n}", "no-interface"),
    ("bfd_instance a {\n neighbor_ip 10.0.0.2\n authentication {\n auth_type MD5\n }\n}", "no-key"),
    ("bfd_instance a2345678901234567890123456789012 {\n neighbor_ip 10.0.0.2\n}", "too-long"),
    ("bfd_instance {\n neighbor_ip 10.0.0.2\n}", "missing-value"),
]

private let neighbors: [(String, String, String, String?)] = [
    ("a", "10.0.0.3", "", "duplicate-name"), ("b", "10.0.0.2", "", "duplicate-neighbor"),
    ("b", "10.0.0.2", "source_ip 10.0.0.9", "duplicate-neighbor"), ("b", "10.0.0.2", "multihop", nil),
    ("b", "10.0.0.3", "", nil),
]

@Suite struct SettingsTests {
    @Test func defaults() throws {
        let (session, codes) = instance("")
        let one = try #require(session)
        #expect(codes.isEmpty)
        #expect(one.minRx == .milliseconds(10))
        #expect(one.minTx == .milliseconds(10))
        #expect(one.idleTx == .seconds(1))
        #expect(one.multiplier == 5)
        #expect(one.hops.sent == 255)
        #expect(one.hops.accepted == 255)
        #expect(one.informsVRRP && one.informsChecker)
        #expect(!one.isPassive && !one.identity.isMultihop)
        #expect(one.authentication == nil)
    }

    @Test func everyKeyword() throws {
        let (session, codes) = instance(
            """
            source_ip 10.0.0.1
            interface eth0
            min_rx 3.312
            min_tx 20
            idle_tx 2000
            multiplier 7
            passive
            ttl 64
            max_hops 3
            multihop
            weight -20 reverse
            vrrp
            """
        )
        let one = try #require(session)
        #expect(codes.isEmpty)
        #expect(one.identity.source == IPAddress("10.0.0.1"))
        #expect(one.identity.interface == "eth0")
        #expect(one.minRx == .microseconds(3312))
        #expect(one.minTx == .milliseconds(20))
        #expect(one.idleTx == .seconds(2))
        #expect(one.multiplier == 7)
        #expect(one.isPassive && one.identity.isMultihop)
        #expect(one.hops.sent == 64 && one.hops.accepted == 61)
        #expect(one.weight == -20 && one.isReversed)
        #expect(one.informsVRRP && !one.informsChecker)
    }

    @Test func bothSpellingsOfNeighbor() {
        #expect(
            read("bfd_instance a {\n neighbour_ip fd00::2\n hoplimit 255\n}").sessions.first?.identity.neighbor.family
                == .ipv6)
    }

    @Test func authentication() throws {
        let (session, codes) = instance("authentication {\n auth_type SHA1\n auth_key 1 first\n auth_key 2 second\n}")
        let one = try #require(session?.authentication)
        #expect(codes.isEmpty)
        #expect(one.type == .keyedSHA1)
        #expect(one.keys.map(\.id) == [1, 2])
        #expect(one.keys[0].secret == Array("first".utf8))
        #expect(instance("authentication {\n auth_key 1 x\n}").session?.authentication?.type == .meticulousKeyedSHA1)
    }

    @Test("What upstream warns about and runs with, we warn about and run with", arguments: warnings)
    func runsWithAWarning(_ lines: String, _ codes: [String]) {
        let result = instance(lines)
        #expect(result.codes == codes)
        #expect(result.session != nil)
    }

    @Test("An instance that cannot work is left out", arguments: refusals)
    func isLeftOut(_ text: String, _ code: String) {
        let (sessions, codes) = read(text)
        #expect(sessions.isEmpty)
        #expect(codes == [code])
    }

    @Test("B-42 B-50 one session for a neighbour", arguments: neighbors)
    func b42OneSessionForANeighbor(_ name: String, _ neighbor: String, _ more: String, _ code: String?) {
        let (sessions, codes) = read(
            "bfd_instance a {\n neighbor_ip 10.0.0.2\n}\nbfd_instance \(name) {\n neighbor_ip \(neighbor)\n \(more)\n}"
        )
        #expect(codes == [code].compactMap { $0 })
        #expect(sessions.count == (code == nil ? 2 : 1))
    }
}
