// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// All virtual servers with their real servers and checkers: events in, actions out, time handed in.
///
/// The state of a hundred thousand checkers lies in one array, the checkers of a server side by side; one queue holds their
/// deadlines.
package struct VirtualServers: Sendable {
    package internal(set) var settings: HealthSettings
    package internal(set) var services: [VirtualServer] = []
    /// A slot for each checker, and free ones that a reload left.
    package internal(set) var checks: [CheckState] = []
    /// Which server each slot belongs to; service -1: the slot is free.
    var owners: [Owner] = []
    /// First slots of free runs by their length.
    var freeRuns: [Int: [Int32]] = [:]
    var deadlines = DeadlineQueue()
    /// When the connections of servers that drain are counted next.
    var drainLook: Instant?
    /// The last number of each tracked file, the last state of each BFD session, and the addresses that are here.
    var files: [String: Int32] = [:]
    var sessions: [String: Bool] = [:]
    var addresses: Set<IPAddress> = []
    var random: Jitter

    struct Owner: Sendable {
        var service: Int32
        var server: Int32

        static let none = Owner(service: -1, server: -1)
    }

    /// `seed` makes the random delays before the first round of each checker.
    package init(seed: UInt64) {
        settings = HealthSettings()
        random = Jitter(seed: seed)
    }

    /// When `advance` wants to be called; nil: there is nothing to wait for.
    package var nextDeadline: Instant? {
        guard let drainLook else { return deadlines.first?.deadline }
        return min(drainLook, deadlines.first?.deadline ?? .distantFuture)
    }

    /// The settings of a checker with the server it belongs to; nil if a reload took it away.
    package func check(
        _ id: CheckID
    ) -> (settings: CheckSettings, server: RealServerSettings, service: VirtualServerSettings)? {
        guard id.slot < owners.count, owners[id.slot].service >= 0 else { return nil }
        let owner = owners[id.slot]
        let service = services[Int(owner.service)]
        let server = service.settings.servers[Int(owner.server)]
        let place = id.slot - Int(service.servers[Int(owner.server)].firstCheck)
        return (server.checks[place], server, service.settings)
    }

    /// What an attempt of a checker needs to know; nil if a reload took it away.
    package func probe(_ id: CheckID) -> (settings: CheckSettings, server: ServerKey)? {
        guard id.slot < owners.count, owners[id.slot].service >= 0 else { return nil }
        return (settings(of: id.slot), services[Int(owners[id.slot].service)].settings.servers[Int(owners[id.slot].server)].key)
    }

    /// Where a TCP_CHECK connects to if that is all there is to say of it; nil: `probe` has more.
    package func plainConnection(_ id: CheckID) -> PlainConnection? {
        guard id.slot < owners.count, owners[id.slot].service >= 0 else { return nil }
        let (service, server) = (Int(owners[id.slot].service), Int(owners[id.slot].server))
        let place = id.slot - Int(services[service].servers[server].firstCheck)
        return PlainConnection(
            services[service].settings.servers[server].checks[place], of: services[service].settings.servers[server].key)
    }

    /// The settings of the checker in a slot that is not free.
    func settings(of slot: Int) -> CheckSettings {
        let (service, server) = (Int(owners[slot].service), Int(owners[slot].server))
        let place = slot - Int(services[service].servers[server].firstCheck)
        return services[service].settings.servers[server].checks[place]
    }

    /// What the kernel's table should hold now.
    package var desiredTable: ServiceTable { services.desiredTable }

    /// The edits that make the kernel's table what it should be, after others may have changed it.
    package mutating func reconcile(kernel: ServiceTable, into actions: inout [Action]) {
        for index in services.indices { services[index].settleTable() }
        actions.append(.update(TableUpdate(services: services, basis: .kernel(kernel, owned: []))))
    }

    /// Starts the rounds that are due by now.
    package mutating func advance(to now: Instant, into actions: inout [Action]) {
        if let drainLook, drainLook <= now { lookAtDrains(at: now, into: &actions) }
        while let due = deadlines.popFirst(notAfter: now) {
            let slot = due.owner
            guard owners[slot].service >= 0, checks[slot].isEnabled, !checks[slot].isRunning else { continue }
            checks[slot].attempt &+= 1
            checks[slot].isRunning = true
            actions.append(.probe(CheckID(slot), attempt: checks[slot].attempt, step: Int(checks[slot].step)))
        }
    }

    /// Takes in what happened.
    package mutating func handle(_ event: Event, at now: Instant, into actions: inout [Action]) {
        switch event {
        case .ended(let id, let attempt, let outcome):
            conclude(id, attempt, outcome, at: now, into: &actions)
        case .file(let name, let value):
            files[name] = value ?? 0
            forEachPassiveCheck { servers, slot, check in
                if case .file(let file) = check.kind, file.name == name {
                    servers.applyFile(file, slot: slot, into: &actions)
                }
            }
        case .bfd(let name, let isUp):
            sessions[name] = isUp
            forEachPassiveCheck { servers, slot, check in
                if check.kind == .bfd(name: name) { servers.applySession(name, isUp, slot: slot, into: &actions) }
            }
        case .connections(let service, let counts): finishDraining(service, counts, at: now, into: &actions)
        case .address(let address, let isPresent):
            if isPresent { addresses.insert(address) } else { addresses.remove(address) }
            for index in services.indices
            where services[index].settings.suspends && services[index].settings.isServed(by: [address]) {
                updateSuspension(of: index, at: now, into: &actions)
            }
        }
    }

    private mutating func forEachPassiveCheck(_ body: (inout VirtualServers, Int, CheckSettings) -> Void) {
        for slot in checks.indices {
            guard let found = check(CheckID(slot)), found.settings.kind.isPassive else { continue }
            body(&self, slot, found.settings)
        }
    }
}

/// SplitMix64: good enough to spread the first rounds, and the same for the same seed.
struct Jitter: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// An interval from zero up to, but not including, `limit`.
    mutating func interval(below limit: Interval) -> Interval {
        guard limit > .zero else { return .zero }
        return Interval(nanoseconds: Int64(next() % UInt64(limit.nanoseconds)))
    }
}
