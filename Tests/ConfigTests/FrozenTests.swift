// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Support
import Testing

@Suite struct FrozenTests {
    private typealias Seen = [String]

    /// Keywords that note what they are given, and one of another process.
    private let table = Table<Seen>([
        .custom("a", syntax: "", "") { statement, seen, _ in seen.append(statement.told) },
        .custom("d", syntax: "", "") { statement, seen, _ in seen.append(statement.told) },
        .lines("b", "") { line, seen, _ in seen.append("b: \(line.told)") },
        .lines("in", "") { line, seen, _ in seen.append("in: \(line.told)") },
        .lines("theirs", "") { line, seen, _ in seen.append("theirs: \(line.told)") }.on(.bfd),
    ])

    private func freeze(_ text: String, random: Int = 7) -> [UInt8] {
        let files = ["/etc/keepalived/keepalived.conf": text, "/etc/keepalived/a.conf": "in {\n x }"]
        var options = SourceOptions()
        options.random = { _ in random }
        var found: [Diagnostic] = []
        let source = Source("keepalived.conf", in: FileSystem(files: files), options, &found)
        var frozen: [UInt8] = []
        var reader = Reader(surroundings: Surroundings(), source: source) { frozen += $0 }
        var seen: Seen = []
        reader.readRoot(by: table, into: &seen)
        reader.finishFreezing()
        return frozen
    }

    private func replay(_ items: FrozenItems, for processes: KeywordEntry.Processes = .all) -> Seen {
        var (items, seen) = (items, Seen())
        var reader = Reader(surroundings: Surroundings())
        reader.processes = processes
        reader.replay(&items, by: table, into: &seen)
        return seen
    }

    private let text = "a 1 # c\n  b {\n c \"x\" }\nunknown {\n y\n}\ninclude a.conf\n$R=${_RANDOM}\ntheirs {\nz\n}\nd $R"

    @Test func replaysLinesAndPlaces() throws {
        let items = try #require(FrozenItems(freeze(text)))
        #expect(replay(items) == ["0:1:1 a 1", "b: 0:3:2 c x", "in: 1:2:2 x", "theirs: 0:10:1 z", "0:12:1 d 7"])
        #expect(items.files.map(\.path) == ["/etc/keepalived/keepalived.conf", "/etc/keepalived/a.conf"])
        #expect(items.files[1].includedFrom == Position(file: 0, line: 7, column: 9))
    }

    @Test func aProcessReadsOnlyItsOwnBytes() throws {
        let bytes = freeze(text + "\ntheirs {\n" + String(repeating: "long\n", count: 10_000) + "}\nd 8")
        var asked: [Range<Int>] = []
        let items = try #require(
            FrozenItems(size: bytes.count) {
                asked.append($0)
                $1 = Array(bytes[$0])
            }
        )
        #expect(replay(items, for: .vrrp) == ["0:1:1 a 1", "b: 0:3:2 c x", "in: 1:2:2 x", "0:12:1 d 7", "0:10015:1 d 8"])
        #expect(asked.map(\.count).reduce(0, +) < 1_000)
    }

    @Test func aBlockThatOnlyMovedHasTheSameContent() throws {
        func contents(_ text: String) throws -> [Fingerprint] {
            var items = try #require(FrozenItems(freeze(text)))
            return (0..<items.count).compactMap { items.record($0)?.content }
        }
        let before = try contents("b {\n x 1\n}\nb {\n x 2\n}\n")
        let after = try contents("\n\nb {\n x 0\n}\nb {\n x 2\n}\n\nb {\n x 1\n}\n")
        #expect(after[1] == before[1])
        #expect(after[2] == before[0])
        #expect(after[0] != before[0])
    }

    /// A keyword without its brace hands the line behind it on, which begins an item of its own.
    @Test func aLineThatComesAgainIsInOneItemOnly() throws {
        let items = try #require(FrozenItems(freeze("b\na 1\n}\nunknown\nd 2\ntheirs\nd 3\n")))
        #expect(replay(items) == ["b: 0:2:1 a 1", "0:5:1 d 2", "theirs: 0:7:1 d 3"])
        #expect(replay(items, for: .vrrp) == ["b: 0:2:1 a 1", "0:5:1 d 2"])
    }

    @Test func damageEndsTheReplayWithoutATrap() {
        let bytes = freeze("a 1\nb {\n c 2\n}\ninclude a.conf\n")
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            var damaged = bytes
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            damaged.removeLast(Int.random(in: 0..<damaged.count, using: &generator) / 8)
            guard let items = FrozenItems(damaged) else { continue }
            #expect(replay(items).count < 10_000)
        }
    }
}

extension Statement {
    /// Its place and its words.
    fileprivate var told: String {
        "\(position.file):\(position.line):\(position.column) \(([keyword] + values).map(\.text).joined(separator: " "))"
    }
}
