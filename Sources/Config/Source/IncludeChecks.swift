// SPDX-License-Identifier: GPL-2.0-or-later

/// What counts as an error of an include; plain `include` has none of its own.
package struct IncludeChecks: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// A matched file is unreadable, a directory, executable or not plain. The other three imply it.
    package static let read = IncludeChecks(rawValue: 1)
    /// A name without wildcards matches nothing.
    package static let match = IncludeChecks(rawValue: 2)
    /// A pattern matches nothing.
    package static let wildcardMatch = IncludeChecks(rawValue: 4)
    /// One of the alternatives in braces matches nothing.
    package static let braceMatch = IncludeChecks(rawValue: 8)
    package static let all: IncludeChecks = [.read, .match, .wildcardMatch, .braceMatch]
}

extension Reader {
    /// `include_check`: what is an error of the includes that follow.
    mutating func setIncludeChecks(_ statement: Statement) {
        guard var checks = source?.includeChecks else { return }
        if statement.values.isEmpty { checks = .all }
        var hasPlain = false
        for word in statement.values {
            let isSigned = word.text.hasPrefix("+") || word.text.hasPrefix("-")
            let name = isSigned ? String(word.text.dropFirst()) : word.text
            guard let check = Self.checkNames[name] else {
                report(
                    .error, "unknown-value", statement, word: word, "'\(word.text)' is not a check of an include",
                    help: "write read, match, wildcard_match or brace_match"
                )
                continue
            }
            switch word.text.first {
            case "+": checks.formUnion([check, .read])
            case "-": checks.subtract(check)
            default:
                checks = hasPlain ? checks.union([check, .read]) : [check, .read]
                hasPlain = true
            }
        }
        source?.includeChecks = checks
    }

    private static var checkNames: [String: IncludeChecks] {
        ["read": .read, "match": .match, "wildcard_match": .wildcardMatch, "brace_match": .braceMatch]
    }
}
