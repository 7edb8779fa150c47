// SPDX-License-Identifier: GPL-2.0-or-later

import BFD
import Basics
import Linux

/// The BFD process's part of keepalived_bfd.data, in upstream's layout.
enum BFDDump {
    static func text(of sessions: Sessions) -> String {
        let head = ["------< BFD Topology >------"]
        return (head + sessions.all.flatMap { lines(of: $0) } + counts(sessions.rejections)).joined(separator: "\n")
            + "\n"
    }

    /// What is configured, for the log (`-d`).
    static func configuration(_ sessions: [SessionSettings]) -> [String] {
        ["------< BFD Topology >------"] + sessions.flatMap { lines(of: $0) }
    }

    private static func lines(of session: Session) -> [String] {
        lines(of: session.settings) + state(of: session) + counts(session.statistics)
    }

    private static func lines(of settings: SessionSettings) -> [String] {
        let identity = settings.identity
        var lines = [
            " BFD Instance = \(settings.name)",
            "   Neighbor IP = \(identity.neighbor)",
        ]
        if let source = identity.source { lines.append("   Source IP = \(source)") }
        if let interface = identity.interface { lines.append("   Interface = \(interface)") }
        lines += [
            "   Required min RX interval = \(settings.minRx.microseconds) us",
            "   Desired min TX interval = \(settings.minTx.microseconds) us",
            "   Desired idle TX interval = \(settings.idleTx.microseconds) us",
            "   Detection multiplier = \(settings.multiplier)",
            "   \(identity.neighbor.family == .ipv4 ? "TTL" : "hoplimit") = \(settings.hops.sent)",
            "   least \(identity.neighbor.family == .ipv4 ? "TTL" : "hoplimit") accepted = \(settings.hops.accepted)",
            "   multihop = \(identity.isMultihop)",
            "   passive = \(settings.isPassive)",
            "   send event to VRRP process = \(settings.informsVRRP ? "Yes" : "No")",
            "   send event to checker process = \(settings.informsChecker ? "Yes" : "No")",
        ]
        return lines
    }

    private static func state(of session: Session) -> [String] {
        let local = session.timing
        let remote = session.remoteTiming
        var lines = [
            "   local state = \(session.state)",
            "   remote state = \(session.remoteState)",
            "   local discriminator = 0x\(hexDigits(session.localDiscriminator, width: 8))",
            "   remote discriminator = 0x\(hexDigits(session.remoteDiscriminator, width: 8))",
            "   local diag = \(session.diagnostic)",
            "   remote diag = \(session.remoteDiagnostic)",
            "   remote min tx intv = \(remote.minTx) us",
            "   remote min rx intv = \(remote.minRx) us",
            "   local demand = 0",
            "   remote demand = \(session.remoteIsDemanding ? 1 : 0)",
            "   remote detect multiplier = \(remote.multiplier)",
            "   \(session.isPolling ? "" : "!")poll",
            "   local tx intv = \(local.transmitInterval.microseconds) us",
            "   remote tx intv = \(remote.transmitInterval.microseconds) us",
            "   local detection time = \(local.detectionTime.microseconds) us",
            "   remote detection time = \(remote.detectionTime.microseconds) us",
            "   source port = \(session.sourcePort)",
        ]
        if let last = session.lastReceived {
            let time = WallTime(of: last)
            let fraction = decimalDigits(time.fraction / 1000, width: 6)
            lines.append("   last seen = \(time.seconds).\(fraction) (\(time.text).\(fraction))")
        } else {
            lines.append("   last seen = [never]")
        }
        return lines
    }

    private static func counts(_ statistics: Session.Statistics) -> [String] {
        [
            "   packets sent = \(statistics.sent)",
            "   packets received = \(statistics.received)",
            "   times up = \(statistics.timesUp)",
            "   times down = \(statistics.timesDown)",
        ]
            + Rejection.allCases.compactMap { rejection in
                let count = statistics.rejections[rejection]
                return count == 0 ? nil : "   packets rejected (\(rejection)) = \(count)"
            }
    }

    private static func counts(_ rejections: RejectionCounts) -> [String] {
        guard rejections.total > 0 else { return [] }
        return [" Packets of no session"]
            + Rejection.allCases.compactMap { rejection in
                let count = rejections[rejection]
                return count == 0 ? nil : "   rejected (\(rejection)) = \(count)"
            }
    }
}
