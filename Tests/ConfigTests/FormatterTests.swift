// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Testing

@Suite struct FormatterTests {
    @Test(arguments: [
        ("a   1  \n\n\n\nb", "a 1\n\nb\n"),
        ("a{b 1}", "a {\n    b 1\n}\n"),
        ("a\n{\n\n b 1 # c\n\n}\n", "a {\n    b 1 # c\n}\n"),
        ("a { # c\nb \"x  y\"   'p  q'\n}", "a { # c\n    b \"x  y\" 'p  q'\n}\n"),
        ("a # c\n{\n}", "a # c\n{\n}\n"),
        ("! note\na ${X}y {}", "! note\na ${X}y {}\n"),
        ("a {\nb ${X}  {\nc\n}\n}", "a {\n    b ${X}  {\n        c\n    }\n}\n"),
        ("a } include  b", "a } include  b\n"), ("include {a,b}", "include {a,b}\n"),
        ("$M= \\\n   a { \\\n\n      b \\\n   }\n$M", "$M= \\\n   a { \\\n\n      b \\\n   }\n$M\n"),
        ("@x a {\n b\n @x }", "@x a {\n    b\n@x }\n"),
        ("~SEQ(A,1,2) a { b }\r\nc", "~SEQ(A,1,2) a { b }\nc\n"),
        ("a \"unclosed {\nb", "a \"unclosed {\nb\n"),
    ])
    func writesCanonicalLayout(_ text: String, _ expected: String) {
        #expect(Formatter.format(Array(text.utf8)) == expected)
    }

    @Test func aSecondTimeChangesNothing() {
        let text = "a{b{c 1\nd}}  # x\n@y e {\n\n\n}\n$Z=  1\nf $Z"
        let once = Formatter.format(Array(text.utf8))
        #expect(Formatter.format(Array(once.utf8)) == once)
        #expect(Preprocessed(once, id: "y").lines == Preprocessed(text, id: "y").lines)
    }
}
