// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// Everything the checkers tell an operator in the log. Operators search for these lines, so their wording follows
/// keepalived's; servers and virtual servers go by the names of `Names.swift`.
package enum Notice: Hashable, Sendable, CustomStringConvertible {
    case activating(server: String, of: String)
    case suspending(server: String, of: String)
    case deactivating(server: String, of: String)
    /// An attempt passed after failures, or for the first time.
    indirect case passed(ProbeSubject)
    /// An attempt failed and the deciding one is not reached, or each failure is logged.
    indirect case attemptFailed(ProbeSubject, ProbeFailure, Attempts)
    /// The deciding failure.
    indirect case checkFailed(ProbeSubject, ProbeFailure, Attempts)
    /// A server enters its virtual server's pool; with inhibit it gets its weight back.
    case adding(server: String, to: String, inhibits: Bool)
    case removing(server: String, from: String, inhibits: Bool)
    case shuttingDown(server: String, from: String)
    /// A reload took the virtual server away.
    case removingVirtualServer(String)
    /// A reload took the server away.
    case noLonger(server: String)
    /// It stays without new connections until its last one has ended, or this long.
    case draining(server: String, of: String, limit: Interval)
    /// It is gone, and with it so many connections that had not ended.
    case drained(server: String, of: String, connections: UInt32)
    indirect case weight(server: String, of: String, from: UInt32, to: UInt32, isAlive: Bool)
    indirect case quorumGained(QuorumFigures, of: String)
    indirect case quorumLost(QuorumFigures, of: String)
    /// The first look at a virtual server found too few alive servers.
    indirect case startingWithoutQuorum(QuorumFigures, of: String)
    case sorryServer(String, of: String, isNeeded: Bool, inhibits: Bool)
    /// The alive servers leave the pool to the sorry server, or come back.
    case pool(of: String, isFilled: Bool)
    case running(script: String, server: String, of: String)
    case runningForQuorum(script: String, of: String)
    case trackedFile(String, server: String, isUp: Bool)
    case bfd(name: String, server: String, isUp: Bool)

    /// How far the retries have got.
    package struct Attempts: Hashable, Sendable {
        /// Retries made so far.
        package var made: UInt32
        package var allowed: UInt32

        package init(made: UInt32, allowed: UInt32) {
            self.made = made
            self.allowed = allowed
        }
    }

    package var description: String {
        switch self {
        case .activating(let server, let service): "Activating healthchecker for service \(server) for VS \(service)"
        case .suspending(let server, let service): "Suspending healthchecker for service \(server) for VS \(service)"
        case .deactivating(let server, let service):
            "Deactivating healthchecker for service \(server) for VS \(service)"
        case .passed(let subject): subject.successText
        case .attemptFailed(let subject, let failure, let attempts): subject.attemptText(failure, attempts)
        case .checkFailed(let subject, let failure, let attempts): subject.failureText(failure, attempts)
        case .adding(let server, let service, let inhibits):
            inhibits ? "Enabling service \(server) of VS \(service)" : "Adding service \(server) to VS \(service)"
        case .removing(let server, let service, let inhibits):
            inhibits ? "Disabling service \(server) of VS \(service)" : "Removing service \(server) from VS \(service)"
        case .shuttingDown(let server, let service): "Shutting down service \(server) from VS \(service)"
        case .removingVirtualServer(let service): "Removing Virtual Server \(service)"
        case .noLonger(let server): "service \(server) no longer exist"
        case .draining(let server, let service, let limit):
            "Draining service \(server) of VS \(service) for at most \(limit.seconds) s"
        case .drained(let server, let service, 0): "Drained service \(server) of VS \(service)"
        case .drained(let server, let service, let connections):
            "Drained service \(server) of VS \(service), with \(connections) connections left"
        case .weight(let server, let service, let old, let new, let isAlive):
            "Changing weight from \(old) to \(new) for \(isAlive ? "active" : "inactive") service \(server) of VS \(service)"
        case .quorumGained(let figures, let service): "\(figures.gainedText) for VS \(service)"
        case .quorumLost(let figures, let service): "\(figures.lostText) for VS \(service)"
        case .startingWithoutQuorum(let figures, let service): "\(figures.startingText) for VS \(service)"
        case .sorryServer(let server, let service, let isNeeded, let inhibits):
            isNeeded
                ? "\(inhibits ? "Enabling" : "Adding") sorry server \(server) to VS \(service)"
                : "\(inhibits ? "Disabling" : "Removing") sorry server \(server) from VS \(service)"
        case .pool(let service, let isFilled):
            "\(isFilled ? "Adding alive servers to" : "Removing alive servers from") the pool for VS \(service)"
        case .running(let script, let server, let service):
            "Executing [\(script)] for service \(server) in VS \(service)"
        case .runningForQuorum(let script, let service): "Executing [\(script)] for VS \(service)"
        case .trackedFile(let name, let server, let isUp):
            "(\(server)): tracked file \(name) \(isUp ? "leaving" : "now") FAULT state"
        case .bfd(let name, let server, let isUp): "BFD check of [\(name)] RS(\(server)) is \(isUp ? "UP" : "DOWN")"
        }
    }
}

/// The figures of a quorum decision: Q, H, their sum or difference, and the weight W of the servers that are up.
package struct QuorumFigures: Hashable, Sendable {
    package var quorum: UInt32
    package var hysteresis: UInt32
    package var weight: UInt64

    package init(quorum: UInt32, hysteresis: UInt32, weight: UInt64) {
        self.quorum = quorum
        self.hysteresis = hysteresis
        self.weight = weight
    }

    /// What the weight must reach while the quorum is lost.
    package var upperThreshold: UInt64 { UInt64(quorum) + UInt64(hysteresis) }
    /// What the weight must keep while there is a quorum; settings hold the hysteresis below the quorum.
    package var lowerThreshold: UInt64 { UInt64(quorum) - UInt64(min(hysteresis, quorum)) }

    package var gainedText: String { "Gained quorum \(quorum)+\(hysteresis)=\(upperThreshold) <= \(weight)" }
    package var lostText: String { "Lost quorum \(quorum)-\(hysteresis)=\(lowerThreshold) > \(weight)" }
    /// The same in a mail, in which upstream has the other formula.
    package var startingMailText: String { "Starting with quorum down \(quorum)+\(hysteresis)=\(upperThreshold) <= \(weight)" }
    /// What is missing to gain the quorum. (Upstream writes a minus, whatever the hysteresis.)
    package var startingText: String {
        "Starting with quorum down \(quorum)\(hysteresis == 0 ? "-" : "+")\(hysteresis)=\(upperThreshold) > \(weight)"
    }
}
