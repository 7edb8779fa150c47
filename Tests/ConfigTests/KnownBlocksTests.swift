// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Support
import Testing

/// Blocks that a later reading knows again by their text.
@Suite struct KnownBlocksTests {
    private typealias Seen = [String]

    /// Notes what is read of a block: its name, which no other may have, and its lines.
    private let table = Table<Seen>([
        .custom("block", syntax: "NAME", "") { statement, seen, reader in
            reader.readLines(of: statement) { line, _ in seen.append(line.name) }
        },
        .lines("other", "") { line, seen, _ in seen.append(line.name) },
    ])

    /// What is read, `known` for each block that is not; and what is frozen.
    private func read(_ text: String, after earlier: [UInt8]? = nil, pieces: Int? = nil) -> (seen: Seen, frozen: [UInt8]) {
        var files = FileSystem(files: ["/etc/keepalived/keepalived.conf": text, "/etc/keepalived/a.conf": "c\n", "/etc/keepalived/b.conf": included])
        if let pieces {
            files.read = { path in
                guard !path.hasSuffix("a.conf") else { return .text(Array("c\n".utf8)) }
                var rest = Array((path.hasSuffix("b.conf") ? included : text).utf8)[...]
                return .pieces {
                    defer { rest = rest.dropFirst(pieces) }
                    return Array(rest.prefix(pieces))
                }
            }
        }
        var found: [Diagnostic] = []
        let source = Source("keepalived.conf", in: files, SourceOptions(), &found)
        var frozen: [UInt8] = []
        var reader = Reader(
            surroundings: Surroundings(), source: source, freezing: { frozen += $0 }, earlier: earlier.flatMap { FrozenItems($0) })
        var seen: Seen = []
        reader.readRoot(
            by: table, into: &seen,
            recognising: Recognition(
                takeOver: { _, seen in seen.append("known") },
                identity: { row, seen in row == 0 ? seen.last.map { Fingerprint(of: $0) } : nil }))
        reader.finishFreezing()
        return (seen, frozen)
    }

    private func expect(_ text: String, after earlier: String, _ seen: Seen, sourceLocation: SourceLocation = #_sourceLocation) {
        let before = read(earlier).frozen
        let now = read(text, after: before)
        #expect(now.seen == seen, sourceLocation: sourceLocation)
        #expect(now.frozen == read(text).frozen, "frozen as if all had been read", sourceLocation: sourceLocation)
        for pieces in [1, 2, 3, 7, 16, 39] {
            let inPieces = read(text, after: read(earlier, pieces: pieces).frozen, pieces: pieces)
            #expect(inPieces.seen == seen, "in pieces of \(pieces)", sourceLocation: sourceLocation)
            #expect(inPieces.frozen == now.frozen, "in pieces of \(pieces)", sourceLocation: sourceLocation)
        }
    }

    private let one = "# blocks\nblock 1 {\n  a # first\n}\n"
    private let included = "block 6 {\n included\n}\n"
    private let two = "block 2 {\n  b\n}\n"

    @Test func whatHasNotChangedIsNotReadAgain() {
        expect(one + two, after: one + two, ["known", "known"])
        expect("\n" + two + "\n! moved\n\n" + one, after: one + two, ["known", "known"])
        expect(two + "include b.conf\n" + one, after: "include b.conf\n" + one, ["b", "known", "known"])
        expect("include b.conf\ninclude b.conf\n", after: "include b.conf", ["known", "included"])
    }

    @Test func whatHasChangedIsRead() {
        expect(one + "block 2 {\n  c\n}\n", after: one + two, ["known", "c"])
        expect(one + "block 2 {\n  b }\n", after: one + two, ["known", "b"])
    }

    @Test func ofTwoThatAreAlikeTheSecondIsRead() {
        expect(one + one, after: one, ["known", "a"])
        expect(one + one, after: one + one, ["known", "known"])
    }

    @Test func blocksThatBeginAlikeAreToldApart() {
        let other = "block 1 {\n  other\n}\n"
        expect(other + one, after: one + other, ["known", "known"])
    }

    @Test func whatDependsOnMoreThanItsTextIsReadAlways() {
        for block in [
            "block 3 {\n  $A\n}\n", "block 3 {\n  include a.conf\n}\n", "block 3 {\n  @main a\n b\n}\n",
            "block 3 {\n ~SEQ(x, 1, 2) a\n}\n", "block 3 {\n b } block 4 {\n c }\n",
        ] {
            let text = "$A=a\n" + block + one
            let seen = read(text).seen.dropLast()
            expect(text, after: text, seen + ["known"])
        }
    }

    @Test func whatThereIsSomethingToSayAboutIsReadAlways() {
        expect("\nother {\n x\n}\nblock 4 {\n d \"\n}\n" + one, after: "\nblock 4 {\n d \"\n}\n" + one, ["x", "d", "known"])
    }

    @Test func aBlockWithoutItsEndOrALastNewlineIsRead() {
        expect("\nblock 5 {\n e", after: "\nblock 5 {\n e", ["e"])
        expect("\nblock 5 {\n e\n}", after: "\nblock 5 {\n e\n}\n", ["e"])
        expect("\nblock 5 {\n e\n}\n", after: "\nblock 5 {\n e\n}", ["e"])
    }

    @Test func damagedMemoryIsNotTrusted() {
        let text = one + two
        let bytes = read(text).frozen
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            var damaged = bytes
            damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            _ = read(text, after: damaged)
        }
    }
}
