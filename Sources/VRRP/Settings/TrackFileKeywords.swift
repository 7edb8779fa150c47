// SPDX-License-Identifier: GPL-2.0-or-later

package import Config

/// A `track_file` block as the file says it.
package struct TrackFileDraft: Sendable {
    package var name: String
    package var place: Place
    /// The closing brace.
    package var end: Place?
    package var sequence = 0
    package var path: Word?
    package var weight: Int?
    package var isReversed = false
    package var initialValue: Int32?
    package var overwrites = false

    init(name: String, at place: Place) {
        self.name = name
        self.place = place
    }
}

extension TrackFileDraft {
    /// The body of a `track_file` block; `since` is the age of the block's name.
    static func rows(since: String) -> [Keyword<TrackFileDraft>] {
        ([
            .custom(
                "file", syntax: "<path>",
                "The file to watch; it holds a number. Its folder must exist and be on a file system with inotify."
            ) { statement, draft, reader in
                draft.path = reader.require(statement, 0, "a path") ?? draft.path
                reader.noteExtraWords(statement, after: 1)
            }.defaulting(to: "none; required"),
            .custom(
                "weight", syntax: "<int> [reverse]",
                """
                The number in the file is multiplied by this and added to the priority of routers that track it; 0 \
                makes a number other than 0 a fault.
                """
            ) { statement, draft, reader in
                guard let (weight, isReversed) = reader.ownWeight(statement, limit: 254) else { return }
                guard draft.weight == nil else {
                    return reader.report(
                        .error, "duplicate", statement, "the weight was given before; this one is ignored")
                }
                draft.weight = weight
                draft.isReversed = isReversed
            }.range("-254..254").defaulting(to: "1"),
            .custom(
                "init_file", syntax: "[<int>] [overwrite]",
                """
                Makes the file at the start, with this number or 0; with 'overwrite' also if it exists. Never done \
                on a reload.
                """
            ) { statement, draft, reader in
                var words = LineWords(statement)
                _ = words.next()
                draft.initialValue = 0
                while let word = words.next() {
                    if word.text == "overwrite" {
                        draft.overwrites = true
                    } else if let value: Int32 = reader.number(word, of: statement, in: Int32.min...Int32.max) {
                        draft.initialValue = value
                        guard !(-254...254).contains(value) else { continue }
                        reader.report(
                            .warning, "out-of-range", statement, word: word, "\(value) is larger than any priority")
                    }
                }
            }.range("int32, sensibly -254..254").defaulting(to: "the file is left alone"),
        ] as [Keyword<TrackFileDraft>]).map { $0.since(since).on([.vrrp, .checker]) }
    }
}
