// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Testing

/// Each row: a text, the logical lines it makes, and the codes of the findings.
struct Row: CustomTestStringConvertible, Sendable {
    var text: String
    var lines: String
    var codes: [String]

    init(_ text: String, _ lines: String, _ codes: String...) {
        self.text = text
        self.lines = lines
        self.codes = codes
    }

    var testDescription: String { text.debugDescription }
}

@Suite struct LexicalTests {
    @Test(arguments: [
        Row("a 1\nb 2", "a 1 | b 2"),
        Row("a 1\r\nb 2\r\n", "a 1 | b 2"),
        Row("  \t a 1 \t \n\n\n", "a 1"),
        Row("a 1 \\\nb", "a 1 \\ | b"),
        Row("a\u{0}b 1\nc", "c", "null-byte"),
        Row("\u{e9} \u{1F600}", "\u{e9} \u{1F600}"),
        Row(String(repeating: "x", count: 5000), String(repeating: "x", count: 5000)),
        Row("", ""),
    ])
    func readsPhysicalLines(_ row: Row) { check(row) }

    @Test(arguments: [
        Row("a # b\n! c\nd ! e", "a | d"),
        Row("A!B\n/bin/true#x", "A | /bin/true"),
        Row("a \"x # y ! z\" # w", "a \"x # y ! z\""),
        Row("a \\# b \\! c # d", "a # b ! c"),
        Row("a \"x \\# y\"", "a \"x \\# y\""),
        Row("a 'x # y'", "a 'x"),
        Row("a \\\" # b", "a \\\""),
        Row("a \"x # y\nb", "a \"x # y | b", "unterminated-quote"),
        Row("a {# b\n} # c", "a | { | }"),
    ])
    func cutsComments(_ row: Row) { check(row) }

    @Test(arguments: [
        Row("foo {\nbar 1\n}", "foo | { | bar 1 | }"),
        Row("foo{\nbar 1\n}", "foo | { | bar 1 | }"),
        Row("foo\n{\nbar 1\n}", "foo | { | bar 1 | }"),
        Row("foo { bar 1\n}", "foo | { | bar 1 | }"),
        Row("foo{bar{10.0.0.1}}", "foo | { | bar | { | 10.0.0.1 | } | }"),
        Row("a \"{\" b", "a \"{\" b"),
        Row("a '{' b", "a ' | { | ' b"),
        Row("a \\{ b", "a \\ | { | b"),
        Row("} }", "} | }"),
    ])
    func splitsAtBraces(_ row: Row) { check(row) }

    @Test(arguments: [
        Row("@main a\n@other b\n@^main c\n@^other d", "a | d"),
        Row("@main\n@\nb", "b"),
        Row("  @main   a 1", "a 1"),
        Row("@main @other b", "@other b"),
        Row("@!main b", ""),
        Row("@mai b\n@main2 c", ""),
        Row("@Main b", ""),
        Row("$I=@main\n$I a 1\n$J=@other\n$J b 1", "a 1"),
        Row("@other $B= \\\n x \\\n y\n@main $B= \\\n p \\\n q\n$B", "p | q"),
    ])
    func keepsLinesByCondition(_ row: Row) { check(row, id: "main") }

    @Test(arguments: [
        Row("$A=1\na $A b${A}c $A,$A/$A) $A", "a 1 b1c 1,1/1) 1"),
        Row("$A=1\na $Ab $A. $A-", "a $Ab $A. $A-", "undefined"),
        Row("$A = 1", "$A = 1", "undefined"),
        Row("  $A=  x y  # z\na $A", "a x y"),
        Row("$A=\na ${A}b", "a b"),
        Row("$A=\"x y\"\na $A", "a \"x y\""),
        Row("$A=1\n$A=2\na $A", "a 2"),
        Row("$A=10.2.${B}\n$B=0\n${A}.100\n$B=10\n${A}.100", "10.2.0.100 | 10.2.10.100"),
        Row("$A=1\na \"x ${A} y\"", "a \"x 1 y\""),
        Row("a $NAME b", "a $NAME b", "undefined"),
        Row("a ${NAME}b {\n}", "a ${NAME}b | { | }", "undefined"),
        Row("a \"${NAME} $NAME\"", "a \"${NAME} $NAME\""),
        Row("a \"awk {print $1}\"", "a \"awk {print $1}\""),
        Row("$A=$A\na $A\nb", "b", "endless-substitution"),
        Row("$A=x${B}\n$B=${A}y\n${A}\nb", "b", "endless-substitution"),
        Row("$A=a {\n$A\nb\n}", "a | { | b | }"),
    ])
    func substitutesDefinitions(_ row: Row) { check(row) }

    @Test(arguments: [
        Row("$M= \\\na 1 \\\nb 2\n$M\nc", "a 1 | b 2 | c"),
        Row("$M=a 1 \\\nb 2\n${M}", "a 1 | b 2"),
        Row("$M= \\\na {\\\n b 1\\\n}\nx $M", "x a | { | b 1 | }"),
        Row("$M= \\\na 1 \\\n\nb 2\n$M", "b 2 | a 1"),
        Row("$M= \\\na { \\\n\n b 1 \\\n\n}\n$M", "a | { | b 1 | }"),
        Row("$M= \\\na 1 \\\n   \n # c\\\nb 2\n$M", "a 1 | b 2"),
        Row("$M= \\\na { \\\n# c\\\nb }\n$M", "b | } | a | {", "comment-ends-definition"),
        Row("$M= \\\na { \\\nb\nc", "c", "open-definition"),
        Row("$M= \\\na ${N} \\\nb\n$N=1\n$M\n$N=2\n$M", "a 1 | b | a 2 | b"),
        Row("$I= \\\n x\n$M= \\\n $I \\\n y\n$M", "x | y"),
        Row("$M= \\\n a \\\n $N=1 \\\n b $N\n$M", "a | b 1"),
        Row("$M= \\\n a \\\n b\n$M c", "$M c", "lines-inside-line"),
        Row("$M= \\\n $M \\\n $M\n$M\nb", "b", "endless-substitution"),
        Row("$M= \\\n a \\\n", ""),
    ])
    func expandsDefinitionsOfSeveralLines(_ row: Row) { check(row) }

