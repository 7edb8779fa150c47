// SPDX-License-Identifier: GPL-2.0-or-later

/// What was found, once each and in the order of the files.
package struct Findings: Sendable {
    package let diagnostics: [Diagnostic]
    package let files: [SourceFile]

    package init(_ found: [Diagnostic], files: [SourceFile]) {
        var seen: Set<Key> = []
        let same = Self.firstUses(files)
        let unique = found.filter { diagnostic in
            let place = diagnostic.position.map { position in
                let file = same.indices.contains(position.file) ? same[position.file] : position.file
                return Position(file: file, line: position.line, column: position.column)
            }
            return seen.insert(Key(code: diagnostic.code, position: place, message: diagnostic.message)).inserted
        }
        diagnostics = unique.enumerated().sorted { Self.order($0.element, $0.offset) < Self.order($1.element, $1.offset) }
            .map(\.element)
        self.files = files
    }

    /// For each file itself, but for each use of a definition the first use in the same place: a sequence may use it there a thousand
    /// times, and a mistake in it is one all the same.
    private static func firstUses(_ files: [SourceFile]) -> [Int] {
        struct Use: Hashable {
            var path: String
            var definition: String
            var place: Position
        }
        var uses: [Use: Int] = [:]
        var first = Array(files.indices)
        for (index, file) in files.enumerated() {
            guard let definition = file.definition, let from = file.includedFrom else { continue }
            let outer = first.indices.contains(from.file) ? first[from.file] : from.file
            let place = Position(file: outer, line: from.line, column: from.column)
            let use = Use(path: file.path, definition: definition, place: place)
            if let known = uses[use] { first[index] = known } else { uses[use] = index }
        }
        return first
    }

    private struct Key: Hashable {
        var code: String
        var position: Position?
        var message: String
    }

    /// Findings about no place come last; those about the same line stay in the order they were made.
    private static func order(_ diagnostic: Diagnostic, _ offset: Int) -> (Int, Int, Int) {
        (diagnostic.position?.file ?? .max, diagnostic.position?.line ?? .max, offset)
    }

    /// How many findings are of this severity.
    package func count(_ severity: Diagnostic.Severity) -> Int { diagnostics.count { $0.severity == severity } }

    /// The exit status of `-t`.
    ///
    /// 0: nothing but hints. 2: a parameter is missing. 4: there is no configuration file, where upstream reports success. 5: any
    /// other error or warning. 6: a checked include failed, or scripts are run insecurely.
    package var testStatus: Int32 {
        let counted = diagnostics.filter { $0.severity > .hint }
        let consequences = counted.map(\.consequence)
        if counted.contains(where: { $0.code == "no-file" }) { return 4 }
        if consequences.contains(.noConfiguration) { return 6 }
        if consequences.contains(.missingParameter) { return 2 }
        if consequences.contains(.security) { return 6 }
        return counted.isEmpty ? 0 : 5
    }

    /// The places of the includes, and of the uses of definitions, that lead to a file, the outermost last.
    func includeStack(of file: Int) -> [(place: Position, definition: String?)] {
        var stack: [(Position, String?)] = []
        var current = file
        while files.indices.contains(current), let from = files[current].includedFrom, stack.count < 64 {
            stack.append((from, files[current].definition))
            current = from.file
        }
        return stack
    }

    func path(of file: Int) -> String { files.indices.contains(file) ? files[file].path : "?" }
}
