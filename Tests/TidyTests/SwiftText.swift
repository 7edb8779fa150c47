// SPDX-License-Identifier: GPL-2.0-or-later

/// Splits Swift source into what the compiler acts on and what only people read; enough of the language for house rules.
struct SwiftText {
    /// The lines with comments and the contents of string literals taken out.
    private(set) var code: [String] = []
    /// The comments alone, by line.
    private(set) var comments: [String] = []

    init(_ text: String) {
        var inMultilineString = false
        var commentDepth = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let (code, comment) = Self.split(line, &inMultilineString, &commentDepth)
            self.code.append(code)
            comments.append(comment)
        }
    }

    private static func split(_ line: Substring, _ inMultilineString: inout Bool, _ commentDepth: inout Int) -> (String, String) {
        var code = ""
        var comment = ""
        var rest = line
        var inString = false
        while let character = rest.first {
            if commentDepth > 0 {
                if rest.hasPrefix("*/") { commentDepth -= 1 }
                comment.append(character)
            } else if rest.hasPrefix("\"\"\""), !inString {
                inMultilineString.toggle()
                rest = rest.dropFirst(2)
            } else if inMultilineString {
                // Text of the literal.
            } else if inString, character == "\\" {
                rest = rest.dropFirst()
            } else if character == "\"" {
                inString.toggle()
                code.append(character)
            } else if inString {
                // Text of the literal.
            } else if rest.hasPrefix("//") {
                return (code, comment + rest)
            } else if rest.hasPrefix("/*") {
                commentDepth += 1
            } else {
                code.append(character)
            }
            rest = rest.dropFirst()
        }
        return (code, comment)
    }
}
