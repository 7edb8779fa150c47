// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// A mail to the operators about a change of state.
package struct AlertMail: Hashable, Sendable {
    /// What stands behind `[router_id] `.
    package var subject: String
    /// One line.
    package var body: String

    package init(subject: String, body: String) {
        self.subject = subject
        self.body = body
    }
}

/// Who mails come from and go to, and how the sender calls itself.
package struct MailEnvelope: Hashable, Sendable {
    package var sender: String
    package var recipients: [String]
    /// The name in HELO.
    package var greeting: String
    /// The `router_id` that subjects begin with.
    package var routerID: String

    package init(sender: String, recipients: [String], greeting: String, routerID: String) {
        self.sender = sender
        self.recipients = recipients
        self.greeting = greeting
        self.routerID = routerID
    }
}

extension AlertMail {
    /// Longest subject and body, in bytes.
    private static let longestSubject = 256
    private static let longestBody = 512

    /// The mail as it follows DATA, lines ending in CR LF, up to and including the dot that ends it (RFC 5321 section 4.1.1.4).
    ///
    ///     Date: Thu, 26 Nov 2026 13:30:47 +0000
    ///     From: ka@example.com
    ///     Subject: [lab] VRRP Instance A - Entering MASTER state
    ///     X-Mailer: Keepalived
    ///     To: Root <root@example.com>,
    ///      ops@example.com
    ///
    ///     => VRRP Instance is now owning VRRP VIPs <=
    ///
    ///     .
    ///
    /// - Parameter date: RFC 5322 section 3.3.
    package func text(_ envelope: MailEnvelope, date: String) -> [UInt8] {
        let recipients = envelope.recipients.map { String(decoding: line($0, 998), as: UTF8.self) }
        var bytes: [UInt8] = []
        for header in [
            "Date: \(date)", "From: \(envelope.sender)", "Subject: [\(envelope.routerID)] \(subject)", "X-Mailer: Keepalived",
        ] { bytes += line(header, header.hasPrefix("Subject") ? Self.longestSubject : 998) + [0x0d, 0x0a] }
        bytes += Array("To: \(recipients.joined(separator: ",\r\n "))\r\n\r\n".utf8)
        let text = line(body, Self.longestBody)
        // A line that begins with a dot gets another one (section 4.5.2).
        if text.first == UInt8(ascii: ".") { bytes.append(UInt8(ascii: ".")) }
        return bytes + text + Array("\r\n\r\n.\r\n".utf8)
    }

    /// One line: whatever would end it or upset a terminal is a blank.
    private func line(_ text: String, _ longest: Int) -> [UInt8] {
        text.utf8.prefix(longest).map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
    }
}

/// Dates of mails (RFC 5322 section 3.3).
package enum MailDate {
    /// "Thu, 26 Nov 2026 13:30:47 +0000".
    ///
    /// - Parameters:
    ///   - calendar: the form of ctime in local time, "Thu Nov 26 13:30:47 2026".
    ///   - offset: seconds that local time is east of UTC.
    package static func text(calendar: String, offset: Int) -> String {
        let words = calendar.split(separator: " ")
        guard words.count == 5 else { return calendar }
        let minutes = abs(offset) / 60
        let zone = "\(offset < 0 ? "-" : "+")\(decimalDigits(minutes / 60, width: 2))\(decimalDigits(minutes % 60, width: 2))"
        return "\(words[0]), \(words[2].count == 1 ? "0" : "")\(words[2]) \(words[1]) \(words[4]) \(words[3]) \(zone)"
    }
}