    @Test(arguments: [
        Row("a ${_PWD}/x", "a /etc/keepalived/x"),
        Row("a ${_INSTANCE} $_INSTANCE", "a main main"),
        Row("a ${_RANDOM} ${_RANDOM 5} ${_RANDOM 1 9}", "a 32767 32767 9"),
        Row("a ${_ENV HOME} ${_ENV NONE}.", "a /root ."),
        Row("a \"${_HASH}${_BANG}\"", "a \"#!\""),
        Row("a ${_HASH} b", "a"),
        Row("$OFF=${_HASH}\n$OFF a\nb", "b"),
        Row("$_PWD=x\na $_PWD", "a x"),
    ])
    func knowsTheBuiltInDefinitions(_ row: Row) { check(row, id: "main") }

    @Test(arguments: [
        Row("~SEQ(V, 3) a $V", "a 1 | a 2 | a 3"),
        Row("~SEQ(V, -2) a $V", "a -1 | a -2"),
        Row("~SEQ(V, 0, 2) a ${V}x", "a 0x | a 1x | a 2x"),
        Row("~SEQ(V, 2, 0) a $V", "a 2 | a 1 | a 0"),
        Row("~SEQ(V,1,2,6) a $V", "a 1 | a 3 | a 5"),
        Row("~SEQx(V, 0x90, 0x10, 0xb0) a $V", "a 90 | a a0 | a b0"),
        Row("~SEQ(V, 010) a", "a | a | a | a | a | a | a | a"),
        Row("~SEQ(V, 5, 5) a $V", "a 5"),
        Row("~SEQ(A,1,2) ~SEQ(B,1,2) a ${A}${B}", "a 11 | a 12 | a 21 | a 22"),
        Row("~SEQ(V,1,2) s$V {x $V }", "s1 | { | x 1 | } | s2 | { | x 2 | }"),
        Row("~SEQ(V,1,2) s${V} {x ${V}}", "s1 | { | x 1 | } | s2 | { | x 2 | }"),
        Row("$M= \\\n a ${V} \\\n b\n~SEQ(V,1,2) $M", "a 1 | b | a 2 | b"),
        Row("$N=2\n~SEQ(V,1,${N}) a $V\nc $V", "a 1 | a 2 | c 2"),
        Row("~SEQ(V,1,0,3) a\nb", "b", "bad-sequence"),
        Row("~SEQ(V,1,-1,3) a\nb", "b", "bad-sequence"),
        Row("~SEQ(V,x) a\nb", "b", "bad-sequence"),
        Row("~SEQ(V) a\nb", "b", "bad-sequence"),
        Row("~SEQ(V,1 a\nb", "b", "bad-sequence"),
        Row("~other a", "~other a"),
        Row("~SEQ(A,9223372036854775806,9223372036854775807) a $A", "a 9223372036854775806 | a 9223372036854775807"),
    ])
    func repeatsLinesBySequence(_ row: Row) { check(row) }

    @Test(arguments: [
        Row("~LST(V, a, b) x $V", "x a | x b"),
        Row("~LST({A,B}, {1,2}, {3,4}) x $A $B", "x 1 2 | x 3 4"),
        Row("~LST({A,B}, {1}, {,4}) x ${A}-${B}", "x 1- | x -4"),
        Row("~LST({A,B}, {1,2,3}) x\ny", "y", "bad-sequence"),
        Row("~LST(V) x\ny", "y"),
    ])
    func repeatsLinesByList(_ row: Row) { check(row) }

    @Test func aBombEndsInADiagnostic() {
        let bomb = "~SEQ(A,1,999999999) ~SEQ(B,1,999999999) ~SEQ(C,1,9999999999) x"
        var options = SourceOptions()
        options.limits.lines = 1000
        var source = Source(text: Array((bomb + "\ny").utf8), in: FileSystem(), options)
        var found: [Diagnostic] = []
        var count = 0
        while source.next(&found) != nil { count += 1 }
        #expect(found.map(\.code) == ["too-much-expansion"])
        #expect(count < 1001)
    }

    @Test func positionsAreThoseOfTheFileAndOfTheUse() {
        let result = Preprocessed("a {\n  b 1 }\n$M= \\\n c \\\n d\n\n  $M")
        #expect(
            result.positions == [
                Position(file: 0, line: 1, column: 1), Position(file: 0, line: 1, column: 3),
                Position(file: 0, line: 2, column: 3), Position(file: 0, line: 2, column: 7),
                Position(file: 1, line: 4, column: 2), Position(file: 1, line: 5, column: 2),
            ]
        )
    }

    private func check(_ row: Row, id: String = "") {
        let result = Preprocessed(row.text, id: id)
        #expect(result.lines == row.lines)
        #expect(result.codes == row.codes)
    }
}
