// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// How long a child that died rests before it is started again: not at all after the first death, then 1, 2, 4 ... 60
/// seconds; not at all again once it has run for a minute.
package struct RestartDelay: Equatable, Sendable {
    private var next = Interval.zero

    package static let limit = Interval.seconds(60)

    package init() {}

    /// The child has died after having run for that long.
    package mutating func died(after time: Interval) -> Interval {
        if time >= Self.limit { next = .zero }
        let delay = next
        next = delay == .zero ? .seconds(1) : min(delay * 2, Self.limit)
        return delay
    }
}
