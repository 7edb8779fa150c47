// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// What a listing of the load balancer tells.
public enum IPVSNews: Hashable, Sendable {
    case service(IPVS.Service, IPVS.Statistics)
    case destination(IPVS.Destination, IPVS.Connections, IPVS.Statistics)
    case daemon(IPVS.SyncDaemon)

    /// Reads an answer to one of the list commands; `family` is that of the service whose destinations are listed, for kernels
    /// before 3.18 that do not repeat it. Nil for an answer about anything else.
    public init?(_ message: Message, family: AddressFamily = .ipv4) throws(MalformedMessage) {
        guard message.payload.count >= 4 else { throw MalformedMessage() }
        var attributes = AttributeReader(message.payload.dropFirst(4))
        while let attribute = try attributes.next() {
            switch attribute.type {
            case IPVSAttribute.service:
                self = try Self.service(attribute.attributes)
                return
            case IPVSAttribute.destination:
                self = try Self.destination(attribute.attributes, family)
                return
            case IPVSAttribute.daemon:
                self = .daemon(try Self.daemon(attribute.attributes))
                return
            default: break
            }
        }
        return nil
    }

    private static func service(_ reader: AttributeReader) throws(MalformedMessage) -> IPVSNews {
        typealias Types = IPVSAttribute.Service
        guard let family = try reader.first(Types.family)?.family else { throw MalformedMessage() }
        let match: IPVS.Match
        if let mark = try reader.first(Types.mark)?.number(UInt32.self), mark != 0 {
            match = .mark(mark, family)
        } else {
            guard let address = try reader.first(Types.address)?.wideAddress(family) else { throw MalformedMessage() }
            match = .address(
                address, port: try reader.first(Types.port)?.networkNumber() ?? 0,
                protocol: try reader.first(Types.protocol)?.number() ?? 0
            )
        }
        var service = IPVS.Service(match, scheduler: try reader.first(Types.scheduler)?.text ?? "")
        if let flags = try reader.first(Types.flags) {
            service.flags = IPVS.ServiceFlags(rawValue: try flags.value.native(0, UInt32.self))
        }
        service.persistence = try reader.first(Types.timeout)?.number() ?? 0
        if let mask = try reader.first(Types.netmask)?.number(UInt32.self) {
            service.granularity = family == .ipv4 ? mask.nonzeroBitCount : Int(min(mask, 128))
        }
        service.persistenceEngine = try reader.first(Types.persistenceEngine)?.text
        return .service(service, try IPVS.Statistics(try reader.first(Types.statistics64)))
    }

    private static func destination(
        _ reader: AttributeReader, _ serviceFamily: AddressFamily
    ) throws(MalformedMessage) -> IPVSNews {
        typealias Types = IPVSAttribute.Destination
        let family = try reader.first(Types.family)?.family ?? serviceFamily
        guard let address = try reader.first(Types.address)?.wideAddress(family),
            // The upper bits are flags of connections.
            let forwarding = IPVS.Forwarding(rawValue: (try reader.first(Types.forwarding)?.number() ?? 0) & 7)
        else { throw MalformedMessage() }
        var destination = IPVS.Destination(
            address, port: try reader.first(Types.port)?.networkNumber() ?? 0, forwarding: forwarding,
            weight: try reader.first(Types.weight)?.number() ?? 0
        )
        destination.upperThreshold = try reader.first(Types.upperThreshold)?.number() ?? 0
        destination.lowerThreshold = try reader.first(Types.lowerThreshold)?.number() ?? 0
        let flags: UInt16 = try reader.first(Types.tunnelFlags)?.number() ?? 0
        switch try reader.first(Types.tunnelType)?.number(UInt8.self) ?? 0 {
        case 1: destination.tunnel = .gue(port: try reader.first(Types.tunnelPort)?.networkNumber() ?? 0, flags: flags)
        case 2: destination.tunnel = .gre(flags: flags)
        default: break
        }
        let connections = IPVS.Connections(
            active: try reader.first(Types.activeConnections)?.number() ?? 0,
            inactive: try reader.first(Types.inactiveConnections)?.number() ?? 0,
            persistent: try reader.first(Types.persistentConnections)?.number() ?? 0
        )
        return .destination(destination, connections, try IPVS.Statistics(try reader.first(Types.statistics64)))
    }

