// SPDX-License-Identifier: GPL-2.0-or-later

/// Names for numbers that iproute2 keeps: "rt_tables", "rt_scopes", "rt_dsfield", "rt_realms", "rt_protos", "group".
package final class RoutingNames {
    private var tables: [String: [String: UInt32]] = [:]
    private var vendorDirectories = ["/usr/lib/iproute2", "/usr/share/iproute2"]
    private var localDirectory = "/etc/iproute2"

    package init() {}

    /// Looks elsewhere from now on (`iproute_usr_dir`, `iproute_etc_dir`).
    package func use(vendor: String?, local: String?) {
        if let vendor { vendorDirectories = [vendor] }
        if let local { localDirectory = local }
        tables = [:]
    }

    /// The number of a name in a table, from the operator's file, files in its directory, the distribution's file, or what
    /// iproute2 has built in.
    package func number(_ table: String, _ name: String) -> UInt32? {
        if let known = tables[table] { return known[name] }
        let loaded = load(table)
        tables[table] = loaded
        return loaded[name]
    }

    private func load(_ table: String) -> [String: UInt32] {
        var names = Self.builtIn[table] ?? [:]
        for directory in vendorDirectories + [localDirectory] {
            for path in ["\(directory)/\(table)"] + Files.glob("\(directory)/\(table).d/*.conf") {
                guard let bytes = try? Files.read(path, limit: 1 << 20) else { continue }
                names.merge(Self.parse(bytes)) { _, later in later }
            }
        }
        return names
    }

    /// Lines of a number, decimal or hex with 0x, and a name; `#` starts a comment.
    static func parse(_ bytes: [UInt8]) -> [String: UInt32] {
        var names: [String: UInt32] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2 else { continue }
            let number = words[0].hasPrefix("0x") ? UInt32(words[0].dropFirst(2), radix: 16) : UInt32(words[0])
            if let number { names[String(words[1])] = number }
        }
        return names
    }

    private static let builtIn: [String: [String: UInt32]] = [
        "rt_tables": ["default": 253, "main": 254, "local": 255],
        "rt_scopes": ["global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255],
        "rt_protos": ["redirect": 1, "kernel": 2, "boot": 3, "static": 4, "keepalived": 18],
        "rt_realms": ["unknown": 0],
        "rt_dsfield": ["default": 0],
        "group": ["default": 0],
    ]
}
