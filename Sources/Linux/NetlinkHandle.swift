// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import CNetlink
import Glibc
import Netlink

/// Which part of the kernel a netlink socket talks with.
package enum NetlinkFamily: Sendable {
    case route, generic, netfilter

    fileprivate var number: Int32 {
        switch self {
        case .route: NETLINK_ROUTE
        case .generic: NETLINK_GENERIC
        case .netfilter: NETLINK_NETFILTER
        }
    }
}

/// A netlink socket of libnl's.
final class NetlinkHandle {
    let pointer: OpaquePointer
    let number: Int32

    /// `isForced`: beyond the limit for unprivileged processes, if this one may.
    init(_ family: NetlinkFamily, receiveBuffer: Int, isForced: Bool = true) throws(SystemError) {
        guard let pointer = nl_socket_alloc() else { throw SystemError(call: "nl_socket_alloc", code: ENOMEM) }
        let result = nl_connect(pointer, family.number)
        guard result >= 0 else {
            let code = errno
            nl_socket_free(pointer)
            throw SystemError(call: "nl_connect", code: code == 0 ? EIO : code)
        }
        self.pointer = pointer
        number = nl_socket_get_fd(pointer)
        let size = Int32(clamping: receiveBuffer)
        try set(SOL_SOCKET, isForced ? SO_RCVBUFFORCE : SO_RCVBUF, size, orElse: SO_RCVBUF)
        try set(SOL_SOCKET, SO_SNDBUFFORCE, 256 * 1024, orElse: SO_SNDBUF)
        // The reason in words, and no copy of the request with each answer.
        try set(Self.level, NETLINK_EXT_ACK, 1)
        try set(Self.level, NETLINK_CAP_ACK, 1)
    }

    deinit { nl_socket_free(pointer) }

    /// SOL_NETLINK.
    private static let level: Int32 = 270

    /// The address of this socket, which messages name their sender by.
    var port: UInt32 { nl_socket_get_local_port(pointer) }

    func join(_ group: RouteGroup) throws(SystemError) { try join(group.rawValue) }

    func join(_ group: Int32) throws(SystemError) {
        if nl_socket_add_membership(pointer, group) < 0 {
            throw SystemError(call: "nl_socket_add_membership", code: errno)
        }
    }

    func setNonBlocking() { nl_socket_set_nonblocking(pointer) }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32, orElse other: Int32? = nil) throws(SystemError) {
        var value = value
        let size = socklen_t(MemoryLayout<Int32>.size)
        do throws(SystemError) {
            try system("setsockopt") { setsockopt(number, level, option, &value, size) }
        } catch {
            guard let other else { throw error }
            try system("setsockopt") { setsockopt(number, level, other, &value, size) }
        }
    }
}
