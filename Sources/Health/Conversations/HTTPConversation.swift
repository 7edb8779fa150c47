// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// One GET of an HTTP_GET or SSL_GET checker.
///
/// The body is hashed and kept only as far as the url's settings ask for it: the digest runs along, a pattern is given at most
/// `bodyLimit` bytes. A body that came in chunks may have the digest of what it says or that of all its bytes, chunk sizes
/// included, which is what genhash prints. An answer that goes on beyond `answerLimit` is judged a failure instead of being read for ever.
package struct HTTPConversation: Conversation {
    /// Says whether the body matches the pattern; handed in, since the matcher is a library.
    package typealias Matcher = (_ pattern: BodyPattern, _ body: [UInt8]) -> Bool

    package static let bodyLimit = 1 << 20
    package static let answerLimit = 64 << 20

    private let url: HTTPCheckSettings.URL
    private let request: [UInt8]
    /// Whether TLS must be closed by its own notice.
    package let isStrict: Bool
    private let matcher: Matcher
    private var response = HTTPResponse()
    private var digest: MD5?
    /// As `digest`, of everything behind the header.
    private var rawDigest: MD5?
    private var body: [UInt8] = []
    private var total = 0
    private var isFinished = false

    /// `endpoint` is what the checker connects to; a name for the Host header if the settings have none.
    package init(
        _ settings: HTTPCheckSettings, step: Int, endpoint: (address: IPAddress, port: UInt16),
        matcher: @escaping Matcher
    ) {
        let url = step < settings.urls.count ? settings.urls[step] : HTTPCheckSettings.URL(path: "/")
        self.url = url
        self.matcher = matcher
        isStrict = settings.isSecure && (url.isStrictTLS ?? settings.isStrictTLS)
        digest = url.digest == nil ? nil : MD5()
        rawDigest = digest
        let host = url.virtualHost ?? settings.virtualHost
        request = Self.request(settings.version, path: url.path, host: host ?? Self.hostText(endpoint))
    }

    /// `10.0.0.1:80`; an IPv6 address stands in brackets (RFC 9110 section 7.2).
    private static func hostText(_ endpoint: (address: IPAddress, port: UInt16)) -> String {
        switch endpoint.address {
        case .v4: "\(endpoint.address):\(endpoint.port)"
        case .v6: "[\(endpoint.address)]:\(endpoint.port)"
        }
    }

    /// The bytes of a request, as upstream sends them.
    package static func request(_ version: HTTPCheckSettings.Version, path: String, host: String) -> [UInt8] {
        let word = version == .http11 ? "HTTP/1.1" : "HTTP/1.0"
        let close = version == .http10 ? "" : "Connection: close\r\n"
        return Array("GET \(path) \(word)\r\nUser-Agent: KeepAliveClient\r\n\(close)Host: \(host)\r\n\r\n".utf8)
    }

    /// See `Conversation`.
    package mutating func open() -> Turn { .send(request) }

    /// See `Conversation`.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> Turn {
        guard !isFinished else { return .wait }
        total &+= bytes.count
        var rest = bytes
        do {
            while !rest.isEmpty, !response.isComplete {
                let before = rest
                let isBody = !response.isReadingHeader
                take(try response.read(&rest).body)
                if isBody { rawDigest?.update(before.prefix(before.count - rest.count)) }
            }
        } catch {
            return finish(.failed(.malformed(Self.words(error))))
        }
        if response.isComplete { return judge() }
        if total > Self.answerLimit { return finish(.failed(.endless)) }
        return .wait
    }

    /// See `Conversation`.
    package mutating func close(cleanly: Bool) -> Turn {
        guard !isFinished else { return .wait }
        guard response.mayEndWithConnection else { return finish(.failed(.closedEarly)) }
        guard cleanly || !isStrict else { return finish(.failed(.handshake("closed without notice"))) }
        return judge()
    }

    private mutating func take(_ piece: ArraySlice<UInt8>) {
        guard !piece.isEmpty else { return }
        digest?.update(piece)
        if url.pattern != nil, body.count < Self.bodyLimit { body += piece.prefix(Self.bodyLimit - body.count) }
    }

    private mutating func judge() -> Turn {
        let code = response.status ?? 0
        guard url.statuses.contains(code) else { return finish(.failed(.status(code: code, path: url.path))) }
        if let wanted = url.digest, let found = digest?.digest, found != wanted, rawDigest?.digest != wanted {
            let text = found.map { hexDigits($0, width: 2) }.joined()
            return finish(.failed(.digest(found: text, path: url.path)))
        }
        if let pattern = url.pattern, matcher(pattern, body) == pattern.mustNotMatch {
            return finish(.failed(.pattern(path: url.path)))
        }
        return finish(.passed)
    }

    private mutating func finish(_ outcome: ProbeOutcome) -> Turn {
        isFinished = true
        body = []
        return .finish(outcome)
    }

    private static func words(_ fault: HTTPResponse.Fault) -> String {
        switch fault {
        case .notHTTP: "answer is not HTTP"
        case .lineTooLong: "line too long"
        case .headerTooLong: "header too long"
        case .badLength: "bad Content-Length"
        case .badChunk: "bad chunk"
        }
    }
}
