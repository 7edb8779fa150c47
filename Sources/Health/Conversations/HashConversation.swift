// SPDX-License-Identifier: GPL-2.0-or-later

/// One GET of genhash: the digest of the body whatever the status, and header and body as they came, for those who want to look.
package struct HashConversation: Conversation {
    /// Kept of header and body for looking at.
    private static let lookLimit = 1 << 20

    private let request: [UInt8]
    private let keepsText: Bool
    private var response = HTTPResponse()
    private var md5 = MD5()
    private var isFinished = false
    package private(set) var header: [UInt8] = []
    package private(set) var body: [UInt8] = []
    /// 16 bytes, once the answer has ended.
    package private(set) var digest: [UInt8]?

    package init(_ version: HTTPCheckSettings.Version, path: String, host: String, keepsText: Bool) {
        request = HTTPConversation.request(version, path: path, host: host)
        self.keepsText = keepsText
    }

    /// See `Conversation`.
    package mutating func open() -> Turn { .send(request) }

    /// See `Conversation`.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> Turn {
        guard !isFinished else { return .wait }
        var rest = bytes
        do {
            while !rest.isEmpty, !response.isComplete {
                let before = rest
                let isHeader = response.isReadingHeader
                let piece = try response.read(&rest).body
                md5.update(piece)
                guard keepsText else { continue }
                if isHeader { header += before.prefix(before.count - rest.count).prefix(Self.lookLimit - header.count) }
                body += piece.prefix(max(0, Self.lookLimit - body.count))
            }
        } catch {
            isFinished = true
            return .finish(.failed(.malformed("answer is not HTTP")))
        }
        return response.isComplete ? end() : .wait
    }

    /// See `Conversation`.
    package mutating func close(cleanly: Bool) -> Turn {
        guard !isFinished else { return .wait }
        guard response.mayEndWithConnection else { return .finish(.failed(.closedEarly)) }
        return end()
    }

    private mutating func end() -> Turn {
        isFinished = true
        digest = md5.finish()
        return .finish(.passed)
    }
}
