// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import Glibc

/// Asks a driver for the carrier, for interfaces whose driver does not tell of changes by itself (`linkbeat_use_polling`).
package final class LinkQuery {
    private let socket: FileDescriptor

    /// How the driver is asked: by the MII status register (SIOCGMIIREG), by ETHTOOL_GLINK, or by the kernel's flags
    /// (SIOCGIFFLAGS).
    package enum Method: Sendable { case mii, ethtool, flags }

    package init() throws(SystemError) {
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        socket = FileDescriptor(owning: try system("socket") { Glibc.socket(AF_INET, type, 0) })
    }

    /// Whether there is a carrier; throws EOPNOTSUPP if the driver cannot be asked that way.
    package func hasCarrier(_ name: String, by method: Method) throws(SystemError) -> Bool {
        switch method {
        case .mii: try shim("ioctl") { clinux_mii_link(socket.number, name) } != 0
        case .ethtool: try shim("ioctl") { clinux_ethtool_link(socket.number, name) } != 0
        case .flags: try shim("ioctl") { clinux_running_link(socket.number, name) } != 0
        }
    }

    /// Ways that work with this interface, the preferred one first.
    package func methods(_ name: String) -> [Method] {
        [Method.mii, .ethtool, .flags].filter { (try? hasCarrier(name, by: $0)) != nil }
    }
}