    private static func daemon(_ reader: AttributeReader) throws(MalformedMessage) -> IPVS.SyncDaemon {
        typealias Types = IPVSAttribute.Daemon
        guard let number: UInt32 = try reader.first(Types.state)?.number(), let state = IPVS.SyncDaemon.State(rawValue: number)
        else { throw MalformedMessage() }
        var daemon = IPVS.SyncDaemon(
            state, interface: try reader.first(Types.interface)?.text ?? "", syncID: try reader.first(Types.syncID)?.number() ?? 0
        )
        daemon.largestPacket = try reader.first(Types.largestPacket)?.number()
        let groups = (try reader.first(Types.group), try reader.first(Types.group6))
        daemon.group = (groups.0 ?? groups.1)?.address
        daemon.port = try reader.first(Types.port)?.number()
        daemon.timeToLive = try reader.first(Types.timeToLive)?.number()
        return daemon
    }
}

extension IPVS {
    /// What has passed since the service or server was added or its counters zeroed.
    public struct Statistics: Hashable, Sendable {
        public var connections: UInt64 = 0
        public var packetsIn: UInt64 = 0
        public var packetsOut: UInt64 = 0
        public var bytesIn: UInt64 = 0
        public var bytesOut: UInt64 = 0
        public var rates = Rates()

        /// Per second, over the last seconds.
        public struct Rates: Hashable, Sendable {
            public var connections: UInt64 = 0
            public var packetsIn: UInt64 = 0
            public var packetsOut: UInt64 = 0
            public var bytesIn: UInt64 = 0
            public var bytesOut: UInt64 = 0

            public init() {}
        }

        public init() {}

        init(_ attribute: Attribute?) throws(MalformedMessage) {
            typealias Types = IPVSAttribute.Statistics
            guard let reader = attribute?.attributes else { return }
            connections = try reader.first(Types.connections)?.number() ?? 0
            packetsIn = try reader.first(Types.packetsIn)?.number() ?? 0
            packetsOut = try reader.first(Types.packetsOut)?.number() ?? 0
            bytesIn = try reader.first(Types.bytesIn)?.number() ?? 0
            bytesOut = try reader.first(Types.bytesOut)?.number() ?? 0
            rates.connections = try reader.first(Types.connectionRate)?.number() ?? 0
            rates.packetsIn = try reader.first(Types.packetRateIn)?.number() ?? 0
            rates.packetsOut = try reader.first(Types.packetRateOut)?.number() ?? 0
            rates.bytesIn = try reader.first(Types.byteRateIn)?.number() ?? 0
            rates.bytesOut = try reader.first(Types.byteRateOut)?.number() ?? 0
        }
    }

    /// Connections of a real server now.
    public struct Connections: Hashable, Sendable {
        public var active: UInt32
        public var inactive: UInt32
        public var persistent: UInt32

        public init(active: UInt32, inactive: UInt32, persistent: UInt32) {
            self.active = active
            self.inactive = inactive
            self.persistent = persistent
        }
    }
}

extension Attribute {
    fileprivate var family: AddressFamily? {
        number(UInt16.self).flatMap { UInt8(exactly: $0) }.flatMap { AddressFamily(netlinkNumber: $0) }
    }

    /// An address of that family out of the 16 bytes that both share.
    fileprivate func wideAddress(_ family: AddressFamily) -> IPAddress? {
        IPAddress(bytes: value.prefix(family.bits / 8))
    }

    fileprivate func networkNumber() -> UInt16? { number(UInt16.self).map { UInt16(bigEndian: $0) } }
}
