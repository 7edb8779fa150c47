// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Support
import Testing

/// Packets captured from other implementations: FRR bfdd 8.4.4, BIRD 2.0.12, Debian's keepalived 2.2.7.
private let captured: [(from: String, bytes: String, packet: ControlPacket)] = [
    (
        "BIRD, beginning", "20400318e173c99900000000000f42400000c35000000000",
        make(.down, 3, 0xe173_c999, 0, minTx: 1_000_000, minRx: 50_000)
    ),
    (
        "FRR, Init over IPv6", "208003184f19c43f78a7d95f000f4240000f42400000c350",
        make(.`init`, 3, 0x4f19_c43f, 0x78a7_d95f, minTx: 1_000_000, minRx: 1_000_000, echo: 50_000)
    ),
    (
        "FRR, Up with Poll", "20e0051806ec2d3ea34e3b280001adb000015f900000c350",
        make(.up, 5, 0x06ec_2d3e, 0xa34e_3b28, minTx: 110_000, minRx: 90_000, echo: 50_000, poll: true)
    ),
    (
        "FRR, Up with Final", "20d0051806ec2d3ea34e3b280001adb000015f900000c350",
        make(.up, 5, 0x06ec_2d3e, 0xa34e_3b28, minTx: 110_000, minRx: 90_000, echo: 50_000, final: true)
    ),
    (
        "FRR, shut down", "200003184f19c43f78a7d95f000493e0000493e00000c350",
        make(.adminDown, 3, 0x4f19_c43f, 0x78a7_d95f, minTx: 300_000, minRx: 300_000, echo: 50_000)
    ),
    (
        "keepalived, Up", "20c005183292695932926959000027100000271000000000",
        make(.up, 5, 0x3292_6959, 0x3292_6959, minTx: 10_000, minRx: 10_000)
    ),
]

private func make(
    _ state: SessionState, _ multiplier: UInt8, _ mine: UInt32, _ yours: UInt32, minTx: UInt32, minRx: UInt32,
    echo: UInt32 = 0, poll: Bool = false, final: Bool = false
) -> ControlPacket {
    var packet = ControlPacket(
        state: state, detectMultiplier: multiplier, myDiscriminator: mine, desiredMinTx: minTx, requiredMinRx: minRx
    )
    packet.yourDiscriminator = yours
    packet.requiredMinEchoRx = echo
    packet.poll = poll
    packet.final = final
    return packet
}

private let flawed: [(String, Rejection)] = [
    ("40410000", .version),
    ("00", .truncated),
    ("2041001700000000", .length),
    ("2045001900000000", .length),
    ("2041001800000000", .truncated),
    ("204100180000000000000000000000000000000000000000", .zeroDetectMultiplier),
    ("20c103180000000000000000000000000000000000000000", .multipoint),
    ("20c003180000000000000000000000000000000000000000", .zeroMyDiscriminator),
    ("20c003180000000100000000000000000000000000000000", .zeroYourDiscriminator),
    ("208003180000000100000000000000000000000000000000", .zeroYourDiscriminator),
]

@Suite struct ControlPacketTests {
    @Test(arguments: captured.indices) func readsAndWritesWhatOthersSend(_ index: Int) throws {
        let sample = captured[index]
        #expect(try decode(sample.bytes) == sample.packet, "\(sample.from)")
        #expect(hex(encode(sample.packet)) == sample.bytes, "\(sample.from)")
    }

    @Test func everyFieldHasItsPlace() throws {
        var packet = make(
            .`init`, 0xab, 0x0102_0304, 0x0506_0708, minTx: 0x090a_0b0c, minRx: 0x0d0e_0f10, echo: 0x1112_1314)
        packet.diagnostic = DiagnosticCode(rawValue: 0x15)
        packet.controlPlaneIndependent = true
        packet.demand = true
        #expect(hex(encode(packet)) == "358aab180102030405060708090a0b0c0d0e0f1011121314")
        #expect(try ControlPacket(decoding: encode(packet)[...]) == packet)
    }

    /// Each flaw is named although all later ones are there too: this pins the order of RFC 5880 section 6.8.6.
    @Test("B-1 B-3 a flawed packet is dropped", arguments: flawed)
    func b1FlawedPacketIsDropped(_ packet: String, _ flaw: Rejection) {
        #expect(throws: flaw) { try decode(packet) }
    }

    @Test func b1WhatStandsBehindThePacketIsIgnored() throws {
        #expect(try decode(captured[0].bytes + "ffff") == captured[0].packet)
    }

    @Test func b3UnknownReceiverIsAllowedWhileDown() throws {
        #expect(try decode("2040031800000001" + zeros).state == .down)
        #expect(try decode("2000031800000001" + zeros).state == .adminDown)
    }

    /// Random bytes, and captured packets with random damage: nothing traps, and what is accepted reads the same again.
    @Test func fuzz() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("ControlPacketTests.fuzz seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let seeds = captured.map { bytes($0.bytes) } + authenticatedCaptures.map { bytes($0.1) }
        var accepted = 0
        for round in 0..<100_000 {
            var input = seeds[round % seeds.count]
            if round & 7 == 0 {
                input = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                    .random(in: 0...255, using: &generator)
                }
            }
            for _ in 0..<Int.random(in: 0...4, using: &generator) where !input.isEmpty {
                input[Int.random(in: input.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if round & 3 == 0 { input = Array(input.prefix(.random(in: 0...60, using: &generator))) }
            let padded = [0xff] + input
            guard let packet = try? ControlPacket(decoding: padded.dropFirst()) else { continue }
            accepted += 1
            let key = AuthenticationKey(id: 17, secret: Array("secret99".utf8))
            _ = packet.isSigned(padded.dropFirst(), with: key, by: digests)
            let again = try ControlPacket(decoding: encode(packet, packet.authentication == nil ? nil : key)[...])
            #expect(again == packet, "\(hex(input))")
        }
        #expect(accepted > 10_000)
    }
}

private let zeros = String(repeating: "00", count: 16)
