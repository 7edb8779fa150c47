// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// Receives VRRP packets of one family and IP protocol on one interface.
package final class VRRPReceiver {
    private let socket: Socket
    private let interface: UInt32?
    private let buffer: DatagramBuffer

    package var descriptor: FileDescriptor { socket.descriptor }

    /// - Parameters:
    ///   - protocol: 112, or 51 for authentication headers.
    ///   - interface: Where to listen; nil listens everywhere, for unicast.
    ///   - groups: The multicast groups to join there.
    ///   - buffer: May be shared by all receivers of a process.
    package init(
        _ family: AddressFamily, protocol: UInt8 = 112, interface: (name: String, index: UInt32)?, groups: [IPAddress],
        bufferSize: Int? = nil, buffer: DatagramBuffer
    ) throws(SystemError) {
        self.buffer = buffer
        self.interface = interface?.index
        socket = try Socket(family, .raw(protocol: `protocol`))
        try socket.limitMulticast()
        switch family {
        case .ipv4:
            // The packet's own header says all the rest.
            if interface == nil { try socket.set(Int32(IPPROTO_IP), IP_PKTINFO, 1) }
        case .ipv6:
            try socket.receiveDetails()
        }
        if let bufferSize { try socket.setReceiveBuffer(bufferSize) }
        if let interface {
            try socket.bind(toInterface: interface.name)
            for group in groups { try socket.join(group, interface: interface.index) }
        }
    }

    /// Hands each waiting packet to the handler.
    package func receive(_ handler: (Datagram) -> Void) throws(SystemError) {
        try buffer.receive(from: socket.descriptor, hasHeader: socket.family == .ipv4, interface: interface, handler)
    }

    /// Has the kernel drop packets of other virtual routers (classic BPF), so that strangers' adverts do not wake us.
    package func filter(routers: Set<UInt8>) throws(SystemError) {
        // More would overflow the 8-bit jumps; then everything is let through.
        guard (1...200).contains(routers.count) else { return }
        var program: [sock_filter] = []
        if socket.family == .ipv4 {
            // X = header length; A = second byte after it
            program.append(sock_filter(code: 0xb1, jt: 0, jf: 0, k: 0))
            program.append(sock_filter(code: 0x50, jt: 0, jf: 0, k: 1))
        } else {
            program.append(sock_filter(code: 0x30, jt: 0, jf: 0, k: 1))
        }
        for (index, router) in routers.sorted().enumerated() {
            // equal: jump to the last instruction but one past the refusal
            program.append(sock_filter(code: 0x15, jt: UInt8(routers.count - index), jf: 0, k: UInt32(router)))
        }
        program.append(sock_filter(code: 0x06, jt: 0, jf: 0, k: 0))
        program.append(sock_filter(code: 0x06, jt: 0, jf: 0, k: 0xffff_ffff))
        try system("setsockopt") {
            program.withUnsafeMutableBufferPointer { code in
                var attached = sock_fprog(len: UInt16(code.count), filter: code.baseAddress)
                return setsockopt(
                    socket.descriptor.number, SOL_SOCKET, SO_ATTACH_FILTER, &attached, socklen_t(MemoryLayout<sock_fprog>.size)
                )
            }
        }
    }
}

/// Sends VRRP packets of one family, whatever the interface, group or peer: all that are due leave in one system call.
package final class VRRPSender {
    private let socket: Socket
    private let batch = DatagramBatch()
    private var identification: UInt16 = 0

    package let family: AddressFamily

    package var descriptor: FileDescriptor { socket.descriptor }

    /// IPv4 packets carry our own header, so any source will do; IPv6 packets may come from an address that is not ours yet.
    package init(_ family: AddressFamily) throws(SystemError) {
        self.family = family
        socket = try Socket(family, .raw(protocol: family == .ipv4 ? UInt8(IPPROTO_RAW) : 112))
        // TC_PRIO_CONTROL: ahead of other traffic in the interface's queue.
        try socket.set(SOL_SOCKET, SO_PRIORITY, 6)
        // This socket only sends.
        try socket.set(SOL_SOCKET, SO_RCVBUF, 0)
        switch family {
        case .ipv4:
            try socket.set(Int32(IPPROTO_IP), IP_MULTICAST_LOOP, 0)
        case .ipv6:
            let level = Int32(IPPROTO_IPV6)
            try socket.set(level, IPV6_MULTICAST_LOOP, 0)
            try socket.set(level, IPV6_MULTICAST_HOPS, 255)
            try socket.set(level, IPV6_UNICAST_HOPS, 255)
            try socket.set(level, IPV6_TCLASS, 0xc0)
            // The interface of a virtual MAC has no address of its own, so that nobody learns that MAC for it.
            try socket.set(level, IPV6_FREEBIND, 1)
            try Self.refuseEverything(socket)
        }
    }

    /// A raw IPv6 socket of protocol 112 would also collect every advert that comes in.
    private static func refuseEverything(_ socket: Socket) throws(SystemError) {
        var refuse = sock_filter(code: 0x06, jt: 0, jf: 0, k: 0)
        try system("setsockopt") {
            withUnsafeMutablePointer(to: &refuse) {
                var program = sock_fprog(len: 1, filter: $0)
                return setsockopt(
                    socket.descriptor.number, SOL_SOCKET, SO_ATTACH_FILTER, &program, socklen_t(MemoryLayout<sock_fprog>.size)
                )
            }
        }
    }

    /// Marks what is sent for policy routing and the firewall.
    package func setMark(_ mark: UInt32) throws(SystemError) { try socket.setMark(mark) }

    /// Queues a packet of which `write` appends what follows the IP header, `length` bytes.
    ///
    /// - Parameters:
    ///   - source: Must be of this family, as `destination`. An IPv6 source must exist on this host.
    ///   - interface: Out of which interface; 0 leaves it to the routing table, for unicast.
    package func queue(
        length: Int, protocol: UInt8 = 112, from source: IPAddress, to destination: IPAddress, interface: UInt32,
        hopLimit: UInt8 = 255, write: (inout ByteWriter) -> Void
    ) {
        let scope = destination.isLinkLocal || destination.isMulticast ? interface : 0
        let target = SocketAddress(destination, scope: scope)
        switch (source, destination) {
        case (.v4(let from), .v4(let to)):
            identification = identification == .max ? 1 : identification + 1
            let header = IPv4Header(
                payloadLength: length, identification: identification, timeToLive: hopLimit, protocol: `protocol`,
                source: from, destination: to
            )
            batch.add(to: target, interface: interface) { writer in
                header.write(into: &writer)
                write(&writer)
            }
        case (.v6, .v6):
            batch.add(to: target, from: source, interface: interface, write: write)
        case (.v4, .v6), (.v6, .v4):
            preconditionFailure("An advert has its source and its destination in different families.")
        }
    }

    /// Queues a whole IPv4 packet, its header included; the kernel fills in the header's checksum.
    package func queue(packet: [UInt8], to destination: IPAddress, interface: UInt32) {
        precondition(family == .ipv4, "A packet with its own header is queued on an IPv6 socket.")
        batch.add(to: SocketAddress(destination, scope: 0), interface: interface) { $0.write(packet) }
    }

    /// How many packets are queued.
    package var count: Int { batch.count }

    /// Sends what is queued; `failed` is told the place in the queue of each packet that could not leave.
    package func flush(failed: (Int, SystemError) -> Void) {
        guard !batch.isEmpty else { return }
        batch.send(on: socket.descriptor, failed: failed)
    }
}
