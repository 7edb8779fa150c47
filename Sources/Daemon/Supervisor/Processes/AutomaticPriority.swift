// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// Whether a process that found itself late is to run at a higher real-time priority (`max_auto_priority`).
struct AutomaticPriority: Equatable {
    /// The highest priority it may give itself, 1...99.
    let limit: Int
    /// How late a deadline must be served to count (`min_auto_priority_delay`).
    let tolerance: Interval
    /// SCHED_RR priority; 0 is ordinary scheduling.
    private(set) var priority: Int

    /// Nil where the configuration does not ask for it.
    init?(_ globals: GlobalSettings, startingAt priority: Int) {
        guard let limit = globals.maximumAutoPriority, limit > 0 else { return nil }
        self.limit = limit
        tolerance = globals.minimumAutoPriorityDelay
        self.priority = priority
    }

    /// The priority to run at from now on, one above the present one; nil: as it is.
    mutating func raise(after lateness: Interval) -> Int? {
        guard lateness >= tolerance, priority < limit else { return nil }
        priority += 1
        return priority
    }
}

extension ProcessEnvironment {
    /// Raises the priority of this process from now on whenever its loop is late.
    func watchLateness() {
        let settings = configuration.globals.settings(of: kind)
        var automatic = AutomaticPriority(configuration.globals, startingAt: settings.realtimePriority ?? 0)
        loop.late = { [unowned self] lateness in
            guard let priority = automatic?.raise(after: lateness) else { return }
            do throws(SystemError) {
                if priority == 1 { try Privileges.limitRealtime(settings.realtimeLimit ?? .microseconds(10_000)) }
                try Privileges.setRealtime(priority: Int32(priority))
                loop.alwaysSleeps = Privileges.isRealtime
                log("Set the real-time priority to \(priority): a deadline was served \(lateness.milliseconds) ms late")
            } catch {
                automatic = nil
                logger.log(.warning, "Unable to set the real-time priority of the process - \(error)")
            }
        }
    }
}
