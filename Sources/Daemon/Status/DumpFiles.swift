// SPDX-License-Identifier: GPL-2.0-or-later

package import Config
package import Linux

/// Where the files are that show the daemon's state, and how they are written.
package enum DumpFiles {
    /// $TMPDIR if it is an absolute path of a directory, otherwise /tmp.
    package static var temporaryDirectory: String {
        guard let path = Environment.value("TMPDIR"), path.hasPrefix("/"), Files.isDirectory(path) else { return "/tmp" }
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// The state of a process (SIGUSR1): `part` is empty for VRRP, otherwise "_parent", "_check" or "_bfd".
    ///
    /// `state_dump_file` changes directory and base, a path that ends in a slash the directory only; with `data_use_instance`
    /// namespace and instance are put before the extension.
    package static func data(_ part: String, _ settings: GlobalSettings, namespace: String?) -> String {
        let base = place(settings.files.stateDump, "keepalived.data")
        var inserted = part
        if settings.files.namesInstance {
            let names = [namespace ?? settings.namespace.network, settings.namespace.instance].compactMap { $0 }
            if !names.isEmpty { inserted += "." + names.joined(separator: "_") }
        }
        return Self.path(base, inserting: inserted)
    }

    /// The counters of VRRP (SIGUSR2), at the place that `stats_dump_file` says. (Upstream reads that and does not use it.)
    package static func statistics(_ settings: GlobalSettings) -> String {
        place(settings.files.statisticsDump, "keepalived.stats")
    }

    /// The JSON dump, at the place that `json_dump_file` says. (Upstream reads that and does not use it.)
    package static func json(_ settings: GlobalSettings) -> String { place(settings.files.jsonDump, "keepalived.json") }

    /// A configured path, in the temporary directory unless it is absolute; one that ends in a slash names a directory only.
    private static func place(_ configured: String?, _ name: String) -> String {
        let path = configured ?? ""
        let base = path.hasPrefix("/") ? path : "\(temporaryDirectory)/\(path)"
        return base.hasSuffix("/") ? base + name : base
    }

    /// The path with a text put before the last dot of its name.
    package static func path(_ path: String, inserting text: String) -> String {
        guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return path + text }
        return path[..<dot] + text + path[dot...]
    }

    /// Puts a complete new file in place.
    package static func write(_ text: String, to path: String, settings: GlobalSettings, umask: UInt16?) throws(SystemError) {
        let mask = umask ?? settings.fileModeMask ?? 0o022
        try Files.replace(path, with: Array(text.utf8), mode: 0o666 & ~UInt32(mask))
    }
}
