// SPDX-License-Identifier: GPL-2.0-or-later

extension CommandLine {
    /// The command line for the log, each word in single quotes, broken into lines of about 100 columns.
    var quotedLines: [String] {
        let head = "Command line:"
        var lines = [head]
        for word in words {
            let quoted = " '" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
            let last = lines.count - 1
            if lines[last].utf8.count + quoted.utf8.count > 100, lines[last] != head {
                lines.append(String(repeating: " ", count: head.utf8.count) + quoted)
            } else {
                lines[last] += quoted
            }
        }
        return lines
    }
}
