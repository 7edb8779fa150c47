// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// How an attempt ended.
package enum ProbeOutcome: Hashable, Sendable {
    case passed
    /// A script that passed and asks for a weight (`misc_dynamic`).
    case passedWithWeight(UInt32)
    case failed(ProbeFailure)

    package var isSuccess: Bool {
        switch self {
        case .passed, .passedWithWeight: true
        case .failed: false
        }
    }
}

/// Why an attempt failed.
package enum ProbeFailure: Error, Hashable, Sendable {
    /// The socket could not be made or bound, or the connection was refused or unreachable: the system's words.
    case noConnection(String)
    case connectTimeout
    /// Nothing, or not all of the answer, came in time.
    case readTimeout
    case writeFailed(String)
    case readFailed(String)
    /// The peer closed before its answer was complete.
    case closedEarly
    /// The answer is not what the protocol allows: what about it.
    case malformed(String)
    /// The answer grew beyond what we are willing to read.
    case endless
    case status(code: Int, path: String)
    case digest(found: String, path: String)
    case pattern(path: String)
    case handshake(String)
    /// The server answered with an error of its protocol: its words.
    case refused(String)
    case exited(status: Int)
    case killed(signal: Int)
    case scriptTimeout
    case scriptMissing(String)
    case file
    case bfd
}

/// Which checker of which server a line is about.
package struct ProbeSubject: Hashable, Sendable {
    package var kind: CheckKind
    package var server: String
    package var service: String
    /// What the checker connects to.
    package var endpoint: String
    /// The path asked for, of an HTTP checker.
    package var path: String

    package init(kind: CheckKind, server: String, service: String, endpoint: String, path: String = "") {
        self.kind = kind
        self.server = server
        self.service = service
        self.endpoint = endpoint
        self.path = path
    }
}

/// What there is to know of a TCP_CHECK whose socket is an ordinary one: nearly all of them.
package struct PlainConnection: Hashable, Sendable {
    package var address: IPAddress
    package var port: UInt16
    package var timeout: Interval

    /// Nil for other checkers, and for sockets that are bound or marked.
    init?(_ settings: borrowing CheckSettings, of server: ServerKey) {
        guard case .tcp = settings.kind, settings.connection.isPlain else { return nil }
        address = settings.connection.address ?? server.address
        port = settings.connection.port ?? server.port
        timeout = settings.connection.timeout
    }
}
