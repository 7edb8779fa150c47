// SPDX-License-Identifier: GPL-2.0-or-later

extension Source {
    /// Takes an include line; false for any other.
    mutating func include(_ line: Line, _ found: inout [Diagnostic]) -> Bool {
        let end = line.bytes.firstIndex(where: \.isBlank) ?? line.bytes.endIndex
        let word = line.bytes[line.bytes.startIndex..<end]
        guard let own = Self.checks(of: word) else { return false }
        let pattern = line.part(line.bytes[end...].trimmed)
        guard !pattern.bytes.isEmpty else {
            found.append(
                Diagnostic(
                    .error, "missing-value", at: line.position, length: word.count, "'\(word.text)' needs a path",
                    consequence: .missingParameter
                )
            )
            return true
        }
        guard let path = substitute(pattern, &found) else { return true }
        open(path.bytes, from: pattern, checks: includeChecks.union(own), &found)
        return true
    }

    /// Whether a line that begins so includes files.
    static func isInclude(_ line: ArraySlice<UInt8>) -> Bool { checks(of: line.prefix { !$0.isBlank }) != nil }

    private static func checks(of word: ArraySlice<UInt8>) -> IncludeChecks? {
        guard word.starts(with: "include".utf8), word.count <= 8 else { return nil }
        guard word.count == 8 else { return [] }
        switch word.last {
        case UInt8(ascii: "r"): return .read
        case UInt8(ascii: "m"): return [.read, .match]
        case UInt8(ascii: "w"): return [.read, .match, .wildcardMatch]
        case UInt8(ascii: "b"): return [.read, .braceMatch]
        case UInt8(ascii: "a"): return .all
        default: return nil
        }
    }

    /// The file that the command line names is to be there; a pattern is to match.
    mutating func openMain(_ pattern: String, _ found: inout [Diagnostic]) {
        let paths = match(Array(pattern.utf8)[...])
        if paths.files.isEmpty {
            found.append(
                Diagnostic(
                    .error, "no-file", at: nil, "there is no configuration file '\(pattern)'", consequence: .noConfiguration
                )
            )
        }
        if paths.files.count > 1 {
            found.append(
                Diagnostic(.warning, "several-files", at: nil, "'\(pattern)' matches \(paths.files.count) files; all are read in order")
            )
        }
        for path in paths.files.reversed() { pending.append(.file(path, from: nil, checks: .read)) }
    }

    /// What a pattern matches, and what it does not.
    private struct Matches {
        var files: [String] = []
        var isWildcard = false
        /// Alternatives in braces that match nothing.
        var missing: [String] = []
        var hasBraces = false
    }

    private func match(_ written: ArraySlice<UInt8>) -> Matches {
        var bytes = written
        if bytes.count > 1, bytes.first == Sign.quote, bytes.last == Sign.quote { bytes = bytes.dropFirst().dropLast() }
        var result = Matches()
        let alternatives = Self.alternatives(Array(bytes))
        result.hasBraces = alternatives.count > 1
        for alternative in alternatives {
            let path = absolute(String(decoding: alternative, as: UTF8.self))
            let isWildcard = alternative.contains { [0x2a, 0x3f, 0x5b].contains($0) }
            result.isWildcard = result.isWildcard || isWildcard
            let paths = isWildcard ? fileSystem.glob(path) : (fileSystem.exists(path) ? [path] : [])
            if paths.isEmpty { result.missing.append(path) }
            result.files += paths
        }
        return result
    }

    private func absolute(_ path: String) -> String {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        return frame.directory.utf8.last == UInt8(ascii: "/") ? frame.directory + path : frame.directory + "/" + path
    }

    private mutating func open(
        _ pattern: ArraySlice<UInt8>, from line: Line, checks: IncludeChecks, _ found: inout [Diagnostic]
    ) {
        let matches = match(pattern)
        let failed = failure(of: matches, checks)
        if matches.files.isEmpty || failed {
            let what = matches.isWildcard ? "'\(pattern.text)' matches no file" : "there is no file '\(pattern.text)'"
            let text = matches.files.isEmpty ? what : "\(matches.missing.joined(separator: ", ")) is missing"
            report(text, "include-missing", at: line.position, line.isExpanded ? 0 : line.bytes.count, isError: failed, &found)
        }
        for path in matches.files.reversed() { pending.append(.file(path, from: line.position, checks: checks)) }
    }

