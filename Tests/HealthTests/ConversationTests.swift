// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Support
import Testing

/// Feeds a conversation bytes cut at every possible place, and expects the same end each time.
private func outcome(_ make: () -> some Conversation, _ input: [UInt8], closes: Bool = false) -> ProbeOutcome? {
    func run(_ pieces: [ArraySlice<UInt8>]) -> ProbeOutcome? {
        var talk = make()
        _ = talk.open()
        for piece in pieces { if case .finish(let outcome, _) = talk.receive(piece) { return outcome } }
        if closes, case .finish(let outcome, _) = talk.close(cleanly: true) { return outcome }
        return nil
    }
    let whole = run([input[...]])
    #expect(run(input.indices.map { input[$0...$0] }) == whole, "byte by byte it ends otherwise")
    for cut in stride(from: 0, to: input.count, by: max(1, input.count / 20)) {
        #expect(run([input[..<cut], input[cut...]]) == whole)
    }
    return whole
}

@Suite struct HTTPConversationTests {
    private func talk(
        _ change: (inout HTTPCheckSettings.URL) -> Void = { _ in }, version: HTTPCheckSettings.Version = .http10
    ) -> HTTPConversation {
        var settings = HTTPCheckSettings()
        var url = HTTPCheckSettings.URL(path: "/x")
        change(&url)
        settings.urls = [url]
        settings.version = version
        return HTTPConversation(settings, step: 0, endpoint: (address("10.0.0.1"), 8002)) { pattern, body in
            String(decoding: body, as: UTF8.self).contains(pattern.text)
        }
    }

    /// The requests that keepalived 2.2.7 sends.
    @Test func requestsAreThoseOfUpstream() {
        func text(_ talk: HTTPConversation) -> String {
            var talk = talk
            guard case .send(let bytes) = talk.open() else { return "" }
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(text(talk()) == "GET /x HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.0.0.1:8002\r\n\r\n")
        #expect(
            text(talk({ $0.virtualHost = "www.example.com" }, version: .http11))
                == "GET /x HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: www.example.com\r\n\r\n"
        )
        #expect(
            text(talk(version: .http10Close))
                == "GET /x HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: 10.0.0.1:8002\r\n\r\n"
        )
    }

    @Test(arguments: [
        "HTTP/1.0 200 OK\r\n\r\nfoo",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nfoo",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2;a=b\r\nfo\r\n1\r\no\r\n0\r\nTrailer: x\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-LENGTH:3 \r\n\r\nfoo",
    ]) func theBodyIsFoundHoweverItIsWrapped(answer: String) {
        let digest = MD5.of("foo")
        #expect(
            outcome(
                {
                    talk {
                        $0.digest = digest; $0.pattern = BodyPattern("foo")
                    }
                }, Array(answer.utf8), closes: true) == .passed)
        guard case .failed(.digest)? = outcome({ talk { $0.digest = MD5.of("bar") } }, Array(answer.utf8), closes: true)
        else {
            Issue.record("another digest passes")
            return
        }
    }

    @Test func thePatternIsLookedForInTheBodyOnly() {
        let answer = Array("HTTP/1.0 200 OK\r\nX: needle\r\n\r\nbody".utf8)
        #expect(
            outcome({ talk { $0.pattern = BodyPattern("needle") } }, answer, closes: true)
                == .failed(.pattern(path: "/x")))
        var pattern = BodyPattern("needle")
        pattern.mustNotMatch = true
        #expect(outcome({ talk { $0.pattern = pattern } }, answer, closes: true) == .passed)
    }

    @Test func theStatusMustBeAmongThoseAccepted() {
        let answer = Array("HTTP/1.0 302 Found\r\nContent-Length: 0\r\n\r\n".utf8)
        #expect(outcome({ talk() }, answer) == .failed(.status(code: 302, path: "/x")))
        #expect(outcome({ talk { $0.statuses.insert(300...399) } }, answer) == .passed)
        #expect(outcome({ talk() }, Array("HTTP/1.1 204 No Content\r\n\r\n".utf8)) == .passed)
    }

    @Test func anAnswerCutShortIsAFailure() {
        #expect(outcome({ talk() }, [], closes: true) == .failed(.closedEarly))
        #expect(outcome({ talk() }, Array("HTTP/1.0 200 OK\r\n".utf8), closes: true) == .failed(.closedEarly))
        #expect(
            outcome({ talk() }, Array("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfoo".utf8), closes: true)
                == .failed(.closedEarly))
    }

    @Test func garbageIsAFailureAtOnce() {
        for answer in ["SSH-2.0-OpenSSH\r\n", "HTTP/1.0 20 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n", "\n"] {
            guard case .failed(.malformed)? = outcome({ talk() }, Array(answer.utf8)) else {
                Issue.record("\(answer) is accepted")
                continue
            }
        }
    }

    @Test func aHeaderOrBodyWithoutEndIsJudged() {
        var header = talk()
        var turn = header.receive(Array("HTTP/1.0 200 OK\r\n".utf8)[...])
        let field = Array("X: 0123456789\r\n".utf8)[...]
        for _ in 0..<10_000 where turn == .wait { turn = header.receive(field) }
        #expect(turn == .finish(.failed(.malformed("header too long"))))
        var body = talk()
        turn = body.receive(Array("HTTP/1.0 200 OK\r\n\r\n".utf8)[...])
        let piece = [UInt8](repeating: 65, count: 1 << 20)[...]
        for _ in 0..<100 where turn == .wait { turn = body.receive(piece) }
        #expect(turn == .finish(.failed(.endless)))
        var line = talk()
        turn = .wait
        for _ in 0..<100 where turn == .wait { turn = line.receive([UInt8](repeating: 65, count: 1000)[...]) }
        #expect(turn == .finish(.failed(.malformed("line too long"))))
    }

    @Test(arguments: 0..<UInt64(200)) func anyBytesAreSurvived(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let grammar = [
            "HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 99999999999999\r\n", "\r\n",
            "ffffffffffff\r\n",
            "0\r\n", "a\r\n", "HTTP/1.0 ", ":", "\n", "3\r\nabc\r\n",
        ]
        var talk = talk { $0.digest = MD5.of("x") }
        for _ in 0..<60 {
            var bytes = Array((grammar.randomElement(using: &random) ?? "").utf8)
            if Int.random(in: 0..<4, using: &random) == 0, !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = talk.receive(bytes[...])
        }
        _ = talk.close(cleanly: Bool.random(using: &random))
    }
}

