// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension SessionState: CustomStringConvertible {
    package var description: String {
        switch self {
        case .adminDown: "AdminDown"
        case .down: "Down"
        case .`init`: "Init"
        case .up: "Up"
        }
    }
}

extension DiagnosticCode: CustomStringConvertible {
    package var description: String {
        switch rawValue {
        case 0: "No Diagnostic"
        case 1: "Control Detection Time Expired"
        case 2: "Echo Function Failed"
        case 3: "Neighbor Signaled Session Down"
        case 4: "Forwarding Plane Reset"
        case 5: "Path Down"
        case 6: "Concatenated Path Down"
        case 7: "Administratively Down"
        case 8: "Reverse Concatenated Path Down"
        default: "Reserved (\(rawValue))"
        }
    }
}

extension Notice {
    /// The log lines, in the words that operators search for; one for each element.
    package func lines(name: String) -> [String] {
        switch self {
        case .entered(.down, let local, let remote):
            ["(\(name)) Entering Down state (Local diagnostic - \(local), Remote diagnostic - \(remote))"]
        case .entered(let state, _, _):
            ["(\(name)) Entering \(state) state"]
        case .expired(let time, let overdue):
            ["(\(name)) Expired after \(time.milliseconds) ms (\(overdue.microseconds) usec overdue)"]
        case .polling:
            ["(\(name)) Starting poll sequence"]
        case .timing(let local, let remote):
            [
                "(\(name)) Session parameters: local \(local.text), remote \(remote.text)"
            ]
        }
    }

    /// A session that goes down deserves more attention than the rest; the details are for a detailed log only.
    package var weight: Weight {
        switch self {
        case .entered(.down, _, _), .expired: .warning
        case .entered: .information
        case .polling, .timing: .detail
        }
    }

    /// How much attention a notice deserves, from most to least.
    package enum Weight: Sendable { case warning, information, detail }
}

extension Timing {
    fileprivate var text: String {
        "min_tx \(minTx) min_rx \(minRx) tx_intv \(transmitInterval.microseconds) mult \(multiplier) detect_time "
            + "\(detectionTime.microseconds) usec"
    }
}
