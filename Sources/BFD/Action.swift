// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// What the shell is to do, in this order. Sessions are named by their index in `Sessions`.
package enum Action: Equatable, Sendable {
    /// A session begins: it needs a socket to send from.
    case open(Int)
    /// The session's hop limit, or another setting of its socket, is another one now.
    case configureSocket(Int)
    case send(Int, ControlPacket)
    /// The state that trackers are to know; told once for every change.
    case report(Int, SessionReport)
    case notice(Int, Notice)
    /// The session has ended; its index will be used again.
    case close(Int)
}

/// The state of a session as its users see it.
package enum SessionReport: UInt8, Equatable, Sendable, CaseIterable {
    /// Has not been Up yet: nothing is known of the neighbour, and no tracker should fail for it.
    case untested
    case up
    /// Lost: the neighbour, or the path to it, has failed.
    case down
    /// Shut down by the operator at the neighbour: no sign of a failure (RFC 5882 section 3.2).
    case adminDown
}

/// What a session tells the operator.
package enum Notice: Equatable, Sendable {
    case entered(SessionState, local: DiagnosticCode, remote: DiagnosticCode)
    /// Nothing was received for the detection time.
    case expired(after: Interval, overdue: Interval)
    case polling
    /// The times that the session runs by have changed.
    case timing(local: Timing, remote: Timing)
}

/// One end's times.
package struct Timing: Equatable, Sendable {
    /// Microseconds.
    package var minTx: UInt32
    /// Microseconds.
    package var minRx: UInt32
    /// Between packets of this end, without jitter.
    package var transmitInterval: Interval
    package var multiplier: UInt8
    /// Of silence after which this end gives the session up.
    package var detectionTime: Interval
}
