// SPDX-License-Identifier: GPL-2.0-or-later

extension KeywordEntry.Processes: CustomStringConvertible {
    /// `all`, or the names joined by `+`.
    package var description: String {
        if isEmpty || self == .all { return "all" }
        let names: [(KeywordEntry.Processes, String)] = [
            (.parent, "parent"), (.bfd, "bfd"), (.vrrp, "vrrp"), (.checker, "checker"),
        ]
        return names.filter { contains($0.0) }.map(\.1).joined(separator: "+")
    }
}

extension [KeywordEntry] {
    /// Every path with what is known of it, depth first; processes are those of the block where a row names none.
    package func walk(_ visit: (_ path: [String], _ entry: KeywordEntry) -> Void) {
        walk([], .all, visit)
    }

    private func walk(
        _ parents: [String], _ processes: KeywordEntry.Processes, _ visit: ([String], KeywordEntry) -> Void
    ) {
        for var entry in self {
            if entry.processes.isEmpty { entry.processes = processes }
            let path = parents + [entry.name]
            visit(path, entry)
            entry.children.walk(path, entry.processes, visit)
        }
    }

    /// The machine-readable list of keywords: a heading, then a line a path, fields separated by tabs:
    ///
    ///     path  process  syntax  range  default  since  status
    ///
    /// A path names the blocks from the outside, ` / ` between them; `<entry>` is a line of a list.
    package var schema: String {
        var text = "path\tprocess\tsyntax\trange\tdefault\tsince\tstatus\n"
        walk { path, entry in
            let fields = [
                path.joined(separator: " / "), entry.processes.description, entry.syntax.isEmpty ? "(flag)" : entry.syntax,
                entry.range, entry.defaultValue, entry.since, entry.status.rawValue,
            ]
            text += fields.joined(separator: "\t") + "\n"
        }
        return text
    }

    /// What there is to say about a keyword, each place where it is valid; nil if it is none. `help` may name a near one.
    package func explanation(of name: String) -> String? {
        var texts: [String] = []
        walk { path, entry in
            guard entry.name == name || path.joined(separator: " / ") == name else { return }
            texts.append(Self.explanation(path, entry))
        }
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }

    /// The keyword that is spelled nearest to a word that is none.
    package func nearest(to name: String) -> String? {
        var names = Set<String>()
        collectNames(into: &names)
        return closest(to: name, among: names.sorted())
    }

    private static func explanation(_ path: [String], _ entry: KeywordEntry) -> String {
        var text = path.joined(separator: " / ") + (entry.syntax.isEmpty ? "" : " \(entry.syntax)") + "\n"
        text += "    \(entry.help)\n"
        let facts = [
            ("range", entry.range), ("default", entry.defaultValue), ("since", entry.since),
            ("process", entry.processes.description), ("instead", entry.replacement ?? ""),
            ("feature", entry.status == .active ? "" : "read and checked, but not active in this version"),
            ("keywords", entry.children.filter(\.isKeyword).map(\.name).joined(separator: " ")),
            ("options", entry.children.filter { !$0.isKeyword }.flatMap(\.children).map(\.name).joined(separator: " ")),
        ]
        for (name, fact) in facts where !fact.isEmpty { text += "    \(name): \(fact)\n" }
        return text
    }
}
