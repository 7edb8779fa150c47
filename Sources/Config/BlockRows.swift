// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension Keyword {
    /// A block with keywords of its own, filled into a new child. Their table is made when the first such block is read: most configurations
    /// use few of them.
    ///
    /// `begin` looks at the line that opens the block and makes the child; nil (with a diagnostic) skips the whole block.
    /// `end` runs at the closing brace and puts the child where it belongs.
    package static func block<Child>(
        _ name: String, syntax: String = "{ ... }", children: @autoclosure @escaping @Sendable () -> [Keyword<Child>], _ help: String,
        begin: @escaping @Sendable (Statement, inout Target, inout Reader) -> Child?,
        end: @escaping @Sendable (Child, inout Target, inout Reader) -> Void
    ) -> Keyword {
        var entry = KeywordEntry(name: name, syntax: syntax, help: help)
        let table = Later { Table(children()) }
        entry.listChildren { table.value.entries }
        return Keyword(entry) { statement, target, reader in
            guard var child = begin(statement, &target, &reader) else { return reader.skipBlock() }
            reader.readBlock(of: statement, by: table.value, into: &child)
            end(child, &target, &reader)
        }
    }

    /// A block whose keywords fill a part of the same target: `authentication`.
    package static func block<Part>(
        _ name: String, syntax: String = "{ ... }", children: @autoclosure @escaping @Sendable () -> [Keyword<Part>],
        _ path: SettingPath<Target, Part>, _ help: String
    ) -> Keyword {
        var entry = KeywordEntry(name: name, syntax: syntax, help: help)
        let table = Later { Table(children()) }
        entry.listChildren { table.value.entries }
        let place = Place(path)
        return Keyword(entry) { statement, target, reader in
            reader.noteExtraWords(statement, after: 0)
            place.change(&target) { reader.readBlock(of: statement, by: table.value, into: &$0) }
        }
    }

    /// A value block, an entry a line: `virtual_ipaddress`. The closure is given each line; its keyword is the first word.
    /// `options` are the words that an entry may hold, for the manual and the schema.
    package static func lines(
        _ name: String, syntax: String = "{ ... }", options: [KeywordEntry] = [], _ help: String, _ apply: @escaping Apply
    ) -> Keyword {
        var entry = KeywordEntry(name: name, syntax: syntax, help: help)
        entry.children = options
        return Keyword(entry) { statement, target, reader in
            reader.noteExtraWords(statement, after: 0, .warning)
            reader.readLines(of: statement) { line, reader in apply(line, &target, &reader) }
        }
    }

    /// A value block, an entry a word: `group`. The closure is given a statement for each word, whose keyword is the word.
    package static func words(
        _ name: String, syntax: String = "{ ... }", _ help: String, _ apply: @escaping Apply
    ) -> Keyword {
        lines(name, syntax: syntax, help) { line, target, reader in
            for word in [line.keyword] + line.values {
                let statement = Statement(
                    keyword: word, values: [], position: line.position(of: word), bytes: line.bytes, isExpanded: line.isExpanded
                )
                apply(statement, &target, &reader)
            }
        }
    }
}
