// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

// The rows that tables are written with. Each constructor takes the keyword's name, what it accepts, the place in the
// target that takes the value, and one sentence for the manual.

extension Keyword {
    /// A keyword without a value: `nopreempt`.
    package static func flag<Value: Sendable>(
        _ name: String, _ path: SettingPath<Target, Value>, sets value: Value, _ help: String
    ) -> Keyword {
        let place = Place(path)
        return Keyword(KeywordEntry(name: name, syntax: "", help: help)) { statement, target, reader in
            reader.noteExtraWords(statement, after: 0)
            place.set(&target, to: value)
        }
    }

    /// A keyword without a value that turns something on.
    package static func flag(_ name: String, _ path: SettingPath<Target, Bool>, _ help: String) -> Keyword {
        flag(name, path, sets: true, help)
    }

    /// A keyword that is on when bare, or takes `on`, `off`, `yes`, `no`, `true` or `false`.
    package static func bool(_ name: String, _ path: SettingPath<Target, Bool>, _ help: String) -> Keyword {
        let place = Place(path)
        return Keyword(KeywordEntry(name: name, syntax: boolSyntax, help: help)) { statement, target, reader in
            if let value = reader.bool(statement) { place.set(&target, to: value) }
        }
    }

    /// As above for a target that knows "not said".
    package static func bool(_ name: String, _ path: SettingPath<Target, Bool?>, _ help: String) -> Keyword {
        let place = Place(path)
        return Keyword(KeywordEntry(name: name, syntax: boolSyntax, help: help)) { statement, target, reader in
            if let value = reader.bool(statement) { place.set(&target, to: value) }
        }
    }

    private static var boolSyntax: String { "[on|off|yes|no|true|false]" }

    /// One word, quotes removed; longer ones are cut to `limit` bytes with an error.
    package static func text(
        _ name: String, limit: Int = .max, _ path: SettingPath<Target, String>, _ help: String
    ) -> Keyword { text(name, "<string>", limit: limit, path, help) }

    /// As above for a target that knows "not said".
    package static func text(
        _ name: String, limit: Int = .max, _ path: SettingPath<Target, String?>, _ help: String
    ) -> Keyword { text(name, "<string>", limit: limit, path, help) }

    /// One word, with the shape that the manual gives it: `.text("interface", "<ifname>", limit: 15, \.interface, "...")`.
    package static func text(
        _ name: String, _ syntax: String, limit: Int = .max, _ path: SettingPath<Target, String>, _ help: String
    ) -> Keyword {
        let place = Place(path)
        return Keyword(KeywordEntry(name: name, syntax: syntax, help: help)) { statement, target, reader in
            if let text = reader.text(statement, limit: limit) { place.set(&target, to: text) }
        }.range(limit == .max ? "" : "at most \(limit) bytes")
    }

    /// As above for a target that knows "not said".
    package static func text(
        _ name: String, _ syntax: String, limit: Int = .max, _ path: SettingPath<Target, String?>, _ help: String
    ) -> Keyword {
        let place = Place(path)
        return Keyword(KeywordEntry(name: name, syntax: syntax, help: help)) { statement, target, reader in
            if let text = reader.text(statement, limit: limit) { place.set(&target, to: text) }
        }.range(limit == .max ? "" : "at most \(limit) bytes")
    }

    /// One of a few words: `state MASTER|BACKUP`.
    package static func choice<Value: Sendable>(
        _ name: String, _ words: [(String, Value)], _ path: SettingPath<Target, Value>,
        ignoringCase: Bool = false, _ help: String
    ) -> Keyword {
        let names = words.map { $0.0 }
        let place = Place(path)
        return Keyword(KeywordEntry(name: name, syntax: names.joined(separator: "|"), help: help)) { statement, target, reader in
            guard let choice = reader.choice(statement, names, ignoringCase: ignoringCase) else { return }
            place.set(&target, to: words[choice].1)
        }
    }

    /// As above for a target that knows "not said".
    package static func choice<Value: Sendable>(
        _ name: String, _ words: [(String, Value)], _ path: SettingPath<Target, Value?>,
        ignoringCase: Bool = false, _ help: String
    ) -> Keyword {
        let names = words.map { $0.0 }
        let place = Place(path)
        return Keyword(KeywordEntry(name: name, syntax: names.joined(separator: "|"), help: help)) { statement, target, reader in
            guard let choice = reader.choice(statement, names, ignoringCase: ignoringCase) else { return }
            place.set(&target, to: words[choice].1)
        }
    }

    /// An IPv4 or IPv6 address without a length, of one family where one is named.
    package static func address(
        _ name: String, family: AddressFamily? = nil, _ path: SettingPath<Target, IPAddress>, _ help: String
    ) -> Keyword {
        let place = Place(path)
        return Keyword(KeywordEntry(name: name, syntax: addressSyntax(family), help: help)) { statement, target, reader in
            if let address = reader.address(statement, family: family) { place.set(&target, to: address) }
        }
    }

    /// As above for a target that knows "not said".
    package static func address(
        _ name: String, family: AddressFamily? = nil, _ path: SettingPath<Target, IPAddress?>, _ help: String
    ) -> Keyword {
        let place = Place(path)
        return Keyword(KeywordEntry(name: name, syntax: addressSyntax(family), help: help)) { statement, target, reader in
            if let address = reader.address(statement, family: family) { place.set(&target, to: address) }
        }
    }

    private static func addressSyntax(_ family: AddressFamily?) -> String {
        switch family {
        case nil: "<ip>"
        case .ipv4?: "<ipv4>"
        case .ipv6?: "<ipv6>"
        }
    }

    /// A script with its arguments as one word (quoting grammar of scripts), then user and group. `user: false` where no
    /// user may follow; unquoted words behind the command are then dropped with a warning.
    package static func script(
        _ name: String, user: Bool = true, _ path: SettingPath<Target, ScriptLine?>, _ help: String
    ) -> Keyword {
        let syntax = "<quoted script>" + (user ? " [<user> [<group>]]" : "")
        let place = Place(path)
        return Keyword(KeywordEntry(name: name, syntax: syntax, help: help)) { statement, target, reader in
            if let script = reader.script(statement, user: user) { place.set(&target, to: script) }
        }
    }

    /// Anything else: the closure takes the statement apart. `options` are documented by the manual and the schema.
    package static func custom(
        _ name: String, syntax: String, options: [KeywordEntry] = [], _ help: String, _ apply: @escaping Apply
    ) -> Keyword {
        var entry = KeywordEntry(name: name, syntax: syntax, help: help)
        entry.children = options
        return Keyword(entry, apply: apply)
    }
}
