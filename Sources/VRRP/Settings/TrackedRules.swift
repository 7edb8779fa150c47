// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// A `vrrp_script` on its way to its settings; nil settings: it is out of use.
package struct ScriptCase: Sendable {
    package var draft: ScriptDraft
    package var settings: ScriptSettings?

    package init(_ draft: ScriptDraft) { self.draft = draft }

    package static let rules: [Rule<ScriptCase>] = [
        Rule("script-without-command") { script, settling in
            let draft = script.draft
            guard draft.script == nil else { return }
            settling.report(
                .error, at: draft.end ?? draft.place, "vrrp_script '\(draft.name)' names no script and is ignored",
                help: "add 'script \"/path/to/program\"'"
            )
        },
        Rule("script-out-of-use") { script, settling in
            let draft = script.draft
            guard var line = draft.script else { return }
            if let user = draft.user {
                guard settling.hasUser(user) else { return }
                line.user = user.value(0)
                line.group = user.value(1)
            }
            guard
                let command = settling.reader.resolve(
                    line, for: "track script '\(draft.name)'", by: settling.globals.scripts)
            else {
                return settling.report(
                    .hint, at: draft.end ?? draft.place,
                    "vrrp_script '\(draft.name)' is out of use, and what tracks it does without")
            }
            var settings = ScriptSettings(name: draft.name, command: command)
            settings.interval = draft.interval
            settings.timeout = draft.timeout ?? draft.interval
            settings.weight = draft.weight
            settings.isReversed = draft.isReversed
            settings.rise = draft.rise
            settings.fall = draft.fall
            settings.startsAsFailed = draft.startsAsFailed
            script.settings = settings
        },
        Rule("timeout-above-interval") { script, settling in
            guard let timeout = script.draft.timeout, timeout > script.draft.interval else { return }
            settling.report(
                .hint, at: script.draft.place(of: "timeout"),
                "the timeout is longer than the interval: a slow run makes the next ones late",
                help: "let the timeout be at most the interval"
            )
        },
    ]
}

/// A `track_file` on its way to its settings; nil settings: it is out of use.
package struct TrackFileCase: Sendable {
    package var draft: TrackFileDraft
    package var settings: TrackFileSettings?

    package init(_ draft: TrackFileDraft) { self.draft = draft }

    package static let rules: [Rule<TrackFileCase>] = [
        Rule("track-file-without-path") { file, settling in
            let draft = file.draft
            guard let path = draft.path?.text else {
                return settling.report(
                    .error, at: draft.end ?? draft.place, "track_file '\(draft.name)' names no file and is ignored",
                    help: "add 'file /path/to/file'"
                )
            }
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            guard settling.surroundings.isDirectory(folder.isEmpty ? "/" : folder) else {
                return settling.report(
                    .error, at: draft.end ?? draft.place,
                    "track_file '\(draft.name)' is ignored: the folder of '\(path)' does not exist",
                    help: "make the folder first"
                )
            }
            var settings = TrackFileSettings(name: draft.name)
            settings.path = path
            settings.weight = draft.weight ?? 1
            settings.isReversed = draft.isReversed
            settings.initialValue = draft.initialValue
            settings.overwrites = draft.overwrites
            file.settings = settings
        }
    ]
}

/// A `vrrp_track_process` on its way to its settings; nil settings: it is out of use.
package struct TrackProcessCase: Sendable {
    package var draft: TrackProcessDraft
    package var settings: TrackProcessSettings?

    package init(_ draft: TrackProcessDraft) { self.draft = draft }

    package static let rules: [Rule<TrackProcessCase>] = [
        Rule("track-process-without-program") { process, settling in
            guard process.draft.settings.program.isEmpty else { return process.settings = process.draft.settings }
            settling.report(
                .error, at: process.draft.end ?? process.draft.place,
                "vrrp_track_process '\(process.draft.name)' names no program and is ignored",
                help: "add 'process <program>'"
            )
        }
    ]
}

extension Settling {
    /// Whether user and group of a `user` line exist; reports at that line if not.
    fileprivate mutating func hasUser(_ line: Statement) -> Bool {
        guard let user = line.value(0) else { return false }
        return reader.identity(
            user: user, group: line.value(1), of: line, supplementary: globals.scripts.setsSupplementaryGroups) != nil
    }
}
