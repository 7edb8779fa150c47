// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// How a time is written in a configuration: its unit, how many decimal places count, and its range.
package struct TimeFormat: Sendable {
    /// What a bare number counts; the raw value is its length in nanoseconds.
    package enum Unit: Int64, Sendable {
        case seconds = 1_000_000_000
        case milliseconds = 1_000_000
        case microseconds = 1_000
    }

    package var unit: Unit
    /// Digits behind the point that count; 0 forbids a point.
    package var places: Int
    package var range: ClosedRange<Interval>

    package init(unit: Unit, places: Int, range: ClosedRange<Double>) {
        self.unit = unit
        self.places = places
        self.range = Self.interval(range.lowerBound, unit)...Self.interval(range.upperBound, unit)
    }

    package init(unit: Unit, whole range: ClosedRange<Int>) {
        self.unit = unit
        places = 0
        let scale = Interval(nanoseconds: unit.rawValue)
        self.range = scale * range.lowerBound...scale * range.upperBound
    }

    /// Rounded to a microsecond, since a limit such as 4294.967295 is not exact in binary.
    private static func interval(_ value: Double, _ unit: Unit) -> Interval {
        let microseconds = (value * Double(unit.rawValue / 1_000)).rounded()
        return .microseconds(Int(exactly: microseconds) ?? .max)
    }

    package var rangeText: String {
        range.upperBound.nanoseconds == .max
            ? "at least \(text(range.lowerBound))" : "\(text(range.lowerBound))..\(text(range.upperBound))"
    }

    /// The interval in this unit, without trailing zeros: `1`, `0.25`.
    package func text(_ interval: Interval) -> String {
        let (whole, rest) = interval.nanoseconds.quotientAndRemainder(dividingBy: unit.rawValue)
        guard rest != 0 else { return "\(whole)" }
        var digits = decimalDigits(rest.magnitude, width: String(unit.rawValue).utf8.count - 1)
        while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        return "\(interval < .zero && whole == 0 ? "-" : "")\(whole).\(digits)"
    }

    /// What a text of digits and at most one point says.
    enum Reading: Equatable {
        case malformed
        /// The value, whether digits beyond `places` were rounded away, and what stands behind the number.
        case value(Interval, rounded: Bool, rest: Int)
    }

    func read(_ text: String) -> Reading {
        var whole: Int64 = 0
        var fraction: Int64 = 0
        var digits = 0
        var scale = unit.rawValue
        var seenPoint = false
        var rounded = false
        var overflow = false
        var used = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "."), !seenPoint, places > 0 {
                seenPoint = true
            } else if byte == UInt8(ascii: "+"), used == 0 {
                used += 1
                continue
            } else if (0x30...0x39).contains(byte) {
                let digit = Int64(byte - 0x30)
                if !seenPoint {
                    let (product, tooLarge) = whole.multipliedReportingOverflow(by: 10)
                    let (sum, far) = product.addingReportingOverflow(digit)
                    overflow = overflow || tooLarge || far
                    whole = sum
                } else if digits < 18 {
                    digits += 1
                    let behind = seenPoint ? digits - places : 0
                    if behind > 0, digit != 0 { rounded = true }
                    if behind <= 0 {
                        scale /= 10
                        fraction += digit * scale
                    } else if behind == 1, digit >= 5 {
                        fraction += scale
                    }
                }
            } else {
                break
            }
            used += 1
        }
        guard text.utf8.contains(where: { (0x30...0x39).contains($0) }), used > 0 else { return .malformed }
        if let first = text.utf8.first, !(0x30...0x39).contains(first), first != 0x2e, first != 0x2b { return .malformed }
        let (nanoseconds, tooLarge) = whole.multipliedReportingOverflow(by: unit.rawValue)
        let (sum, far) = nanoseconds.addingReportingOverflow(fraction)
        let value = overflow || tooLarge || far ? Interval(nanoseconds: .max) : Interval(nanoseconds: sum)
        return .value(value, rounded: rounded, rest: text.utf8.count - used)
    }
}
