// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Config

/// Names a checker of the running configuration; stays with the checker over reloads.
package struct CheckID: Hashable, Sendable {
    package var slot: Int
    package init(_ slot: Int) { self.slot = slot }
}

/// What happened outside.
package enum Event: Sendable {
    /// An attempt ended. Answers to attempts that were abandoned meanwhile are ignored.
    case ended(CheckID, attempt: UInt32, ProbeOutcome)
    /// The number in a tracked file changed; nil: the file is not there or holds no number (counts as 0).
    case file(name: String, value: Int32?)
    case bfd(name: String, isUp: Bool)
    /// An address came to this machine or left it (`ha_suspend`).
    case address(IPAddress, isPresent: Bool)
    /// How many connections the servers of a service have, as `countConnections` asked; nil: they cannot be counted.
    case connections(ServiceKey, ConnectionCounts?)
}

/// What is to be done about it. At a start there are thousands of them, most of which are notices.
package enum Action: Sendable {
    /// Begin an attempt of this checker; `step` is which url to ask for.
    case probe(CheckID, attempt: UInt32, step: Int)
    /// Forget the attempt under way, its result is not wanted any more.
    case abandon(CheckID)
    indirect case edit(ServiceEdit)
    /// Count the connections of a service's servers and tell.
    case countConnections(of: ServiceKey)
    /// Many edits at once: at the start, after a reload, at the end.
    case update(TableUpdate)
    case notice(Notice)
    /// Tell the FIFOs, SNMP and whoever listens.
    case report(Report)
    /// Run a script for a change of this server or virtual server; those of one object run one after the other.
    indirect case run(Script, for: String)
    case mail(Mail)
}

/// A change of state that others are told about.
package enum Report: Hashable, Sendable {
    case server(String, of: String, isUp: Bool)
    case virtualServer(String, isUp: Bool)

    /// The line for the notify FIFOs, with its line feed. (Upstream writes a NUL byte after it; nobody wants that.)
    package var line: String {
        switch self {
        case .server(let server, let service, let isUp): "RS \(server) \(service) \(isUp ? "UP" : "DOWN")\n"
        case .virtualServer(let service, let isUp): "VS \(service) \(isUp ? "UP" : "DOWN")\n"
        }
    }
}

/// A mail to the operators; the subject goes behind `[router_id] `.
package struct Mail: Hashable, Sendable {
    package var subject: String
    package var body: String

    package init(server: String, of service: String, isUp: Bool, body: String) {
        subject = "Realserver \(server) of virtual server \(service) - \(isUp ? "UP" : "DOWN")"
        self.body = body
    }

    package init(virtualServer service: String, isUp: Bool, body: String) {
        subject = "Virtualserver \(service) - \(isUp ? "UP" : "DOWN")"
        self.body = body
    }
}
