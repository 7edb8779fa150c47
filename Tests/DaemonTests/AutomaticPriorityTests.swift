// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Testing

@testable import Daemon

/// max_auto_priority and min_auto_priority_delay.
@Suite struct AutomaticPriorityTests {
    static func globals(_ limit: Int?, delay: Interval = .milliseconds(100)) -> GlobalSettings {
        var globals = GlobalSettings()
        globals.maximumAutoPriority = limit
        globals.minimumAutoPriorityDelay = delay
        return globals
    }

    @Test("unless it is asked for, a late process stays as it is", arguments: [nil, 0, -1])
    func off(limit: Int?) {
        #expect(AutomaticPriority(Self.globals(limit), startingAt: 0) == nil)
    }

    @Test("each lateness beyond the delay raises the priority by one, up to the limit")
    func raises() throws {
        var priority = try #require(AutomaticPriority(Self.globals(2), startingAt: 0))
        #expect(priority.raise(after: .milliseconds(99)) == nil)
        #expect(priority.raise(after: .milliseconds(100)) == 1)
        #expect(priority.raise(after: .seconds(3)) == 2)
        #expect(priority.raise(after: .seconds(3)) == nil)
    }

    @Test("it begins at the priority that is configured")
    func configured() throws {
        var priority = try #require(AutomaticPriority(Self.globals(99), startingAt: 50))
        #expect(priority.raise(after: .seconds(1)) == 51)
    }
}
