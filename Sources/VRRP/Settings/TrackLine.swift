// SPDX-License-Identifier: GPL-2.0-or-later

import Config

/// A line of a track_* list as the file says it.
package struct TrackLine: Sendable {
    /// What kind of thing is tracked.
    package enum Kind: String, Sendable, CaseIterable {
        case interface, script, file, process, bfd

        /// The largest weight either way.
        var limit: Int {
            switch self {
            case .interface, .script, .bfd: 253
            case .file, .process: 254
            }
        }

        /// What the manual calls it.
        var noun: String {
            switch self {
            case .interface: "interface"
            case .script: "script"
            case .file: "track file"
            case .process: "process"
            case .bfd: "BFD session"
            }
        }

        func object(_ name: String) -> Tracker.Object {
            switch self {
            case .interface: .interface(name)
            case .script: .script(name)
            case .file: .file(name)
            case .process: .process(name)
            case .bfd: .bfd(name)
            }
        }
    }

    package var kind: Kind
    package var name: String
    package var place: Place
    /// Nil: the object's own.
    package var weight: Int?
    package var isReversed: Bool?
    /// `fast_failover`, of a BFD session in an instance.
    package var isFastFailover = false
}

extension TrackLine {
    /// Whether lines of the kind may say `fast_failover`.
    enum FastFailoverUse { case possible, impossible }

    /// What the manual says of such a list.
    static func entry(_ kind: Kind, _ use: FastFailoverUse) -> KeywordEntry {
        let more = use == .possible ? " [fast_failover]" : ""
        var entry = KeywordEntry(
            name: "<entry>", syntax: "<name> [weight <int> [reverse|noreverse]]\(more)",
            help: "The \(kind.noun) to watch.")
        entry.children = [
            .option(
                "weight", kind == .interface ? "<int> [reverse]" : "<int> [reverse|noreverse]",
                range: "-\(kind.limit)..\(kind.limit)",
                default: kind == .interface ? "0" : "inherited from the \(kind.noun)",
                """
                What the \(kind.noun) does to the priority: above 0 it is added while all is well, below 0 it is \
                subtracted while not; 0 makes failure a fault. With 'reverse' the priority goes the other way, and with \
                0 success is a fault.
                """
            )
        ]
        if use == .possible {
            entry.children.append(
                .option(
                    "fast_failover", "",
                    """
                    When the session's neighbor is the master (the source of its adverts) and the session goes down, a \
                    backup takes over at once, as if its master down timer had run out. A session that the neighbor's \
                    operator shuts down changes nothing. Without a weight the session has no other effect: it never puts \
                    the router into FAULT. Not known to upstream.
                    """
                ))
        }
        return entry
    }

    /// Reads a line; nil where it cannot be used.
    static func read(
        _ statement: Statement, _ kind: Kind, _ use: FastFailoverUse, _ reader: inout Reader
    ) -> TrackLine? {
        var words = LineWords(statement)
        guard let name = words.next() else { return nil }
        var line = TrackLine(kind: kind, name: name.text, place: Place(statement))
        while let word = words.next() {
            switch word.text {
            case "weight":
                guard let value = words.next() else {
                    reader.report(
                        .error, "missing-value", statement, word: word, "'weight' needs a number and is ignored")
                    continue
                }
                line.weight = reader.weight(value, of: statement, limit: kind.limit)
                if words.take("reverse") {
                    line.isReversed = true
                } else if words.take("noreverse") {
                    line.isReversed = false
                }
            case "reverse": line.isReversed = true
            case "noreverse": line.isReversed = false
            case "fast_failover" where use == .possible: line.isFastFailover = true
            case "fast_failover" where kind == .bfd:
                reader.report(
                    .error, "misplaced-option", statement, word: word,
                    "'fast_failover' is about the master of one router and is ignored in a sync group",
                    help: "write it in the track_bfd of a vrrp_instance"
                )
            default:
                reader.report(
                    .error, "unknown-option", statement, word: word,
                    "'\(word.text)' is not an option of a tracked \(kind.noun) and is ignored",
                    help: "write '\(name.text) weight <number>'"
                )
            }
        }
        return line
    }
}

extension Reader {
    /// A weight up to the limit either way; 254 is brought down to 253 where that is the limit.
    mutating func weight(_ word: Word, of statement: Statement, limit: Int) -> Int? {
        guard let value: Int = number(word, of: statement, in: -254...254) else { return nil }
        guard value.magnitude > limit else { return value }
        let used = value < 0 ? -limit : limit
        report(.warning, "out-of-range", statement, word: word, "a weight of \(value) is too large; \(used) is used")
        return used
    }
}

extension Keyword {
    /// A track_* list of an instance or a sync group.
    static func track(
        _ kind: TrackLine.Kind, _ path: SettingPath<Target, [TrackLine]>, of owner: String,
        fastFailover use: TrackLine.FastFailoverUse = .impossible
    ) -> Keyword {
        let words =
            kind == .interface
            ? "{list of <ifname> [weight <int> [reverse]]}" : "{list of <name> [weight <int> [reverse|noreverse]]}"
        let names: [TrackLine.Kind: String] = [
            .script: "vrrp_script", .file: "track_file", .process: "vrrp_track_process", .bfd: "bfd_instance",
        ]
        let definition = names[kind].map { " Each must be defined by a \($0) above." } ?? ""
        return .lines(
            "track_\(kind.rawValue)", syntax: words, options: [TrackLine.entry(kind, use)],
            "What \(owner) watches: one \(kind.noun) a line.\(definition) Without weight a failure is a fault."
        ) { line, target, reader in
            if let track = TrackLine.read(line, kind, use, &reader) { target[keyPath: path].append(track) }
        }.range("-\(kind.limit)..\(kind.limit)").defaulting(
            to: kind == .interface ? "weight 0" : "weight of the \(kind.noun)")
    }
}

extension RouterDraft {
    static let trackRows: [Keyword<RouterDraft>] = [
        .track(.interface, \.trackers, of: "the router").since("<=1.0.3").needs(.trackInterface),
        .track(.script, \.trackers, of: "the router").since("1.1.13").needs(.trackScript),
        .track(.file, \.trackers, of: "the router").since("2.0.0").needs(.trackFile),
        .track(.process, \.trackers, of: "the router").since("2.0.11").needs(.trackProcess),
        .track(.bfd, \.trackers, of: "the router", fastFailover: .possible).since("2.0.0").needs(.trackBFD),
    ]
}
