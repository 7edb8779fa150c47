// SPDX-License-Identifier: GPL-2.0-or-later

/// A script as a line of the configuration names it: command and arguments, and perhaps who runs it.
package struct ScriptLine: Sendable {
    /// The path and the arguments, quotes and escapes resolved; never empty.
    package var arguments: [String]
    package var user: Word?
    package var group: Word?
    /// The line, for what is found out about the script later.
    package var statement: Statement

    package init(arguments: [String], user: Word? = nil, group: Word? = nil, statement: Statement) {
        self.arguments = arguments
        self.user = user
        self.group = group
        self.statement = statement
    }
}

extension ScriptLine: Equatable {
    /// Same command run by the same user, wherever it was written.
    package static func == (left: ScriptLine, right: ScriptLine) -> Bool {
        left.arguments == right.arguments && left.user?.text == right.user?.text && left.group?.text == right.group?.text
    }
}

extension Reader {
    /// Reads a script line; a diagnostic and nil if there is no command on it.
    ///
    /// The first word is the whole command, which is split once more, quotes and escapes then meaning what they mean in C;
    /// the second word is the user and the third the group.
    package mutating func script(_ statement: Statement, user: Bool = true) -> ScriptLine? {
        guard let words = quotedValues(statement, .kept) else { return nil }
        guard let command = words.first else {
            _ = require(statement, .max, "a command")
            return nil
        }
        let split = QuotedWords(Array(command.text.utf8)[...], backslashes: .resolved)
        guard !split.isUnterminated else {
            report(.error, "unterminated-quote", statement, word: command, "a quote in the command is never closed; the line is ignored")
            return nil
        }
        guard !split.words.isEmpty else {
            report(.error, "missing-value", statement, word: command, "the command is empty; the line is ignored")
            return nil
        }
        noteExtra(words, after: user ? 3 : 1, statement)
        return ScriptLine(
            arguments: split.words.map(\.text), user: user && words.count > 1 ? words[1] : nil,
            group: user && words.count > 2 ? words[2] : nil, statement: statement
        )
    }

    private mutating func noteExtra(_ words: [Word], after count: Int, _ statement: Statement) {
        guard words.count > count else { return }
        report(
            .hint, "extra-words", statement, word: words[count], "'\(words[count].text)' is not part of the command and is ignored",
            help: "put command and arguments in one pair of quotes"
        )
    }
}
