// SPDX-License-Identifier: GPL-2.0-or-later

import Health
import Linux
import Netlink

/// The counters of the kernel's load balancer, by service and real server.
struct ServerStatistics {
    /// A real server's connections now, and what it has had.
    struct Server {
        var connections: IPVS.Connections
        var totals: IPVS.Statistics
    }

    private(set) var services: [ServiceKey: IPVS.Statistics] = [:]
    private(set) var servers: [ServiceKey: [ServerKey: Server]] = [:]

    init() {}

    /// Asks the kernel and waits for its answer, so only for a process that has the time; empty where there is no IPVS.
    static func read() -> ServerStatistics {
        var statistics = ServerStatistics()
        guard let query = try? KernelQuery(.generic), let family = query.genericFamily(IPVS.familyName) else { return statistics }
        for case .service(let service, let totals) in list(.listServices, query, family) {
            guard let key = ServiceKey(service.match) else { continue }
            statistics.services[key] = totals
            for case .destination(let server, let connections, let totals)
                in list(.listDestinations(of: service.match), query, family)
            {
                statistics.servers[key, default: [:]][ServerKey(server.address, port: server.port)] = Server(
                    connections: connections, totals: totals)
            }
        }
        return statistics
    }

    private static func list(_ command: IPVSRequest.Command, _ query: KernelQuery, _ family: UInt16) -> [IPVSNews] {
        let found = try? query.list(IPVSRequest(command, family: family)) { message throws(MalformedMessage) in
            try IPVSNews(message)
        }
        return found ?? []
    }

    /// The sum over the services of a virtual server.
    func totals(of settings: VirtualServerSettings) -> IPVS.Statistics {
        settings.services.reduce(into: IPVS.Statistics()) { sum, key in sum.add(services[key]) }
    }

    /// The sum over the services that the server is in.
    func server(_ server: ServerKey, _ forwarding: Forwarding, of settings: VirtualServerSettings) -> Server {
        var sum = Server(connections: IPVS.Connections(active: 0, inactive: 0, persistent: 0), totals: IPVS.Statistics())
        for key in settings.services {
            guard let one = servers[key]?[VirtualServerSettings.key(server, in: key, forwarding)] else { continue }
            sum.totals.add(one.totals)
            sum.connections.active &+= one.connections.active
            sum.connections.inactive &+= one.connections.inactive
            sum.connections.persistent &+= one.connections.persistent
        }
        return sum
    }
}

extension IPVS.Statistics {
    fileprivate mutating func add(_ other: IPVS.Statistics?) {
        guard let other else { return }
        connections &+= other.connections
        packetsIn &+= other.packetsIn
        packetsOut &+= other.packetsOut
        bytesIn &+= other.bytesIn
        bytesOut &+= other.bytesOut
        rates.connections &+= other.rates.connections
        rates.packetsIn &+= other.rates.packetsIn
        rates.packetsOut &+= other.rates.packetsOut
        rates.bytesIn &+= other.rates.bytesIn
        rates.bytesOut &+= other.rates.bytesOut
    }
}
