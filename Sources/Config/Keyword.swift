// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

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

    package var name: String
    /// The shape of the value in the notation of the manual: `<seconds>`, `MASTER|BACKUP`, `{ ... }`; empty for a flag.
    package var syntax: String
    package var range = ""
    package var defaultValue = ""
    package var help: String
    package var since = ""
    /// The keyword to use instead; nil while this one is current.
    package var replacement: String?
    package var processes: Processes = []
    package var status = Status.active
    /// The keywords of the block, or the options of a value line.
    package var children: [KeywordEntry] = []

    package init(name: String, syntax: String, help: String) {
        self.name = name
        self.syntax = syntax
        self.help = help
    }
}

/// One row of a block's table: a keyword, what it takes, what it means and where its value goes.
package struct Keyword<Target> {
    package var entry: KeywordEntry
    /// Applies a statement with this keyword to the settings of the block; what is wrong goes to the reader's diagnostics.
    package var apply: (Statement, inout Target, inout Reader) -> Void

    package init(_ entry: KeywordEntry, apply: @escaping (Statement, inout Target, inout Reader) -> Void) {
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

    package func on(_ processes: KeywordEntry.Processes) -> Keyword {
        var copy = self
        copy.entry.processes = processes
        return copy
    }

    /// Read and checked, but the feature behind it is not built yet.
    package var parsedOnly: Keyword {
        var copy = self
        copy.entry.status = .parsed
        return copy
    }
}
