// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// A `vrrp_track_process` block as the file says it.
package struct TrackProcessDraft: Sendable {
    package var place: Place
    /// The closing brace.
    package var end: Place?
    package var sequence = 0
    package var settings: TrackProcessSettings
    var isLimited = false

    package var name: String { settings.name }

    init(name: String, at place: Place) {
        settings = TrackProcessSettings(name: name)
        self.place = place
    }
}

extension TrackProcessDraft {
    /// The body of a `vrrp_track_process` block.
    package static let rows: [Keyword<TrackProcessDraft>] =
        ([
            .custom(
                "process", syntax: "<string> [params...]",
                """
                The program whose running processes are counted. With parameters the whole command line is \
                compared, exactly unless param_match says otherwise.
                """
            ) { statement, draft, reader in
                guard let program = reader.require(statement, 0, "a program") else { return }
                draft.settings.program = program.text
                draft.settings.parameters = statement.values.dropFirst().map(\.text)
                guard !draft.settings.parameters.isEmpty else { return }
                draft.settings.matchesCommandLine = true
                draft.settings.parameterMatch = draft.settings.parameterMatch ?? .exact
            }.since("2.0.11").defaulting(to: "none; required"),
            .custom(
                "param_match", syntax: "[initial|partial]",
                """
                How the parameters are compared: bare, all of them exactly; 'partial', there may be more behind \
                them; 'initial', there may be more and the last may go on.
                """
            ) { statement, draft, reader in
                reader.noteExtraWords(statement, after: 1)
                switch statement.value(0)?.text {
                case nil: draft.settings.parameterMatch = .exact
                case "initial"?: draft.settings.parameterMatch = .initial
                case "partial"?: draft.settings.parameterMatch = .partial
                case let text?:
                    return reader.report(
                        .error, "unknown-value", statement, word: statement.value(0),
                        "'\(text)' is not a way to match; the line is ignored",
                        help: "write 'initial', 'partial' or nothing"
                    )
                }
                draft.settings.matchesCommandLine = true
            }.since("2.0.16").defaulting(to: "exact if 'process' has parameters"),
            .custom(
                "weight", syntax: "<int> [reverse]",
                "What the processes do to the priority of routers that track them; 0 makes too few or too many a fault."
            ) { statement, draft, reader in
                guard let (weight, isReversed) = reader.ownWeight(statement, limit: 254) else { return }
                guard draft.settings.weight == 0 else {
                    return reader.report(
                        .error, "duplicate", statement, "the weight was given before; this one is ignored")
                }
                draft.settings.weight = weight
                draft.settings.isReversed = isReversed
            }.since("2.0.11").range("-254..254").defaulting(to: "0"),
            .custom("quorum", syntax: "<uint>", "How many processes there must be.") { statement, draft, reader in
                guard let value: Int = reader.number(statement, in: 1...65535) else { return }
                guard value <= draft.settings.quorumMaximum ?? .max else { return reportQuorum(statement, &reader) }
                draft.settings.quorum = value
            }.since("2.0.11").range("1..65535").defaulting(to: "1"),
            .custom(
                "quorum_max", syntax: "<uint>",
                "More processes than this count as down; with 0 the program must not run at all."
            ) { statement, draft, reader in
                guard let value: Int = reader.number(statement, in: 0...65535) else { return }
                if value == 0 {
                    draft.settings.quorum = 0
                } else if value < draft.settings.quorum {
                    return reportQuorum(statement, &reader)
                }
                draft.settings.quorumMaximum = value
            }.since("2.0.16").range("0..65535").defaulting(to: "unlimited"),
            .custom("delay", syntax: "<seconds:decimal>", "Sets terminate_delay and fork_delay.") {
                statement, draft, reader in
                guard let value = reader.interval(statement, delayFormat) else { return }
                draft.settings.terminateDelay = value
                draft.settings.forkDelay = value
            }.since("2.0.11").range(delayFormat.rangeText).defaulting(to: "0"),
            .seconds(
                "terminate_delay", 0.000001...3600, \.settings.terminateDelay,
                "How long too few processes must last before they count: time for a restart."
            ).since("2.0.16").defaulting(to: "0"),
            .seconds(
                "fork_delay", 0.000001...3600, \.settings.forkDelay,
                "How long enough processes must last before they count."
            ).since("2.0.16").defaulting(to: "0"),
            .flag(
                "full_command", \.settings.matchesCommandLine,
                "Compares the whole command line and not the name that the kernel keeps, which has 15 bytes."
            ).since("2.0.11"),
        ] as [Keyword<TrackProcessDraft>]).map { $0.on(.vrrp) }

    private static let delayFormat = TimeFormat(unit: .seconds, places: 6, range: 0.000001...3600)

    private static func reportQuorum(_ statement: Statement, _ reader: inout Reader) {
        reader.report(
            .error, "quorum-above-maximum", statement, word: statement.value(0),
            "quorum must not be above quorum_max; the line is ignored")
    }
}
