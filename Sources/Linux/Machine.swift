// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// What the machine is, for people.
package enum Machine {
    /// "Linux 6.1.0 #1 SMP": system, release and version of the kernel.
    package static var kernel: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "Linux" }
        return [text(&name.sysname), text(&name.release), text(&name.version)].joined(separator: " ")
    }

    /// PRETTY_NAME of /etc/os-release: "Debian GNU/Linux 12 (bookworm)".
    package static var distribution: String? {
        guard let bytes = try? Files.read("/etc/os-release", limit: 65_536) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("PRETTY_NAME=") }) else { return nil }
        return String(line.dropFirst("PRETTY_NAME=".utf8.count).filter { $0 != "\"" && $0 != "'" })
    }

    private static func text<Field>(_ field: inout Field) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