@Suite struct SMTPConversationTests {
    private func talk() -> SMTPConversation { SMTPConversation(SMTPCheckSettings()) }

    @Test func helloAndGoodbye() {
        var talk = talk()
        #expect(talk.open() == .wait)
        #expect(talk.receive(Array("220 hi\r\n".utf8)[...]) == .send(Array("HELO smtpchecker.keepalived.org\r\n".utf8)))
        #expect(talk.receive(Array("250 ok\r\n".utf8)[...]) == .finish(.passed, last: Array("QUIT\r\n".utf8)))
    }

    @Test func aGreetingOfSeveralLinesIsOne() {
        #expect(outcome({ talk() }, Array("220-one\r\n220-two\r\n220 three\r\n250-a\r\n250 b\r\n".utf8)) == .passed)
    }

    @Test func badAnswers() {
        #expect(outcome({ talk() }, Array("554 go away\r\n".utf8)) == .failed(.malformed("Bad greeting banner")))
        #expect(outcome({ talk() }, Array("220 hi\r\n500 what\r\n".utf8)) == .failed(.malformed("Bad HELO response")))
        #expect(outcome({ talk() }, Array("hello\r\n".utf8)) == .failed(.malformed("Bad greeting banner")))
        #expect(outcome({ talk() }, Array("220 hi\r\n".utf8), closes: true) == .failed(.closedEarly))
    }

    @Test func endlessGreetingsEnd() {
        #expect(outcome({ talk() }, Array(String(repeating: "220-x\r\n", count: 200).utf8)) == .failed(.endless))
        #expect(outcome({ talk() }, [UInt8](repeating: 0x32, count: 5000)) == .failed(.malformed("Too long a line")))
    }

