// SPDX-License-Identifier: GPL-2.0-or-later

/// A place in the configuration: which file (an index into the source's list of files), line and column, both from 1.
///
/// Every setting that may yet be found wrong keeps one of these, hence the small fields.
package struct Position: Hashable, Sendable {
    private var fileNumber: UInt32
    private var lineNumber: UInt32
    private var columnNumber: UInt32

    package init(file: Int, line: Int, column: Int = 1) {
        fileNumber = UInt32(clamping: file)
        lineNumber = UInt32(clamping: line)
        columnNumber = UInt32(clamping: column)
    }

    package var file: Int { Int(fileNumber) }
    package var line: Int { Int(lineNumber) }
    package var column: Int {
        get { Int(columnNumber) }
        set { columnNumber = UInt32(clamping: newValue) }
    }
}

/// Something to tell the operator about the configuration; reading goes on after it.
package struct Diagnostic: Equatable, Sendable {
    /// Ordered: hints never change an exit status, warnings and errors do.
    package enum Severity: Int, Comparable, Sendable {
        case hint, warning, error
        package static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
    }

    /// What the finding means for the run, after the exit codes of keepalived.
    package enum Consequence: Equatable, Sendable {
        /// Said and done: the daemon runs with the value that the message names.
        case none
        /// The process that needs this cannot run (exit 2 at run time, 4 under `-t` when nothing else was found).
        case fatal
        /// A parameter is missing (upstream ends at once with 2).
        case missingParameter
        /// A script is insecure or its user unknown (6 under `-t`).
        case security
        /// An include that was to be checked failed, or the file cannot be read (6).
        case noConfiguration
    }

    package var severity: Severity
    /// A stable name for the kind of finding, in kebab case: `unknown-keyword`, `out-of-range`.
    package var code: String
    /// Nil where the finding is about the whole configuration.
    package var position: Position?
    /// Bytes to underline from the position's column on; 0 for the rest of the line.
    package var length: Int
    /// One sentence without a full stop: what is wrong, and what is used instead.
    package var message: String
    /// What to write instead, or what to do: "did you mean 'priority'?", "chmod go-w /etc/scripts".
    package var help: String?
    package var consequence: Consequence
    /// What the line reads after substitution, where that is not what stands in the file.
    package var expansion: String?
    /// Further places that belong to the finding.
    package var notes: [Note] = []

    /// The finding without more text than anybody reads: a word of it may be as long as a file.
    var shortened: Diagnostic {
        var copy = self
        copy.message = Self.shortened(message)
        copy.help = help.map(Self.shortened)
        copy.expansion = expansion.map(Self.shortened)
        return copy
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > 400 else { return text }
        return "\(String(decoding: text.utf8.prefix(200), as: UTF8.self))...\(String(decoding: text.utf8.suffix(120), as: UTF8.self))"
    }

    /// A further place, and what is there.
    package struct Note: Equatable, Sendable {
        package var position: Position
        package var message: String

        package init(at position: Position, _ message: String) {
            self.position = position
            self.message = message
        }
    }

    package init(
        _ severity: Severity,
        _ code: String,
        at position: Position?,
        length: Int = 1,
        _ message: String,
        help: String? = nil,
        consequence: Consequence = .none
    ) {
        self.severity = severity
        self.code = code
        self.position = position
        self.length = length
        self.message = message
        self.help = help
        self.consequence = consequence
    }
}
