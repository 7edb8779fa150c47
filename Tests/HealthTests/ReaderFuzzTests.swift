// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Support
import Testing

/// Answers made well and then spoilt: whatever comes, the readers neither trap nor change their minds, and where the cuts fall
/// between packets makes no difference.
@Suite struct ReaderFuzzTests {
    /// The same seeds each time, and one nobody has tried: it is named where something fails.
    private static let seeds = Array(0..<UInt64(400)) + [UInt64.random(in: 1_000...UInt64.max)]

    /// Feeds the bytes in pieces cut at random; nil if there is no verdict even when the peer closes.
    private static func verdict(
        _ talk: some Conversation, _ bytes: [UInt8], _ random: inout SeededGenerator
    ) -> ProbeOutcome? {
        var talk = talk
        var rest = bytes[...]
        _ = talk.open()
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...max(1, min(rest.count, 40)), using: &random))
            rest = rest.dropFirst(piece.count)
            guard case .finish(let outcome, _) = talk.receive(piece) else { continue }
            #expect(talk.receive(rest) == .wait, "it goes on after its verdict")
            return outcome
        }
        guard case .finish(let outcome, _) = talk.close(cleanly: true) else { return nil }
        return outcome
    }

    private static func spoil(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }

    /// A well-formed answer, its body and its status.
    private static func page(_ random: inout SeededGenerator) -> (bytes: [UInt8], body: [UInt8], status: Int) {
        let body = (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let status = [200, 200, 200, 204, 301, 404, 500].randomElement(using: &random) ?? 200
        var head = "HTTP/1.\(Int.random(in: 0...1, using: &random)) \(status) Some words\r\nServer: x\r\n"
        let sent = status == 204 ? [] : body
        if Bool.random(using: &random) { head = "HTTP/1.1 100 Continue\r\n\r\n" + head }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return (Array("\(head)Content-Length: \(sent.count)\r\n\r\n".utf8) + sent, sent, status)
        case 1: return (Array("\(head)\r\n".utf8) + sent, sent, status)
        default:
            var bytes = Array("\(head)Transfer-Encoding: chunked\r\n\r\n".utf8)
            guard status != 204 else { return (bytes, [], status) }
            var rest = sent[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...rest.count, using: &random))
                rest = rest.dropFirst(piece.count)
                bytes += Array("\(String(piece.count, radix: 16));extension=1\r\n".utf8) + piece + [0x0d, 0x0a]
            }
            return (bytes + Array("0\r\nTrailer: x\r\n\r\n".utf8), sent, status)
        }
    }

    private func web(_ digest: [UInt8]?) -> HTTPConversation {
        var settings = HTTPCheckSettings()
        var url = HTTPCheckSettings.URL(path: "/")
        url.digest = digest
        url.statuses.insert(200...404)
        settings.urls = [url]
        return HTTPConversation(settings, step: 0, endpoint: (address("10.0.0.1"), 80)) { _, _ in true }
    }

    @Test(arguments: seeds) func pages(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (bytes, body, status) = Self.page(&random)
        var md5 = MD5()
        md5.update(body[...])
        let digest = md5.digest
        let good = Self.verdict(web(digest), bytes, &random)
        #expect(good == (status <= 404 ? .passed : .failed(.status(code: status, path: "/"))), "seed \(seed)")
        let spoilt = Self.spoil(bytes, &random)
        let first = Self.verdict(web(digest), spoilt, &random)
        #expect(first == Self.verdict(web(digest), spoilt, &random), "seed \(seed): the cuts decide")
        #expect(first != nil, "seed \(seed): no verdict though the peer has closed")
    }

    @Test(arguments: seeds) func greetings(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func reply(_ code: Int) -> String {
            let count = Int.random(in: 0...4, using: &random)
            return (0..<count).map { "\(code)-line \($0)\r\n" }.joined() + "\(code)\(Bool.random(using: &random) ? " ok" : "")\r\n"
        }
        let code = [220, 220, 220, 421, 554].randomElement(using: &random) ?? 220
        let hello = [250, 250, 501].randomElement(using: &random) ?? 250
        let bytes = Array((reply(code) + reply(hello)).utf8)
        let talk = SMTPConversation(SMTPCheckSettings())
        let good = Self.verdict(talk, bytes, &random)
        #expect((good == .passed) == (code == 220 && hello == 250), "seed \(seed)")
        let spoilt = Self.spoil(bytes, &random)
        let first = Self.verdict(talk, spoilt, &random)
        #expect(first != nil && first == Self.verdict(talk, spoilt, &random), "seed \(seed): the cuts decide")
    }

    /// A datagram is taken or left as a whole. What passes is what a plain reading of RFC 1035 lets pass.
    @Test(arguments: seeds) func answers(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var settings = DNSCheckSettings()
        settings.name = ["", "example.com", "www.example.com."].randomElement(using: &random) ?? ""
        settings.type = DNSRecordType.allCases.randomElement(using: &random) ?? .a
        let id = UInt16.random(in: 0...UInt16.max, using: &random)
        let talk = DNSConversation(settings, id: id)
        let query = talk.query
        var bytes = query
        bytes[2] = 0x81
        bytes[3] = 0x80
        bytes += (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(Self.turn(talk, bytes) == .finish(.passed), "seed \(seed)")
        let spoilt = Self.spoil(bytes, &random)
        let isRight =
            spoilt.count >= query.count && spoilt[0] == query[0] && spoilt[1] == query[1] && spoilt[2] & 0xf8 == 0x80
            && spoilt[3] & 15 == 0 && spoilt[4] == 0 && spoilt[5] == 1
            && Self.lower(spoilt[12..<query.count]) == Self.lower(query[12...])
        #expect((Self.turn(talk, spoilt) == .finish(.passed)) == isRight, "seed \(seed): \(spoilt)")
    }

    private static func turn(_ talk: DNSConversation, _ bytes: [UInt8]) -> Turn {
        var talk = talk
        return talk.receive(bytes[...])
    }

    private static func lower(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 }
    }
}
