// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension Findings {
    /// One JSON document (RFC 8259), ending in a newline.
    ///
    ///     {"version": 1, "status": 5, "errors": 1, "warnings": 0, "hints": 0, "diagnostics": [
    ///       {"severity": "error", "code": "unknown-keyword", "file": "...", "line": 3, "column": 5, "length": 7,
    ///        "message": "...", "help": "...", "expansion": "...", "includedFrom": [{"file": "...", "line": 1}],
    ///        "notes": [{"file": "...", "line": 4, "message": "..."}]}]}
    ///
    /// `help`, `expansion`, `includedFrom` and `notes` are left out where there are none; the place where there is none.
    package var json: String {
        let counts = "\"errors\": \(count(.error)), \"warnings\": \(count(.warning)), \"hints\": \(count(.hint))"
        let list = diagnostics.map { "  " + json($0) }.joined(separator: ",\n")
        return "{\"version\": 1, \"status\": \(testStatus), \(counts), \"diagnostics\": ["
            + (list.isEmpty ? "]}\n" : "\n\(list)\n]}\n")
    }

    private func json(_ diagnostic: Diagnostic) -> String {
        var fields = ["\"severity\": \"\(diagnostic.severity)\"", "\"code\": \(quoted(diagnostic.code))"]
        if let position = diagnostic.position {
            fields += [place(position), "\"column\": \(position.column)", "\"length\": \(diagnostic.length)"]
        }
        fields.append("\"message\": \(quoted(diagnostic.message))")
        if let help = diagnostic.help { fields.append("\"help\": \(quoted(help))") }
        if let expansion = diagnostic.expansion { fields.append("\"expansion\": \(quoted(expansion))") }
        let stack = diagnostic.position.map { includeStack(of: $0.file) } ?? []
        if !stack.isEmpty {
            fields.append("\"includedFrom\": [\(stack.map { "{\(place($0.place))}" }.joined(separator: ", "))]")
        }
        if !diagnostic.notes.isEmpty {
            let notes = diagnostic.notes.map { "{\(place($0.position)), \"message\": \(quoted($0.message))}" }
            fields.append("\"notes\": [\(notes.joined(separator: ", "))]")
        }
        return "{\(fields.joined(separator: ", "))}"
    }

    private func place(_ position: Position) -> String {
        "\"file\": \(quoted(path(of: position.file))), \"line\": \(position.line)"
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20: result += "\\u" + hexDigits(scalar.value, width: 4)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
