// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Config

/// A `vrrp_script` block as the file says it.
package struct ScriptDraft: Sendable {
    package var name: String
    package var place: Place
    /// The closing brace.
    package var end: Place?
    package var sequence = 0
    package var script: ScriptLine?
    /// The line `user <user> [group]`.
    package var user: Statement?
    package var interval = Interval.seconds(1)
    package var timeout: Interval?
    package var weight = 0
    package var isReversed = false
    package var rise = 1
    package var fall = 1
    package var startsAsFailed = false
    package var places: [String: Place] = [:]

    init(name: String, at place: Place) {
        self.name = name
        self.place = place
    }

    /// Where the keyword was used, or the block's name.
    package func place(of keyword: String) -> Place { places[keyword] ?? place }
}

extension ScriptDraft {
    /// The body of a `vrrp_script` block.
    package static let rows: [Keyword<ScriptDraft>] =
        ([
            .script(
                "script", user: false, \.script,
                """
                The program and its arguments, as one quoted word. Exit status 0 is success. '</path' tests \
                whether a file can be read.
                """
            ).since("1.1.13").defaulting(to: "none; required"),
            time("interval", "Time from the start of one run to the start of the next.") { $0.interval = $1 }.since(
                "1.1.13"
            ).defaulting(to: "1"),
            time("timeout", "A run that takes longer has failed and is ended.") { $0.timeout = $1 }.since("1.2.6")
                .defaulting(to: "interval"),
            .custom(
                "weight", syntax: "<int> [reverse]",
                """
                What the script does to the priority of routers that track it: positive is added while it \
                succeeds, negative while it fails, 0 makes its failure a fault.
                """
            ) { statement, draft, reader in
                guard let (weight, isReversed) = reader.ownWeight(statement, limit: 253) else { return }
                draft.weight = weight
                draft.isReversed = isReversed
            }.since("1.1.13").range("-253..253").defaulting(to: "0"),
            count("rise", \.rise, "Successes in a row that make the script count as up.").since("1.1.18"),
            count("fall", \.fall, "Failures in a row that make the script count as down.").since("1.1.18"),
            .custom("user", syntax: "<user> [group]", "Who runs the script.") { statement, draft, reader in
                guard reader.require(statement, 0, "a user") != nil else { return }
                draft.user = statement
                reader.noteExtraWords(statement, after: 2)
            }.since("1.3.0").defaulting(to: "script_user"),
            .flag("init_fail", \.startsAsFailed, "The script counts as down until it has first succeeded.").since(
                "1.3.2"),
        ] as [Keyword<ScriptDraft>]).map { $0.on(.vrrp).noted(in: \.places) }

    private static func time(
        _ name: String, _ help: String, _ set: @escaping @Sendable (inout ScriptDraft, Interval) -> Void
    ) -> Keyword<ScriptDraft> {
        .custom(name, syntax: "<seconds:decimal>", help) { statement, draft, reader in
            let format = TimeFormat(unit: .seconds, places: 3, range: 0...4_294_967)
            guard let value = reader.interval(statement, format) else { return }
            guard value == .zero else { return set(&draft, value) }
            reader.report(
                .hint, "out-of-range", statement, word: statement.value(0), "0 is no '\(name)'; 1 second is used")
            set(&draft, .seconds(1))
        }.range("0..4294967 with 3 decimals (0 becomes 1)")
    }

    private static func count(_ name: String, _ path: SettingPath<ScriptDraft, Int>, _ help: String) -> Keyword<
        ScriptDraft
    > {
        .number(name, 1...Int(Int32.max), path, help).defaulting(to: "1")
    }
}

extension Reader {
    /// `<int> [reverse]` of a block; nil, with the reason reported, where it cannot be used.
    mutating func ownWeight(_ statement: Statement, limit: Int) -> (weight: Int, isReversed: Bool)? {
        guard let word = require(statement, 0, "a number") else { return nil }
        guard let value: Int = number(word, of: statement, in: -limit...limit) else { return nil }
        guard let second = statement.value(1) else { return (value, false) }
        guard second.text == "reverse" else {
            report(
                .error, "unknown-option", statement, word: second,
                "'\(second.text)' is not an option of 'weight' and is ignored", help: "write 'reverse' or nothing")
            return (value, false)
        }
        noteExtraWords(statement, after: 2)
        return (value, true)
    }
}
