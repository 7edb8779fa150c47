// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Support

/// The logical lines of a text, joined by ` | `, and the codes of what was found.
struct Preprocessed: Equatable {
    var lines: String
    var codes: [String]
    var positions: [Position] = []

    init(_ text: String, id: String = "", files: [String: String] = [:], checks: IncludeChecks = []) {
        var all = files
        all["/etc/keepalived/keepalived.conf"] = text
        self.init(main: "keepalived.conf", id: id, files: FileSystem(files: all), checks: checks)
    }

    init(main: String, id: String = "", files: FileSystem, checks: IncludeChecks = []) {
        var options = SourceOptions()
        options.id = id
        options.includeChecks = checks
        options.environment = { ["HOME": "/root"][$0] }
        options.random = { $0.upperBound }
        var found: [Diagnostic] = []
        var source = Source(main, in: files, options, &found)
        var lines: [String] = []
        while let line = source.next(&found) {
            lines.append(String(decoding: line.bytes, as: UTF8.self))
            positions.append(line.position)
        }
        self.lines = lines.joined(separator: " | ")
        codes = found.map(\.code)
    }
}
