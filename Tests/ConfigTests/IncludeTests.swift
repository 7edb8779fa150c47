// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Support
import Testing

@Suite struct IncludeTests {
    private let files = [
        "/etc/keepalived/a.conf": "in a",
        "/etc/keepalived/b.conf": "in b",
        "/etc/keepalived/sub/c.conf": "in c\ninclude d.conf\nafter d",
        "/etc/keepalived/sub/d.conf": "in d ${_PWD}",
        "/etc/keepalived/loop.conf": "include loop.conf",
    ]

    @Test(arguments: [
        Row("x\ninclude a.conf\ny", "x | in a | y"),
        Row("include /etc/keepalived/b.conf", "in b"),
        Row("include *.conf2\ny", "y", "include-missing"),
        Row("include ?.conf", "", "include-missing"),
        Row("include sub/c.conf\ny ${_PWD}", "in c | in d /etc/keepalived/sub | after d | y /etc/keepalived"),
        Row("include {b,a}.conf", "in b | in a"),
        Row("$D=sub\ninclude ${D}/d.conf", "in d /etc/keepalived/sub"),
        Row("@main include a.conf\n@other include b.conf", "in a"),
        Row("a {\n include a.conf\n}", "a | { | in a | }"),
        Row("$M= \\\n x \\\n include a.conf \\\n y\n$M\nz", "x | in a | y | z"),
        Row("~LST(F, a, b) include ${F}.conf", "in a | in b"),
        Row("include", "", "missing-value"),
        Row("included a.conf", "included a.conf"),
        Row("include \"a.conf\"", "in a"),
    ])
    func includesFiles(_ row: Row) {
        let result = Preprocessed(row.text, id: "main", files: files)
        #expect(result.lines == row.lines)
        #expect(result.codes == row.codes)
    }

    @Test func includesInASortedOrder() {
        let more = ["/etc/keepalived/d/2.conf": "two", "/etc/keepalived/d/1.conf": "one", "/etc/keepalived/d/x": "no"]
        #expect(Preprocessed("include d/*.conf", files: more).lines == "one | two")
    }

    /// Which failures each variant counts as errors: R unreadable, M plain name missing, W pattern missing, B alternative missing.
    @Test(arguments: [
        ("include", ""), ("includer", "R"), ("includem", "RM"), ("includew", "RMW"), ("includeb", "RB"), ("includea", "RMWB"),
    ])
    func variantsCheckWhatTheyCheck(_ word: String, _ checks: String) {
        #expect(isError("\(word) dir", directories: ["/etc/keepalived/dir"]) == checks.contains("R"))
        #expect(isError("\(word) missing.conf") == checks.contains("M"))
        #expect(isError("\(word) *.none") == checks.contains("W"))
        #expect(isError("\(word) {a,missing}.conf") == checks.contains("B"))
    }

    @Test func theCommandLineCanCheckEverything() {
        #expect(isError("include *.none", checks: .all))
        #expect(!isError("include *.none"))
    }

    @Test func aLoopOfIncludesEnds() {
        #expect(Set(Preprocessed("include loop.conf\ny", files: files).codes) == ["include-cycle"])
    }

    @Test func aMissingMainFileIsAnError() {
        let result = Preprocessed(main: "none.conf", files: FileSystem(files: [:]))
        #expect(result.codes == ["no-file"])
    }

    private func isError(_ text: String, directories: Set<String> = [], checks: IncludeChecks = []) -> Bool {
        var all = files
        all["/etc/keepalived/keepalived.conf"] = text
        var system = FileSystem(files: all)
        let plain = system
        system.read = { directories.contains($0) ? .directory : plain.read($0) }
        system.exists = { directories.contains($0) || plain.exists($0) }
        var options = SourceOptions()
        options.includeChecks = checks
        var found: [Diagnostic] = []
        var source = Source("keepalived.conf", in: system, options, &found)
        while source.next(&found) != nil {}
        #expect(!found.isEmpty || text.contains("{a"))
        return found.contains { $0.consequence == .noConfiguration }
    }
}
