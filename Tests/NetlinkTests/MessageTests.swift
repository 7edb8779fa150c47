// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Netlink
import Support
import Testing

struct MessageTests {
    @Test func anAddressSurvivesTheJourney() throws {
        let sent = InterfaceAddress(
            prefix("10.1.1.50", 24), interface: 7, broadcast: IPAddress("10.1.1.255"), label: "eth0:1", scope: 253,
            flags: [.noPrefixRoute], preferredLifetime: 30
        )
        var buffer = MessageBuffer()
        AddressRequest(.replace, sent).write(into: &buffer, sequence: 9)
        AddressRequest(.delete, sent).write(into: &buffer, sequence: 10)
        var reader = MessageReader(buffer.bytes[...])
        let first = try #require(try reader.next())
        #expect(first.sequence == 9)
        #expect(try KernelNews(first) == .address(sent))
        let second = try #require(try reader.next())
        guard case .addressRemoved(let removed) = try KernelNews(second) else {
            Issue.record("not a removal")
            return
        }
        #expect(removed.prefix == sent.prefix && removed.interface == 7)
        #expect(try reader.next() == nil)
    }

    @Test func aMacvlanIsReadBack() throws {
        var buffer = MessageBuffer()
        LinkRequest.addMacvlan(name: "vrrp.51", parent: 2, hardware: .virtualRouter(51, .ipv4), group: 4)
            .write(into: &buffer, sequence: 1)
        var reader = MessageReader(buffer.bytes[...])
        guard let message = try reader.next(), case .link(let link) = try KernelNews(message) else {
            Issue.record("not a link")
            return
        }
        #expect(link.name == "vrrp.51" && link.kind == "macvlan" && link.macvlanMode == 1)
        #expect(link.hardware == .virtualRouter(51, .ipv4) && link.parent == 2 && link.group == 4)
    }

    /// The error, the request's header alone (capped), then NLMSGERR_ATTR_MSG.
    @Test func aRefusalHasTheKernelsWords() throws {
        var buffer = MessageBuffer()
        buffer.message(Message.errorType, [.extended, .capped], sequence: 5) { buffer in
            buffer.put(Int32(-22))
            buffer.put([UInt8](repeating: 0, count: 16))
            buffer.attribute(1, "ipv4: Invalid scope value.")
        }
        var reader = MessageReader(buffer.bytes[...])
        let message = try #require(try reader.next())
        #expect(try message.refusal() == Refusal(code: 22, text: "ipv4: Invalid scope value."))
    }

    /// Whatever bytes come, decoding ends with a value or a refusal and reads nothing outside them.
    @Test func mutilatedMessagesNeverTrap() {
        var generator = SeededGenerator(seed: 20_261_121)
        let samples = GoldenRequestTests.recorded.map(\.bytes)
        var decoded = 0
        for _ in 0..<20_000 {
            var bytes = samples[Int.random(in: 0..<samples.count, using: &generator)]
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            var reader = MessageReader(bytes[...])
            while let message = try? reader.next() {
                if (try? KernelNews(message)) != nil { decoded += 1 }
                _ = try? message.refusal()
            }
        }
        #expect(decoded > 0)
    }
}
