// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Testing

private struct Inner: Equatable, Sendable {
    var name = ""
    var priority = 100
    var timer = 1
    var list: [String] = []

    static let rows: [Keyword<Inner>] = [
        .number("priority", 1...255, \.priority, "Who wins."),
        .block("advert", children: timerRows, \.timer, "Timers."),
        .words("list", "Words.") { statement, inner, _ in inner.list.append(statement.name) },
    ]

    static let timerRows: [Keyword<Int>] = [.number("interval", 1...10, \.self, "How often.")]
}

private struct Outer: Equatable {
    var inners: [Inner] = []
    var id = 0

    static let rows: [Keyword<Outer>] = [
        .block("router", syntax: "<name> { ... }", children: Inner.rows, "A router.") { statement, outer, reader in
            guard let name = reader.require(statement, 0, "a name") else { return nil }
            guard !outer.inners.contains(where: { $0.name == name.text }) else {
                reader.report(.error, "duplicate", statement, "there is one already")
                return nil
            }
            return Inner(name: name.text)
        } end: { inner, outer, _ in outer.inners.append(inner) }
        .on(.vrrp),
        .number("router_id", 0...99, \.id, "Who we are.").on([.vrrp, .checker]),
    ]
}

private func read(_ text: String, for processes: KeywordEntry.Processes = .all) -> (outer: Outer, found: [Diagnostic]) {
    var reader = Reader(surroundings: Surroundings(), text: text)
    reader.processes = processes
    var outer = Outer()
    reader.readRoot(by: Table(Outer.rows), into: &outer)
    return (outer, reader.diagnostics)
}

/// `code line[:noted lines]` of each finding.
private func summary(_ found: [Diagnostic]) -> [String] {
    found.map { diagnostic in
        let notes = diagnostic.notes.map { "\($0.position.line)" }.joined(separator: ",")
        return "\(diagnostic.code) \(diagnostic.position?.line ?? 0)" + (notes.isEmpty ? "" : ":\(notes)")
    }
}

@Suite struct BlockTests {
    @Test(arguments: [
        "router a {\n priority 5\n advert {\n interval 3\n }\n list {\n x y\n z\n }\n}",
        "router a{priority 5\nadvert{interval 3}list{x\ny z}}",
        "router a\n{\npriority 5 advert\n{ interval 3 }\nlist { x\n y } list { z }\n}",
    ])
    func layoutMeansNothing(_ text: String) {
        let (outer, found) = read(text)
        #expect(outer.inners == [Inner(name: "a", priority: 5, timer: text.contains("5 advert") ? 1 : 3, list: ["x", "y", "z"])])
        #expect(found.isEmpty == !text.contains("5 advert"))
    }

    /// The text, the findings, and the priority of the router that is read all the same.
    @Test(arguments: [
        ("router a {\n priorty 5\n priority 6\n}", ["unknown-keyword 2"], 6),
        ("router a {\n foo {\n  priority 5\n }\n priority 6\n}", ["unknown-keyword 2:3,4,5,6"], 6),
        ("foo {\n priority 5\n x {\n }\n}\nrouter a {\n priority 6\n}", ["unknown-keyword 1:2,3,4,5"], 6),
        ("router a {\n priority 6 {\n x\n }\n}", ["unexpected-brace 2:3,4,5"], 6),
        ("router a {\n priority 6\n}\n}\n", ["extra-brace 4"], 6),
        ("router a {\n priority 6\n", ["unclosed-block 1"], 6),
        ("router a {\n advert {\n priority 6\n}", ["unknown-keyword 3", "unclosed-block 2:4,1"], 100),
        ("router a\n priority 6\n}", ["missing-brace 1"], 6),
        ("router a {\n priority 6\n}\nrouter a {\n bad\n}", ["duplicate 4"], 6),
        ("router {\n priority 5\n}\nrouter b {\n priority 6\n}", ["missing-value 1"], 6),
        ("router a {\n priority 6\n list x {\n y\n}\n}", ["extra-words 3"], 6),
        ("foo {", ["unclosed-block 1", "unknown-keyword 1"], nil),
    ] as [(String, [String], Int?)])
    func goesOnBehindMistakes(_ text: String, _ findings: [String], _ priority: Int?) {
        let (outer, found) = read(text)
        #expect(summary(found).sorted() == findings.sorted())
        #expect(outer.inners.last?.priority == priority)
    }

    @Test(arguments: [
        ("rooter a {\n}", "did you mean 'router'?"),
        ("router a {\n prioritee 1\n}", "did you mean 'priority'?"),
        ("router a {\n pirority 1\n}", "did you mean 'priority'?"),
        ("priority 1", "'priority' belongs in 'router'"),
        ("interval 1", "'interval' belongs in 'router / advert'"),
        ("router a {\n router_id 1\n}", "'router_id' belongs outside all blocks: is a '}' missing before it?"),
        ("intervall 1", "there is 'interval', but it belongs in 'router / advert'"),
        ("zzzzzzzz 1", nil),
    ] as [(String, String?)])
    func guessesWhatWasMeant(_ text: String, _ help: String?) {
        #expect(read(text).found.first?.help == help)
    }

    @Test func aProcessPassesOverTheBlocksOfOthers() {
        let text = "router a {\n junk\n more {\n }\n}\nrouter_id 5"
        let (outer, found) = read(text, for: .checker)
        #expect(outer == Outer(id: 5))
        #expect(found.isEmpty)
        #expect(read(text, for: .vrrp).found.map(\.code) == ["unknown-keyword", "unknown-keyword"])
    }

    @Test func findingsHaveAnEnd() {
        let text = String(repeating: "junk\n", count: 50_000)
        #expect(read(text).found.count == 20_000)
    }
}