    @Test(arguments: 0..<UInt64(100)) func anyBytesAreSurvived(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var talk = talk()
        for _ in 0..<200 {
            _ = talk.receive(
                (0..<Int.random(in: 0..<6, using: &random)).map { _ in
                    "250- \r\nx".utf8.randomElement(using: &random) ?? 0
                }[...])
        }
    }
}

@Suite struct DNSConversationTests {
    private func talk() -> DNSConversation {
        var settings = DNSCheckSettings()
        settings.type = .a
        settings.name = "example.com"
        return DNSConversation(settings, id: 0xaf85)
    }

    /// A query that keepalived 2.2.7 sent.
    @Test func theQueryIsThatOfUpstream() {
        let text = talk().query.map { hexDigits($0, width: 2) }.joined()
        #expect(text == "af8501000001000000000000076578616d706c6503636f6d0000010001")
    }

    private func reply(_ flags: UInt16, id: UInt16 = 0xaf85, question: [UInt8]? = nil) -> [UInt8] {
        let query = talk().query
        let header = [UInt8(id >> 8), UInt8(id & 255), UInt8(flags >> 8), UInt8(flags & 255)]
        return header + query[4..<12] + (question ?? Array(query[12...]))
    }

    private func turn(_ bytes: [UInt8]) -> Turn {
        var talk = talk()
        return talk.receive(bytes[...])
    }

    @Test func answersAreJudged() {
        #expect(turn(reply(0x8180)) == .finish(.passed), "an empty answer without error passes")
        #expect(turn(reply(0x8182)) == .finish(.failed(.refused("error SERVFAIL"))))
        #expect(turn(reply(0x0100)) == .finish(.failed(.malformed("answer is not a response"))))
        #expect(turn(reply(0x8180, id: 1)) == .wait, "an answer to somebody else")
        #expect(turn(reply(0x8180, question: [0, 0, 1, 0, 1])) != .finish(.passed))
        #expect(turn(Array(reply(0x8180).prefix(11))) == .finish(.failed(.malformed("answer is too short"))))
        #expect(turn([]) == .finish(.failed(.malformed("answer is too short"))))
    }

    @Test func namesBecomeLabels() {
        #expect(DNSConversation.labels("") == [0])
        #expect(DNSConversation.labels("a.b.") == [1, 0x61, 1, 0x62, 0])
        #expect(DNSConversation.labels("a..b") == nil)
        #expect(DNSConversation.labels(String(repeating: "x", count: 64)) == nil)
        #expect(DNSConversation.labels(Array(repeating: "abcdefgh", count: 32).joined(separator: ".")) == nil)
    }

    @Test(arguments: 0..<UInt64(200)) func anyBytesAreSurvived(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = reply(0x8180)
        bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
        for _ in 0..<3 where !bytes.isEmpty {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        _ = turn(bytes)
    }
}

@Suite struct UDPConversationTests {
    @Test func repliesAreComparedUnderTheirMask() {
        var settings = UDPCheckSettings()
        settings.reply = ReplyPattern(bytes: [0x12, 0x30], mask: [0xff, 0xf0])
        settings.maximumReply = 4
        func turn(_ bytes: [UInt8]) -> Turn {
            var talk = UDPConversation(settings)
            return talk.receive(bytes[...])
        }
        #expect(turn([0x12, 0x3f]) == .finish(.passed))
        #expect(turn([0x12, 0x4f]) == .finish(.failed(.malformed("reply with other data"))))
        #expect(turn([0x12]) == .finish(.failed(.malformed("reply with other data"))))
        #expect(turn([0x12, 0x34, 0, 0, 0]) == .finish(.failed(.malformed("reply of 5 bytes"))))
        var talk = UDPConversation(settings)
        #expect(talk.silence() == .failed(.readTimeout))
    }

    @Test func silenceIsFineWithoutRequireReply() {
        var talk = UDPConversation(UDPCheckSettings())
        #expect(talk.open() == .send(Array("keepalived check - keepalived ch".utf8)))
        #expect(talk.silence() == .passed)
    }
}

extension MD5 {
    static func of(_ text: String) -> [UInt8] {
        var hash = MD5()
        hash.update(Array(text.utf8)[...])
        return hash.digest
    }
}
