// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouterDraft {
    static let authenticationRows: [Keyword<RouterDraft>] = [
        .block(
            "authentication", syntax: "{block}", children: AuthenticationDraft.rows,
            """
            Authentication of VRRP version 2 (RFC 2338). It keeps out accidents, not attackers, and version 3 has \
            none.
            """,
            begin: { statement, draft, reader in
                reader.noteExtraWords(statement, after: 0)
                return draft.authentication ?? AuthenticationDraft()
            },
            end: { authentication, draft, _ in draft.authentication = authentication }
        ).since("<=1.0.3"),
        .block(
            "auth_hmac", syntax: "{block}", children: TrailerDraft.rows,
            """
            Signs each advert with HMAC-SHA-256 in a trailer behind it, for either version. Excludes \
            'authentication'.
            """,
            begin: { statement, draft, reader in
                reader.noteExtraWords(statement, after: 0)
                return draft.trailer ?? TrailerDraft()
            },
            end: { trailer, draft, _ in draft.trailer = trailer }
        ).since("2.4.0").needs(.trailerAuthentication),
    ]
}

extension AuthenticationDraft {
    static let rows: [Keyword<AuthenticationDraft>] = [
        .choice(
            "auth_type", [("PASS", Kind.password), ("AH", Kind.header)], \.kind,
            "PASS sends the password in clear; AH signs adverts with HMAC-MD5 and is for IPv4 only."
        ).since("<=1.0.3").on(.vrrp),
        .custom(
            "auth_pass", syntax: "<string>", "The password, of which eight bytes count; the same on all routers."
        ) { statement, draft, reader in
            guard let word = reader.require(statement, 0, "a password") else { return }
            reader.noteExtraWords(statement, after: 1)
            let bytes = Array(word.text.utf8)
            draft.password = Array(bytes.prefix(8))
            guard bytes.count > 8 else { return }
            reader.report(
                .warning, "password-truncated", statement, word: word,
                "the password has \(bytes.count) bytes; its first 8 are used",
                help: "shorten it on all routers; what lies behind the eighth byte protects nothing"
            )
        }.since("<=1.0.3").range("at most 8 bytes").on(.vrrp),
    ]
}

extension TrailerDraft {
    static let rows: [Keyword<TrailerDraft>] = [
        .custom(
            "key", syntax: "<id> <ascii | hex:DIGITS | file:PATH>",
            "A key that adverts may be signed with. Several are accepted, so that keys can be changed router by router."
        ) { statement, draft, reader in
            guard reader.require(statement, 1, "a number and a key") != nil, let idWord = statement.value(0),
                let keyWord = statement.value(1)
            else { return }
            reader.noteExtraWords(statement, after: 2)
            guard let id: UInt8 = reader.number(idWord, of: statement, in: 1...255) else { return }
            guard draft.keys[id] == nil else {
                return reader.report(
                    .error, "duplicate", statement, word: idWord, "key \(id) was given before; this one is ignored")
            }
            draft.keys[id] = reader.key(keyWord, of: statement)
        }.since("2.4.0").range("id 1..255; 32 to 64 bytes").on(.vrrp),
        .number("active_key", 1...255, \.activeKey, "The key that our adverts are signed with. Required.").since(
            "2.4.0"
        ).on(.vrrp),
        .wholeSeconds(
            "time_window", 1...300, \.timeWindow, "How far the clock of a sender may be off."
        ).since("2.4.0").defaulting(to: "3 * advert_int, between 5 and 300").on(.vrrp),
        .choice(
            "anti_replay", [("time", TrailerAuthentication.ReplayProtection.time), ("monotonic", .monotonic)],
            \.replayProtection,
            "How old adverts are told from new ones: by the clock, or by counting where there is no good clock."
        ).since("2.4.0").defaulting(to: "time").on(.vrrp),
        .choice(
            "mode",
            [
                ("enforce", TrailerAuthentication.Mode.enforce), ("permissive", .permissive),
                ("receive-only", .receiveOnly),
            ], \.mode,
            """
            enforce signs and wants signatures; permissive signs and accepts adverts without; receive-only does \
            not sign. For changing a cluster over step by step.
            """
        ).since("2.4.0").defaulting(to: "enforce").on(.vrrp),
    ]
}

extension Reader {
    /// A key as text, `hex:` digits or the contents of `file:`; nil, with the reason reported, if it cannot be used.
    fileprivate mutating func key(_ word: Word, of statement: Statement) -> [UInt8]? {
        var bytes: [UInt8]?
        if word.text.hasPrefix("hex:") {
            let digits = Array(word.text.utf8.dropFirst(4))
            let nibbles = digits.compactMap(hexValue)
            if nibbles.count == digits.count, digits.count % 2 == 0 {
                bytes = stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
            }
        } else if word.text.hasPrefix("file:") {
            bytes = surroundings.contents(String(word.text.dropFirst(5)))
            while let last = bytes?.last, last == 0x0a || last == 0x0d { bytes?.removeLast() }
        } else {
            bytes = Array(word.text.utf8)
        }
        guard let bytes else {
            report(
                .error, "bad-key", statement, word: word, "the key cannot be read; it is ignored",
                help: "write hex:DIGITS with two digits a byte, file:PATH, or the key itself")
            return nil
        }
        guard (32...64).contains(bytes.count) else {
            report(
                .error, "bad-key", statement, word: word, "the key has \(bytes.count) bytes; it is ignored",
                help: "keys have 32 to 64 bytes")
            return nil
        }
        return bytes
    }
}
