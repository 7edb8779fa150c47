// SPDX-License-Identifier: GPL-2.0-or-later

/// Findings as text, the way compilers word them: place, severity, message, code; the line with the place underlined.
package struct TextReport {
    private let findings: Findings
    private let fileSystem: FileSystem
    /// The lines that findings are about, by number, of the files looked at so far.
    private var cache: [String: [Int: [UInt8]]] = [:]

    package init(_ findings: Findings, fileSystem: FileSystem) {
        self.findings = findings
        self.fileSystem = fileSystem
    }

    /// All findings, each ending in a newline.
    package mutating func text() -> String {
        var result = ""
        for diagnostic in findings.diagnostics { result += text(diagnostic) }
        return result
    }

    /// One finding as a compiler words it: the files that led there, the place, the message with its code, and the
    /// line.
    package mutating func text(_ diagnostic: Diagnostic) -> String {
        var result = ""
        if let position = diagnostic.position {
            for (from, definition) in findings.includeStack(of: position.file).reversed() {
                let what = definition.map { "In the lines of '\(clean($0))', used at" } ?? "In file included from"
                result += "\(what) \(place(from, column: false)):\n"
            }
            result += place(position, column: true) + ": "
        }
        result += "\(diagnostic.severity): \(clean(diagnostic.message)) [\(diagnostic.code)]\n"
        if let position = diagnostic.position { result += excerpt(position, diagnostic.length) }
        if let expansion = diagnostic.expansion { result += "      = reads: \(clean(expansion))\n" }
        if let help = diagnostic.help { result += "      = help: \(clean(help))\n" }
        for note in diagnostic.notes { result += "\(place(note.position, column: false)): note: \(clean(note.message))\n" }
        return result
    }

    private func place(_ position: Position, column: Bool) -> String {
        let line = "\(findings.path(of: position.file)):\(position.line)"
        return column ? "\(line):\(position.column)" : line
    }

    /// The line and the underlining below it; nothing if the line cannot be had any more.
    private mutating func excerpt(_ position: Position, _ length: Int) -> String {
        guard let line = line(position) else { return "" }
        let start = min(max(position.column - 1, 0), line.count)
        let end = length == 0 ? line.count : min(start + length, line.count)
        let number = String(position.line)
        let margin = String(repeating: " ", count: max(5 - number.utf8.count, 0)) + number
        let padding = line.prefix(start).map { $0 == 0x09 ? "\t" : ($0 & 0xc0 == 0x80 ? "" : " ") }.joined()
        let underlined = line.dropFirst(start).prefix(end - start).count { $0 & 0xc0 != 0x80 }
        let marks = "^" + String(repeating: "~", count: max(0, underlined - 1))
        return "\(margin) | \(clean(line.text))\n      | \(padding)\(marks)\n"
    }

    private mutating func line(_ position: Position) -> ArraySlice<UInt8>? {
        let path = findings.path(of: position.file)
        if cache[path] == nil { cache[path] = lines(of: path) }
        guard let line = cache[path]?[position.line] else { return nil }
        return line.last == 0x0d ? line.dropLast() : line[...]
    }

    /// The beginnings of the lines of a file that there are findings about.
    private func lines(of path: String) -> [Int: [UInt8]] {
        let wanted = Set(findings.diagnostics.compactMap(\.position).filter { findings.path(of: $0.file) == path }.map(\.line))
        var lines: [Int: [UInt8]] = [:]
        var number = 1
        var line: [UInt8] = []
        _ = fileSystem.readPieces(of: path) { piece in
            var rest = piece[...]
            while !rest.isEmpty {
                let end = rest.firstIndex(of: Sign.newline)
                if wanted.contains(number) { line += rest[..<(end ?? rest.endIndex)].prefix(Self.longest - line.count) }
                guard let end else { return }
                if wanted.contains(number) { lines[number] = line }
                line = []
                number += 1
                rest = rest[(end + 1)...]
            }
        }
        if wanted.contains(number) { lines[number] = line }
        return lines
    }

    /// Bytes of a line that are shown.
    private static var longest: Int { 500 }

    /// Control characters must not reach a terminal.
    private func clean(_ text: String) -> String {
        guard text.utf8.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7f }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7f ? "?" : $0 }))
    }
}
