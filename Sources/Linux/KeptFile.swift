// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// What a process keeps for the one that does its work after it, however both the process and its parent end: a small file in the
/// run directory.
///
/// Its first line says since which start of the machine, and of which network namespace, the rest is true; elsewhere it is nothing. A
/// file that somebody else could have written is nothing, too.
package struct KeptFile: Sendable {
    private let path: String

    /// The file of that name; it need not be there.
    package init(_ path: String) { self.path = path }

    private static let limit = 16 << 20

    private static var heading: [UInt8] {
        let boot = (try? Files.read("/proc/sys/kernel/random/boot_id", limit: 128)) ?? []
        let namespace = (try? FileFacts(path: "/proc/self/ns/net"))?.inode ?? 0
        return Array("\(String(decoding: boot.prefix { $0 != 0x0a }, as: UTF8.self)) \(namespace)\n".utf8)
    }

    /// What was kept last; empty if nothing was.
    package var content: [UInt8] {
        guard let file = try? Files.opened(path), let facts = try? FileFacts(file), facts.kind == .file, facts.owner == geteuid(),
            facts.mode & 0o022 == 0, let bytes = try? Files.read(file, limit: Self.limit)
        else { return [] }
        let heading = Self.heading
        return bytes.starts(with: heading) ? Array(bytes.dropFirst(heading.count)) : []
    }

    /// Keeps this in the place of what was kept before, all of it or nothing; without any bytes there is no file.
    package func keep(_ bytes: [UInt8]) throws(SystemError) {
        guard bytes.isEmpty else { return try Files.replace(path, with: Self.heading + bytes, mode: 0o600) }
        guard unlink(path) == 0 || errno == ENOENT else { throw SystemError(call: "unlink", code: errno) }
    }
}
