// SPDX-License-Identifier: GPL-2.0-or-later

/// Findings as text, the way compilers word them: place, severity, message, code; the line with the place underlined.
package struct TextReport {
    private let findings: Findings
    private let fileSystem: FileSystem
    /// The lines of files looked at so far.
    private var cache: [String: [ArraySlice<UInt8>]] = [:]

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
            for from in findings.includeStack(of: position.file).reversed() {
                result += "In file included from \(place(from, column: false)):\n"
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
        if cache[path] == nil {
            guard case .text(let bytes) = fileSystem.read(path) else { return nil }
            cache[path] = bytes.split(separator: Sign.newline, omittingEmptySubsequences: false)
        }
        guard let lines = cache[path], lines.indices.contains(position.line - 1) else { return nil }
        let line = lines[position.line - 1]
        return (line.last == 0x0d ? line.dropLast() : line).prefix(500)
    }

    /// Control characters must not reach a terminal.
    private func clean(_ text: String) -> String {
        guard text.utf8.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7f }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7f ? "?" : $0 }))
    }
}
