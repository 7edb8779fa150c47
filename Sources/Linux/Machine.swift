// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import Glibc

/// Facts of the machine that a configuration is read against.
package enum Machine {
    /// "router.example.org"
    package static var hostName: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "localhost" }
        return text(&name.nodename)
    }

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

    package static var processorCount: Int { max(1, Int(clinux_processor_count())) }

    package static var ownUser: UInt32 { geteuid() }
    package static var ownGroup: UInt32 { getegid() }

    /// User and primary group of a login name; asks the name service, which may take time.
    package static func user(_ name: String) -> (user: UInt32, group: UInt32)? {
        guard let entry = getpwnam(name) else { return nil }
        return (entry.pointee.pw_uid, entry.pointee.pw_gid)
    }

    /// All groups of the user, the given one first; asks the name service.
    package static func groups(of user: UInt32, primary: UInt32) -> [UInt32] {
        guard let entry = getpwuid(user) else { return [primary] }
        var count: Int32 = 256
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(entry.pointee.pw_name, primary, &groups, &count) >= 0 else { return [primary] }
        return Array(groups.prefix(Int(max(0, count))))
    }

    /// The number of a group; asks the name service.
    package static func group(_ name: String) -> UInt32? { getgrnam(name).map { $0.pointee.gr_gid } }

    package static func protocolNumber(_ name: String) -> UInt8? {
        getprotobyname(name).flatMap { UInt8(exactly: $0.pointee.p_proto) }
    }

    package static func interfaceIndex(_ name: String) -> UInt32? {
        let index = if_nametoindex(name)
        return index == 0 ? nil : index
    }

    /// Whether the user, with only this group, may execute the file, by its permission bits.
    package static func mayExecute(_ facts: FileFacts, user: UInt32, group: UInt32) -> Bool {
        if user == 0 { return facts.mode & 0o111 != 0 }
        if facts.owner == user { return facts.mode & 0o100 != 0 }
        if facts.group == group { return facts.mode & 0o010 != 0 }
        return facts.mode & 0o001 != 0
    }

    private static func text<Field>(_ field: inout Field) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
