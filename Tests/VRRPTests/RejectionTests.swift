// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Foundation
import Support
import Testing
import VRRP

/// Packets that are wrong in one thing: what is said of them, and what is counted.
@Suite("Packets that are no adverts for us")
struct RejectionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var format: AdvertFormat
        var rejection: Rejection
        /// Changes a right IPv4 packet of the format; its checksum is made right again afterwards.
        var spoil: @Sendable (inout [UInt8]) -> Void
        var keepsChecksum = false
    }

    static let v2 = format(2, 22, .seconds(2), "192.0.2.102") { $0.authentication = .password(secret) }
    static let v3 = format(3, 31, .milliseconds(500), "192.0.2.104") { $0.sentChecksum = .messageOnly }

    static let cases = [
        Case(testDescription: "V3-5 TTL", format: v3, rejection: .hopLimit(received: 254, expected: 255...255)) {
            $0[8] = 254
        },
        Case(testDescription: "V2-2 TTL", format: v2, rejection: .hopLimit(received: 1, expected: 255...255)) {
            $0[8] = 1
        },
        Case(testDescription: "V3-5 version", format: v3, rejection: .version(received: 2, expected: 3)) {
            $0[20] = 0x21
        },
        Case(testDescription: "V2-2 version", format: v2, rejection: .version(received: 3, expected: 2)) {
            $0[20] = 0x31
        },
        Case(testDescription: "V3-5 type", format: v3, rejection: .type(2)) { $0[20] = 0x32 },
        Case(testDescription: "V2-2 type", format: v2, rejection: .type(0)) { $0[20] = 0x20 },
        Case(testDescription: "V3-5 VRID", format: v3, rejection: .routerID(32)) { $0[21] = 32 },
        Case(testDescription: "V3-5 count 0", format: v3, rejection: .noAddresses) { $0[23] = 0 },
        Case(testDescription: "V3-5 truncated list", format: v3, rejection: .length(received: 12, expected: 16)) {
            $0[23] = 2
        },
        Case(testDescription: "V2-2 truncated list", format: v2, rejection: .length(received: 20, expected: 1036)) {
            $0[23] = 255
        },
        Case(testDescription: "V3-5 truncated header", format: v3, rejection: .length(received: 7, expected: 8)) {
            cut(&$0, to: 27)
        },
        Case(
            testDescription: "V3-5 checksum", format: v3, rejection: .checksum(version: 3), spoil: { $0[27] ^= 1 },
            keepsChecksum: true),
        Case(
            testDescription: "V2-2 checksum", format: v2, rejection: .checksum(version: 2), spoil: { $0[27] ^= 1 },
            keepsChecksum: true),
        Case(testDescription: "V3-5 interval 0", format: v3, rejection: .interval(received: .zero, expected: .ms(500)))
        {
            ($0[24], $0[25]) = (0xf0, 0)
        },
        Case(
            testDescription: "V2-2 interval", format: v2,
            rejection: .interval(received: .seconds(1), expected: .seconds(2))
        ) { $0[25] = 1 },
        Case(
            testDescription: "V2-6 authentication type unknown", format: v2, rejection: .unknownAuthentication(type: 3)
        ) { $0[24] = 3 },
        Case(
            testDescription: "V2-6 authentication type not ours", format: v2,
            rejection: .authenticationMismatch(type: 0)
        ) { $0[24] = 0 },
        Case(testDescription: "V2-6 wrong password", format: v2, rejection: .authenticationFailed) { $0[39] = 1 },
        Case(testDescription: "V3-9 too long", format: v3, rejection: .length(received: 27, expected: 12)) {
            pad(&$0, to: 47)
        },
        Case(
            testDescription: "U-4 unicast to a multicast router", format: v3,
            rejection: .destination(isMulticast: false)
        ) { $0[16] = 10 },
        Case(testDescription: "not VRRP", format: v3, rejection: .notVRRP) { $0[9] = 17 },
        Case(testDescription: "not IPv4", format: v3, rejection: .notVRRP) { $0[0] = 0x65 },
        Case(testDescription: "a header longer than the packet", format: v3, rejection: .notVRRP) { $0[0] = 0x4f },
        Case(
            testDescription: "V2-7 authentication header cut off", format: v2,
            rejection: .length(received: 20, expected: 24)
        ) { $0[9] = 51 },
    ]

    static func cut(_ packet: inout [UInt8], to count: Int) {
        packet.removeLast(packet.count - count)
        packet[3] = UInt8(count)
    }

    static func pad(_ packet: inout [UInt8], to count: Int) {
        packet += Array(repeating: 0, count: count - packet.count)
        packet[3] = UInt8(count)
    }

    /// An IPv4 packet with an advert of this format, which `spoil` may change.
    static func packet(_ format: AdvertFormat, keepsChecksum: Bool = false, spoil: (inout [UInt8]) -> Void = { _ in })
        -> [UInt8]
    {
        var writer = ByteWriter()
        writer.write(hex("45c0000000010000ff700000c0000201e0000012"))
        format.write(priority: 100, from: .v4(0xc000_0201), to: format.group, into: &writer)
        var bytes = writer.bytes
        bytes[3] = UInt8(bytes.count)
        let length = bytes.count
        spoil(&bytes)
        if !keepsChecksum, bytes.count >= 28 {
            (bytes[26], bytes[27]) = (0, 0)
            var sum = InternetChecksum()
            sum.add(bytes[20..<min(length, bytes.count)])
            (bytes[26], bytes[27]) = (UInt8(sum.value >> 8), UInt8(sum.value & 255))
        }
        return bytes
    }

    @Test("V3-5 A7 what is wrong is refused, each for its own reason", arguments: cases)
    func rejected(wrong: Case) throws {
        let right = Self.packet(wrong.format)
        #expect(throws: Never.self) { try wrong.format.parse(ReceivedPacket(parsingIPv4: right[...])) }
        let bytes = Self.packet(wrong.format, keepsChecksum: wrong.keepsChecksum, spoil: wrong.spoil)
        #expect(throws: wrong.rejection) { try wrong.format.parse(ReceivedPacket(parsingIPv4: bytes[...])) }
    }

    @Test("V3-5 HM-11 each kind has its own counter")
    func counters() {
        let kinds = Self.cases.map(\.rejection) + [.unknownPeer, .replayedHeader(sequence: 1)]
        for rejection in kinds {
            var statistics = Statistics()
            statistics.count(rejection)
            #expect(statistics != Statistics(), "\(rejection)")
        }
    }

    @Test("V3-6 a fault is mentioned with its sender, once until that sender does it right")
    func mentions() throws {
        var bench = Bench { $0.adaptsChecksum = false }
        let right = Self.packet(bench.router.format)
        let wrong = Self.packet(bench.router.format) { $0[8] = 7 }
        for bytes in [wrong, wrong, right, wrong] {
            var actions: [Action] = []
            try bench.routers.receive(ReceivedPacket(parsingIPv4: bytes[...]), for: 0, at: bench.now, into: &actions)
            bench.note(actions)
        }
        let line = "(VI) invalid TTL/HL from 192.0.2.1. Received 7 and expect 255"
        #expect(bench.lines.filter { $0 == line }.count == 2)
        #expect(bench.router.statistics.hopLimitErrors == 3)
        #expect(bench.router.statistics.advertsReceived == 1)
        #expect(bench.state == .backup)
    }

    @Test("V3-9 Ethernet's padding is accepted", arguments: 33...46)
    func padding(length: Int) throws {
        let bytes = Self.packet(Self.v3) { Self.pad(&$0, to: length) }
        #expect(try Self.v3.parse(ReceivedPacket(parsingIPv4: bytes[...])).priority == 100)
    }

    @Test("V3-3 reserved bits are sent as zero and ignored when received")
    func reservedBits() throws {
        #expect(Self.packet(Self.v3)[24] >> 4 == 0)
        let bytes = Self.packet(Self.v3) { $0[24] |= 0xf0 }
        #expect(try Self.v3.parse(ReceivedPacket(parsingIPv4: bytes[...])).interval == .ms(500))
    }

    @Test(
        "A2 V3-10 all three forms of the checksum are accepted and told apart",
        arguments: [
            ChecksumForm.messageOnly, .pseudoHeader, .multicastPseudoHeader,
        ])
    func checksumForms(form: ChecksumForm) throws {
        let unicast = format(3, 41, .seconds(1), "192.0.2.108") {
            $0.isUnicast = true
            $0.hopLimits = nil
            $0.sentChecksum = form
        }
        var writer = ByteWriter()
        let (source, peer) = (IPAddress.v4(0xc000_0201), IPAddress.v4(0xc000_0202))
        unicast.write(priority: 100, from: source, to: peer, into: &writer)
        let packet = ReceivedPacket(source: source, destination: peer, hopLimit: 64, message: writer.bytes[...])
        #expect(try unicast.parse(packet).checksum == form)
    }

    @Test("V3-10 a router sends the form that its peers send, unless told which")
    func adaptsChecksum() {
        for adapts in [true, false] {
            var bench = Bench { $0.adaptsChecksum = adapts }
            let advert = Advert(priority: 200, interval: .seconds(1), checksum: .messageOnly)
            bench.handle(.advert(router: 0, advert, from: .v4(0xc000_0201)))
            var (ours, plain) = (ByteWriter(), ByteWriter())
            let (source, group) = (Bench.ourAddress, IPAddress.vrrpGroup4)
            bench.routers.writeAdvert(of: 0, priority: 100, from: source, to: group, into: &ours)
            var format = bench.router.format
            format.sentChecksum = adapts ? .messageOnly : .pseudoHeader
            format.write(priority: 100, from: source, to: group, into: &plain)
            #expect(ours.bytes == plain.bytes)
        }
    }

    @Test(
        "V3-12 no interval is rounded to zero on the wire",
        arguments: [
            (Interval.centiseconds(4095), UInt16(4095)), (.microseconds(40_955_000), 4095), (.ms(10), 1), (.ms(1), 1),
            (.ms(14), 1), (.ms(15), 2),
        ])
    func intervals(interval: Interval, field: UInt16) {
        let bytes = Self.packet(format(3, 1, interval, "192.0.2.1"))
        #expect(UInt16(bytes[24]) << 8 | UInt16(bytes[25]) == field)
    }

    @Test("V2-3 V3-7 the address list is compared in any order")
    func addressLists() throws {
        let ours = format(3, 1, .seconds(1), "192.0.2.1", "192.0.2.2")
        for (theirs, result) in [
            (["192.0.2.2", "192.0.2.1"], Advert.AddressList.same), (["192.0.2.1"], .count(1)),
            (["192.0.2.1", "192.0.2.3"], .missing(.v4(0xc000_0202))),
        ] {
            var other = ours
            other.addresses = theirs.compactMap { IPAddress($0) }
            let bytes = Self.packet(other, keepsChecksum: true)
            #expect(try ours.parse(ReceivedPacket(parsingIPv4: bytes[...])).addressList == result)
        }
    }

    @Test("U-3 with check_unicast_src only peers are heard")
    func unicastPeers() throws {
        var unicast = Unicast()
        var peer = UnicastPeer(.v4(0xc000_0201))
        peer.ttl = 64...64
        unicast.peers = [peer]
        unicast.checksSource = true
        var bench = Bench { $0.transport = .unicast(unicast) }
        for (host, ttl) in [(1, 64), (1, 63), (9, 64)] as [(UInt32, UInt8)] {
            var writer = ByteWriter()
            let (source, ours) = (IPAddress.v4(0xc000_0200 + host), Bench.ourAddress)
            bench.router.format.write(priority: 200, from: source, to: ours, into: &writer)
            let packet = ReceivedPacket(source: source, destination: ours, hopLimit: ttl, message: writer.bytes[...])
            var actions: [Action] = []
            bench.routers.receive(packet, for: 0, at: bench.now, into: &actions)
        }
        let statistics = bench.router.statistics
        #expect((statistics.advertsReceived, statistics.hopLimitErrors, statistics.unknownPeers) == (1, 1, 1))
    }
}

