// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Config

// Start, reload and stop: from one configuration to another as a difference. The start is the reload of nothing.

extension VirtualServers {
    /// From the start of the process to the first round: the pause that upstream makes, so that interfaces may come up.
    package static let firstRoundDelay = Interval.seconds(1)

    /// Begins with a configuration.
    ///
    /// `kernel` is what its table holds already. A service found there was left by an earlier life of the daemon: a server with
    /// checkers that is missing from it was down, and stays so until it is checked. `drains` says when those end that it began.
    package mutating func start(
        _ settings: HealthSettings, at now: Instant, kernel: ServiceTable, drains: DrainEnds = DrainEnds(), into actions: inout [Action]
    ) {
        change(to: settings, at: now, kernel, isStart: true, drains, into: &actions)
    }

    /// Changes to another configuration: what is in both feels nothing.
    ///
    /// Virtual servers are matched by what they listen to, servers by address and port, checkers by what they do. `kernel` is what
    /// the table holds really; nil: what it should hold.
    package mutating func reconfigure(
        to settings: HealthSettings, at now: Instant, kernel: ServiceTable? = nil, into actions: inout [Action]
    ) {
        change(to: settings, at: now, kernel, isStart: false, into: &actions)
    }

    private mutating func change(
        to new: HealthSettings, at now: Instant, _ kernel: ServiceTable?, isStart: Bool, _ drains: DrainEnds = DrainEnds(),
        into actions: inout [Action]
    ) {
        let old = services
        var places = OldPlaces(old)
        settings = new
        services = []
        services.reserveCapacity(new.virtualServers.count)
        var fresh: [Bool] = []
        fresh.reserveCapacity(new.virtualServers.count)
        var isInPlace = old.count == new.virtualServers.count
        for virtualServer in new.virtualServers {
            let place = places.take(virtualServer.identity)
            fresh.append(place == nil)
            isInPlace = isInPlace && place == services.count && old[services.count].settings.services == virtualServer.value.services
            if let place, old[place].shared == virtualServer {
                keep(old[place], from: place)
                continue
            }
            let left = isStart ? kernel ?? ServiceTable() : ServiceTable()
            take(virtualServer, from: place.map { old[$0] }, left, at: now, into: &actions)
            services[services.count - 1].goOnDraining(left, drains, at: now, into: &actions)
        }
        for place in places.left { drop(old[place], into: &actions) }
        weighAll(fresh: fresh, isStart, into: &actions)
        for index in services.indices { services[index].settleTable() }
        for index in services.indices { updateSuspension(of: index, at: now, into: &actions) }
        scheduleDrainLook(at: now)
        let basis = basis(kernel, old, isInPlace: isInPlace && !isStart)
        actions.append(.update(TableUpdate(services: services, basis: basis)))
    }

    /// What the new table is made from. When no service comes or goes, each virtual server can be compared with what it was.
    private func basis(_ kernel: ServiceTable?, _ old: [VirtualServer], isInPlace: Bool) -> TableUpdate.Basis {
        if kernel == nil, isInPlace, !services.shareServices { return .earlier(old) }
        return .kernel(kernel ?? old.heldTable, owned: Set(old.lazy.flatMap(\.settings.services)))
    }

    /// The quorums of all virtual servers, fresh ones from nothing. The table is brought up to date afterwards as a whole, so the
    /// edits that this would make are left out.
    private mutating func weighAll(fresh: [Bool], _ isStart: Bool, into actions: inout [Action]) {
        // A notice and a report each.
        actions.reserveCapacity(actions.count + 2 * fresh.count { $0 } + 1)
        for index in services.indices {
            var told: [Action] = []
            if fresh[index], settings.notifiesAtStart {
                for server in services[index].servers.indices where services[index].servers[server].isAlive {
                    services[index].tellServer(server, into: &told)
                }
            }
            services[index].weighQuorum(isFirst: fresh[index], into: &told)
            for action in told {
                if case .edit = action { continue }
                actions.append(action)
            }
        }
    }

    /// Adds a virtual server that is as it was, at a place that may be another.
    private mutating func keep(_ service: VirtualServer, from place: Int) {
        let index = services.count
        services.append(service)
        guard place != index else { return }
        for (position, (server, settings)) in zip(service.servers, service.settings.servers).enumerated() {
            let owner = Owner(service: Int32(index), server: Int32(position))
            for slot in Int(server.firstCheck)..<Int(server.firstCheck) + settings.checks.count { owners[slot] = owner }
        }
    }

