// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// A request to IPVS over generic netlink.
///
/// The family's number is given out by the kernel when the module is loaded, so each request carries it. Behind the message's
/// header stands that of generic netlink:
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |    Command    |    Version    |           Reserved            |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
package struct IPVSRequest: NetlinkRequest, Hashable, Sendable {
    package enum Command: Hashable, Sendable {
        case addService(IPVSService)
        case changeService(IPVSService)
        case removeService(IPVSServiceName)
        case listServices
        case addDestination(IPVSServiceName, IPVSDestination)
        case changeDestination(IPVSServiceName, IPVSDestination)
        case removeDestination(IPVSServiceName, IPAddress, port: UInt16)
        case listDestinations(IPVSServiceName)
        case startDaemon(IPVSSyncDaemon)
        case stopDaemon(IPVSSyncDaemon.Side)
        /// Seconds; nil leaves the kernel's.
        case setTimeouts(tcp: UInt32?, tcpAfterFIN: UInt32?, udp: UInt32?)
        case flush
    }

    package var family: UInt16
    package var command: Command

    package init(_ command: Command, family: UInt16) {
        self.command = command
        self.family = family
    }

    /// GENL_IPVS version.
    private static let version: UInt8 = 1

    package func write(into buffer: inout MessageBuffer, sequence: UInt32) {
        switch command {
        case .addService(let service): put(1, service, &buffer, sequence)
        case .changeService(let service): put(2, service, &buffer, sequence)
        case .removeService(let name): message(3, &buffer, sequence) { $0.nested(1) { Self.put(name, &$0) } }
        case .listServices: message(4, dumps: true, &buffer, sequence) { _ in }
        case .addDestination(let name, let server): put(5, name, server, &buffer, sequence)
        case .changeDestination(let name, let server): put(6, name, server, &buffer, sequence)
        case .removeDestination(let name, let address, let port):
            message(7, &buffer, sequence) {
                $0.nested(1) { Self.put(name, &$0) }
                $0.nested(2) { Self.putEndpoint(address, port, &$0) }
            }
        case .listDestinations(let name):
            message(8, dumps: true, &buffer, sequence) { $0.nested(1) { Self.put(name, &$0) } }
        case .startDaemon(let daemon): message(9, &buffer, sequence) { $0.nested(3) { Self.put(daemon, &$0) } }
        case .stopDaemon(let side):
            message(10, &buffer, sequence) { $0.nested(3) { $0.attribute(1, side.rawValue) } }
        case .setTimeouts(let tcp, let fin, let udp):
            message(12, &buffer, sequence) {
                for (type, value) in [(UInt16(4), tcp), (5, fin), (6, udp)] {
                    if let value { $0.attribute(type, value) }
                }
            }
        case .flush: message(17, &buffer, sequence) { _ in }
        }
    }

    private func message(
        _ command: UInt8, dumps: Bool = false, _ buffer: inout MessageBuffer, _ sequence: UInt32,
        _ body: (inout MessageBuffer) -> Void
    ) {
        let flags: MessageFlags = dumps ? [.request, .dump] : [.request, .acknowledge]
        buffer.message(family, flags, sequence: sequence) {
            $0.put(command)
            $0.put(Self.version)
            $0.put(UInt16(0))
            body(&$0)
        }
    }

    private func put(_ command: UInt8, _ service: IPVSService, _ buffer: inout MessageBuffer, _ sequence: UInt32) {
        message(command, &buffer, sequence) {
            $0.nested(1) {
                Self.put(service.name, &$0)
                $0.attribute(6, service.scheduler)
                if !service.engine.isEmpty { $0.attribute(11, service.engine) }
                // The flags and the mask of those that are meant.
                $0.attribute(7) {
                    $0.put(service.flags)
                    $0.put(UInt32.max)
                }
                $0.attribute(8, service.timeout)
                switch service.name.family {
                case .ipv4: $0.attribute(9, network: service.granularity)
                case .ipv6: $0.attribute(9, service.granularity)
                }
            }
        }
    }

    private func put(
        _ command: UInt8, _ name: IPVSServiceName, _ server: IPVSDestination, _ buffer: inout MessageBuffer, _ sequence: UInt32
    ) {
        message(command, &buffer, sequence) {
            $0.nested(1) { Self.put(name, &$0) }
            $0.nested(2) {
                Self.putEndpoint(server.address, server.port, &$0)
                $0.attribute(3, server.forwarding)
                $0.attribute(4, server.weight)
                $0.attribute(5, server.upperThreshold)
                $0.attribute(6, server.lowerThreshold)
                $0.attribute(13, server.tunnelType)
                $0.attribute(14, network: server.tunnelPort)
                $0.attribute(15, server.tunnelFlags)
            }
        }
    }

    private static func put(_ name: IPVSServiceName, _ buffer: inout MessageBuffer) {
        buffer.attribute(1, UInt16(name.family.netlinkNumber))
        switch name {
        case .address(let address, let port, let number):
            buffer.attribute(2, UInt16(number))
            buffer.attribute(3) { putAddress(address, &$0) }
            buffer.attribute(4, network: port)
        case .mark(let mark, _):
            buffer.attribute(5, mark)
        }
    }

    private static func putEndpoint(_ address: IPAddress, _ port: UInt16, _ buffer: inout MessageBuffer) {
        buffer.attribute(11, UInt16(address.family.netlinkNumber))
        buffer.attribute(1) { putAddress(address, &$0) }
        buffer.attribute(2, network: port)
    }

    /// Addresses take the room of an IPv6 address whatever they are.
    private static func putAddress(_ address: IPAddress, _ buffer: inout MessageBuffer) {
        buffer.put(address)
        if case .v4 = address { buffer.put([UInt8](repeating: 0, count: 12)) }
    }

    private static func put(_ daemon: IPVSSyncDaemon, _ buffer: inout MessageBuffer) {
        buffer.attribute(1, daemon.side.rawValue)
        buffer.attribute(2, daemon.interface)
        buffer.attribute(3, daemon.id)
        if let length = daemon.maximumLength { buffer.attribute(4, length) }
        switch daemon.group {
        case .v4?: if let group = daemon.group { buffer.attribute(5, group) }
        case .v6?: if let group = daemon.group { buffer.attribute(6, group) }
        case nil: break
        }
        if let port = daemon.port { buffer.attribute(7, port) }
        if let timeToLive = daemon.timeToLive { buffer.attribute(8, timeToLive) }
    }
}
