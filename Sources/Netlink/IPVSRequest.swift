// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// Asks the load balancer for something. After the message's header stands that of generic netlink:
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |    Command    |    Version    |           Reserved            |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct IPVSRequest: NetlinkRequest, Hashable, Sendable {
    /// What IPVS is asked to do or to list; a service or destination that is only named is given by what identifies it.
    public enum Command: Hashable, Sendable {
        case addService(IPVS.Service)
        case changeService(IPVS.Service)
        case removeService(IPVS.Match)
        case addDestination(IPVS.Destination, of: IPVS.Match)
        case changeDestination(IPVS.Destination, of: IPVS.Match)
        case removeDestination(IPAddress, port: UInt16, of: IPVS.Match)
        case startDaemon(IPVS.SyncDaemon)
        case stopDaemon(IPVS.SyncDaemon.State)
        case setTimeouts(IPVS.Timeouts)
        /// Removes every service.
        case flush
        case listServices
        case listDestinations(of: IPVS.Match)
        case listDaemons
    }

    /// The number of the generic netlink family.
    public var family: UInt16
    public var command: Command

    public init(_ command: Command, family: UInt16) {
        self.command = command
        self.family = family
    }

    /// A generic netlink message to the family's number: listings as dumps, everything else to be acknowledged.
    public func write(into buffer: inout MessageBuffer, sequence: UInt32) {
        buffer.message(family, isListing ? [.request, .dump] : [.request, .acknowledge], sequence: sequence) { buffer in
            buffer.put(number)
            buffer.put(IPVS.version)
            buffer.put(UInt16(0))
            writeAttributes(into: &buffer)
        }
    }

    private var isListing: Bool {
        switch command {
        case .listServices, .listDestinations, .listDaemons: true
        case .addService, .changeService, .removeService, .addDestination, .changeDestination, .removeDestination, .startDaemon,
            .stopDaemon, .setTimeouts, .flush:
            false
        }
    }

    private var number: UInt8 {
        switch command {
        case .addService: IPVSCommand.newService
        case .changeService: IPVSCommand.setService
        case .removeService: IPVSCommand.deleteService
        case .addDestination: IPVSCommand.newDestination
        case .changeDestination: IPVSCommand.setDestination
        case .removeDestination: IPVSCommand.deleteDestination
        case .startDaemon: IPVSCommand.newDaemon
        case .stopDaemon: IPVSCommand.deleteDaemon
        case .setTimeouts: IPVSCommand.setConfig
        case .flush: IPVSCommand.flush
        case .listServices: IPVSCommand.getService
        case .listDestinations: IPVSCommand.getDestination
        case .listDaemons: IPVSCommand.getDaemon
        }
    }

    private func writeAttributes(into buffer: inout MessageBuffer) {
        switch command {
        case .addService(let service), .changeService(let service):
            buffer.nested(IPVSAttribute.service) { $0.write(service) }
        case .removeService(let match), .listDestinations(let match):
            buffer.nested(IPVSAttribute.service) { $0.write(match) }
        case .addDestination(let destination, let match), .changeDestination(let destination, let match):
            buffer.nested(IPVSAttribute.service) { $0.write(match) }
            buffer.nested(IPVSAttribute.destination) { $0.write(destination) }
        case .removeDestination(let address, let port, let match):
            buffer.nested(IPVSAttribute.service) { $0.write(match) }
            buffer.nested(IPVSAttribute.destination) { $0.write(destination: address, port) }
        case .startDaemon(let daemon):
            buffer.nested(IPVSAttribute.daemon) { $0.write(daemon) }
        case .stopDaemon(let state):
            buffer.nested(IPVSAttribute.daemon) { $0.attribute(IPVSAttribute.Daemon.state, state.rawValue) }
        case .setTimeouts(let timeouts):
            if let seconds = timeouts.tcp { buffer.attribute(IPVSAttribute.timeoutTCP, seconds) }
            if let seconds = timeouts.tcpFinal { buffer.attribute(IPVSAttribute.timeoutTCPFinal, seconds) }
            if let seconds = timeouts.udp { buffer.attribute(IPVSAttribute.timeoutUDP, seconds) }
        case .flush, .listServices, .listDaemons:
            break
        }
    }
}

