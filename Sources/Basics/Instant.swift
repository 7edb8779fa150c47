// SPDX-License-Identifier: GPL-2.0-or-later

/// A length of time, in nanoseconds; negative values are allowed (an instant already past).
///
/// The standard `Duration` counts attoseconds in 128 bits; timers of a router want neither.
public struct Interval: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = Interval(nanoseconds: 0)
    /// So many whole units, held at the ends of the range.
    public static func seconds(_ count: Int) -> Interval { Interval(scaling: count, by: 1_000_000_000) }
    public static func centiseconds(_ count: Int) -> Interval { Interval(scaling: count, by: 10_000_000) }
    public static func milliseconds(_ count: Int) -> Interval { Interval(scaling: count, by: 1_000_000) }
    public static func microseconds(_ count: Int) -> Interval { Interval(scaling: count, by: 1_000) }

    /// Whole microseconds, rounded toward zero.
    public var microseconds: Int64 { nanoseconds / 1_000 }
    /// Whole milliseconds, rounded toward zero.
    public var milliseconds: Int64 { nanoseconds / 1_000_000 }
    /// Whole seconds, rounded toward zero.
    public var seconds: Int64 { nanoseconds / 1_000_000_000 }

    public static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }
    public static func + (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds.saturatingAdd(right.nanoseconds))
    }
    public static func - (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds.saturatingAdd(0 &- right.nanoseconds))
    }
    public static func * (interval: Interval, factor: Int) -> Interval {
        Interval(scaling: factor, by: interval.nanoseconds)
    }
    public static func / (interval: Interval, divisor: Int) -> Interval {
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
public struct Instant: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = Instant(nanoseconds: 0)
    /// Never: later than every deadline.
    public static let distantFuture = Instant(nanoseconds: .max)

    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
    public static func + (instant: Instant, delay: Interval) -> Instant {
        Instant(nanoseconds: instant.nanoseconds.saturatingAdd(delay.nanoseconds))
    }
    public static func - (instant: Instant, delay: Interval) -> Instant {
        Instant(nanoseconds: instant.nanoseconds.saturatingAdd(0 &- delay.nanoseconds))
    }
    public static func - (later: Instant, earlier: Instant) -> Interval {
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