    /// Adds a virtual server with what is known about it from before.
    private mutating func take(
        _ shared: Shared<VirtualServerSettings>, from old: VirtualServer?, _ kernel: ServiceTable, at now: Instant,
        into actions: inout [Action]
    ) {
        let index = services.count
        let settings = shared.value
        var service = VirtualServer(shared)
        service.hasQuorum = old?.hasQuorum ?? false
        service.sorryTableWeight = old?.sorryTableWeight
        service.servers.reserveCapacity(settings.servers.count)
        services.append(service)
        var places = Dictionary(
            (old?.settings.servers ?? []).enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first }
        )
        for (position, server) in settings.servers.enumerated() {
            let place = places.removeValue(forKey: server.key)
            let before = place.flatMap { place in
                old.map { (settings: $0.settings.servers[place], state: $0.servers[place]) }
            }
            takeServer(server, position, of: index, from: before, kernel, at: now, into: &actions)
            if old != nil, before == nil, self.settings.notifiesAtStart {
                services[index].tellServer(position, into: &actions)
            }
        }
        guard let old else { return }
        for place in places.values.sorted() { dropServer(place, of: old, isReload: true, into: &actions) }
        services[index].drain(from: old, leaving: places.values.sorted(), at: now, into: &actions)
    }

    private mutating func takeServer(
        _ server: RealServerSettings, _ position: Int, of service: Int,
        from before: (settings: RealServerSettings, state: RealServer)?, _ kernel: ServiceTable, at now: Instant,
        into actions: inout [Action]
    ) {
        let wasDown = kernel.wasDown(server, of: services[service].settings)
        var state = before?.state ?? RealServer(weight: server.weight, firstCheck: 0)
        state.firstCheck = placeChecks(
            server, Int32(service), Int32(position), from: before, wasDown, at: now, into: &actions)
        let slots = Int(state.firstCheck)..<Int(state.firstCheck) + server.checks.count
        if let before { keepScriptWeights(slots, server, changedFrom: before.settings.weight) }
        state.failedChecks = UInt32(slots.count { !checks[$0].isUp })
        let isAlive = state.failedChecks == 0
        let wasAlive = before?.state.isAlive ?? isAlive
        state.isAlive = isAlive
        services[service].servers.append(state)
        let weight = effectiveWeight(service: service, server: position)
        if before != nil, weight != state.weight {
            actions.append(
                .notice(
                    .weight(
                        server: services[service].settings.name(of: server.key), of: services[service].name, from: state.weight,
                        to: weight, isAlive: isAlive
                    )
                )
            )
        }
        services[service].servers[position].weight = weight
        guard isAlive != wasAlive else { return }
        let inhibits = server.inhibitsOnFailure
        let name = services[service].settings.name(of: server.key)
        let serviceName = services[service].name
        actions.append(
            .notice(
                isAlive
                    ? .adding(server: name, to: serviceName, inhibits: inhibits)
                    : .removing(server: name, from: serviceName, inhibits: inhibits)
            )
        )
        services[service].tellServer(position, into: &actions)
    }

    /// A script names the whole weight of its server: what its checker adds changes when the settings' weight does.
    private mutating func keepScriptWeights(_ slots: Range<Int>, _ server: RealServerSettings, changedFrom old: UInt32) {
        for (slot, check) in zip(slots, server.checks) where check.kind.isDynamic && checks[slot].weight != 0 {
            checks[slot].weight += Int64(old) - Int64(server.weight)
        }
    }

    /// Finds slots for a server's checkers; those it had before keep their state, and their slots if they can.
    private mutating func placeChecks(
        _ server: RealServerSettings, _ service: Int32, _ position: Int32,
        from before: (settings: RealServerSettings, state: RealServer)?, _ wasDown: Bool, at now: Instant,
        into actions: inout [Action]
    ) -> Int32 {
        let owner = Owner(service: service, server: position)
        if let before, before.settings.checks.elementsEqual(server.checks, by: { $0.isSame(as: $1) }) {
            let first = Int(before.state.firstCheck)
            for (offset, check) in server.checks.enumerated() {
                owners[first + offset] = owner
                let earlier = before.settings.checks[offset]
                if earlier != check { adjust(first + offset, from: earlier, to: check, at: now, into: &actions) }
                if earlier.kind != check.kind { startPassive(check, slot: first + offset) }
            }
            return before.state.firstCheck
        }
        let first = Int(allocate(server.checks.count))
        var left = before.map { Array($0.settings.checks.enumerated()) } ?? []
        for (offset, check) in server.checks.enumerated() {
            let slot = first + offset
            owners[slot] = owner
            if let before, let match = left.firstIndex(where: { $0.element.isSame(as: check) }) {
                let earlier = left.remove(at: match)
                move(Int(before.state.firstCheck) + earlier.offset, to: slot, at: now, into: &actions)
                adjust(slot, from: earlier.element, to: check, at: now, into: &actions)
            } else {
                // What took the server down, changed so much that it is another: down until it has been asked, which is at once.
                let replaces = left.contains { old in
                    old.element.kind.keyword == check.kind.keyword && before.map { !checks[Int($0.state.firstCheck) + old.offset].isUp } == true
                }
                begin(check, slot: slot, server, Int(service), wasDown || replaces, at: now, into: &actions)
                if replaces, deadlines.deadline(of: slot) != nil { deadlines.set(now, for: slot) }
            }
        }
        if let before { release(before.state.firstCheck, before.settings.checks.count, into: &actions) }
        return Int32(first)
    }

    /// A checker that was not there before.
    private mutating func begin(
        _ check: CheckSettings, slot: Int, _ server: RealServerSettings, _ service: Int, _ wasDown: Bool,
        at now: Instant,
        into actions: inout [Action]
    ) {
        let attempt = checks[slot].attempt
        checks[slot] = CheckState(alpha: check.alpha || wasDown)
        checks[slot].attempt = attempt
        guard !check.kind.isPassive else { return startPassive(check, slot: slot) }
        let settings = services[service].settings
        let warmup = random.interval(below: check.timing.warmup)
        deadlines.set((now + Self.firstRoundDelay + warmup).shared(after: warmup), for: slot)
        if !settings.suspends || settings.isServed(by: addresses) {
            actions.append(.notice(.activating(server: settings.name(of: server.key), of: settings.name)))
        } else {
            checks[slot].isEnabled = false
            deadlines.set(nil, for: slot)
        }
    }

    /// A file's number or a session's state may be known already.
    private mutating func startPassive(_ check: CheckSettings, slot: Int) {
        switch check.kind {
        case .file(let file):
            let value = files[file.name] ?? 0
            if file.weight == 0 {
                _ = checks[slot].set(isUp: (value == 0) != file.isReversed)
                checks[slot].weight = 0
            } else {
                let product = Int64(value) * Int64(file.weight)
                _ = checks[slot].set(isUp: true)
                checks[slot].weight = file.isReversed ? -product : product
            }
        case .bfd(let name):
            if let isUp = sessions[name] { _ = checks[slot].set(isUp: isUp) }
        case .tcp, .ping, .udp, .http, .smtp, .dns, .misc:
            break
        }
    }

    /// Its settings changed in place: the attempt under way goes on, a wait becomes no longer than the new delay.
    private mutating func adjust(
        _ slot: Int, from old: CheckSettings, to new: CheckSettings, at now: Instant, into actions: inout [Action]
    ) {
        checks[slot].fit(new)
        if old.kind != new.kind || old.connection != new.connection, checks[slot].isRunning {
            stopProbe(slot, into: &actions)
            deadlines.set(now, for: slot)
        }
        if let deadline = deadlines.deadline(of: slot), deadline > now + new.timing.delayLoop {
            deadlines.set(now + new.timing.delayLoop, for: slot)
        }
    }

    /// Moves a checker's state and deadline to another slot; an attempt under way begins anew.
    private mutating func move(_ source: Int, to target: Int, at now: Instant, into actions: inout [Action]) {
        var deadline = deadlines.deadline(of: source)
        if checks[source].isRunning { deadline = now }
        stopProbe(source, into: &actions)
        let attempt = checks[target].attempt
        checks[target] = checks[source]
        checks[target].attempt = attempt
        deadlines.set(deadline, for: target)
    }

    private mutating func allocate(_ count: Int) -> Int32 {
        if count > 0, let first = freeRuns[count]?.popLast() { return first }
        let first = Int32(checks.count)
        checks.append(contentsOf: repeatElement(CheckState(alpha: false), count: count))
        owners.append(contentsOf: repeatElement(.none, count: count))
        return first
    }

    private mutating func release(_ first: Int32, _ count: Int, into actions: inout [Action]) {
        guard count > 0 else { return }
        for slot in Int(first)..<Int(first) + count {
            stopProbe(slot, into: &actions)
            owners[slot] = .none
        }
        freeRuns[count, default: []].append(first)
    }

    private mutating func drop(_ service: VirtualServer, into actions: inout [Action]) {
        actions.append(.notice(.removingVirtualServer(service.name)))
        for index in service.servers.indices { dropServer(index, of: service, isReload: false, into: &actions) }
        actions.append(.report(.virtualServer(service.name, isUp: false)))
    }

    private mutating func dropServer(
        _ index: Int, of service: VirtualServer, isReload: Bool, into actions: inout [Action]
    ) {
        let settings = service.settings.servers[index]
        let name = service.settings.name(of: settings.key)
        if isReload { actions.append(.notice(.noLonger(server: name))) }
        actions.append(.notice(.removing(server: name, from: service.name, inhibits: false)))
        release(service.servers[index].firstCheck, settings.checks.count, into: &actions)
        guard service.servers[index].isAlive else { return }
        var copy = service
        copy.servers[index].isAlive = false
        copy.tellServer(index, into: &actions)
        if settings.sendsMail {
            actions.append(.mail(Mail(server: name, of: service.name, isUp: false, body: "=> Removing <=")))
        }
    }

    /// The daemon ends: no attempt goes on.
    package mutating func stop(into actions: inout [Action]) {
        for slot in checks.indices where owners[slot].service >= 0 { stopProbe(slot, into: &actions) }
    }

    /// All virtual servers leave the kernel's table. What follows from that is told one by one: it may be a lot.
    package func withdraw(_ act: (Action) -> Void) {
        act(.update(TableUpdate(services: services, basis: .removal)))
        for service in services {
            for (index, server) in service.settings.servers.enumerated() {
                let name = service.settings.name(of: server.key)
                act(.notice(.shuttingDown(server: name, from: service.name)))
                if service.settings.omega, service.servers[index].isAlive {
                    var copy = service
                    copy.servers[index].isAlive = false
                    var told: [Action] = []
                    copy.tellServer(index, into: &told)
                    if server.sendsMail {
                        told.append(.mail(Mail(server: name, of: service.name, isUp: false, body: "=> Shutting down <=")))
                    }
                    told.forEach(act)
                }
            }
            if service.settings.omega, service.hasQuorum {
                if let script = service.settings.quorumDown { act(.run(script, for: service.name)) }
                act(.report(.virtualServer(service.name, isUp: false)))
                if service.settings.sendsMail {
                    act(.mail(Mail(virtualServer: service.name, isUp: false, body: "=> Shutting down <=")))
                }
            }
        }
    }
}

