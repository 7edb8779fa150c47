// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// What the checkers know about one real server.
package struct RealServer: Sendable {
    /// How many of its checkers are down.
    package internal(set) var failedChecks: UInt32 = 0
    package internal(set) var isAlive = true
    /// The weight that settings, scripts and files make together.
    package internal(set) var weight: UInt32
    /// The weight the kernel's table holds by our doing; nil: the server is not in it.
    package internal(set) var tableWeight: UInt32?
    /// The first of its checkers; the others follow.
    package internal(set) var firstCheck: Int32

    init(weight: UInt32, firstCheck: Int32) {
        self.weight = weight
        self.firstCheck = firstCheck
    }
}

/// A virtual server at work: its settings, its servers, and whether they are enough.
package struct VirtualServer: Sendable {
    let shared: Shared<VirtualServerSettings>
    package var settings: VirtualServerSettings { _read { yield shared.value } }
    /// As `settings.servers`, in the same order.
    package internal(set) var servers: [RealServer] = []
    package internal(set) var hasQuorum = false
    /// The weight the kernel's table holds for the sorry server; nil: it is not in it.
    package internal(set) var sorryTableWeight: UInt32?
    /// Servers that a reload took away and that still have connections; in the table with weight 0.
    var draining: [DrainingServer] = []
    package let name: String

    init(_ settings: Shared<VirtualServerSettings>) {
        shared = settings
        name = settings.name
    }

    /// The weights of the servers that are up.
    package var aliveWeight: UInt64 { servers.reduce(0) { $1.isAlive ? $0 + UInt64($1.weight) : $0 } }

    package var figures: QuorumFigures {
        QuorumFigures(quorum: settings.quorum, hysteresis: settings.hysteresis, weight: aliveWeight)
    }

    /// Whether the sorry server answers in place of the others.
    package var isSorry: Bool { settings.sorryServer != nil && !hasQuorum }

    /// The weight a server should have in the kernel's table; nil: it should not be there.
    package func wantedWeight(of index: Int) -> UInt32? {
        if servers[index].isAlive, !isSorry { return servers[index].weight }
        return settings.servers[index].inhibitsOnFailure ? 0 : nil
    }

    /// As above for the sorry server. Its weight is always 1.
    package var wantedSorryWeight: UInt32? {
        guard let sorry = settings.sorryServer else { return nil }
        return isSorry ? 1 : sorry.isInhibited ? 0 : nil
    }
}

extension VirtualServerSettings {
    /// What the kernel is told about each service of this virtual server.
    package func configuration(of key: ServiceKey) -> ServiceConfiguration {
        var flags = flags
        if persistence != nil { flags.insert(.persistent) }
        return ServiceConfiguration(
            scheduler: scheduler.rawValue, flags: flags, timeout: persistence?.timeout ?? 0,
            granularity: persistence?.granularity ?? ServiceConfiguration.finest(key.family),
            engine: persistence?.engine ?? ""
        )
    }

    /// The key of a server in one service: a packet keeps its port unless it is translated, so the port is then the service's; a
    /// server of a group may have none of its own.
    package static func key(_ server: ServerKey, in service: ServiceKey, _ forwarding: Forwarding) -> ServerKey {
        switch (service, forwarding) {
        case (.mark, .nat): server
        case (.mark, _): ServerKey(server.address, port: 0)
        case (.address(_, let port, _), .nat): server.port == 0 ? ServerKey(server.address, port: port) : server
        case (.address(_, let port, _), .direct), (.address(_, let port, _), .tunnel):
            ServerKey(server.address, port: port)
        }
    }
}

extension RealServerSettings {
    /// What the kernel is told about this server.
    package func configuration(weight: UInt32) -> ServerConfiguration {
        ServerConfiguration(
            weight: weight, forwarding: forwarding, upperThreshold: upperThreshold, lowerThreshold: lowerThreshold
        )
    }
}

extension VirtualServer {
    /// What the kernel should hold for one of its services.
    func wanted(for key: ServiceKey) -> ServiceTable.Service { service(for: key, wantedSorryWeight) { wantedWeight(of: $0) } }

    /// What the kernel holds for one of its services by our doing.
    func held(for key: ServiceKey) -> ServiceTable.Service { service(for: key, sorryTableWeight) { servers[$0].tableWeight } }

    private func service(
        for key: ServiceKey, _ sorryWeight: UInt32?, _ weight: (Int) -> UInt32?
    ) -> ServiceTable.Service {
        var service = ServiceTable.Service(key: key, configuration: settings.configuration(of: key))
        for (index, server) in settings.servers.enumerated() {
            guard let weight = weight(index) else { continue }
            let place = VirtualServerSettings.key(server.key, in: key, server.forwarding)
            service[place] = server.configuration(weight: weight)
        }
        if let sorry = settings.sorryServer, let sorryWeight {
            let place = VirtualServerSettings.key(sorry.key, in: key, sorry.forwarding)
            service[place] = ServerConfiguration(weight: sorryWeight, forwarding: sorry.forwarding)
        }
        for drain in draining where drain.service == key { service[drain.server] = drain.configuration }
        return service
    }

    /// Takes it that the kernel holds what it should.
    mutating func settleTable() {
        for index in servers.indices {
            let wanted = wantedWeight(of: index)
            // Most hold it already, and are shared with those of before.
            if servers[index].tableWeight != wanted { servers[index].tableWeight = wanted }
        }
        sorryTableWeight = wantedSorryWeight
    }

    /// The edits that give one server the weight it should have.
    mutating func updateTable(server index: Int, into actions: inout [Action]) {
        let wanted = wantedWeight(of: index)
        let present = servers[index].tableWeight
        guard wanted != present else { return }
        servers[index].tableWeight = wanted
        let server = settings.servers[index]
        for key in settings.services {
            let place = VirtualServerSettings.key(server.key, in: key, server.forwarding)
            let configuration = wanted.map { server.configuration(weight: $0) }
            actions.append(.edit(Self.edit(key, place, configuration, isPresent: present != nil)))
        }
    }

    /// The edits that give all servers and the sorry server the weights they should have; additions come first.
    mutating func updateTable(into actions: inout [Action]) {
        let arriving = isSorry
        if arriving { updateSorry(into: &actions) }
        for index in servers.indices { updateTable(server: index, into: &actions) }
        if !arriving { updateSorry(into: &actions) }
    }

    private mutating func updateSorry(into actions: inout [Action]) {
        let wanted = wantedSorryWeight
        let present = sorryTableWeight
        guard let sorry = settings.sorryServer, wanted != present else { return }
        sorryTableWeight = wanted
        for key in settings.services {
            let place = VirtualServerSettings.key(sorry.key, in: key, sorry.forwarding)
            let configuration = wanted.map { ServerConfiguration(weight: $0, forwarding: sorry.forwarding) }
            actions.append(.edit(Self.edit(key, place, configuration, isPresent: present != nil)))
        }
    }

    private static func edit(
        _ key: ServiceKey, _ server: ServerKey, _ configuration: ServerConfiguration?, isPresent: Bool
    ) -> ServiceEdit {
        guard let configuration else { return .removeServer(key, server) }
        return isPresent ? .changeServer(key, server, configuration) : .addServer(key, server, configuration)
    }
}
