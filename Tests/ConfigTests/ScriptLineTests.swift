// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Testing

private struct Target {
    var script: ScriptLine?
    var plain: ScriptLine?
    var pattern: String?

    static let rows: [Keyword<Target>] = [
        .script("notify", \.script, "A script with a user."),
        .script("script", user: false, \.plain, "A script without."),
        .custom("regex", syntax: "<quoted pcre2>", "A pattern.") { statement, target, reader in
            target.pattern = reader.regularExpression(statement)
        },
    ]
}

private func read(_ text: String) -> (Target, [String]) {
    var reader = Reader(surroundings: Surroundings(), text: text)
    var target = Target()
    reader.readRoot(by: Table(Target.rows), into: &target)
    return (target, reader.diagnostics.map(\.code))
}

@Suite struct ScriptLineTests {
    /// The line, the arguments, and user and group.
    @Test(arguments: [
        ("notify /x", ["/x"], nil, nil),
        ("notify \"/x a b\" user grp", ["/x", "a", "b"], "user", "grp"),
        ("notify /x a", ["/x"], "a", nil),
        ("notify '/x \"a b\" c'", ["/x", "a b", "c"], nil, nil),
        ("notify \"/x 'a b' c\"", ["/x", "a b", "c"], nil, nil),
        ("notify \"/x a\"b' c'd", ["/x", "ab", "cd"], nil, nil),
        ("notify \"/x a\\ b\"", ["/x", "a b"], nil, nil),
        ("notify \"/x \\\"a b\\\"\"", ["/x", "\"a", "b\""], nil, nil),
        ("notify \"/x \\t\\x41\\101\\cA\\E\\q\"", ["/x", "\tAA\u{1}\u{1b}q"], nil, nil),
        ("notify \"/x ''\"", ["/x", ""], nil, nil),
        ("notify \"/x a {b} # c\" root", ["/x", "a", "{b}", "#", "c"], "root", nil),
    ])
    func splitsCommands(_ line: String, _ arguments: [String], _ user: String?, _ group: String?) {
        let (target, codes) = read(line)
        #expect(target.script?.arguments == arguments)
        #expect(target.script?.user?.text == user)
        #expect(target.script?.group?.text == group)
        #expect(codes.isEmpty)
    }

    @Test(arguments: [
        ("notify", "missing-value"), ("notify \"\"", "missing-value"), ("notify '/x", "unterminated-quote"),
        ("notify \"/x 'a\"", "unterminated-quote"),
    ])
    func refusesLinesWithoutACommand(_ line: String, _ code: String) {
        let (target, codes) = read(line)
        #expect(target.script == nil)
        #expect(codes == [code])
    }

    @Test func wordsBehindACommandWithoutAUserAreRemarkedUpon() {
        let (target, codes) = read("script /x a b")
        #expect(target.plain?.arguments == ["/x"])
        #expect(codes == ["extra-words"])
    }

    @Test func aPatternIsOneWord() {
        #expect(read("regex \"^a{2}\\\\.b$\"").0.pattern == "^a{2}\\.b$")
        #expect(read("regex a b").1 == ["extra-words"])
        #expect(read("regex").1 == ["missing-value"])
    }
}