@Suite("T-4 hostile packets")
struct FuzzTests {
    /// `FUZZ_PACKETS` asks for more than a test run has time for.
    static let count = ProcessInfo.processInfo.environment["FUZZ_PACKETS"].flatMap(Int.init) ?? 1_000_000

    @Test("Nothing that arrives can trap or change a state")
    func random() throws {
        var random = SeededGenerator(seed: 4)
        var bench = Bench { $0.routerID = 99 }
        let formats = goldens.map(\.format)
        var packets = goldens.map { Array(hex($0.frame)[14...]) }
        var buffer: [UInt8] = []
        var (accepted, actions) = (0, [Action]())
        for round in 0..<Self.count {
            let which = round % packets.count
            buffer.removeAll(keepingCapacity: true)
            buffer += packets[which]
            for _ in 0..<(random.next() % 4) {
                buffer[Int(random.next() % UInt64(buffer.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            switch random.next() % 8 {
            case 0: buffer.removeLast(Int(random.next() % UInt64(buffer.count)))
            case 1: for _ in 0..<(random.next() % 64) { buffer.append(UInt8(truncatingIfNeeded: random.next())) }
            case 2: for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: random.next()) }
            default: break
            }
            let packet =
                formats[which].family == .ipv4
                ? try? ReceivedPacket(parsingIPv4: buffer[...])
                : ReceivedPacket(source: .v4(1), destination: .vrrpGroup6, hopLimit: 255, message: buffer[...])
            guard let packet else { continue }
            if (try? formats[which].parse(packet)) != nil { accepted += 1 }
            if round % 16 == 0 { bench.routers.receive(packet, for: 0, at: .zero, into: &actions) }
        }
        packets = []
        #expect(accepted > 0)
        #expect(accepted < Self.count / 4)
        #expect(bench.state == .backup)
        #expect(bench.router.statistics.advertsReceived == 0)
    }
}
