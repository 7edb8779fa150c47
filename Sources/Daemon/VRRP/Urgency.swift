// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// Real-time priority for the moment of a takeover.
///
/// While a new master brings its addresses into the kernel, nobody serves them. That is done before whatever else the machine has
/// to do, for a limited time; then the process is an ordinary one again, unless its work is at an end before. What is started
/// meanwhile, such as scripts, runs at ordinary priority.
///
/// A process whose scheduling the operator has settled (`vrrp_priority`, `vrrp_rt_priority`, `max_auto_priority` or from outside)
/// is left as it is.
final class Urgency {
    private let environment: ProcessEnvironment
    /// Since when the priority is raised.
    private var since: Instant?
    private var isRefused = false

    /// Some thousand addresses are there by then, and what else waits for a processor has not starved.
    private static let longest = Interval.milliseconds(50)

    init(_ environment: ProcessEnvironment) { self.environment = environment }

    /// Raises the priority, if that is allowed.
    func begin(at now: Instant) {
        guard since == nil, !isRefused, isLeftToUs else { return }
        do throws(SystemError) {
            if try Privileges.beginUrgency(1) { since = now } else { isRefused = true }
        } catch {
            isRefused = true
            environment.logDetail("Addresses are taken over at ordinary priority: \(error)")
        }
    }

    /// Whether this has gone on for so long that others should have their turn.
    func isTooLong(at now: Instant) -> Bool { since.map { now - $0 > Self.longest } ?? false }

    /// Back to ordinary priority.
    func end() {
        guard since != nil else { return }
        since = nil
        Privileges.endUrgency()
    }

    /// Raises the priority of a process that does nothing else, above that of the one which hands it its work.
    static func beginForGood() { _ = try? Privileges.beginUrgency(2) }

    /// Whether the configuration says nothing about how the process is to be scheduled.
    var isLeftToUs: Bool {
        let globals = environment.configuration.globals
        let process = globals.settings(of: .vrrp)
        return process.priority == nil && process.realtimePriority == nil && globals.maximumAutoPriority ?? 0 <= 0
    }
}
