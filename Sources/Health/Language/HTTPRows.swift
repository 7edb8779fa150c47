// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// A `url` block being read.
package struct URLDraft: Sendable {
    var path: String?
    var digest: [UInt8]?
    var statuses = StatusSet()
    var virtualHost: String?
    var isStrictTLS: Bool?
    var pattern: String?
    var isInverted = false
    var options: [String] = []
    var minimumOffset = 0
    var maximumOffset: Int?
    var stack: BodyPattern.Stack?
    let statement: Statement

    init(_ statement: Statement) { self.statement = statement }
}

extension Keyword where Target == RealServerDraft {
    /// HTTP_GET or SSL_GET.
    static func httpRow(secure: Bool) -> Keyword {
        let name = secure ? "SSL_GET" : "HTTP_GET"
        let help = secure ? "Fetches pages over HTTPS and judges them." : "Fetches pages over HTTP and judges them."
        return .block(
            name, children: httpRows(secure: secure), help,
            begin: { statement, _, reader in
                reader.noteExtraWords(statement, after: 0)
                var settings = HTTPCheckSettings()
                settings.isSecure = secure
                return CheckDraft(settings, statement)
            },
            end: { draft, server, reader in
                guard !draft.part.urls.isEmpty else {
                    reader.reportAtEnd(.error, "no-urls", draft.statement, "this \(name) has no url and is ignored")
                    return
                }
                guard let check = draft.finished(.ready(.http(draft.part)), of: server, &reader) else { return }
                server.checks.append(check)
            }
        )
    }

    private static func httpRows(secure: Bool) -> [Keyword<CheckDraft<HTTPCheckSettings>>] {
        typealias Draft = CheckDraft<HTTPCheckSettings>
        var rows: [Keyword<Draft>] = [
            oldRetryRow(),
            .text("virtualhost", \.part.virtualHost, "The name in the Host header.")
                .defaulting(
                    to:
                        "that of the real server, else that of the virtual server, else the address and port connected to"
                ),
            .choice(
                "http_protocol", [("1.0", .http10), ("1.1", .http11), ("1.0C", .http10Close), ("1.0c", .http10Close)],
                \.part.version, "The version of HTTP; 1.0C is 1.0 with Connection: close, which 1.1 has always."
            ).defaulting(to: "1.0"),
            .bool(
                "enable_sni", \.part.sendsServerName,
                "Send the name of the virtual host in the TLS handshake (SSL_GET)."),
            .custom("sni_name", syntax: "[<string>]", "Send this name in the TLS handshake; implies enable_sni.") {
                statement, draft, reader in
                draft.part.sendsServerName = true
                draft.part.serverName = statement.value(0)?.text
                reader.noteExtraWords(statement, after: 1)
            }.defaulting(to: "the virtual host").since("2.4.4"),
            .bool(
                "fast_recovery", \.part.recoversFast,
                "No delays between the urls while the server is down or was not checked yet."
            ),
            urlRow(secure: secure),
        ]
        if secure {
            rows.append(
                Keyword<Draft>.bool(
                    "tls_compliant", \.part.isStrictTLS, "A connection that is not closed by TLS is a failure."
                )
                .since("2.2.8")
            )
        }
        return rows + connectionRows()
    }

    /// Upstream counts this old name as an error under `-t`, unlike other deprecated ones.
    private static func oldRetryRow() -> Keyword<CheckDraft<HTTPCheckSettings>> {
        .custom("nb_get_retry", syntax: "<uint>", "The old name of retry.") { statement, draft, reader in
            reader.report(
                .warning, "deprecated", statement, "'nb_get_retry' is deprecated", help: "write 'retry' instead")
            if let value = reader.number(statement, in: 0...UInt32.max) { draft.timing.retries = value }
        }.range("0..4294967295")
    }

    private static func urlRow(secure: Bool) -> Keyword<CheckDraft<HTTPCheckSettings>> {
        .block(
            "url", children: URLDraft.rows(secure: secure), "A page to fetch. Several are fetched one after the other.",
            begin: { statement, _, reader in
                reader.noteExtraWords(statement, after: 0)
                return URLDraft(statement)
            },
            end: { url, draft, reader in
                if let url = url.settings(&reader) { draft.part.urls.append(url) }
            }
        )
    }
}

