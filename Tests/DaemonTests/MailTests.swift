// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Daemon
import Support
import Testing

/// The talk with a mail server, without one.
struct MailTests {
    private static let envelope = MailEnvelope(
        sender: "ka@example.com", recipients: ["Root User <root@example.com>", "ops@example.com"], greeting: "router",
        routerID: "lab")
    private static let mail = AlertMail(
        subject: "VRRP Instance A - Entering MASTER state", body: "=> VRRP Instance is now owning VRRP VIPs <=")
    private static let text = Self.mail.text(Self.envelope, date: "Thu, 26 Nov 2026 13:30:47 +0000")

    /// What was said, in words; the mail as MAIL.
    private static func words(_ steps: [MailConversation.Step]) -> [String] {
        steps.map { step in
            switch step {
            case .send(let bytes): bytes == text ? "MAIL" : String(decoding: bytes.dropLast(2), as: UTF8.self)
            case .delivered: "delivered"
            case .refused(let reason): "refused: \(reason)"
            case .broken(let reason): "broken: \(reason)"
            case .finished: "finished"
            }
        }
    }

    /// The talk with a server that answers with these lines, one mail handed in whenever there may be one.
    private static func talk(_ replies: [String], mails: Int = 1) -> [String] {
        var conversation = MailConversation(envelope)
        var said: [String] = []
        var left = mails
        for reply in replies {
            said += words(conversation.receive(Array("\(reply)\r\n".utf8)))
            while conversation.isIdle {
                said += words(left > 0 ? conversation.begin(text) : conversation.quit())
                left -= 1
            }
        }
        return said
    }

    @Test("a mail is what 2.2.7 sends, with the recipients folded as 2.4.3 does")
    func form() {
        let expected = [
            "Date: Thu, 26 Nov 2026 13:30:47 +0000", "From: ka@example.com",
            "Subject: [lab] VRRP Instance A - Entering MASTER state", "X-Mailer: Keepalived",
            "To: Root User <root@example.com>,", " ops@example.com", "", "=> VRRP Instance is now owning VRRP VIPs <=", "", ".",
            "",
        ]
        #expect(String(decoding: Self.text, as: UTF8.self) == expected.joined(separator: "\r\n"))
    }

    @Test("a name with a line end or a dot in it cannot end a header or the mail")
    func hostileNames() {
        let mail = AlertMail(subject: "VRRP Instance a\r\nBcc: all@example.com\r\n\r\n", body: ".\r\n.")
        let lines = String(decoding: mail.text(Self.envelope, date: "D"), as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines[2] == "Subject: [lab] VRRP Instance a  Bcc: all@example.com    ")
        #expect(lines.suffix(4) == ["..  .", "", ".", ""])
    }

    @Test("the dialogue, envelope addresses without names")
    func dialogue() {
        #expect(
            Self.talk(["220 hi", "250 ok", "250 ok", "250 ok", "251 ok", "354 go", "250-taken", "250 as 17", "221 bye"]) == [
                "HELO router", "MAIL FROM:<ka@example.com>", "RCPT TO:<root@example.com>", "RCPT TO:<ops@example.com>",
                "DATA", "MAIL", "delivered", "QUIT", "finished",
            ])
    }

    @Test("two mails leave on one connection, and a refused one does not harm the next")
    func several() {
        let said = Self.talk(
            ["220 hi", "250 ok", "250 ok", "550 who", "550 who", "250 reset", "250 ok", "250 ok", "550 who", "354 go", "250 ok"],
            mails: 2)
        #expect(
            said.dropFirst() == [
                "MAIL FROM:<ka@example.com>", "RCPT TO:<root@example.com>", "RCPT TO:<ops@example.com>",
                "refused: Error processing RCPT cmd, SMTP status code = 550", "RSET", "MAIL FROM:<ka@example.com>",
                "RCPT TO:<root@example.com>", "RCPT TO:<ops@example.com>", "DATA", "MAIL", "delivered", "QUIT",
            ])
    }

    @Test("a server that is none is left alone", arguments: ["HTTP/1.1 400 Bad Request", "554 no", "22", "220_x", "99999"])
    func strangers(_ line: String) {
        let said = Self.talk([line])
        #expect(said.count == 1 && said[0].hasPrefix("broken: "), "\(said)")
    }

    @Test("endless lines and endless replies end")
    func endless() {
        var conversation = MailConversation(Self.envelope)
        #expect(Self.words(conversation.receive(Array(repeating: UInt8(ascii: "2"), count: 1 << 20))) == ["broken: sent too long a line"])
        conversation = MailConversation(Self.envelope)
        let lines = Array(repeating: "220-more\r\n", count: 10_000).joined()
        #expect(Self.words(conversation.receive(Array(lines.utf8))) == ["broken: sent an endless reply"])
    }

    @Test("random bytes never end in more than one verdict")
    func fuzz() {
        var random = SeededGenerator(seed: 11)
        let pieces = ["220 x\r\n", "250 x\r\n", "354 go\r\n", "421 x\r\n", "250-", "\r\n", "5", "\0", "\u{fffd}", " ", "-"]
        for _ in 0..<20_000 {
            var conversation = MailConversation(Self.envelope)
            var verdicts = 0
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                var steps = conversation.receive(Array((pieces.randomElement(using: &random) ?? "").utf8))
                if conversation.isIdle { steps += Bool.random(using: &random) ? conversation.begin(Self.text) : conversation.quit() }
                if Bool.random(using: &random), Bool.random(using: &random), Bool.random(using: &random) { steps += conversation.close() }
                for step in steps {
                    switch step {
                    case .broken, .finished: verdicts += 1
                    case .send, .delivered, .refused: #expect(verdicts == 0)
                    }
                }
            }
            #expect(verdicts <= 1)
        }
    }

    @Test("what waits is bounded, grows old, and a dead server is mentioned once")
    func queue() {
        var queue = MailQueue()
        for _ in 0..<(MailQueue.limit + 7) { _ = queue.add(Self.mail, at: .zero) }
        let lost = queue.takeLost()
        #expect(lost == 7)
        let isFirstNews = queue.noteFailure(at: .zero)
        #expect(isFirstNews && queue.retryAt == .zero + .seconds(2))
        let isSecondNews = queue.noteFailure(at: .zero + .seconds(2))
        #expect(!isSecondNews && queue.retryAt == .zero + .seconds(6))
        queue.noteSuccess()
        #expect(queue.retryAt == nil)
        let isNewsAgain = queue.noteFailure(at: .zero + .seconds(9))
        #expect(isNewsAgain)
        queue.expire(at: .zero + MailQueue.patience)
        let old = queue.takeLost()
        #expect(queue.isEmpty && old == MailQueue.limit)
    }

    @Test("dates are of RFC 5322")
    func dates() {
        #expect(MailDate.text(calendar: "Thu Nov  6 03:30:47 2026", offset: -12_600) == "Thu, 06 Nov 2026 03:30:47 -0330")
        #expect(MailDate.text(calendar: "Thu Nov 26 13:30:47 2026", offset: 7_200) == "Thu, 26 Nov 2026 13:30:47 +0200")
    }
}
