// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Linux

/// `--explain` and `--dump-schema`: what the keyword tables know, for people and for programs.
enum KeywordTools {
    private static var root: [KeywordEntry] { ConfigurationDraft.table.entries }

    /// Describes each keyword of that name, or of that path ("vrrp_instance.priority").
    static func explain(_ name: String) -> Int32 {
        let found = places(of: name, in: root, path: [])
        guard !found.isEmpty else {
            StandardStream.error.line("There is no keyword '\(name)'")
            return ExitCode.fatal.rawValue
        }
        StandardStream.output.line(found.map { description($0.entry, path: $0.path) }.joined(separator: "\n\n"))
        return ExitCode.ok.rawValue
    }

    private typealias Place = (entry: KeywordEntry, path: [String])

    private static func places(of name: String, in entries: [KeywordEntry], path: [String]) -> [Place] {
        entries.flatMap { entry -> [Place] in
            let own = path + [entry.name]
            let here: [Place] = entry.name == name || own.joined(separator: ".") == name ? [(entry, own)] : []
            return here + places(of: name, in: entry.children, path: own)
        }
    }

    private static func description(_ entry: KeywordEntry, path: [String]) -> String {
        var lines = ["\(path.joined(separator: ".")) \(entry.syntax)", "    \(entry.help)"]
        if !entry.range.isEmpty { lines.append("    Range: \(entry.range)") }
        if !entry.defaultValue.isEmpty { lines.append("    Default: \(entry.defaultValue)") }
        if !entry.since.isEmpty { lines.append("    Since: \(entry.since)") }
        if let replacement = entry.replacement { lines.append("    Deprecated: write \(replacement)") }
        if entry.status == .parsed { lines.append("    Read and checked, without an effect in this version") }
        if !entry.children.isEmpty { lines.append("    Contains: \(entry.children.map(\.name).joined(separator: ", "))") }
        return lines.joined(separator: "\n")
    }

    /// All keywords as a JSON array (RFC 8259), blocks before what they contain.
    static func dumpSchema() -> Int32 {
        let rows = objects(root, path: [])
        StandardStream.output.line("[\n" + rows.map { "  " + $0 }.joined(separator: ",\n") + "\n]")
        return ExitCode.ok.rawValue
    }

    private static func objects(_ entries: [KeywordEntry], path: [String]) -> [String] {
        entries.flatMap { entry -> [String] in
            let own = path + [entry.name]
            return [object(entry, path: own)] + objects(entry.children, path: own)
        }
    }

    private static func object(_ entry: KeywordEntry, path: [String]) -> String {
        let fields = [
            ("path", path.joined(separator: ".")), ("syntax", entry.syntax), ("range", entry.range),
            ("default", entry.defaultValue), ("since", entry.since), ("deprecated", entry.replacement ?? ""),
            ("status", entry.status.rawValue), ("help", entry.help),
        ]
        return "{" + fields.map { "\"\($0.0)\": \(quoted($0.1))" }.joined(separator: ", ") + "}"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
