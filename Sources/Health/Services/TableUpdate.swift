// SPDX-License-Identifier: GPL-2.0-or-later

/// The edits that bring the kernel's table to where it should be, told one by one: there may be a hundred thousand of them, and
/// nobody needs them all at once.
///
/// What is there already is changed in place, and all additions come before the first removal, so that no service is without a
/// server in between. Servers that a service of ours should not have go; whole services that nobody desires stay, unless they
/// are ours.
package struct TableUpdate: Sendable {
    enum Basis: Sendable {
        /// From what the kernel holds; `owned` are the services that we put there before.
        case kernel(ServiceTable, owned: Set<ServiceKey>)
        /// From what we told the kernel before: virtual servers with the same services, each in the same place.
        case earlier([VirtualServer])
        /// The services of these virtual servers go as a whole.
        case removal
    }

    let services: [VirtualServer]
    let basis: Basis

    /// Tells the edits in the order in which they are to be made.
    package func forEachEdit(_ body: (ServiceEdit) -> Void) {
        switch basis {
        case .kernel(let table, let owned):
            var hasSurplus = false
            forEachDesired { service in
                let present = table[service.key]
                service.additions(to: present, body)
                hasSurplus = hasSurplus || present.map { service.lacksAny(of: $0) } ?? false
            }
            if hasSurplus { forEachDesired { service in table[service.key]?.surplus(over: service, body) } }
            removeForeign(table, owned, body)
        case .earlier(let old):
            for (now, before) in zip(services, old) where !now.hasSameTable(as: before) {
                for key in now.settings.services { now.wanted(for: key).additions(to: before.held(for: key), body) }
            }
            for (now, before) in zip(services, old) where !now.hasSameTable(as: before) {
                for key in now.settings.services { before.held(for: key).surplus(over: now.wanted(for: key), body) }
            }
        case .removal:
            for service in services { for key in service.settings.services { body(.removeService(key)) } }
        }
    }

    /// All edits in one list, for what is small.
    package var edits: [ServiceEdit] {
        var edits: [ServiceEdit] = []
        forEachEdit { edits.append($0) }
        return edits
    }

    private func forEachDesired(_ body: (ServiceTable.Service) -> Void) {
        guard !services.shareServices else {
            return services.desiredTable.services.forEach(body)
        }
        for service in services {
            for key in service.settings.services { body(service.wanted(for: key)) }
        }
    }

    private func removeForeign(_ table: ServiceTable, _ owned: Set<ServiceKey>, _ body: (ServiceEdit) -> Void) {
        guard !owned.isEmpty, !table.services.isEmpty else { return }
        let desired = Set(services.lazy.flatMap(\.settings.services))
        for service in table.services where owned.contains(service.key) && !desired.contains(service.key) {
            body(.removeService(service.key))
        }
    }
}

extension ServiceTable.Service {
    fileprivate func additions(to present: ServiceTable.Service?, _ body: (ServiceEdit) -> Void) {
        if let present {
            if !present.configuration.isEquivalent(to: configuration) { body(.changeService(key, configuration)) }
        } else {
            body(.addService(key, configuration))
        }
        for server in servers {
            guard let before = present?[server.key] else {
                body(.addServer(key, server.key, server.configuration))
                continue
            }
            if before != server.configuration { body(.changeServer(key, server.key, server.configuration)) }
        }
    }

    fileprivate func lacksAny(of present: ServiceTable.Service) -> Bool {
        present.servers.contains { self[$0.key] == nil }
    }

    /// The servers of this service that the desired one does not have.
    fileprivate func surplus(over desired: ServiceTable.Service, _ body: (ServiceEdit) -> Void) {
        for server in servers where desired[server.key] == nil { body(.removeServer(key, server.key)) }
    }
}

extension ServiceConfiguration {
    /// Equal in what a configuration decides: the kernel adds flags of its own, and keeps a timeout only for persistent services.
    fileprivate func isEquivalent(to other: ServiceConfiguration) -> Bool {
        var left = self
        var right = other
        left.flags.formIntersection(.configurable)
        right.flags.formIntersection(.configurable)
        if !left.flags.contains(.persistent), !right.flags.contains(.persistent) {
            (left.timeout, right.timeout) = (0, 0)
            (left.granularity, right.granularity) = (0, 0)
        }
        return left == right
    }
}

extension VirtualServer {
    /// Whether nothing of what the kernel is told has changed since.
    fileprivate func hasSameTable(as before: VirtualServer) -> Bool {
        shared == before.shared && draining == before.draining && wantedSorryWeight == before.sorryTableWeight
            && servers.indices.allSatisfy { wantedWeight(of: $0) == before.servers[$0].tableWeight }
    }
}

extension [VirtualServer] {
    /// What the kernel's table should hold for all of them.
    package var desiredTable: ServiceTable {
        var table = ServiceTable()
        for service in self { for key in service.settings.services { table.merge(service.wanted(for: key)) } }
        return table
    }

    /// What it holds by our doing.
    var heldTable: ServiceTable {
        var table = ServiceTable()
        for service in self { for key in service.settings.services { table.merge(service.held(for: key)) } }
        return table
    }

    /// Whether several of them stand for one service: only groups can overlap with others.
    var shareServices: Bool {
        guard contains(where: { if case .group = $0.settings.target { true } else { false } }) else { return false }
        var seen: Set<ServiceKey> = []
        return contains { $0.settings.services.contains { !seen.insert($0).inserted } }
    }
}
