// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Support
import Testing

private struct Settings {
    var priority = 100

    static let rows: [Keyword<Settings>] = [
        .block("router", children: [.number("priority", 1...255, \Settings.priority, "Who wins.")], \.self, "A router.")
    ]
}

private func read(_ files: [String: String]) -> (Findings, FileSystem) {
    let system = FileSystem(files: files)
    var found: [Diagnostic] = []
    var options = SourceOptions()
    options.id = "main"
    let source = Source("keepalived.conf", in: system, options, &found)
    var reader = Reader(surroundings: Surroundings(), source: source)
    for diagnostic in found { reader.report(diagnostic) }
    var settings = Settings()
    reader.readRoot(by: Table(Settings.rows), into: &settings)
    return (Findings(reader.diagnostics, files: reader.files), system)
}

private let files = [
    "/etc/keepalived/keepalived.conf": """
    include sub.conf
    $LOW=300
    router {
    \tpriorty 5 # typo
        priority $LOW
    }
    extra {
        a 1
    }
    """,
    "/etc/keepalived/sub.conf": "router {\n  priority 0x5\n}\n",
]

@Suite struct ReportTests {
    @Test func textPointsAtThePlace() {
        let (findings, system) = read(files)
        var report = TextReport(findings, fileSystem: system)
        #expect(
            report.text() == """
                /etc/keepalived/keepalived.conf:4:2: error: 'priorty' is not a keyword of 'router' [unknown-keyword]
                    4 | \tpriorty 5 # typo
                      | \t^~~~~~~
                      = help: did you mean 'priority'?
                /etc/keepalived/keepalived.conf:5:5: error: '300' is outside 1 to 255; 100 is used [out-of-range]
                    5 |     priority $LOW
                      |     ^~~~~~~~~~~~~
                      = reads: priority 300
                /etc/keepalived/keepalived.conf:7:1: error: 'extra' is not a keyword here; its block is skipped [unknown-keyword]
                    7 | extra {
                      | ^~~~~
                /etc/keepalived/keepalived.conf:8: note: skipped with 'extra': a 1
                /etc/keepalived/keepalived.conf:9: note: skipped with 'extra': }
                In file included from /etc/keepalived/keepalived.conf:1:
                /etc/keepalived/sub.conf:2:12: error: '0x5' is outside 1 to 255; 100 is used [out-of-range]
                    2 |   priority 0x5
                      |            ^~~

                """
        )
    }

    @Test func controlCharactersDoNotReachTheTerminal() {
        let (findings, system) = read(["/etc/keepalived/keepalived.conf": "jun\u{1b}[31mk"])
        var report = TextReport(findings, fileSystem: system)
        #expect(!report.text().utf8.contains(0x1b))
    }

    @Test func jsonIsOneDocument() {
        let (findings, _) = read(["/etc/keepalived/keepalived.conf": "include sub.conf", "/etc/keepalived/sub.conf": "a\"b\u{1}\" {\n x\n}"])
        #expect(
            findings.json == """
                {"version": 1, "status": 5, "errors": 1, "warnings": 0, "hints": 0, "diagnostics": [
                  {"severity": "error", "code": "unknown-keyword", "file": "/etc/keepalived/sub.conf", "line": 1, "column": 1, \
                "length": 1, "message": "'a' is not a keyword here; its block is skipped", \
                "includedFrom": [{"file": "/etc/keepalived/keepalived.conf", "line": 1}], \
                "notes": [{"file": "/etc/keepalived/sub.conf", "line": 2, "message": "skipped with 'a': x"}, \
                {"file": "/etc/keepalived/sub.conf", "line": 3, "message": "skipped with 'a': }"}]}
                ]}

                """
        )
    }

    @Test func theSameFindingIsSaidOnce() {
        let one = Diagnostic(.error, "a", at: Position(file: 0, line: 2), "x")
        let other = Diagnostic(.error, "b", at: Position(file: 0, line: 1), "y")
        let nowhere = Diagnostic(.warning, "c", at: nil, "z")
        let findings = Findings([nowhere, one, other, one], files: [])
        #expect(findings.diagnostics == [other, one, nowhere])
    }

    /// Exit statuses of the configuration test; hints count for nothing.
    @Test(arguments: [
        ([], 0),
        ([(.hint, .none)], 0),
        ([(.hint, .security)], 0),
        ([(.warning, .none)], 5),
        ([(.error, .none), (.error, .fatal)], 5),
        ([(.error, .fatal)], 5),
        ([(.error, .missingParameter), (.warning, .security)], 2),
        ([(.warning, .security), (.error, .none)], 6),
        ([(.error, .noConfiguration), (.error, .missingParameter)], 6),
    ] as [([(Diagnostic.Severity, Diagnostic.Consequence)], Int32)])
    func testStatus(_ found: [(Diagnostic.Severity, Diagnostic.Consequence)], _ status: Int32) {
        let list = found.enumerated().map { Diagnostic($1.0, "c\($0)", at: nil, "m", consequence: $1.1) }
        #expect(Findings(list, files: []).testStatus == status)
    }
}