extension URLDraft {
    static func rows(secure: Bool) -> [Keyword<URLDraft>] {
        var rows: [Keyword<URLDraft>] = [
            .text("path", \.path, "What to ask for; quote it if it contains braces or comment signs."),
            .custom(
                "digest", syntax: "<md5 hex>", "The MD5 digest that the body must have, as genhash prints it.",
                applyDigest),
            .custom("status_code", syntax: "<code|code-code>...", "Status codes that are success.", applyStatus)
                .range("100..599").defaulting(to: "200-299"),
            .text("virtualhost", \.virtualHost, "The name in the Host header.").defaulting(to: "that of the checker"),
            .custom("regex", syntax: "<quoted pcre2>", "A regular expression that the body must match.") {
                statement, url, reader in
                guard let pattern = reader.text(statement) else { return }
                url.pattern = pattern
            },
            .flag("regex_no_match", \.isInverted, "The body must not match the regular expression."),
            .custom(
                "regex_options", syntax: regexOptions.joined(separator: "|") + " ...",
                "How the regular expression is read."
            ) {
                statement, url, reader in
                for word in statement.values {
                    if regexOptions.contains(word.text) {
                        url.options.append(word.text)
                    } else {
                        reader.report(
                            .hint, "unknown-value", statement, word: word, "'\(word.text)' is no option and is ignored")
                    }
                }
            },
            .number(
                "regex_min_offset", 0...Int.max, \.minimumOffset,
                "The match must not begin before this byte of the body."),
            .number("regex_max_offset", 0...Int.max, \.maximumOffset, "The match must begin by this byte of the body.")
                .defaulting(to: "unlimited"),
            .custom("regex_stack", syntax: "<uint start> <uint max>", "The stack of the matcher in bytes.") {
                statement, url, reader in
                guard let first = reader.require(statement, 0, "a size"),
                    let second = reader.require(statement, 1, "a second size"),
                    let start = reader.number(first, of: statement, in: 0...Int.max),
                    let maximum = reader.number(second, of: statement, in: 0...Int.max)
                else { return }
                guard start <= maximum else {
                    reader.report(
                        .error, "out-of-range", statement, word: first,
                        "the start is above the maximum; the line is ignored")
                    return
                }
                url.stack = BodyPattern.Stack(start: start, maximum: maximum)
            },
        ]
        if secure {
            rows.append(
                Keyword<URLDraft>.bool(
                    "tls_compliant", \.isStrictTLS, "A connection that is not closed by TLS is a failure."
                )
                .since("2.2.8").defaulting(to: "that of the checker")
            )
        }
        return rows
    }

    private static let regexOptions = BodyPattern.optionNames

    @Sendable private static func applyDigest(_ statement: Statement, _ url: inout URLDraft, _ reader: inout Reader) {
        guard let text = reader.text(statement) else { return }
        guard text.utf8.count == 32, let pattern = ReplyPattern(hex: [text], wildcards: false) else {
            reader.report(
                .error, "bad-digest", statement, word: statement.value(0),
                "a digest has 32 hex digits; the line is ignored",
                help: "genhash prints the digest of a page"
            )
            return
        }
        url.digest = pattern.bytes
    }

    @Sendable private static func applyStatus(_ statement: Statement, _ url: inout URLDraft, _ reader: inout Reader) {
        guard reader.require(statement, 0, "a status code") != nil else { return }
        for word in statement.values {
            let parts = word.text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            let first = parts.first.flatMap { $0 } ?? 0
            let last = parts.count == 2 ? parts[1] ?? 0 : first
            guard parts.count <= 2, first <= last, StatusSet.range.contains(first), StatusSet.range.contains(last)
            else {
                reader.report(
                    .error, "bad-status-code", statement, word: word,
                    "'\(word.text)' is neither a code nor a range of codes within 100-599; it is ignored"
                )
                continue
            }
            url.statuses.insert(first...last)
        }
    }

    /// Nil, with a diagnostic, without a path.
    func settings(_ reader: inout Reader) -> HTTPCheckSettings.URL? {
        guard let path else {
            reader.reportAtEnd(.error, "no-path", statement, "this url has no path and is ignored")
            return nil
        }
        var url = HTTPCheckSettings.URL(path: path)
        url.digest = digest
        url.statuses = statuses
        url.virtualHost = virtualHost
        url.isStrictTLS = isStrictTLS
        guard let text = pattern else { return url }
        if let maximumOffset, maximumOffset < minimumOffset {
            reader.report(
                .hint, "empty-range", statement, "regex_max_offset is below regex_min_offset: nothing can match")
        }
        var body = BodyPattern(text)
        body.options = options
        body.minimumOffset = minimumOffset
        body.maximumOffset = maximumOffset
        body.mustNotMatch = isInverted
        body.stack = stack
        url.pattern = body
        return url
    }
}
