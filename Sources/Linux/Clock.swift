// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Glibc

extension Instant {
    /// What the monotonic clock says now; it stands still while the machine sleeps, and never jumps.
    package static var now: Instant { Instant(nanoseconds: clock(CLOCK_MONOTONIC)) }
}

/// A point of calendar time, for people and files; never for measuring.
package struct WallTime: Hashable, Comparable, Sendable {
    /// Nanoseconds since the beginning of 1970, UTC.
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static var now: WallTime { WallTime(nanoseconds: clock(CLOCK_REALTIME)) }

    /// The calendar time of a monotonic instant, as the two clocks stand to each other now.
    package init(of instant: Instant) {
        nanoseconds = Self.now.nanoseconds &+ (instant - Instant.now).nanoseconds
    }

    package var seconds: Int64 { nanoseconds / 1_000_000_000 }
    /// The part of the second that has passed, 0..<1,000,000,000.
    package var fraction: Int64 { nanoseconds % 1_000_000_000 }

    package static func < (left: WallTime, right: WallTime) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The form of ctime without its newline, in local time: "Wed Feb 21 21:57:11 2024".
    package var text: String { String(decoding: LocalTime(seconds: seconds).long, as: UTF8.self) }
}

/// The fields of local calendar time, as log lines show them.
struct LocalTime {
    private let fields: tm

    init(seconds: Int64) {
        var time = time_t(seconds)
        var fields = tm()
        localtime_r(&time, &fields)
        self.fields = fields
    }

    /// "Feb 21 21:57:11", the day padded with a blank (RFC 3164 section 4.1.2).
    var short: [UInt8] {
        Array("\(name(fields.tm_mon, in: Self.months)) \(padded(fields.tm_mday)) \(clock)".utf8)
    }

    /// "Wed Feb 21 21:57:11 2024".
    var long: [UInt8] {
        let day = name(fields.tm_wday, in: Self.days)
        return Array("\(day) \(String(decoding: short, as: UTF8.self)) \(fields.tm_year + 1900)".utf8)
    }

    private var clock: String {
        [fields.tm_hour, fields.tm_min, fields.tm_sec].map { decimalDigits($0, width: 2) }.joined(separator: ":")
    }

    private func padded(_ day: Int32) -> String { day < 10 ? " \(day)" : "\(day)" }

    private func name(_ index: Int32, in names: [String]) -> String {
        names.indices.contains(Int(index)) ? names[Int(index)] : "???"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

private func clock(_ id: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(id, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}
