// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// One GET of genhash: the digest of everything behind the header as it came, whatever the status. With `keepsText`, header and
/// body are kept for those who want to look, up to a megabyte each.
package struct HashConversation: Conversation {
    private static let lookLimit = 1 << 20
    /// A header without end is given up for a body that never begins.
    private static let headerLimit = HTTPResponse.longestHeader

    private let request: [UInt8]
    private let keepsText: Bool
    /// Tells when an answer of known length is complete; nil once it is no HTTP that we know.
    private var response: HTTPResponse? = HTTPResponse()
    private var md5 = MD5()
    private var isFinished = false
    /// Whether the request has gone out.
    package private(set) var hasBegun = false
    /// Whether anything has come.
    package private(set) var hasHeard = false
    /// Up to and with the blank line that ends it.
    package private(set) var header: [UInt8] = []
    package private(set) var hasHeader = false
    package private(set) var body: [UInt8] = []
    /// 16 bytes, once the answer has ended; nil too where there was no header.
    package private(set) var digest: [UInt8]?

    package init(_ version: HTTPCheckSettings.Version, path: String, host: String, keepsText: Bool) {
        request = HTTPConversation.request(version, path: path, host: host)
        self.keepsText = keepsText
    }

    /// See `Conversation`.
    package mutating func open() -> Turn {
        hasBegun = true
        return .send(request)
    }

    /// See `Conversation`.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) -> Turn {
        guard !isFinished else { return .wait }
        hasHeard = hasHeard || !bytes.isEmpty
        var rest = bytes
        while !hasHeader, let byte = rest.popFirst() {
            header.append(byte)
            hasHeader = header.suffix(4).elementsEqual([0x0d, 0x0a, 0x0d, 0x0a])
            guard header.count < Self.headerLimit else { return .finish(.failed(.malformed("header too long"))) }
        }
        md5.update(rest)
        if keepsText { body += rest.prefix(Self.lookLimit - body.count) }
        return isComplete(with: bytes) ? end() : .wait
    }

    private mutating func isComplete(with bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        do {
            while !rest.isEmpty, response?.isComplete == false { _ = try response?.read(&rest) }
        } catch {
            response = nil
        }
        return response?.isComplete == true
    }

    /// See `Conversation`.
    package mutating func close(cleanly: Bool) -> Turn { isFinished ? .wait : end() }

    private mutating func end() -> Turn {
        isFinished = true
        if hasHeader { digest = md5.digest }
        return .finish(.passed)
    }
}
