// SPDX-License-Identifier: GPL-2.0-or-later

package import Linux

/// When to reload, as `reload_time_file` says it: a time of day, or a date and a time.
///
///     HH:MM:SS    YY-MM-DD HH:MM:SS    YYYY-MM-DD HH:MM:SS    each with Z behind it for UTC, else local time
package struct ReloadTime: Hashable, Sendable {
    /// Year, month 1...12 and day 1...31; nil where only a time of day is given.
    package struct Day: Hashable, Sendable {
        package var year: Int
        package var month: Int
        package var day: Int
    }

    package var day: Day?
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var isUTC: Bool

    /// Nil if the text is none of the forms above.
    package init?(_ text: String) {
        var words = text.split(separator: " ")
        guard var time = words.popLast(), words.count <= 1 else { return nil }
        isUTC = time.hasSuffix("Z")
        if isUTC { time.removeLast() }
        guard let numbers = Self.numbers(time, separator: ":", widths: [1...2, 1...2, 1...2]), numbers[0] < 24,
            numbers[1] < 60, numbers[2] < 60
        else { return nil }
        (hour, minute, second) = (numbers[0], numbers[1], numbers[2])
        guard let date = words.first else { return }
        guard let numbers = Self.numbers(date, separator: "-", widths: [2...4, 1...2, 1...2]), numbers[0] < 100 || numbers[0] >= 1970,
            (1...12).contains(numbers[1]), (1...31).contains(numbers[2])
        else { return nil }
        day = Day(year: numbers[0] < 100 ? 2000 + numbers[0] : numbers[0], month: numbers[1], day: numbers[2])
    }

    private static func numbers(_ text: Substring, separator: Character, widths: [ClosedRange<Int>]) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == widths.count, zip(parts, widths).allSatisfy({ $1.contains($0.utf8.count) }),
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        return parts.compactMap { Int($0) }
    }

    /// The next time it comes to pass after `now`; nil if it is over for good. A time of day comes every day.
    package func next(after now: WallTime) -> WallTime? {
        if let day { return moment(of: day).flatMap { $0 > now ? $0 : nil } }
        for days in 0...2 {
            let (year, month, day) = WallTime(nanoseconds: now.nanoseconds &+ Int64(days) * 86_400_000_000_000).date(isUTC: isUTC)
            if let moment = moment(of: Day(year: year, month: month, day: day)), moment > now { return moment }
        }
        return nil
    }

    private func moment(of day: Day) -> WallTime? {
        WallTime(
            year: day.year, month: day.month, day: day.day, hour: hour, minute: minute, second: second, isUTC: isUTC)
    }
}
