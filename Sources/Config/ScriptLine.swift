// SPDX-License-Identifier: GPL-2.0-or-later

/// A script as a line of the configuration names it: command and arguments, and perhaps who runs it.
package struct ScriptLine: Sendable {
    /// The path and the arguments, quotes and escapes resolved; never empty.
    package var arguments: [String]
    package var user: Word?
    package var group: Word?
    /// The line, for what is found out about the script later.
    package var statement: Statement
}

extension ScriptLine: Equatable {
    /// Same command run by the same user, wherever it was written.
    package static func == (left: ScriptLine, right: ScriptLine) -> Bool {
        left.arguments == right.arguments && left.user?.text == right.user?.text && left.group?.text == right.group?.text
    }
}

extension Reader {
    /// Reads a script line; a diagnostic and nil if there is no command on it.
    package mutating func script(_ statement: Statement, user: Bool = true) -> ScriptLine? {
        guard let command = require(statement, 0, "a command") else { return nil }
        let arguments = command.text.utf8.split(whereSeparator: { $0.isBlank }).map { String(decoding: $0, as: UTF8.self) }
        guard !arguments.isEmpty else {
            report(.error, "missing-value", statement, word: command, "the command is empty; the line is ignored")
            return nil
        }
        noteExtraWords(statement, after: user ? 3 : 1, .hint)
        return ScriptLine(
            arguments: arguments, user: user ? statement.value(1) : nil, group: user ? statement.value(2) : nil,
            statement: statement
        )
    }
}
