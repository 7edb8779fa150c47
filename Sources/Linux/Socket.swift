// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// A non-blocking socket of the Internet families, with what connections and datagrams need.
package final class Socket {
    package let descriptor: FileDescriptor
    package let family: AddressFamily

    /// SOCK_STREAM, SOCK_DGRAM, or SOCK_RAW with the number of its IP protocol.
    package enum Kind: Sendable { case stream, datagram, raw(`protocol`: UInt8) }

    package init(_ family: AddressFamily, _ kind: Kind) throws(SystemError) {
        self.family = family
        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let (type, number): (Int32, Int32) =
            switch kind {
            case .stream: (Int32(SOCK_STREAM.rawValue), 0)
            case .datagram: (Int32(SOCK_DGRAM.rawValue), 0)
            case .raw(let number): (Int32(SOCK_RAW.rawValue), Int32(number))
            }
        descriptor = FileDescriptor(owning: try system("socket") { socket(family.number, type | flags, number) })
    }

    private init(_ descriptor: FileDescriptor, _ family: AddressFamily) {
        self.descriptor = descriptor
        self.family = family
    }

    /// Sets an option that takes an `int`; level and option are the SOL_* and SO_* numbers and the like.
    package func set(_ level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
        var value = value
        try system("setsockopt") { setsockopt(descriptor.number, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) }
    }

    /// Receives and sends through this interface only.
    package func bind(toInterface name: String) throws(SystemError) {
        try system("setsockopt") {
            name.utf8CString.withUnsafeBufferPointer {
                setsockopt(descriptor.number, SOL_SOCKET, SO_BINDTODEVICE, $0.baseAddress, socklen_t($0.count))
            }
        }
    }

    /// Gives the socket its own address; throws EADDRINUSE or EADDRNOTAVAIL among others.
    package func bind(to address: SocketAddress) throws(SystemError) {
        try system("bind") { address.use { Glibc.bind(descriptor.number, $0, $1) } }
    }

    /// Begins to connect; true if that is done at once. Otherwise the socket becomes writable, and then `pendingError` tells.
    package func connect(to address: SocketAddress) throws(SystemError) -> Bool {
        // Being under way is no error: nearly every connection is, and an error would have to be put into words.
        let result = try system("connect") {
            address.use { name, length in
                let result = Glibc.connect(descriptor.number, name, length)
                return result < 0 && errno == EINPROGRESS ? 1 : result
            }
        }
        return result == 0
    }

    /// What went wrong since this was asked last; nil if nothing did.
    package var pendingError: SystemError? {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor.number, SOL_SOCKET, SO_ERROR, &code, &size)
        return code == 0 ? nil : SystemError(call: "connect", code: code)
    }

    /// Takes connections; up to `room` wait to be accepted, fewer where net.core.somaxconn is lower.
    package func listen(room: Int32 = 128) throws(SystemError) {
        try system("listen") { Glibc.listen(descriptor.number, room) }
    }

    /// The next connection; nil if none waits.
    package func accept() throws(SystemError) -> Socket? {
        do throws(SystemError) {
            return Socket(FileDescriptor(owning: try shim("accept4") { clinux_accept(descriptor.number) }), family)
        } catch {
            if error.wouldBlock || error.code == ECONNABORTED { return nil }
            throw error
        }
    }

    /// This end's address.
    package var localAddress: SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor.number, $0, &length) }
        }
        return result == 0 ? SocketAddress(storage: storage, length: length) : nil
    }

    /// Room for what has arrived and was not read yet; beyond the system's limit if we may.
    package func setReceiveBuffer(_ bytes: Int) throws(SystemError) {
        do throws(SystemError) {
            try set(SOL_SOCKET, SO_RCVBUFFORCE, Int32(clamping: bytes))
        } catch {
            try set(SOL_SOCKET, SO_RCVBUF, Int32(clamping: bytes))
        }
    }

    /// Marks what is sent for policy routing and the firewall.
    package func setMark(_ mark: UInt32) throws(SystemError) {
        try set(SOL_SOCKET, SO_MARK, Int32(bitPattern: mark))
    }

    /// Receives what is sent to the group on that interface.
    package func join(_ group: IPAddress, interface: UInt32) throws(SystemError) {
        try membership(MCAST_JOIN_GROUP, group, interface)
    }

    /// Ends what `join` began; throws EADDRNOTAVAIL if the group was not joined on that interface.
    package func leave(_ group: IPAddress, interface: UInt32) throws(SystemError) {
        try membership(MCAST_LEAVE_GROUP, group, interface)
    }

    private func membership(_ option: Int32, _ group: IPAddress, _ interface: UInt32) throws(SystemError) {
        var request = group_req()
        request.gr_interface = interface
        request.gr_group = SocketAddress(group).storage
        try system("setsockopt") {
            setsockopt(
                descriptor.number, family == .ipv4 ? Int32(IPPROTO_IP) : Int32(IPPROTO_IPV6), option, &request,
                socklen_t(MemoryLayout<group_req>.size)
            )
        }
    }

    /// Asks the kernel to tell the destination, the interface and the hop limit of each datagram.
    package func receiveDetails() throws(SystemError) {
        switch family {
        case .ipv4:
            try set(Int32(IPPROTO_IP), IP_PKTINFO, 1)
            try set(Int32(IPPROTO_IP), IP_RECVTTL, 1)
        case .ipv6:
            try set(Int32(IPPROTO_IPV6), IPV6_RECVPKTINFO, 1)
            try set(Int32(IPPROTO_IPV6), IPV6_RECVHOPLIMIT, 1)
        }
    }

    /// Receives only from groups this very socket has joined on this very interface, and nothing that this host sends.
    package func limitMulticast() throws(SystemError) {
        switch family {
        case .ipv4:
            try set(Int32(IPPROTO_IP), IP_MULTICAST_LOOP, 0)
            try set(Int32(IPPROTO_IP), IP_MULTICAST_ALL, 0)
        case .ipv6:
            let multicastAll: Int32 = 29
            try set(Int32(IPPROTO_IPV6), IPV6_MULTICAST_LOOP, 0)
            // Known since Linux 4.20; before it, the interface's own filter has to do.
            try? set(Int32(IPPROTO_IPV6), multicastAll, 0)
        }
    }
}