/// Where virtual servers stood before, to be taken once each. As long as nothing moves, no search is needed.
private struct OldPlaces {
    private let old: [VirtualServer]
    /// Those before were taken in their order.
    private var next = 0
    private var places: [VirtualServerSettings.Identity: Int]?

    init(_ old: [VirtualServer]) { self.old = old }

    mutating func take(_ identity: VirtualServerSettings.Identity) -> Int? {
        if places == nil, next < old.count, old[next].settings.identity == identity {
            defer { next += 1 }
            return next
        }
        var places = places.take() ?? Dictionary(
            old.indices[next...].map { (old[$0].settings.identity, $0) }, uniquingKeysWith: { first, _ in first }
        )
        defer { self.places = places }
        return places.removeValue(forKey: identity)
    }

    /// Those that nobody has taken, in order.
    var left: [Int] { places?.values.sorted() ?? Array(next..<old.count) }
}

extension CheckSettings {
    /// The same checker, perhaps with other patience: it does the same, to the same place.
    fileprivate func isSame(as other: CheckSettings) -> Bool {
        guard connection.address == other.connection.address, connection.port == other.connection.port else {
            return false
        }
        switch (kind, other.kind) {
        case (.http(let mine), .http(let theirs)): return mine.isSecure == theirs.isSecure && mine.urls == theirs.urls
        case (.file(let mine), .file(let theirs)): return mine.name == theirs.name
        case (.misc(let mine), .misc(let theirs)): return mine.script.arguments == theirs.script.arguments
        case (.smtp, .smtp), (.udp, .udp): return true
        case (.tcp, _), (.ping, _), (.udp, _), (.http, _), (.smtp, _), (.dns, _), (.misc, _), (.file, _), (.bfd, _):
            return kind == other.kind
        }
    }
}

extension ServiceTable {
    /// Whether a table left by an earlier life shows that this server was down: its service is there, with servers in it or
    /// not, but the server is not, or has lost its weight.
    fileprivate func wasDown(_ server: RealServerSettings, of settings: VirtualServerSettings) -> Bool {
        guard server.weight > 0, let key = settings.services.first, let service = self[key] else { return false }
        let place = VirtualServerSettings.key(server.key, in: key, server.forwarding)
        guard let found = service[place] else { return true }
        return found.weight == 0 && server.inhibitsOnFailure
    }
}
