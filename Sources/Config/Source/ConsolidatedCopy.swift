// SPDX-License-Identifier: GPL-2.0-or-later

/// The files of a configuration in one, as a debugging copy shows them.
///
///     # /etc/keepalived/keepalived.conf       a file begins
///     global_defs {                           its lines, comments taken off, conditions and definitions left in
///                                             an include line is empty, so that the numbers of lines stay those of the file;
///     # /etc/keepalived/peers.conf            the file comes behind it
///     !                                       and ends
package enum ConsolidatedCopy {
    /// Reads all files once more and joins them.
    package static func make(of pattern: String, in fileSystem: FileSystem, _ options: SourceOptions) -> [UInt8] {
        var found: [Diagnostic] = []
        var source = Source(pattern, in: fileSystem, options, &found)
        source.copy = []
        while source.next(&found) != nil { found = [] }
        return source.copy ?? []
    }
}

extension Source {
    /// Notes the beginning of a file, or its end where there is no path.
    mutating func note(file path: String?) {
        guard copy != nil else { return }
        copy?.append(contentsOf: (path.map { "# \($0)" } ?? "!").utf8)
        copy?.append(Sign.newline)
    }

    /// Notes a line of a file, its comment taken off.
    mutating func note(line: Line) {
        guard copy != nil, line.depth == 0 else { return }
        let text = line.bytes.first == Sign.at ? line.bytes.drop { !$0.isBlank }.trimmed : line.bytes
        if !Self.isInclude(text) { copy?.append(contentsOf: line.bytes) }
        copy?.append(Sign.newline)
    }
}