    private func failure(of matches: Matches, _ checks: IncludeChecks) -> Bool {
        if matches.hasBraces, !matches.missing.isEmpty, checks.contains(.braceMatch) { return true }
        guard matches.files.isEmpty else { return false }
        return checks.contains(matches.isWildcard ? .wildcardMatch : .match)
    }

    /// An include that was not to be checked is only remarked upon: upstream says something, and its status stays.
    private func report(
        _ text: String, _ code: String, at position: Position?, _ length: Int, isError: Bool, _ found: inout [Diagnostic]
    ) {
        found.append(
            Diagnostic(
                isError ? .error : .hint, code, at: position, length: length, text,
                help: isError ? nil : "nothing is included; includea would make this an error",
                consequence: isError ? .noConfiguration : .none
            )
        )
    }

    /// Begins a file; what was being read goes on at its end.
    mutating func open(_ path: String, from: Position?, checks: IncludeChecks, _ found: inout [Diagnostic]) {
        guard !isOpen(path) else {
            return report("'\(path)' includes itself", "include-cycle", at: from, 0, isError: true, &found)
        }
        guard suspended.count < options.limits.depth, files.count < options.limits.files, spend(lines: 1, bytes: 0, from ?? Position(file: 0, line: 0), &found) else {
            return report("includes are nested too deeply at '\(path)'", "include-cycle", at: from, 0, isError: true, &found)
        }
        let problem: String
        switch fileSystem.read(path) {
        case .text(let bytes): return begin(path, from: from, FileFrame(bytes: bytes, directory: Self.directory(of: path)))
        case .pieces(let next): return begin(path, from: from, FileFrame(more: next, directory: Self.directory(of: path)))
        case .missing: problem = "'\(path)' is gone"
        case .directory: problem = "'\(path)' is a directory and is skipped"
        case .notPlain: problem = "'\(path)' is not a plain file and is skipped"
        case .executable: problem = "'\(path)' is executable, which a configuration is not; it is skipped"
        case .unreadable: problem = "'\(path)' cannot be read"
        }
        report(problem, "include-unreadable", at: from, 0, isError: checks.contains(.read), &found)
    }

    /// Whether the file is being read: nothing in it could end a second reading inside the first.
    private func isOpen(_ path: String) -> Bool {
        ([frame.file] + suspended.map { $0.frame.file }).contains { files.indices.contains($0) && files[$0].path == path }
    }

    private mutating func begin(_ path: String, from: Position?, _ new: FileFrame) {
        suspended.append((frame, pending))
        pending = []
        ownText = nil
        files.append(SourceFile(path: path, includedFrom: from))
        frame = new
        frame.file = files.count - 1
        frame.checks = includeChecks
        note(file: path)
    }

    /// Goes on with the file that included this one; false at the end of everything.
    mutating func closeFile(_ found: inout [Diagnostic]) -> Bool {
        if let collection = collecting.take() { finish(collection) }
        guard let outer = suspended.popLast() else { return false }
        note(file: nil)
        includeChecks = frame.checks
        ownText = nil
        frame = outer.frame
        pending = outer.pending
        return true
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
    }

    /// The patterns that `{a,b}` stands for, in order, nested ones too; a brace without a partner is itself.
    static func alternatives(_ pattern: [UInt8], limit: Int = 1024) -> [[UInt8]] {
        guard let open = pattern.firstIndex(of: Sign.open), pattern.count <= 4096 else { return [pattern] }
        var depth = 0
        var parts: [ArraySlice<UInt8>] = []
        var start = open + 1
        for index in open..<pattern.endIndex {
            switch pattern[index] {
            case Sign.open: depth += 1
            case UInt8(ascii: ",") where depth == 1:
                parts.append(pattern[start..<index])
                start = index + 1
            case Sign.close:
                depth -= 1
                guard depth == 0 else { continue }
                parts.append(pattern[start..<index])
                var result: [[UInt8]] = []
                for part in parts where result.count < limit {
                    let variant = Array(pattern[..<open]) + Array(part) + Array(pattern[(index + 1)...])
                    result += alternatives(variant, limit: limit - result.count)
                }
                return result
            default: break
            }
        }
        return [pattern]
    }
}
