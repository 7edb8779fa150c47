// SPDX-License-Identifier: GPL-2.0-or-later
import Netlink
import Testing

/// News of processes as Linux 6.18 sent them for `/bin/sleep 0.3`, process 10059, started by 9965.
struct ProcessNewsTests {
    private static func read(_ hex: String) throws -> ProcessNews? {
        var reader = MessageReader(bytes(hex)[...])
        return try reader.next().flatMap { try ProcessNews($0) }
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
    }

    private static let head = "4c0000000300000000000000000000000100000001000000000000000000000028000000"

    private static let fork = head + "01000000010000006291a124e4020000" + "ed260000ed2600004b2700004b270000" + "0000000000000000"
    private static let exec = head + "020000000100000094aaab24e4020000" + "4b2700004b270000" + "00000000000000000000000000000000"
    private static let exit =
        head + "00000080010000006fa21937e4020000" + "4b2700004b27000000000000110000" + "00ed260000ed260000"

    @Test("each kind is read")
    func kinds() throws {
        #expect(try Self.read(Self.fork) == .forked(parent: 9965, child: 10059))
        #expect(try Self.read(Self.exec) == .executed(10059))
        #expect(try Self.read(Self.exit) == .ended(10059))
        let answer = Self.head + "000000000000000066e79f24e4020000" + String(repeating: "0", count: 48)
        #expect(try Self.read(answer) == .acknowledged(0))
    }

    @Test("threads are no news")
    func threads() throws {
        let fork = Self.fork.replacing("4b2700004b270000", with: "4c2700004b270000")
        #expect(try Self.read(fork) == nil)
        let exit = Self.exit.replacing("4b2700004b270000", with: "4c2700004b270000")
        #expect(try Self.read(exit) == nil)
    }

    @Test("a message that is cut short is refused, not read beyond its end")
    func short() throws {
        for count in 0..<Self.bytes(Self.fork).count {
            var bytes = Array(Self.bytes(Self.fork).prefix(count))
            guard count >= 16 else { continue }
            bytes[0] = UInt8(count)
            var reader = MessageReader(bytes[...])
            let message = try #require(try reader.next())
            if count < 68 { #expect(throws: MalformedMessage.self) { try ProcessNews(message) } }
        }
    }

    @Test("the subscription is the one that the kernel answers")
    func subscription() {
        #expect(
            ProcessNews.subscription(true)
                == Self.bytes("28000000030000000000000000000000010000000100000000000000000000000400000001000000"))
    }
}
