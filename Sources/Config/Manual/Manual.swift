// SPDX-License-Identifier: GPL-2.0-or-later

/// The manual page keepalived.conf(5), made from the tables: it cannot know less than the reader, nor more.
package struct Manual {
    /// A chapter: a title, and the root keywords that belong to it.
    package struct Chapter: Sendable {
        package var title: String
        package var keywords: [String]

        package init(_ title: String, _ keywords: [String]) {
            self.title = title
            self.keywords = keywords
        }
    }

    private let entries: [KeywordEntry]
    private let chapters: [Chapter]
    private var page = ""
    /// Blocks described already, by the keywords in them: what another block shares is referred to.
    private var described: [[String]: String] = [:]

    package init(_ entries: [KeywordEntry], chapters: [Chapter] = Manual.chapters) {
        self.entries = entries
        self.chapters = chapters
    }

    package static let chapters = [
        Chapter("The daemon", [
            "global_defs", "net_namespace", "net_namespace_ipvs", "namespace_with_ipsets", "instance", "use_pid_dir",
            "child_wait_time", "linkbeat_use_polling",
        ]),
        Chapter("Static addresses, routes and rules", ["track_group", "static_ipaddress", "static_routes", "static_rules"]),
        Chapter("Virtual routers", ["vrrp_instance", "vrrp_sync_group", "garp_group", "interface_up_down_delays", "linkbeat_interfaces"]),
        Chapter("What virtual routers track", ["vrrp_script", "vrrp_track_process", "track_file", "vrrp_track_file", "bfd_instance"]),
        Chapter("Virtual servers", ["virtual_server", "virtual_server_group", "SSL"]),
    ]

    /// The page in the man macros of roff.
    package mutating func roff() -> String {
        page = Self.introduction
        for chapter in chapters {
            let rows = chapter.keywords.compactMap { name in entries.first { $0.name == name } }
            if !rows.isEmpty { write(chapter.title, rows) }
        }
        let known = Set(chapters.flatMap(\.keywords))
        let others = entries.filter { !known.contains($0.name) }
        if !others.isEmpty { write("Other keywords", others) }
        return page + Self.ending
    }

    private mutating func write(_ title: String, _ rows: [KeywordEntry]) {
        page += ".SH \(title.uppercased())\n"
        for row in rows where row.children.isEmpty { write(row) }
        for row in rows where !row.children.isEmpty { writeBlock(row, [row.name]) }
    }

    /// A block: what it is for, an example, its keywords, and then the blocks in it.
    private mutating func writeBlock(_ block: KeywordEntry, _ path: [String]) {
        let title = path.joined(separator: " / ")
        page += ".SS \(Self.escape(title))\n"
        page += "\(Self.bold(block.name)) \(Self.escape(block.syntax))\n.PP\n\(Self.escape(block.help))\n"
        writeFacts(block)
        if let example = Self.examples[title] {
            page += ".PP\n.RS 4\n.nf\n\(Self.verbatim(example))\n.fi\n.RE\n"
        }
        let names = block.children.flatMap { [$0.name] + $0.children.map(\.name) }
        if names.count > 4, let other = described[names] {
            page += ".PP\nIts keywords are those of \(Self.bold(other)).\n"
            return
        }
        described[names] = title
        for row in block.children where row.children.isEmpty { write(row) }
        for row in block.children where !row.children.isEmpty {
            if row.isKeyword { writeBlock(row, path + [row.name]) } else { writeEntry(row, path) }
        }
    }

    /// The lines of a list and their options.
    private mutating func writeEntry(_ entry: KeywordEntry, _ path: [String]) {
        page += ".PP\nEach line: \(Self.escape(entry.syntax.isEmpty ? entry.name : entry.syntax))\n.br\n\(Self.escape(entry.help))\n"
        for option in entry.children {
            write(option)
            if !option.children.isEmpty {
                page += ".RS\n"
                for inner in option.children { write(inner) }
                page += ".RE\n"
            }
        }
    }

    private mutating func write(_ row: KeywordEntry) {
        page += ".TP\n\(Self.bold(row.name))\(row.syntax.isEmpty ? "" : " " + Self.escape(row.syntax))\n\(Self.escape(row.help))\n"
        writeFacts(row)
    }

    private mutating func writeFacts(_ row: KeywordEntry) {
        var facts: [String] = []
        if !row.range.isEmpty { facts.append("Range: \(row.range).") }
        if !row.defaultValue.isEmpty { facts.append("Default: \(row.defaultValue).") }
        if !row.since.isEmpty { facts.append("Since \(row.since).") }
        if let replacement = row.replacement { facts.append("Deprecated: use \(replacement) instead.") }
        if row.status == .parsed { facts.append("Read and checked, but not active in this version.") }
        if !facts.isEmpty { page += Self.escape(facts.joined(separator: " ")) + "\n" }
    }

    private static func bold(_ text: String) -> String { "\\fB\(escape(text))\\fR" }

    /// Text as it is: backslashes, hyphens and quotes mean themselves, and no line is taken for a request.
    private static func escape(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'" where result.isEmpty, "." where result.isEmpty: result += "\\&\(character)"
            default: result.append(character)
            }
        }
        return result
    }

    private static func verbatim(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { escape(String($0)) }.joined(separator: "\n")
    }
}