extension MessageBuffer {
    fileprivate mutating func write(_ match: IPVS.Match) {
        attribute(IPVSAttribute.Service.family, UInt16(match.family.netlinkNumber))
        switch match {
        case .mark(let mark, _):
            attribute(IPVSAttribute.Service.mark, mark)
        case .address(let address, let port, let number):
            attribute(IPVSAttribute.Service.protocol, number)
            wide(IPVSAttribute.Service.address, address)
            attribute(IPVSAttribute.Service.port, network: port)
        }
    }

    fileprivate mutating func write(_ service: IPVS.Service) {
        write(service.match)
        attribute(IPVSAttribute.Service.scheduler, service.scheduler)
        if let engine = service.persistenceEngine { attribute(IPVSAttribute.Service.persistenceEngine, engine) }
        attribute(IPVSAttribute.Service.flags) { buffer in
            buffer.put(service.flags.rawValue)
            // Which flags are meant: all.
            buffer.put(UInt32.max)
        }
        attribute(IPVSAttribute.Service.timeout, service.persistence)
        switch service.match.family {
        case .ipv4:
            let hostBits = UInt32(32 - max(0, min(service.granularity, 32)))
            attribute(IPVSAttribute.Service.netmask, network: hostBits == 32 ? UInt32(0) : UInt32.max << hostBits)
        case .ipv6:
            attribute(IPVSAttribute.Service.netmask, UInt32(max(0, min(service.granularity, 128))))
        }
    }

    fileprivate mutating func write(destination address: IPAddress, _ port: UInt16) {
        attribute(IPVSAttribute.Destination.family, UInt16(address.family.netlinkNumber))
        wide(IPVSAttribute.Destination.address, address)
        attribute(IPVSAttribute.Destination.port, network: port)
    }

    fileprivate mutating func write(_ destination: IPVS.Destination) {
        write(destination: destination.address, destination.port)
        attribute(IPVSAttribute.Destination.forwarding, destination.forwarding.rawValue)
        attribute(IPVSAttribute.Destination.weight, destination.weight)
        attribute(IPVSAttribute.Destination.upperThreshold, destination.upperThreshold)
        attribute(IPVSAttribute.Destination.lowerThreshold, destination.lowerThreshold)
        let (type, port, flags): (UInt8, UInt16, UInt16) =
            switch destination.tunnel {
            case .ipip: (0, 0, 0)
            case .gue(let port, let flags): (1, port, flags)
            case .gre(let flags): (2, 0, flags)
            }
        // Kernels before 5.3 skip these.
        attribute(IPVSAttribute.Destination.tunnelType, type)
        attribute(IPVSAttribute.Destination.tunnelPort, network: port)
        attribute(IPVSAttribute.Destination.tunnelFlags, flags)
    }

    fileprivate mutating func write(_ daemon: IPVS.SyncDaemon) {
        attribute(IPVSAttribute.Daemon.state, daemon.state.rawValue)
        attribute(IPVSAttribute.Daemon.interface, daemon.interface)
        attribute(IPVSAttribute.Daemon.syncID, daemon.syncID)
        if let bytes = daemon.largestPacket { attribute(IPVSAttribute.Daemon.largestPacket, bytes) }
        switch daemon.group {
        case .v4?: if let group = daemon.group { attribute(IPVSAttribute.Daemon.group, group) }
        case .v6?: if let group = daemon.group { attribute(IPVSAttribute.Daemon.group6, group) }
        case nil: break
        }
        if let port = daemon.port { attribute(IPVSAttribute.Daemon.port, port) }
        if let hops = daemon.timeToLive { attribute(IPVSAttribute.Daemon.timeToLive, hops) }
    }

    /// An address in the 16 bytes that both families share, an IPv4 one in the first four.
    private mutating func wide(_ type: UInt16, _ address: IPAddress) {
        attribute(type) { buffer in
            buffer.put(address)
            if address.family == .ipv4 { buffer.put([UInt8](repeating: 0, count: 12)) }
        }
    }
}
