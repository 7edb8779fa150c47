// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

// The blocks of the checkers. Each row makes a draft, fills it by its table and gives the real server a finished check.

extension Keyword where Target == RealServerDraft {
    static var checkRows: [Keyword] {
        [
            miscRow, smtpRow, tcpRow, pingRow, udpRow, httpRow(secure: false), httpRow(secure: true), dnsRow, fileRow,
            bfdRow,
        ]
    }

    /// A checker's block: `finish` gives what the kind is made of, or nil if the checker is dropped.
    private static func check<Part>(
        _ name: String, _ part: Part, _ rows: @autoclosure @escaping @Sendable () -> [Keyword<CheckDraft<Part>>], _ help: String,
        finish: @escaping @Sendable (CheckDraft<Part>, inout Reader) -> FinishedCheck.Kind?
    ) -> Keyword {
        .block(
            name, children: rows(), help,
            begin: { statement, _, reader in
                reader.noteExtraWords(statement, after: 0)
                return CheckDraft(part, statement)
            },
            end: { draft, server, reader in
                guard let kind = finish(draft, &reader), let check = draft.finished(kind, of: server, &reader) else {
                    return
                }
                server.checks.append(check)
            }
        )
    }

    /// What the checker hangs on: findings about it are told on this line.
    private static func named<Part>(
        _ name: String, _ syntax: String, limit: Int = .max, _ path: SettingPath<CheckDraft<Part>, String?>,
        _ help: String
    ) -> Keyword<CheckDraft<Part>> {
        let row: Keyword<CheckDraft<Part>> = .custom(name, syntax: syntax, help) { statement, draft, reader in
            guard let text = reader.text(statement, limit: limit) else { return }
            draft[keyPath: path] = text
            draft.statement = statement
        }
        return limit == .max ? row : row.range("at most \(limit) bytes")
    }

    private static var tcpRow: Keyword {
        check("TCP_CHECK", NoPart(), connectionRows(), "Tries to open a TCP connection.") { _, _ in .ready(.tcp) }
    }

    private static var pingRow: Keyword {
        check("PING_CHECK", NoPart(), connectionRows(), "Sends an ICMP echo request and waits for the reply.") { _, _ in
            .ready(.ping)
        }.since("2.1.0")
    }

    private static var smtpRow: Keyword {
        typealias Row = Keyword<CheckDraft<SMTPCheckSettings>>
        @Sendable func rows() -> [Row] {
            let name: Row = .custom("helo_name", syntax: "<string>", "The name to give in HELO.") { statement, draft, reader in
                guard let name = reader.text(statement) else { return }
                guard draft.part.heloName == SMTPCheckSettings.usualName else {
                    reader.report(.warning, "duplicate", statement, "the first helo_name counts; this one is ignored")
                    return
                }
                draft.part.heloName = name
            }
            let host: Row = .block(
                "host", children: connectionRows(),
                "An old form: the keywords in it apply to the enclosing SMTP_CHECK.",
                begin: { _, draft, _ in draft }, end: { inner, draft, _ in draft = inner }
            )
            return [name.defaulting(to: SMTPCheckSettings.usualName)] + connectionRows() + [host]
        }
        return check("SMTP_CHECK", SMTPCheckSettings(), rows(), "Greets an SMTP server and expects its welcome.") { draft, _ in
            .ready(.smtp(draft.part))
        }
    }

    private static var miscRow: Keyword {
        @Sendable func rows() -> [Keyword<CheckDraft<MiscPart>>] {
            [
                .script(
                    "misc_path", user: false, \.part.script,
                    "The program to run with its arguments; exit status 0 is success."),
                .wholeSeconds(
                    "misc_timeout", 0...4294, \.part.timeout,
                    "How long the program may run; 0: the virtual server's delay_loop."),
                .flag(
                    "misc_dynamic", \.part.isDynamic,
                    "Exit statuses 2 to 255 are success and set the server's weight to the status less 2."
                ),
                .custom("user", syntax: "<user> [<group>]", "Who runs the program.") { statement, draft, reader in
                    guard let user = reader.require(statement, 0, "a user") else { return }
                    draft.part.user = user
                    draft.part.group = statement.value(1)
                    draft.part.userLine = statement
                }.defaulting(to: "script_user"),
            ]
        }
        return check(
            "MISC_CHECK", MiscPart(), rows() + commonCheckRows(), "Runs a program that says whether the server is up."
        ) {
            draft, reader in
            guard draft.part.script != nil else {
                reader.reportAtEnd(
                    .error, "missing-script", draft.statement, "this MISC_CHECK has no misc_path and is ignored")
                return nil
            }
            var part = draft.part
            part.end = reader.closing
            return .misc(part)
        }
    }

