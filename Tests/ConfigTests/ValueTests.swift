// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Testing

private struct Target: Equatable {
    var byte: UInt8 = 100
    var wide: UInt64?
    var signed = -1
    var on = false
    var maybe: Bool?
    var time = Interval.seconds(9)
    var coarse = Interval.zero
    var milliseconds: Interval?
    var name = "before"
    var state = 0
    var address: IPAddress?

    static let rows: [Keyword<Target>] = [
        .number("byte", 1...255, \.byte, "A byte."),
        .number("wide", 0...UInt64.max, \.wide, "A wide number."),
        .number("signed", -20...19, \.signed, "A signed number."),
        .bool("on", \.on, "A switch."),
        .bool("maybe", \.maybe, "A switch that may be unset."),
        .flag("flag", \.on, "A flag."),
        .seconds("time", 0.01...255, \.time, "A time."),
        .seconds("coarse", 0...4_294_967, places: 3, \.coarse, "A time of milliseconds."),
        .milliseconds("milliseconds", 1...4_294_967, \.milliseconds, "A time in milliseconds."),
        .text("name", limit: 8, \.name, "A name."),
        .choice("state", [("MASTER", 1), ("BACKUP", 2)], \.state, "A state."),
        .address("address", family: .ipv4, \.address, "An address."),
        .number("old", 1...255, \.byte, "An old name.").deprecated(use: "byte"),
    ]
}

private func read(_ line: String) -> (target: Target, found: [Diagnostic]) {
    var reader = Reader(surroundings: Surroundings(), text: line)
    var target = Target()
    reader.readRoot(by: Table(Target.rows), into: &target)
    return (target, reader.diagnostics)
}

private func changed(_ change: (inout Target) -> Void) -> Target {
    var target = Target()
    change(&target)
    return target
}

@Suite struct ValueTests {
    @Test(arguments: [
        ("byte 5", changed { $0.byte = 5 }), ("byte 005", changed { $0.byte = 5 }), ("byte +5", changed { $0.byte = 5 }),
        ("byte \" 5\"", changed { $0.byte = 5 }), ("wide 18446744073709551615", changed { $0.wide = .max }),
        ("signed -20", changed { $0.signed = -20 }), ("signed -0", changed { $0.signed = 0 }),
        ("on", changed { $0.on = true }), ("on yes", changed { $0.on = true }), ("on off", changed { _ in }),
        ("maybe false", changed { $0.maybe = false }), ("maybe", changed { $0.maybe = true }),
        ("flag", changed { $0.on = true }),
        ("time 1", changed { $0.time = .seconds(1) }), ("time 0.25", changed { $0.time = .milliseconds(250) }),
        ("time .5", changed { $0.time = .milliseconds(500) }), ("time 1.", changed { $0.time = .seconds(1) }),
        ("time 0.010001", changed { $0.time = .microseconds(10_001) }), ("time 255", changed { $0.time = .seconds(255) }),
        ("coarse 0.999", changed { $0.coarse = .milliseconds(999) }),
        ("milliseconds 1.5", changed { $0.milliseconds = .microseconds(1500) }),
        ("name \"a b\"", changed { $0.name = "a b" }), ("name \"\"", changed { $0.name = "" }),
        ("state BACKUP", changed { $0.state = 2 }),
        ("address 192.0.2.1", changed { $0.address = .v4(0xc000_0201) }),
    ] as [(String, Target)])
    private func readsValues(_ line: String, _ expected: Target) {
        let (target, found) = read(line)
        #expect(target == expected)
        #expect(found.isEmpty)
    }

    /// What is refused or bent, how it is called, and what the target holds afterwards.
    @Test(arguments: [
        ("byte 0x10", "out-of-range", changed { _ in }), ("byte 256", "out-of-range", changed { _ in }),
        ("byte -1", "out-of-range", changed { _ in }), ("byte 99999999999999999999999", "out-of-range", changed { _ in }),
        ("byte x", "not-a-number", changed { _ in }), ("byte", "missing-value", changed { _ in }),
        ("byte 5x", "text-after-number", changed { $0.byte = 5 }), ("byte 5 6", "extra-words", changed { $0.byte = 5 }),
        ("signed -21", "out-of-range", changed { _ in }), ("signed 20", "out-of-range", changed { _ in }),
        ("wide -1", "out-of-range", changed { _ in }),
        ("on ON", "not-a-boolean", changed { _ in }), ("flag no", "extra-words", changed { $0.on = true }),
        ("time 0", "out-of-range", changed { _ in }), ("time 255.000001", "out-of-range", changed { _ in }),
        ("time -1", "not-a-time", changed { _ in }), ("time 1e3", "text-after-number", changed { $0.time = .seconds(1) }),
        ("time 1s", "text-after-number", changed { $0.time = .seconds(1) }), ("time .", "not-a-time", changed { _ in }),
        ("time 0.0100006", "too-precise", changed { $0.time = .microseconds(10_001) }),
        ("coarse 0.9996", "too-precise", changed { $0.coarse = .seconds(1) }),
        ("time 99999999999999999999999", "out-of-range", changed { _ in }),
        ("name abcdefghi", "too-long", changed { $0.name = "abcdefgh" }),
        ("state SLAVE", "unknown-value", changed { _ in }), ("state backup", "unknown-value", changed { _ in }),
        ("address ::1", "wrong-family", changed { _ in }), ("address 1.2.3", "not-an-address", changed { _ in }),
        ("address 192.0.2.01", "not-an-address", changed { _ in }),
        ("old 7", "deprecated", changed { $0.byte = 7 }), ("name \"a", "unterminated-quote", changed { _ in }),
    ] as [(String, String, Target)])
    private func explainsWhatIsWrong(_ line: String, _ code: String, _ expected: Target) {
        let (target, found) = read(line)
        #expect(target == expected)
        #expect(found.first?.code == code)
    }

    @Test func theMessageNamesTheValueThatIsUsed() {
        #expect(read("time 300").found.first?.message == "'300' is outside 0.01..255; 9 is used")
        #expect(read("wide x").found.first?.message == "'x' is not a number; the line is ignored")
        #expect(read("state MASTR").found.first?.help == "did you mean 'MASTER'?")
    }

    /// Words split as upstream splits them: an unquoted word ends at a quote, and nothing is escaped.
    @Test func splitsWords() {
        var words: [String] = []
        let row = Keyword<Int>.custom("k", syntax: "", "Any words.") { statement, _, _ in
            #expect(statement.values.map(\.text) == ["x y", "z", "w", "", "a'b", "c\\"])
            #expect(statement.values.map(\.column) == [3, 8, 9, 13, 16, 20])
        }
        var reader = Reader(surroundings: Surroundings(), text: "k \"x y\"z\"w\" \"\" a'b c\\")
        var count = 0
        reader.readRoot(by: Table([row]), into: &count)
        words = reader.diagnostics.map(\.code)
        #expect(words.isEmpty)
    }
}
