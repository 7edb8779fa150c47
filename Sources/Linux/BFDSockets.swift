// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// Receives the BFD Control packets of one family and kind (RFC 5881 section 4, RFC 5883 section 5).
package final class BFDReceiver {
    package let isMultihop: Bool
    private let socket: Socket
    private let buffer: DatagramBuffer

    package var descriptor: FileDescriptor { socket.descriptor }

    /// Binds port 3784, or 4784 for many hops. The buffer may be shared by all receivers of a process.
    package init(_ family: AddressFamily, isMultihop: Bool, buffer: DatagramBuffer) throws(SystemError) {
        self.isMultihop = isMultihop
        self.buffer = buffer
        socket = try Socket(family, .datagram)
        if family == .ipv6 { try socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        try socket.receiveDetails()
        // Hundreds of sessions may speak while the process is held up.
        try socket.setReceiveBuffer(1 << 20)
        let any: IPAddress = family == .ipv4 ? .v4(0) : .v6(high: 0, low: 0)
        try socket.bind(to: SocketAddress(any, port: isMultihop ? 4784 : 3784))
    }

    /// Hands each waiting packet to the handler.
    package func receive(_ handler: (Datagram) -> Void) throws(SystemError) {
        try buffer.receive(from: socket.descriptor, handler)
    }
}

/// Sends the BFD Control packets of one session, always from the same port.
package final class BFDSender {
    private let socket: Socket

    /// Throws an error with `isTaken` if the port is somebody else's; another one may be tried then.
    ///
    /// - Parameters:
    ///   - source: Nil leaves the choice to the kernel, now and for good.
    ///   - interface: Nil leaves the choice to the routing table.
    package init(
        to neighbor: IPAddress, from source: IPAddress?, port: UInt16, interface: String?, isMultihop: Bool, hops: UInt8
    ) throws(SystemError) {
        socket = try Socket(neighbor.family, .datagram)
        if let interface { try socket.bind(toInterface: interface) }
        try setHops(hops)
        // Internetwork control (RFC 4594 section 3.1): what keeps the network together goes first.
        let classOfService: Int32 = 0xc0
        let any: IPAddress
        switch neighbor.family {
        case .ipv4:
            try socket.set(Int32(IPPROTO_IP), IP_TOS, classOfService)
            any = .v4(0)
        case .ipv6:
            try socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1)
            try socket.set(Int32(IPPROTO_IPV6), IPV6_TCLASS, classOfService)
            any = .v6(high: 0, low: 0)
        }
        try socket.bind(to: SocketAddress(source ?? any, port: port))
        _ = try socket.connect(to: SocketAddress(neighbor, port: isMultihop ? 4784 : 3784))
    }

    /// Sets the TTL or hop limit of what is sent from now on.
    package func setHops(_ hops: UInt8) throws(SystemError) {
        switch socket.family {
        case .ipv4: try socket.set(Int32(IPPROTO_IP), IP_TTL, Int32(hops))
        case .ipv6: try socket.set(Int32(IPPROTO_IPV6), IPV6_UNICAST_HOPS, Int32(hops))
        }
    }

    /// Sends a packet. That the neighbour refused an earlier one is no reason not to send this one.
    package func send(_ bytes: [UInt8]) throws(SystemError) {
        do throws(SystemError) {
            _ = try socket.descriptor.write(some: bytes)
        } catch {
            guard error.code == ECONNREFUSED else { throw error }
            _ = try socket.descriptor.write(some: bytes)
        }
    }
}

extension SystemError {
    /// The address, route or interface that a socket was made for is gone: another socket may find another one.
    package var isStaleRoute: Bool {
        [EADDRNOTAVAIL, ENETUNREACH, EHOSTUNREACH, ENETDOWN, ENODEV, ENXIO, EINVAL].contains(code)
    }
}

/// The index of a network interface now; nil if there is none of that name.
package func interfaceIndex(of name: String) -> UInt32? {
    let index = if_nametoindex(name)
    return index == 0 ? nil : index
}