    private static var dnsRow: Keyword {
        @Sendable func rows() -> [Keyword<CheckDraft<DNSCheckSettings>>] {
            [
                .choice(
                    "type", DNSRecordType.allCases.map { ($0.word, $0) }, \.part.type, ignoringCase: true,
                    "The type of record asked for."
                ).defaulting(to: "SOA"),
                .custom("name", syntax: "<domain>", "The name asked for.") { statement, draft, reader in
                    guard let name = reader.text(statement) else { return }
                    guard draft.part.name.isEmpty else {
                        reader.report(.warning, "duplicate", statement, "the first name counts; this one is ignored")
                        return
                    }
                    guard DNSConversation.labels(name) != nil else {
                        reader.report(
                            .error, "bad-domain", statement, word: statement.value(0),
                            "'\(name)' is no domain name: a label is empty or too long; the line is ignored"
                        )
                        return
                    }
                    draft.part.name = name
                }.defaulting(to: "the root"),
            ]
        }
        return check("DNS_CHECK", DNSCheckSettings(), rows() + connectionRows(), "Sends a DNS query over UDP.") {
            draft, _ in
            .ready(.dns(draft.part))
        }
    }

    private static var fileRow: Keyword {
        @Sendable func rows() -> [Keyword<CheckDraft<FilePart>>] {
            [
                named("track_file", "<name>", \.part.name, "The track_file block whose number decides."),
                .custom(
                    "weight", syntax: "<int> [reverse|noreverse]",
                    "What the number is multiplied by before it is added to the server's weight; 0: any number but 0 takes the server down."
                ) { statement, draft, reader in
                    let limit: ClosedRange<Int32> = -2_147_483_647...2_147_483_647
                    guard let word = reader.require(statement, 0, "a number"),
                        let weight = reader.number(word, of: statement, in: limit)
                    else { return }
                    draft.part.weight = weight
                    draft.part.isReversed = reader.isReversed(statement, 1)
                }.range("-2147483647..2147483647").defaulting(to: "that of the track_file"),
            ]
        }
        return check("FILE_CHECK", FilePart(), rows(), "A number in a file decides about the server.") { draft, reader in
            guard let name = draft.part.name else {
                reader.reportAtEnd(
                    .error, "missing-track-file", draft.statement, "this FILE_CHECK names no track_file and is ignored")
                return nil
            }
            let weight = draft.part.weight
            return .ready(
                .file(FileCheckSettings(name: name, weight: weight ?? .min, isReversed: draft.part.isReversed ?? false))
            )
        }.since("2.1.0")
    }

    private static var bfdRow: Keyword {
        @Sendable func rows() -> [Keyword<CheckDraft<BFDPart>>] {
            [
                named("name", "<string>", limit: 31, \.part.name, "The bfd_instance whose session decides."),
                .alphaRow,
            ]
        }
        return check("BFD_CHECK", BFDPart(), rows(), "A BFD session decides about the server.") { draft, reader in
            guard let name = draft.part.name else {
                reader.reportAtEnd(
                    .error, "missing-bfd-name", draft.statement, "this BFD_CHECK names no bfd_instance and is ignored")
                return nil
            }
            return .ready(.bfd(name: name))
        }.since("2.0.0")
    }

