// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

/// Words the daemon must not contain.
@Suite struct WordTests {
    /// What may not stand in the code of the daemon, and why.
    static let banned: [(word: String, reason: String)] = [
        ("import Foundation", "it costs megabytes and starts threads"),
        ("import Dispatch", "one thread a process"),
        ("async", "one thread a process"),
        ("await", "one thread a process"),
        ("try!", "a trap is an outage"),
        ("as!", "a trap is an outage"),
        ("nonisolated(unsafe)", "no shared mutable state"),
        ("@unchecked Sendable", "no shared mutable state"),
    ]

    @Test("no banned word", arguments: Repository.sources)
    func words(_ file: ProjectFile) {
        for (number, line) in SwiftText(file.text).code.enumerated() {
            for (word, reason) in Self.banned where Self.contains(line, word) {
                Issue.record("\(file.path):\(number + 1): \(word): \(reason)")
            }
        }
    }

    @Test("no note to do something later", arguments: Repository.sources)
    func notes(_ file: ProjectFile) {
        for (number, line) in SwiftText(file.text).comments.enumerated() {
            for word in ["TODO", "FIXME"] where Self.contains(line, word) {
                Issue.record("\(file.path):\(number + 1): \(word)")
            }
        }
    }

    @Test("a banned word counts in code only, and only whole")
    func recognition() {
        let text = SwiftText(#"let word = "async" // async"# + "\nlet asynchronous = 1\nfunc f() async {}")
        #expect(text.code.map { Self.contains($0, "async") } == [false, false, true])
    }

    /// Whether the line has the word, not as a part of a longer one.
    static func contains(_ line: String, _ word: String) -> Bool {
        var start = line.startIndex
        while let found = line.range(of: word, in: start) {
            let before = found.lowerBound == line.startIndex ? " " : line[line.index(before: found.lowerBound)]
            let after = found.upperBound == line.endIndex ? " " : line[found.upperBound]
            if !isPartOfName(before), !isPartOfName(after) { return true }
            start = found.upperBound
        }
        return false
    }

    private static func isPartOfName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}

extension String {
    /// Where `word` first stands at or after `start`.
    fileprivate func range(of word: String, in start: Index) -> Range<Index>? {
        var position = start
        while position < endIndex {
            if self[position...].hasPrefix(word) { return position..<index(position, offsetBy: word.count) }
            position = index(after: position)
        }
        return nil
    }
}
