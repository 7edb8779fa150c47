// SPDX-License-Identifier: GPL-2.0-or-later

/// What HTTP_GET and SSL_GET ask for and accept.
package struct HTTPCheckSettings: Hashable, Sendable {
    /// The version of HTTP that requests are made in.
    package enum Version: UInt8, Hashable, Sendable {
        case http10
        /// HTTP/1.0 with `Connection: close`.
        case http10Close
        case http11
    }

    package var isSecure = false
    package var version = Version.http10
    /// The Host header; nil: the address and port that the checker connects to.
    package var virtualHost: String?
    /// Sends the name of the server in the TLS handshake.
    package var sendsServerName = false
    /// The name to send; nil: the virtual host.
    package var serverName: String?
    /// No delays while the server is recovering or was not checked yet.
    package var recoversFast = false
    /// A TLS connection must be closed by the protocol, not by the transport.
    package var isStrictTLS = false
    package var urls: [URL] = []

    package init() {}

    /// One page to fetch, and what is accepted of it.
    package struct URL: Hashable, Sendable {
        package var path: String
        /// MD5 of the body.
        package var digest: [UInt8]?
        /// Accepted codes; empty: 200...299.
        package var statuses = StatusSet()
        package var virtualHost: String?
        package var pattern: BodyPattern?
        /// Nil: as the checker says.
        package var isStrictTLS: Bool?

        package init(path: String) { self.path = path }
    }
}

/// The status codes 100...599 a checker accepts, a bit each.
package struct StatusSet: Hashable, Sendable {
    package static let range = 100...599
    private var words: [UInt64] = []

    package init() {}

    package var isEmpty: Bool { words.isEmpty }

    /// Adds the codes of a range; codes outside 100...599 are not kept.
    package mutating func insert(_ codes: ClosedRange<Int>) {
        let wanted = codes.clamped(to: Self.range)
        guard codes.overlaps(Self.range) else { return }
        if words.isEmpty { words = Array(repeating: 0, count: 8) }
        for code in wanted { words[(code - 100) / 64] |= 1 << UInt64((code - 100) % 64) }
    }

    /// Whether a code is accepted; with nothing said, 200...299 are.
    package func contains(_ code: Int) -> Bool {
        guard Self.range.contains(code) else { return false }
        guard !words.isEmpty else { return (200...299).contains(code) }
        return words[(code - 100) / 64] & 1 << UInt64((code - 100) % 64) != 0
    }

    /// The accepted codes as ranges, lowest first.
    package var ranges: [ClosedRange<Int>] {
        var result: [ClosedRange<Int>] = []
        for code in Self.range where contains(code) {
            if let last = result.last, last.upperBound == code - 1 {
                result[result.count - 1] = last.lowerBound...code
            } else {
                result.append(code...code)
            }
        }
        return result
    }
}

/// A regular expression that the body of an answer must (or must not) match.
package struct BodyPattern: Hashable, Sendable {
    package var text: String
    /// Compile options by their names in the configuration.
    package var options: [String] = []
    /// The match must begin at or after this byte of the body.
    package var minimumOffset = 0
    /// The match must begin at or before this byte of the body; nil: anywhere.
    package var maximumOffset: Int?
    /// A match means failure.
    package var mustNotMatch = false
    /// Start and greatest size of the matcher's stack in bytes.
    package var stack: Stack?

    /// The room a matcher may use.
    package struct Stack: Hashable, Sendable {
        package var start: Int
        package var maximum: Int
        package init(start: Int, maximum: Int) {
            self.start = start
            self.maximum = maximum
        }
    }

    package init(_ text: String) { self.text = text }

    /// The compile options of PCRE2 by name, in the order of their bits.
    package static let optionNames = [
        "allow_empty_class", "alt_bsux", "auto_callout", "caseless", "dollar_endonly", "dotall", "dupnames", "extended",
        "firstline", "match_unset_backref", "multiline", "never_ucp", "never_utf", "no_auto_capture", "no_auto_possess",
        "no_dotstar_anchor", "no_start_optimize", "ucp", "ungreedy", "utf", "never_backslash_c", "alt_circumflex",
        "alt_verbnames", "use_offset_limit",
    ]

    /// The options as PCRE2 takes them.
    package var optionBits: UInt32 {
        options.reduce(0) { bits, name in Self.optionNames.firstIndex(of: name).map { bits | 1 << UInt32($0) } ?? bits }
    }
}
