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

    /// A time of the calendar, in UTC or local time; nil if there is no such day.
    package init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, isUTC: Bool) {
        var fields = tm()
        fields.tm_year = Int32(clamping: year - 1900)
        fields.tm_mon = Int32(clamping: month - 1)
        fields.tm_mday = Int32(clamping: day)
        fields.tm_hour = Int32(clamping: hour)
        fields.tm_min = Int32(clamping: minute)
        fields.tm_sec = Int32(clamping: second)
        fields.tm_isdst = -1
        let seconds = isUTC ? timegm(&fields) : mktime(&fields)
        guard seconds >= 0, seconds < 1 << 33, fields.tm_mday == Int32(clamping: day) else { return nil }
        nanoseconds = Int64(seconds) * 1_000_000_000
    }

    /// The day of the calendar, in UTC or local time.
    package func date(isUTC: Bool) -> (year: Int, month: Int, day: Int) {
        var time = time_t(seconds)
        var fields = tm()
        _ = isUTC ? gmtime_r(&time, &fields) : localtime_r(&time, &fields)
        return (Int(fields.tm_year) + 1900, Int(fields.tm_mon) + 1, Int(fields.tm_mday))
    }

    /// Seconds that local time is east of UTC at this moment.
    package var zoneOffset: Int {
        var time = time_t(seconds)
        var fields = tm()
        localtime_r(&time, &fields)
        return fields.tm_gmtoff
    }

    /// "2026-11-26 13:40:25", in local time.
    package var stamp: String {
        let (year, month, day) = date(isUTC: false)
        let clock = text.split(separator: " ").dropFirst(3).first ?? ""
        return "\(year)-\(decimalDigits(month, width: 2))-\(decimalDigits(day, width: 2)) \(clock)"
    }

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
