// SPDX-License-Identifier: GPL-2.0-or-later

/// A length of time, in nanoseconds; negative values are allowed (an instant already past).
///
/// The standard `Duration` counts attoseconds in 128 bits; timers of a router want neither.
package struct Interval: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let zero = Interval(nanoseconds: 0)
    /// So many whole units, held at the ends of the range.
    package static func seconds(_ count: Int) -> Interval { Interval(scaling: count, by: 1_000_000_000) }
    package static func centiseconds(_ count: Int) -> Interval { Interval(scaling: count, by: 10_000_000) }
    package static func milliseconds(_ count: Int) -> Interval { Interval(scaling: count, by: 1_000_000) }
    package static func microseconds(_ count: Int) -> Interval { Interval(scaling: count, by: 1_000) }

    /// Whole microseconds, rounded toward zero.
    package var microseconds: Int64 { nanoseconds / 1_000 }
    /// Whole milliseconds, rounded toward zero.
    package var milliseconds: Int64 { nanoseconds / 1_000_000 }
    /// Whole seconds, rounded toward zero.
    package var seconds: Int64 { nanoseconds / 1_000_000_000 }

    package static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }
    package static func + (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds.saturatingAdd(right.nanoseconds))
    }
    package static func - (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds.saturatingAdd(0 &- right.nanoseconds))
    }
    package static func * (interval: Interval, factor: Int) -> Interval {
        Interval(scaling: factor, by: interval.nanoseconds)
    }
    package static func / (interval: Interval, divisor: Int) -> Interval {
        Interval(nanoseconds: interval.nanoseconds / Int64(divisor))
    }

    /// A product that sticks at the largest representable interval instead of trapping: settings may say a billion seconds.
    private init(scaling count: Int, by unit: Int64) {
        let (product, overflow) = Int64(count).multipliedReportingOverflow(by: unit)
        nanoseconds = overflow ? ((count < 0) == (unit < 0) ? .max : .min) : product
    }
}

/// A point on the monotonic clock.
///
/// Cores are handed instants and never ask for one, so a test is free to invent time.
package struct Instant: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let zero = Instant(nanoseconds: 0)
    /// Never: later than every deadline.
    package static let distantFuture = Instant(nanoseconds: .max)

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
    package static func + (instant: Instant, delay: Interval) -> Instant {
        Instant(nanoseconds: instant.nanoseconds.saturatingAdd(delay.nanoseconds))
    }
    package static func - (instant: Instant, delay: Interval) -> Instant {
        Instant(nanoseconds: instant.nanoseconds.saturatingAdd(0 &- delay.nanoseconds))
    }
    package static func - (later: Instant, earlier: Instant) -> Interval {
        Interval(nanoseconds: later.nanoseconds.saturatingAdd(0 &- earlier.nanoseconds))
    }
}

extension Int64 {
    /// The sum, or the nearest representable value where it would overflow.
    fileprivate func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}
