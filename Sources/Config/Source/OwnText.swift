// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

// A block that stands in one file, in lines of its own, and without definitions, conditions, sequences and includes, says the same wherever
// its text stands.

/// Where such a text begins, as far as it has been read.
struct OwnText {
    /// Its place in the piece of the file.
    var start: Int
    /// The line before it.
    let line: Int

    /// One that is longer need not be known again.
    static let limit = 64 << 10
}

extension Source {
    /// What comes next is a text of its own, `isWhole` if no line of it has been read.
    mutating func beginText(isWhole: Bool, _ found: inout [Diagnostic]) {
        ownText = nil
        if isWhole, reachLine(&found) { ownText = OwnText(start: frame.at, line: frame.line) }
    }

    /// The text since `beginText`, which defines this; nil if something around it had a say, or if the line it ends in goes on.
    mutating func endText(defining identity: Fingerprint) -> KnownText? {
        guard let text = ownText.take(), isBetweenLines, text.start < frame.at, frame.at <= frame.bytes.count else { return nil }
        let bytes = frame.bytes[text.start..<frame.at]
        guard let end = bytes.firstIndex(of: Sign.newline) else { return nil }
        return KnownText(
            length: UInt32(truncatingIfNeeded: bytes.count), lines: UInt32(truncatingIfNeeded: frame.line - text.line),
            opening: Fingerprint(bytes[..<end]), whole: Fingerprint(bytes), identity: identity
        )
    }

    /// Passes over the text that comes next if it is that of a known block that can be used. The place is that of its first word.
    mutating func passOver(
        _ blocks: inout KnownBlocks, _ found: inout [Diagnostic], where isUsable: (KnownBlock) -> Bool
    ) -> (KnownBlock, Position)? {
        ownText = nil
        guard reachLine(&found), let end = endOfLine(&found) else { return nil }
        let opening = frame.bytes[frame.at..<end]
        guard let known = blocks.use(opening: Fingerprint(opening), where: { isNext($0.text, &found) && isUsable($0) }) else { return nil }
        let indent = frame.bytes[frame.at...].prefix { $0.isBlank }.count
        let position = Position(file: frame.file, line: frame.line + 1, column: indent + 1)
        frame.at += Int(known.text.length)
        frame.line += Int(known.text.lines)
        return (known, position)
    }

    private mutating func isNext(_ text: KnownText, _ found: inout [Diagnostic]) -> Bool {
        while frame.bytes.count - frame.at < Int(text.length) { guard nextPiece(&found) else { return false } }
        return Fingerprint(frame.bytes[frame.at..<(frame.at + Int(text.length))]) == text.whole
    }

    /// Goes on to the next line of a file that says something, out of files that have ended and into those included; false if something
    /// else comes next.
    private mutating func reachLine(_ found: inout [Diagnostic]) -> Bool {
        guard isBetweenLines, collecting == nil, copy == nil else { return false }
        while true {
            if let item = pending.last {
                guard case .file = item else { return false }
                pending.removeLast()
                take(item, &found)
            } else if frame.line == 0, frame.file >= 0, beginsWithMark(&found) {
                return false
            } else {
                skipEmptyLines(&found)
                guard frame.at < frame.bytes.count else {
                    guard closeFile(&found) else { return false }
                    continue
                }
                guard Self.isInclude(frame.bytes[frame.at...].drop(while: \.isBlank)) else { return true }
                takePhysicalLine(&found)
                guard isBetweenLines else { return false }
            }
        }
    }

    /// Whether the file may begin with a byte order mark, which its first line is read for.
    private mutating func beginsWithMark(_ found: inout [Diagnostic]) -> Bool {
        if frame.bytes.isEmpty { _ = nextPiece(&found) }
        return frame.bytes.first == Self.byteOrderMark.first
    }

    /// Passes over lines that are blank or all comment.
    private mutating func skipEmptyLines(_ found: inout [Diagnostic]) {
        while let end = endOfLine(&found) {
            let line = frame.bytes[frame.at..<end]
            if let first = line.first(where: { !$0.isBlank }) {
                guard first == Sign.hash || first == Sign.bang, !line.contains(0) else { return }
            }
            frame.at = end + 1
            frame.line += 1
        }
    }

    /// The newline of the line that comes next; nil for a last line without one.
    private mutating func endOfLine(_ found: inout [Diagnostic]) -> Int? {
        var at = frame.at
        while true {
            if let end = frame.bytes[min(at, frame.bytes.count)...].firstIndex(of: Sign.newline) { return end }
            at = frame.bytes.count - frame.at
            guard nextPiece(&found) else { return nil }
            at += frame.at
        }
    }
}
