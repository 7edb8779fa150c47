// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Glibc

/// Values below /proc/sys.
package enum KernelSettings {
    /// Of one interface: ("eth0", .ipv4, "rp_filter") is /proc/sys/net/ipv4/conf/eth0/rp_filter. "all" and "default" are
    /// allowed in place of a name.
    package static func path(of interface: String, _ family: AddressFamily, _ setting: String) -> String {
        "/proc/sys/net/\(family == .ipv4 ? "ipv4" : "ipv6")/conf/\(interface)/\(setting)"
    }

    /// The first word of the file as a decimal number; nil if it cannot be read or is no number.
    package static func read(_ path: String) -> Int? {
        guard let bytes = try? Files.read(path, limit: 64) else { return nil }
        return Int(String(decoding: bytes.prefix { $0 != 0x0a && $0 != 0x20 && $0 != 0x09 }, as: UTF8.self))
    }

    /// Writes the value unless it is there already; returns the one of before. Throws EROFS in a container whose /proc/sys is
    /// read-only.
    @discardableResult
    package static func write(_ value: Int, to path: String) throws(SystemError) -> Int? {
        let before = read(path)
        if before != value { try Files.put("\(value)\n", into: path) }
        return before
    }
}
