// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// The words of a value line (`10.0.0.1/24 dev eth0`), taken from the front.
package struct LineWords: Sendable {
    package let statement: Statement
    private var index = 0

    package init(_ statement: Statement) { self.statement = statement }

    /// The word that `next` would take.
    package var first: Word? { index == 0 ? statement.keyword : statement.value(index - 1) }

    /// Takes the next word; nil at the end of the line.
    package mutating func next() -> Word? {
        guard let word = first else { return nil }
        index += 1
        return word
    }

    /// Takes the next word if it is this one.
    package mutating func take(_ text: String) -> Bool {
        guard first?.text == text else { return false }
        index += 1
        return true
    }

    /// The word behind an option, or a diagnostic that it is missing.
    package mutating func value(of option: Word, _ what: String, _ reader: inout Reader) -> Word? {
        if let word = next() { return word }
        reader.report(
            .error, "missing-value", statement, word: option, "'\(option.text)' needs \(what)",
            help: "the option is ignored", consequence: .missingParameter
        )
        return nil
    }
}

/// One option of a value line: what it is called, what it takes, what it means and where its value goes.
package struct LineOption<Target>: Sendable {
    package typealias Apply = @Sendable (Word, inout LineWords, inout Target, inout Reader) -> Void

    package var entry: KeywordEntry
    package var apply: Apply

    /// An option without a value.
    package init(_ name: String, _ help: String, apply: @escaping Apply) {
        self.init(name, "", help, apply: apply)
    }

    package init(
        _ name: String, _ syntax: String, range: String = "", default text: String = "", _ help: String,
        apply: @escaping Apply
    ) {
        entry = .option(name, syntax, range: range, default: text, help)
        self.apply = apply
    }

    /// A word that stands alone.
    package static func flag<Value: Sendable>(
        _ name: String, _ path: SettingPath<Target, Value>, sets value: Value, _ help: String
    ) -> LineOption {
        LineOption(name, help) { _, _, target, _ in target[keyPath: path] = value }
    }

    /// A word that stands alone and turns something on.
    package static func flag(
        _ name: String, _ path: SettingPath<Target, Bool>, _ help: String
    ) -> LineOption {
        flag(name, path, sets: true, help)
    }

    /// A decimal number.
    package static func number<Value: FixedWidthInteger & Sendable>(
        _ name: String, _ range: ClosedRange<Value>, _ path: SettingPath<Target, Value>, _ help: String
    ) -> LineOption {
        LineOption(name, "<uint>", range: "\(range.lowerBound)..\(range.upperBound)", help) {
            option, words, target, reader in
            guard let word = words.value(of: option, "a number", &reader) else { return }
            guard let value = reader.number(word, of: words.statement, in: range) else { return }
            target[keyPath: path] = value
        }
    }

    /// As above for a target that knows "not said".
    package static func number<Value: FixedWidthInteger & Sendable>(
        _ name: String, _ range: ClosedRange<Value>, _ path: SettingPath<Target, Value?>, _ help: String
    ) -> LineOption {
        LineOption(name, "<uint>", range: "\(range.lowerBound)..\(range.upperBound)", help) {
            option, words, target, reader in
            guard let word = words.value(of: option, "a number", &reader) else { return }
            guard let value = reader.number(word, of: words.statement, in: range) else { return }
            target[keyPath: path] = value
        }
    }

    /// A name of iproute2's tables or its number, in C notation.
    package static func named<Value: FixedWidthInteger & Sendable>(
        _ name: String, in table: String, _ range: ClosedRange<Value>, _ path: SettingPath<Target, Value>,
        _ help: String
    ) -> LineOption {
        LineOption(name, "<name|uint>", range: "\(range.lowerBound)..\(range.upperBound)", help) {
            option, words, target, reader in
            guard let word = words.value(of: option, "a name or a number", &reader) else { return }
            guard let value = reader.routingNumber(word, of: words.statement, in: table, range) else { return }
            target[keyPath: path] = value
        }
    }

    /// As above for a target that knows "not said".
    package static func named<Value: FixedWidthInteger & Sendable>(
        _ name: String, in table: String, _ range: ClosedRange<Value>, _ path: SettingPath<Target, Value?>,
        _ help: String
    ) -> LineOption {
        LineOption(name, "<name|uint>", range: "\(range.lowerBound)..\(range.upperBound)", help) {
            option, words, target, reader in
            guard let word = words.value(of: option, "a name or a number", &reader) else { return }
            guard let value = reader.routingNumber(word, of: words.statement, in: table, range) else { return }
            target[keyPath: path] = value
        }
    }

    /// The name of an interface, at most 15 bytes.
    package static func interface(
        _ name: String, _ path: SettingPath<Target, String?>, _ help: String
    ) -> LineOption {
        LineOption(name, "<ifname>", help) { option, words, target, reader in
            guard let word = words.value(of: option, "an interface", &reader) else { return }
            guard let interface = reader.interfaceName(word, of: words.statement) else { return }
            target[keyPath: path] = interface
        }
    }

    /// Any one word.
    package static func text(
        _ name: String, _ path: SettingPath<Target, String?>, _ help: String
    ) -> LineOption {
        LineOption(name, "<name>", help) { option, words, target, reader in
            if let word = words.value(of: option, "a name", &reader) { target[keyPath: path] = word.text }
        }
    }

    /// The same option under another name, perhaps with its own age.
    package func alias(_ name: String, since: String = "") -> LineOption {
        var copy = self
        copy.entry.name = name
        if !since.isEmpty { copy.entry.since = since }
        return copy
    }

    /// The version of keepalived that brought the option.
    package func since(_ version: String) -> LineOption {
        var copy = self
        copy.entry.since = version
        return copy
    }

    /// The default as the manual words it.
    package func defaulting(to text: String) -> LineOption {
        var copy = self
        copy.entry.defaultValue = text
        return copy
    }

    /// Reported as deprecated with the option to use instead.
    package func deprecated(use replacement: String) -> LineOption {
        var copy = self
        copy.entry.replacement = replacement
        return copy
    }
}

/// The options of one kind of value line, looked up by name.
package struct LineOptions<Target>: Sendable {
    package let options: [LineOption<Target>]
    private let index: [String: Int]

    package init(_ options: [LineOption<Target>]) {
        self.options = options
        index = Dictionary(options.enumerated().map { ($1.entry.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package subscript(name: String) -> LineOption<Target>? { index[name].map { options[$0] } }

    /// What the manual and the schema say of a line: an entry with its options.
    package func entry(_ syntax: String, _ help: String) -> KeywordEntry {
        var entry = KeywordEntry(name: "<entry>", syntax: syntax, help: help)
        entry.children = options.map(\.entry)
        return entry
    }

    /// Applies the option if there is one of this name.
    package func apply(_ word: Word, _ words: inout LineWords, to target: inout Target, _ reader: inout Reader) -> Bool
    {
        guard let option = self[word.text] else { return false }
        if let replacement = option.entry.replacement {
            reader.report(
                .hint, "deprecated", words.statement, word: word, "'\(word.text)' is deprecated",
                help: "write '\(replacement)' instead"
            )
        }
        option.apply(word, &words, &target, &reader)
        return true
    }
}
