// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Netlink

// Between the core's terms and those of the kernel's messages.

extension ServiceKey {
    var match: IPVS.Match {
        switch self {
        case .address(let address, let port, let transport):
            .address(address, port: port, protocol: UInt16(transport.rawValue))
        case .mark(let mark, let family): .mark(mark, family)
        }
    }

    /// Nil for a protocol that we do not know; such a service is not ours.
    init?(_ match: IPVS.Match) {
        switch match {
        case .address(let address, let port, let number):
            guard let transport = UInt8(exactly: number).flatMap({ TransportProtocol(rawValue: $0) }) else {
                return nil
            }
            self = .address(address, port: port, transport)
        case .mark(let mark, let family): self = .mark(mark, family)
        }
    }
}

extension ServiceConfiguration {
    init(_ service: IPVS.Service) {
        let granularity: UInt32
        switch service.match.family {
        case .ipv4: granularity = service.granularity == 0 ? 0 : .max << UInt32(32 - min(service.granularity, 32))
        case .ipv6: granularity = UInt32(service.granularity)
        }
        self.init(
            scheduler: service.scheduler, flags: ServiceFlags(rawValue: service.flags.rawValue),
            timeout: service.persistence,
            granularity: granularity, engine: service.persistenceEngine ?? ""
        )
    }
}

extension ServerConfiguration {
    init(_ server: IPVS.Destination) {
        let forwarding: Forwarding
        switch server.forwarding {
        case .tunnel: forwarding = .tunnel(Tunnel(server.tunnel))
        case .directRoute: forwarding = .direct
        // A local node was asked for as something else: the kernel found out that the address is its own.
        case .masquerade, .localNode, .bypass: forwarding = .nat
        }
        self.init(
            weight: server.weight, forwarding: forwarding, upperThreshold: server.upperThreshold,
            lowerThreshold: server.lowerThreshold
        )
    }
}

extension Tunnel {
    init(_ tunnel: IPVS.Tunnel) {
        switch tunnel {
        case .ipip: self.init()
        case .gue(let port, let flags): self.init(kind: .gue, port: port, checksum: Checksum(rawValue: flags) ?? .none)
        case .gre(let flags): self.init(kind: .gre, checksum: Checksum(rawValue: flags) ?? .none)
        }
    }

    fileprivate var kernel: IPVS.Tunnel {
        switch kind {
        case .ipip: .ipip
        case .gue: .gue(port: port, flags: checksum.rawValue)
        case .gre: .gre(flags: checksum.rawValue)
        }
    }
}

extension IPVSRequest.Command {
    init(_ edit: ServiceEdit) {
        switch edit {
        case .addService(let key, let configuration): self = .addService(IPVS.Service(key, configuration))
        case .changeService(let key, let configuration): self = .changeService(IPVS.Service(key, configuration))
        case .removeService(let key): self = .removeService(key.match)
        case .addServer(let key, let server, let configuration):
            self = .addDestination(IPVS.Destination(server, configuration), of: key.match)
        case .changeServer(let key, let server, let configuration):
            self = .changeDestination(IPVS.Destination(server, configuration), of: key.match)
        case .removeServer(let key, let server):
            self = .removeDestination(server.address, port: server.port, of: key.match)
        }
    }
}

extension IPVS.Service {
    fileprivate init(_ key: ServiceKey, _ configuration: ServiceConfiguration) {
        self.init(key.match, scheduler: configuration.scheduler)
        flags = IPVS.ServiceFlags(rawValue: configuration.flags.rawValue)
        persistence = configuration.timeout
        persistenceEngine = configuration.engine.isEmpty ? nil : configuration.engine
        switch key.family {
        case .ipv4: granularity = (~configuration.granularity).leadingZeroBitCount
        case .ipv6: granularity = Int(configuration.granularity)
        }
    }
}

extension IPVS.Destination {
    fileprivate init(_ server: ServerKey, _ configuration: ServerConfiguration) {
        self.init(server.address, port: server.port, forwarding: .masquerade, weight: configuration.weight)
        upperThreshold = configuration.upperThreshold
        lowerThreshold = configuration.lowerThreshold
        switch configuration.forwarding {
        case .nat: break
        case .direct: forwarding = .directRoute
        case .tunnel(let settings):
            forwarding = .tunnel
            tunnel = settings.kernel
        }
    }
}
