// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

extension Keyword {
    /// A decimal integer. Outside the range, the value that was there stays, with an error naming it.
    package static func number<Value: FixedWidthInteger & Sendable>(
        _ name: String, _ range: ClosedRange<Value>, _ path: SettingPath<Target, Value>, _ help: String
    ) -> Keyword {
        let (bounds, place) = (IntegerRange(range), Place(path))
        return Keyword(numberEntry(name, range, help)) { statement, target, reader in
            guard let bits = reader.integer(statement, bounds, keeping: "\(place.value(in: target))") else { return }
            place.set(&target, to: Value(truncatingIfNeeded: bits))
        }
    }

    /// As above for a target that knows "not said".
    package static func number<Value: FixedWidthInteger & Sendable>(
        _ name: String, _ range: ClosedRange<Value>, _ path: SettingPath<Target, Value?>, _ help: String
    ) -> Keyword {
        let (bounds, place) = (IntegerRange(range), Place(path))
        return Keyword(numberEntry(name, range, help)) { statement, target, reader in
            let bits = reader.integer(statement, bounds, keeping: place.value(in: target).map { "\($0)" })
            if let bits { place.set(&target, to: Value(truncatingIfNeeded: bits)) }
        }
    }

    private static func numberEntry<Value: FixedWidthInteger>(
        _ name: String, _ range: ClosedRange<Value>, _ help: String
    ) -> KeywordEntry {
        var entry = KeywordEntry(name: name, syntax: range.lowerBound < 0 ? "<int>" : "<uint>", help: help)
        entry.range = "\(range.lowerBound)..\(range.upperBound)"
        return entry
    }

    /// Seconds with a decimal fraction. `places` is how many digits count (6: microseconds); more are rounded with a warning.
    package static func seconds(
        _ name: String, _ range: ClosedRange<Double>, places: Int = 6, _ path: SettingPath<Target, Interval>,
        _ help: String
    ) -> Keyword {
        time(name, "<seconds:decimal>", TimeFormat(unit: .seconds, places: places, range: range), path, help)
    }

    /// As above for a target that knows "not said".
    package static func seconds(
        _ name: String, _ range: ClosedRange<Double>, places: Int = 6, _ path: SettingPath<Target, Interval?>,
        _ help: String
    ) -> Keyword {
        time(name, "<seconds:decimal>", TimeFormat(unit: .seconds, places: places, range: range), path, help)
    }

    /// Whole seconds.
    package static func wholeSeconds(
        _ name: String, _ range: ClosedRange<Int>, _ path: SettingPath<Target, Interval>, _ help: String
    ) -> Keyword {
        time(name, "<seconds:uint>", TimeFormat(unit: .seconds, whole: range), path, help)
    }

    /// As above for a target that knows "not said".
    package static func wholeSeconds(
        _ name: String, _ range: ClosedRange<Int>, _ path: SettingPath<Target, Interval?>, _ help: String
    ) -> Keyword {
        time(name, "<seconds:uint>", TimeFormat(unit: .seconds, whole: range), path, help)
    }

    /// Milliseconds with a decimal fraction of up to three places.
    package static func milliseconds(
        _ name: String, _ range: ClosedRange<Double>, _ path: SettingPath<Target, Interval>, _ help: String
    ) -> Keyword {
        time(name, "<msec:decimal>", TimeFormat(unit: .milliseconds, places: 3, range: range), path, help)
    }

    /// As above for a target that knows "not said".
    package static func milliseconds(
        _ name: String, _ range: ClosedRange<Double>, _ path: SettingPath<Target, Interval?>, _ help: String
    ) -> Keyword {
        time(name, "<msec:decimal>", TimeFormat(unit: .milliseconds, places: 3, range: range), path, help)
    }

    /// Whole microseconds.
    package static func microseconds(
        _ name: String, _ range: ClosedRange<Int>, _ path: SettingPath<Target, Interval>, _ help: String
    ) -> Keyword {
        time(name, "<usec:uint>", TimeFormat(unit: .microseconds, whole: range), path, help)
    }

    /// As above for a target that knows "not said".
    package static func microseconds(
        _ name: String, _ range: ClosedRange<Int>, _ path: SettingPath<Target, Interval?>, _ help: String
    ) -> Keyword {
        time(name, "<usec:uint>", TimeFormat(unit: .microseconds, whole: range), path, help)
    }

    private static func time(
        _ name: String, _ syntax: String, _ format: TimeFormat, _ path: SettingPath<Target, Interval>,
        _ help: String
    ) -> Keyword {
        let entry = KeywordEntry(name: name, syntax: syntax, help: help)
        let place = Place(path)
        return Keyword(entry) { statement, target, reader in
            let value = reader.interval(statement, format, keeping: format.text(place.value(in: target)))
            if let value { place.set(&target, to: value) }
        }.range(format.rangeText)
    }

    private static func time(
        _ name: String, _ syntax: String, _ format: TimeFormat, _ path: SettingPath<Target, Interval?>,
        _ help: String
    ) -> Keyword {
        let entry = KeywordEntry(name: name, syntax: syntax, help: help)
        let place = Place(path)
        return Keyword(entry) { statement, target, reader in
            let value = reader.interval(statement, format, keeping: place.value(in: target).map(format.text))
            if let value { place.set(&target, to: value) }
        }.range(format.rangeText)
    }
}
