// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

// A server that a reload takes out of a virtual server with `drain_timeout` (ours, not upstream's) gets no new connections at once,
// and leaves the kernel's table when its last one has ended: packets of a connection whose server is gone are dropped.

/// A server in one service of the kernel's table that only waits for its connections to end.
package struct DrainingServer: Hashable, Sendable {
    package let service: ServiceKey
    /// As the table knows it.
    package let server: ServerKey
    /// The server's weight is 0.
    let configuration: ServerConfiguration
    /// When it goes, whatever connections it has.
    let end: Instant
}

/// How many connections each server of a service has: those that a drain waits for.
package typealias ConnectionCounts = [ServerKey: UInt32]

extension VirtualServer {
    /// Takes over those that drain already, and those of its servers that this reload takes away.
    mutating func drain(from old: VirtualServer, leaving: [Int], at now: Instant, into actions: inout [Action]) {
        draining = old.draining
        if settings.drainTimeout > .zero {
            for index in leaving where old.servers[index].tableWeight != nil {
                let server = old.settings.servers[index]
                let end = now + settings.drainTimeout
                for key in old.settings.services {
                    let place = VirtualServerSettings.key(server.key, in: key, server.forwarding)
                    let configuration = server.configuration(weight: 0)
                    draining.append(DrainingServer(service: key, server: place, configuration: configuration, end: end))
                }
                let serverName = settings.name(of: server.key)
                actions.append(.notice(.draining(server: serverName, of: name, limit: settings.drainTimeout)))
            }
        }
        guard !draining.isEmpty else { return }
        let services = Set(settings.services)
        draining = draining.filter { services.contains($0.service) && !hasServer(at: $0.server, in: $0.service) }
    }

    /// Takes over those that an earlier life of the daemon left in the kernel's table without weight: they go when it would have let
    /// them go. Where that is not known, their time begins anew.
    mutating func goOnDraining(_ table: ServiceTable, _ ends: DrainEnds, at now: Instant, into actions: inout [Action]) {
        guard settings.drainTimeout > .zero else { return }
        for key in settings.services {
            for (place, configuration) in table[key]?.servers ?? [] where configuration.weight == 0 && !hasServer(at: place, in: key) {
                let end = min(ends[key, place] ?? .distantFuture, now + settings.drainTimeout)
                draining.append(DrainingServer(service: key, server: place, configuration: configuration, end: end))
                let server = settings.name(of: place)
                actions.append(.notice(.draining(server: server, of: name, limit: max(end - now, .zero))))
            }
        }
    }

    /// Whether one of the servers of the settings has this place in the service.
    private func hasServer(at place: ServerKey, in key: ServiceKey) -> Bool {
        settings.servers.contains { VirtualServerSettings.key($0.key, in: key, $0.forwarding) == place }
            || settings.sorryServer.map { VirtualServerSettings.key($0.key, in: key, $0.forwarding) == place } ?? false
    }

    /// Takes out those that have no connections any more, or have had their time. A server that is not among those counted is
    /// gone already; without any counts nobody knows what to wait for.
    fileprivate mutating func finishDraining(
        _ service: ServiceKey, _ counts: ConnectionCounts?, at now: Instant, into actions: inout [Action]
    ) {
        for drain in draining where drain.service == service {
            let count = counts.map { $0[drain.server] } ?? 0
            guard count ?? 0 == 0 || now >= drain.end else { continue }
            draining.removeAll { $0 == drain }
            guard let count else { continue }
            actions.append(.edit(.removeServer(service, drain.server)))
            let server = settings.name(of: drain.server)
            actions.append(.notice(.drained(server: server, of: name, connections: count)))
        }
    }
}

extension VirtualServers {
    /// How often connections are counted.
    static let drainPause = Interval.seconds(1)

    /// Servers that drain, to be seen by whoever asks.
    package var draining: [DrainingServer] { services.flatMap(\.draining) }

    /// Sees to it that connections are counted as long as there is something to wait for.
    mutating func scheduleDrainLook(at now: Instant) {
        let isDraining = services.contains { !$0.draining.isEmpty }
        if !isDraining { drainLook = nil } else if drainLook == nil { drainLook = now + Self.drainPause }
    }

    /// Asks for the connections of the services in which servers drain.
    mutating func lookAtDrains(at now: Instant, into actions: inout [Action]) {
        drainLook = nil
        for key in Set(services.lazy.flatMap(\.draining).map(\.service)) { actions.append(.countConnections(of: key)) }
        scheduleDrainLook(at: now)
    }

    mutating func finishDraining(
        _ service: ServiceKey, _ counts: ConnectionCounts?, at now: Instant, into actions: inout [Action]
    ) {
        for index in services.indices where !services[index].draining.isEmpty {
            services[index].finishDraining(service, counts, at: now, into: &actions)
        }
        scheduleDrainLook(at: now)
    }
}
