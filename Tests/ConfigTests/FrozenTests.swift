// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Support
import Testing

@Suite struct FrozenTests {
    private struct Nothing {}

    /// Reads with a table that knows nothing, so that every line is passed over, and freezes on the way.
    private func freeze(_ text: String, random: Int = 7) -> [UInt8] {
        let files = ["/etc/keepalived/keepalived.conf": text, "/etc/keepalived/a.conf": "in a {\n x }"]
        var options = SourceOptions()
        options.random = { _ in random }
        var found: [Diagnostic] = []
        let source = Source("keepalived.conf", in: FileSystem(files: files), options, &found)
        var reader = Reader(surroundings: Surroundings(), source: source, freezing: true)
        var nothing = Nothing()
        reader.readRoot(by: Table<Nothing>([]), into: &nothing)
        return reader.takeFrozen()
    }

    @Test func replaysLinesAndPlaces() throws {
        let text = "a 1 # c\n  b {\n c \"x\" }\ninclude a.conf\n$R=${_RANDOM}\nd $R"
        var frozen = try #require(FrozenLines(freeze(text)))
        var lines: [String] = []
        while let line = frozen.next() {
            let position = line.position
            lines.append("\(position.file):\(position.line):\(position.column) \(String(decoding: line.bytes, as: UTF8.self))")
        }
        #expect(
            lines == [
                "0:1:1 a 1", "0:2:3 b", "0:2:5 {", "0:3:2 c \"x\"", "0:3:8 }", "1:1:1 in a", "1:1:6 {", "1:2:2 x", "1:2:4 }",
                "0:6:1 d 7",
            ]
        )
        #expect(frozen.files.map(\.path) == ["/etc/keepalived/keepalived.conf", "/etc/keepalived/a.conf"])
        #expect(frozen.files[1].includedFrom == Position(file: 0, line: 4, column: 9))
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
            guard var frozen = FrozenLines(damaged) else { continue }
            var count = 0
            while frozen.next() != nil, count < 10_000 { count += 1 }
            #expect(count < 10_000)
        }
    }
}
