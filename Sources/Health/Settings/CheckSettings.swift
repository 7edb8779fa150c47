// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Config

/// One checker of a real server with everything inherited filled in.
///
/// Says nothing about which server it belongs to: the destination is nil for "the server's own address", so that all servers
/// with the same checker share one value.
package struct CheckSettings: Hashable, Sendable {
    package var timing: CheckTiming
    /// Down until the first success.
    package var alpha = false
    /// Each failed attempt is logged, not only the deciding one.
    package var logsAllFailures = false
    /// Where to connect and from where; of no meaning for scripts, files and BFD sessions.
    package var connection = ConnectionSettings()
    package var kind: CheckKind

    package init(_ kind: CheckKind, timing: CheckTiming = CheckTiming()) {
        self.kind = kind
        self.timing = timing
    }
}

/// How often a checker looks and how patient it is.
package struct CheckTiming: Hashable, Sendable {
    /// From the end of one round to the start of the next.
    package var delayLoop = Interval.seconds(60)
    /// The longest random delay before the first round.
    package var warmup = Interval.seconds(60)
    /// How many further attempts a failure is given before the server is down.
    package var retries: UInt32 = 0
    package var delayBeforeRetry = Interval.seconds(1)

    package init() {}
}

/// Where a checker connects to and from where.
package struct ConnectionSettings: Hashable, Sendable {
    /// Nil: the address of the real server.
    package var address: IPAddress?
    /// Nil: the port of the real server.
    package var port: UInt16?
    package var source: IPAddress?
    /// 0: any.
    package var sourcePort: UInt16 = 0
    package var interface: String?
    /// SO_MARK of the socket; 0: none.
    package var mark: UInt32 = 0
    package var timeout = Interval.seconds(5)

    package init() {}

    /// Whether the socket is as the system makes it.
    var isPlain: Bool { mark == 0 && sourcePort == 0 && source == nil && interface == nil }
}

/// What a checker does, with what only it needs.
package enum CheckKind: Hashable, Sendable {
    case tcp
    case ping
    case udp(UDPCheckSettings)
    /// HTTP_GET, or SSL_GET when secure.
    case http(HTTPCheckSettings)
    case smtp(SMTPCheckSettings)
    case dns(DNSCheckSettings)
    case misc(MiscCheckSettings)
    case file(FileCheckSettings)
    case bfd(name: String)

    /// The keyword of the checker's block.
    package var keyword: String {
        switch self {
        case .tcp: "TCP_CHECK"
        case .ping: "PING_CHECK"
        case .udp: "UDP_CHECK"
        case .http(let settings): settings.isSecure ? "SSL_GET" : "HTTP_GET"
        case .smtp: "SMTP_CHECK"
        case .dns: "DNS_CHECK"
        case .misc: "MISC_CHECK"
        case .file: "FILE_CHECK"
        case .bfd: "BFD_CHECK"
        }
    }

    /// Whether the checker is told its result instead of asking for it.
    package var isPassive: Bool {
        switch self {
        case .file, .bfd: true
        case .tcp, .ping, .udp, .http, .smtp, .dns, .misc: false
        }
    }

    /// Whether one attempt makes a round, and success says no more than that.
    var isSimple: Bool {
        switch self {
        case .tcp, .ping, .udp, .smtp, .dns: true
        case .http, .misc, .file, .bfd: false
        }
    }

    /// How many conversations make a round: one, or one for each url.
    package var steps: Int {
        switch self {
        case .http(let settings): max(1, settings.urls.count)
        case .tcp, .ping, .udp, .smtp, .dns, .misc, .file, .bfd: 1
        }
    }
}

/// What a UDP_CHECK sends and wants back.
package struct UDPCheckSettings: Hashable, Sendable {
    package var payload: [UInt8] = []
    /// Nil: silence counts as success.
    package var reply: ReplyPattern?
    package var minimumReply: UInt16 = 0
    package var maximumReply: UInt16 = 255

    package init() {}
}

/// The beginning a reply must have: each byte under its mask.
package struct ReplyPattern: Hashable, Sendable {
    package var bytes: [UInt8] = []
    /// Ones where a nibble counts; as long as `bytes`.
    package var mask: [UInt8] = []

    package init(bytes: [UInt8] = [], mask: [UInt8] = []) {
        precondition(bytes.count == mask.count, "A reply pattern has a mask byte for each byte.")
        self.bytes = bytes
        self.mask = mask
    }
}

/// What an SMTP_CHECK says of itself.
package struct SMTPCheckSettings: Hashable, Sendable {
    package static let usualName = "smtpchecker.keepalived.org"
    package var heloName = usualName

    package init() {}
}

/// The record types a DNS_CHECK can ask for (RFC 1035 section 3.2.2, RFC 3596, RFC 4034).
package enum DNSRecordType: UInt16, Hashable, Sendable, CaseIterable {
    case a = 1
    case ns = 2
    case cname = 5
    case soa = 6
    case mx = 15
    case txt = 16
    case aaaa = 28
    case rrsig = 46
    case dnskey = 48

    package var word: String {
        switch self {
        case .a: "A"
        case .ns: "NS"
        case .cname: "CNAME"
        case .soa: "SOA"
        case .mx: "MX"
        case .txt: "TXT"
        case .aaaa: "AAAA"
        case .rrsig: "RRSIG"
        case .dnskey: "DNSKEY"
        }
    }
}

/// What a DNS_CHECK asks for.
package struct DNSCheckSettings: Hashable, Sendable {
    package var type = DNSRecordType.soa
    /// The name asked for; empty: the root.
    package var name = ""

    package init() {}
}

/// The program that a MISC_CHECK runs.
package struct MiscCheckSettings: Hashable, Sendable {
    package var script: Script
    /// How long the script may run.
    package var timeout = Interval.seconds(60)
    /// Exit statuses 2...255 set the weight to the status less two.
    package var isDynamic = false

    package init(script: Script) { self.script = script }
}

/// Which file decides, and how its number counts.
package struct FileCheckSettings: Hashable, Sendable {
    /// The name of the `track_file` block.
    package var name: String
    /// What the file's number is multiplied by; 0: any number but 0 means down.
    package var weight: Int32
    /// Turns the sign of the product round, or with weight 0: the number 0 means down.
    package var isReversed: Bool

    package init(name: String, weight: Int32 = 1, isReversed: Bool = false) {
        self.name = name
        self.weight = weight
        self.isReversed = isReversed
    }
}
