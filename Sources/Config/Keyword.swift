// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// Everything there is to say about one keyword, apart from the type of the settings it fills: what the manual, the schema,
/// completions and "did you mean" are made of.
package struct KeywordEntry: Sendable {
    /// Which processes act on the keyword.
    package struct Processes: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let parent = Processes(rawValue: 1)
        package static let vrrp = Processes(rawValue: 2)
        package static let checker = Processes(rawValue: 4)
        package static let bfd = Processes(rawValue: 8)
        package static let all: Processes = [.parent, .vrrp, .checker, .bfd]
    }

    /// Whether the feature behind the keyword is built.
    package enum Status: String, Sendable { case active, parsed }

    package var name: String { get { facts.value.name } set { facts.value.name = newValue } }
    /// The shape of the value in the notation of the manual: `<seconds>`, `MASTER|BACKUP`, `{ ... }`; empty for a flag.
    package var syntax: String { get { facts.value.syntax } set { facts.value.syntax = newValue } }
    package var range: String { get { facts.value.range } set { facts.value.range = newValue } }
    package var defaultValue: String { get { facts.value.defaultValue } set { facts.value.defaultValue = newValue } }
    package var help: String { get { facts.value.help } set { facts.value.help = newValue } }
    package var since: String { get { facts.value.since } set { facts.value.since = newValue } }
    /// The keyword to use instead; nil while this one is current.
    package var replacement: String? { get { facts.value.replacement } set { facts.value.replacement = newValue } }
    package var processes: Processes { get { facts.value.processes } set { facts.value.processes = newValue } }
    package var status: Status { get { facts.value.status } set { facts.value.status = newValue } }
    /// The keywords of the block, or the options of a value line.
    package var children: [KeywordEntry] { get { facts.value.children() } set { listChildren { newValue } } }

    /// As setting `children` to what the closure answers, which is asked when somebody wants to know.
    mutating func listChildren(_ children: @escaping @Sendable () -> [KeywordEntry]) { facts.value.children = children }

    /// One for all tables that a row stands in, lifted or not.
    private var facts: Shared<Facts>

    private struct Facts: Sendable {
        var name: String
        var syntax: String
        var range = ""
        var defaultValue = ""
        var help: String
        var since = ""
        var replacement: String?
        var processes: Processes = []
        var status = Status.active
        var children: @Sendable () -> [KeywordEntry] = { [] }
    }

    package init(name: String, syntax: String, help: String) {
        facts = Shared(Facts(name: name, syntax: syntax, help: help))
    }

    /// An option of a value line, such as `weight` behind a tracked script: documented, read by the row it belongs to.
    package static func option(
        _ name: String, _ syntax: String = "", range: String = "", default text: String = "", since: String = "", _ help: String
    ) -> KeywordEntry {
        var entry = KeywordEntry(name: name, syntax: syntax, help: help)
        entry.range = range
        entry.defaultValue = text
        entry.since = since
        return entry
    }

    /// Whether a line can begin with it; `<entry>` stands for the lines of a list, with its options below it.
    package var isKeyword: Bool { !name.hasPrefix("<") }

    /// Another name for the same option.
    package func alias(_ name: String) -> KeywordEntry {
        var copy = self
        copy.name = name
        return copy
    }
}

/// A place in a target that takes a value: a key path literal such as `\.priority`.
package typealias SettingPath<Target, Value> = any WritableKeyPath<Target, Value> & Sendable

/// One row of a block's table: a keyword, what it takes, what it means and where its value goes.
package struct Keyword<Target>: Sendable {
    package var entry: KeywordEntry
    /// Applies a statement with this keyword to the settings of the block; what is wrong goes to the reader's diagnostics.
    package var apply: Apply

    package typealias Apply = @Sendable (Statement, inout Target, inout Reader) -> Void

    package init(_ entry: KeywordEntry, apply: @escaping Apply) {
        self.entry = entry
        self.apply = apply
    }
}

// MARK: - Modifiers

extension Keyword {
    /// The same row under another name, with its own age.
    package func alias(_ name: String, since: String = "") -> Keyword {
        var copy = self
        copy.entry.name = name
        copy.entry.since = since
        return copy
    }

    /// Reported as deprecated with the name to use instead.
    package func deprecated(use replacement: String) -> Keyword {
        var copy = self
        copy.entry.replacement = replacement
        return copy
    }

    /// The version of keepalived that had the keyword first, as the manual tells it.
    package func since(_ version: String) -> Keyword {
        var copy = self
        copy.entry.since = version
        return copy
    }

    /// The default as the manual words it, where it is not the value in a fresh target.
    package func defaulting(to text: String) -> Keyword {
        var copy = self
        copy.entry.defaultValue = text
        return copy
    }

    /// The processes that act on the keyword; the others pass it over. None named means all.
    package func on(_ processes: KeywordEntry.Processes) -> Keyword {
        var copy = self
        copy.entry.processes = processes
        return copy
    }

    /// The range as the manual words it, where the row's own wording does not do.
    package func range(_ text: String) -> Keyword {
        var copy = self
        copy.entry.range = text
        return copy
    }

    /// The shape of the value as the manual writes it, where the row's own does not do.
    package func syntax(_ text: String) -> Keyword {
        var copy = self
        copy.entry.syntax = text
        return copy
    }

    /// Read and checked, but the feature behind it is not built yet.
    package var parsedOnly: Keyword {
        var copy = self
        copy.entry.status = .parsed
        return copy
    }
}

// MARK: - Composition

extension Keyword {
    /// The row for a larger target that holds this row's target: how the root table is joined from the parts' tables.
    package func lifted<Whole>(to path: SettingPath<Whole, Target>) -> Keyword<Whole> {
        let place = Place(path)
        return Keyword<Whole>(entry) { [apply] statement, whole, reader in place.change(&whole) { apply(statement, &$0, &reader) } }
    }
}

extension Array {
    /// Every row lifted: `GlobalSettings.rows.lifted(to: \Settings.globals) + VRRPDraft.rows.lifted(to: \Settings.vrrp)`.
    package func lifted<Whole, Part>(
        to path: SettingPath<Whole, Part>
    ) -> [Keyword<Whole>] where Element == Keyword<Part> {
        map { $0.lifted(to: path) }
    }
}

extension Array {
    /// All rows are for these processes.
    package func on<Target>(_ processes: KeywordEntry.Processes) -> Self where Element == Keyword<Target> {
        map { $0.entry.processes.isEmpty ? $0.on(processes) : $0 }
    }

    /// The features behind all rows are not built yet.
    package func parsedOnly<Target>() -> Self where Element == Keyword<Target> { map(\.parsedOnly) }

    /// All rows under names that begin with `prefix`.
    package func prefixed<Target>(_ prefix: String) -> Self where Element == Keyword<Target> {
        map { row in
            var copy = row
            copy.entry.name = prefix + row.entry.name
            return copy
        }
    }
}