    private static var udpRow: Keyword {
        @Sendable func rows() -> [Keyword<CheckDraft<UDPCheckSettings>>] {
            [
                .custom("payload", syntax: "<hex bytes>", "What to send.") { statement, draft, reader in
                    guard reader.require(statement, 0, "hex digits") != nil else { return }
                    guard let pattern = ReplyPattern(hex: statement.values.map(\.text), wildcards: false) else {
                        return reader.reportHex(statement)
                    }
                    draft.part.payload = pattern.bytes
                }.since("2.2.0"),
                .custom(
                    "require_reply", syntax: "[<hex bytes, x = any nibble>]",
                    "A reply is required, and it must begin with these bytes; otherwise only an ICMP error is a failure."
                ) { statement, draft, reader in
                    guard let pattern = ReplyPattern(hex: statement.values.map(\.text), wildcards: true) else {
                        return reader.reportHex(statement)
                    }
                    draft.part.reply = pattern
                },
                .number("min_reply_length", 0...UInt16.max, \.part.minimumReply, "A shorter reply is a failure.").since(
                    "2.2.0"),
                .number("max_reply_length", 0...UInt16.max, \.part.maximumReply, "A longer reply is a failure.").since(
                    "2.2.0"),
            ]
        }
        return check("UDP_CHECK", UDPCheckSettings(), rows() + connectionRows(), "Sends a UDP packet.") { draft, reader in
            let part = draft.part
            if part.reply != nil, part.minimumReply > part.maximumReply {
                reader.report(
                    .warning, "reply-length", draft.statement,
                    "min_reply_length \(part.minimumReply) is above max_reply_length \(part.maximumReply): the check always fails"
                )
            }
            return .ready(.udp(part))
        }.since("2.1.0")
    }
}

extension CheckDraft {
    /// Nil, with a diagnostic, where the checker cannot work.
    func finished(_ kind: FinishedCheck.Kind, of server: RealServerDraft, _ reader: inout Reader) -> FinishedCheck? {
        var connection = connection
        let target = connection.address ?? server.address
        if let source = connection.source, source.family != target.family {
            reader.report(
                .error, "bind-family", statement,
                "bindto \(source) is of another address family than \(target), which is connected to; bindto is ignored"
            )
            connection.source = nil
        }
        if case .v6 = target, target.isLinkLocal, connection.interface == nil, kind.connects {
            reader.reportAtEnd(
                .error, "link-local-without-interface", statement,
                "\(target) is link-local, so bind_if is needed; the checker is ignored", help: "add bind_if <interface>"
            )
            return nil
        }
        return FinishedCheck(
            timing: timing, connection: connection, logsAllFailures: logsAllFailures ?? false, kind: kind,
            statement: statement
        )
    }
}

extension FinishedCheck.Kind {
    /// Whether the checker opens a socket.
    var connects: Bool {
        switch self {
        case .misc, .ready(.misc), .ready(.file), .ready(.bfd): false
        case .ready(.tcp), .ready(.ping), .ready(.udp), .ready(.http), .ready(.smtp), .ready(.dns): true
        }
    }
}

extension ReplyPattern {
    /// Hex digits in one or several words, two to a byte; `x` stands for any nibble where allowed. Nil if it is not that.
    init?(hex words: [String], wildcards: Bool) {
        var bytes: [UInt8] = []
        var mask: [UInt8] = []
        for word in words.flatMap({ $0.split(separator: " ") }) {
            let digits = Array(word.utf8)
            guard digits.count.isMultiple(of: 2) else { return nil }
            for pair in stride(from: 0, to: digits.count, by: 2) {
                guard let high = Self.nibble(digits[pair], wildcards),
                    let low = Self.nibble(digits[pair + 1], wildcards)
                else {
                    return nil
                }
                bytes.append(high.value << 4 | low.value)
                mask.append(high.mask << 4 | low.mask)
            }
        }
        self.init(bytes: bytes, mask: mask)
    }

    private static func nibble(_ digit: UInt8, _ wildcards: Bool) -> (value: UInt8, mask: UInt8)? {
        if wildcards, digit | 0x20 == UInt8(ascii: "x") { return (0, 0) }
        return hexValue(digit).map { ($0, 15) }
    }
}

extension Reader {
    fileprivate mutating func reportHex(_ statement: Statement) {
        report(
            .error, "not-hex", statement, word: statement.value(0),
            "the value of '\(statement.name)' is not made of bytes of two hex digits; the line is ignored"
        )
    }

    /// `reverse` or `noreverse` at this place.
    mutating func isReversed(_ statement: Statement, _ index: Int) -> Bool {
        guard let word = statement.value(index) else { return false }
        switch word.text {
        case "reverse": return true
        case "noreverse": return false
        default:
            report(
                .error, "unknown-value", statement, word: word,
                "'\(word.text)' is neither reverse nor noreverse; it is ignored")
            return false
        }
    }
}
