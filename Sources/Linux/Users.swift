// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// The accounts of this system. A look-up may wait for a name service, so it is for the reader of the configuration.
package enum Users {
    /// The user and its primary and supplementary groups, by login name or number.
    package static func user(_ name: String) -> ScriptUser? {
        let entry = UInt32(name).flatMap { getpwuid($0) } ?? getpwnam(name)
        guard let entry else { return UInt32(name).map { ScriptUser(user: $0, group: $0) } }
        let (user, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        return ScriptUser(user: user, group: group, groups: groups(of: String(cString: entry.pointee.pw_name), with: group))
    }

    /// The number of a group, by name or number.
    package static func group(_ name: String) -> UInt32? { getgrnam(name)?.pointee.gr_gid ?? UInt32(name) }

    /// The numbers of all groups of a user, the primary one included; the primary one alone if there are too many to
    /// list.
    package static func groups(of name: String, with primary: UInt32) -> [UInt32] {
        var count: Int32 = 64
        while count <= 65_536 {
            var groups = [gid_t](repeating: 0, count: Int(count))
            if getgrouplist(name, primary, &groups, &count) >= 0 { return Array(groups.prefix(Int(count))) }
            count = max(count, Int32(groups.count) * 2)
        }
        return [primary]
    }

    /// Whom this process runs as.
    package static var own: UInt32 { geteuid() }

    /// The login name of a user.
    package static func name(of user: UInt32) -> String? {
        getpwuid(user).map { String(cString: $0.pointee.pw_name) }
    }
}
