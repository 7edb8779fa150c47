// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

// What the result of a checker does to its server and its virtual server.

extension VirtualServers {
    mutating func conclude(
        _ id: CheckID, _ attempt: UInt32, _ outcome: ProbeOutcome, at now: Instant, into actions: inout [Action]
    ) {
        let slot = id.slot
        guard slot < owners.count, owners[slot].service >= 0, checks[slot].isRunning, checks[slot].attempt == attempt
        else { return }
        checks[slot].isRunning = false
        if case .passed = outcome, let delay = simpleDelay(slot), checks[slot].passAgain() {
            return deadlines.set((now + delay).shared(after: delay), for: slot)
        }
        let wasUp = checks[slot].isUp
        let madeBefore = checks[slot].retries
        let step = Int(checks[slot].step)
        let settings = settings(of: slot)
        let conclusion = checks[slot].conclude(success: outcome.isSuccess, settings)
        deadlines.set((now + conclusion.delay).shared(after: conclusion.delay), for: slot)
        if outcome == .passed, conclusion.change == nil, !settings.kind.isDynamic { return }
        guard let found = check(id) else { return }
        if case .passedWithWeight(let weight) = outcome {
            setWeight(Int64(weight) - Int64(found.server.weight), slot: slot, into: &actions)
        } else if outcome == .passed, settings.kind.isDynamic {
            setWeight(0, slot: slot, into: &actions)
        }
        switch outcome {
        case .passed, .passedWithWeight:
            guard conclusion.change != nil else { return }
            actions.append(.notice(.passed(subject(found, step: step))))
            apply(nil, slot: slot, wasUp: wasUp, into: &actions)
        case .failed(let failure):
            let allowed = found.settings.timing.retries
            if conclusion.change != nil {
                if settings.kind.isDynamic { forgetWeight(slot: slot) }
                let attempts = Notice.Attempts(made: conclusion.retries, allowed: allowed)
                let subject = subject(found, step: step)
                if found.settings.logsAllFailures, subject.kind.hasOwnAttemptLine {
                    actions.append(.notice(.attemptFailed(subject, failure, attempts)))
                }
                actions.append(.notice(.checkFailed(subject, failure, attempts)))
                apply(failure, slot: slot, wasUp: wasUp, into: &actions)
            } else if found.settings.logsAllFailures, wasUp {
                let attempts = Notice.Attempts(made: madeBefore, allowed: allowed)
                actions.append(.notice(.attemptFailed(subject(found, step: step), failure, attempts)))
            }
        }
    }

    /// The delay_loop of a checker all of whose successes are alike; nil for others. Copies no settings.
    private func simpleDelay(_ slot: Int) -> Interval? {
        let (service, server) = (Int(owners[slot].service), Int(owners[slot].server))
        let place = slot - Int(services[service].servers[server].firstCheck)
        guard services[service].settings.servers[server].checks[place].kind.isSimple else { return nil }
        return services[service].settings.servers[server].checks[place].timing.delayLoop
    }

    private func subject(
        _ found: (settings: CheckSettings, server: RealServerSettings, service: VirtualServerSettings), step: Int
    ) -> ProbeSubject {
        let connection = found.settings.connection
        let address = connection.address ?? found.server.key.address
        var path = ""
        if case .http(let http) = found.settings.kind, step < http.urls.count { path = http.urls[step].path }
        return ProbeSubject(
            kind: found.settings.kind, server: found.service.name(of: found.server.key), service: found.service.name,
            endpoint: endpointName(address, port: connection.port ?? found.server.key.port), path: path
        )
    }

    /// Carries the new state of a checker to its server; `failure` is nil for success.
    func isNews(_ wasUp: Bool, _ slot: Int) -> Bool { checks[slot].isUp != wasUp }

    mutating func apply(_ failure: ProbeFailure?, slot: Int, wasUp: Bool, into actions: inout [Action]) {
        let owner = owners[slot]
        let (service, server) = (Int(owner.service), Int(owner.server))
        guard isNews(wasUp, slot) else {
            // The first result of a checker that began down is told, as upstream does.
            if !checks[slot].isUp { services[service].tellServer(server, into: &actions) }
            return
        }
        let wasAlive = services[service].servers[server].isAlive
        if checks[slot].isUp {
            services[service].servers[server].failedChecks -= 1
        } else {
            services[service].servers[server].failedChecks += 1
        }
        let isAlive = services[service].servers[server].failedChecks == 0
        let settings = services[service].settings.servers[server]
        if settings.sendsMail, isAlive != wasAlive || !self.settings.mailsOnlyForServers,
            let found = check(CheckID(slot))
        {
            let subject = subject(found, step: Int(checks[slot].step))
            actions.append(
                .mail(
                    Mail(
                        server: subject.server, of: subject.service, isUp: failure == nil,
                        body: subject.mailBody(failure)
                    )
                )
            )
        }
        if isAlive != wasAlive { services[service].setServer(server, isAlive: isAlive, into: &actions) }
    }

    /// Sets what a checker adds to the weight of its server.
    mutating func setWeight(_ contribution: Int64, slot: Int, into actions: inout [Action]) {
        guard checks[slot].weight != contribution else { return }
        checks[slot].weight = contribution
        let owner = owners[slot]
        let service = Int(owner.service)
        let weight = effectiveWeight(service: service, server: Int(owner.server))
        services[service].setWeight(weight, server: Int(owner.server), into: &actions)
    }

    /// A script that fails has no say in the weight with which its server comes back. Without a word: the server is down.
    private mutating func forgetWeight(slot: Int) {
        checks[slot].weight = 0
        let (service, server) = (Int(owners[slot].service), Int(owners[slot].server))
        services[service].servers[server].weight = effectiveWeight(service: service, server: server)
    }

    /// The settings' weight plus what all checkers add, never negative.
    func effectiveWeight(service: Int, server: Int) -> UInt32 {
        let settings = services[service].settings.servers[server]
        let first = Int(services[service].servers[server].firstCheck)
        let sum = (first..<first + settings.checks.count).reduce(Int64(settings.weight)) { $0 + checks[$1].weight }
        return UInt32(min(max(sum, 0), Int64(Int32.max)))
    }

    mutating func applyFile(_ file: FileCheckSettings, slot: Int, into actions: inout [Action]) {
        let value = files[file.name] ?? 0
        guard file.weight == 0 else {
            let product = Int64(value) * Int64(file.weight)
            _ = checks[slot].set(isUp: true)
            return setWeight(file.isReversed ? -product : product, slot: slot, into: &actions)
        }
        let isUp = (value == 0) != file.isReversed
        let wasUp = checks[slot].isUp
        guard checks[slot].set(isUp: isUp) != nil, wasUp != isUp, let found = check(CheckID(slot)) else { return }
        let server = found.service.name(of: found.server.key)
        actions.append(.notice(.trackedFile(file.name, server: server, isUp: isUp)))
        apply(isUp ? nil : .file, slot: slot, wasUp: wasUp, into: &actions)
    }

    mutating func applySession(_ name: String, _ isUp: Bool, slot: Int, into actions: inout [Action]) {
        let wasUp = checks[slot].isUp
        guard checks[slot].set(isUp: isUp) != nil, let found = check(CheckID(slot)) else { return }
        let server = found.service.name(of: found.server.key)
        actions.append(.notice(.bfd(name: name, server: server, isUp: isUp)))
        apply(isUp ? nil : .bfd, slot: slot, wasUp: wasUp, into: &actions)
    }

    /// Lets the checkers of a virtual server with `ha_suspend` rest while none of its addresses is here.
    mutating func updateSuspension(of service: Int, at now: Instant, into actions: inout [Action]) {
        let settings = services[service].settings
        let isHere = !settings.suspends || settings.isServed(by: addresses)
        for (index, server) in settings.servers.enumerated() {
            let first = Int(services[service].servers[index].firstCheck)
            for slot in first..<first + server.checks.count where checks[slot].isEnabled != isHere {
                let place = slot - first
                guard !server.checks[place].kind.isPassive else { continue }
                checks[slot].isEnabled = isHere
                let name = settings.name(of: server.key)
                if isHere {
                    actions.append(.notice(.activating(server: name, of: settings.name)))
                    deadlines.set(now, for: slot)
                } else {
                    actions.append(.notice(.suspending(server: name, of: settings.name)))
                    stopProbe(slot, into: &actions)
                }
            }
        }
    }

    mutating func stopProbe(_ slot: Int, into actions: inout [Action]) {
        deadlines.set(nil, for: slot)
        guard checks[slot].isRunning else { return }
        checks[slot].isRunning = false
        actions.append(.abandon(CheckID(slot)))
    }
}

extension Instant {
    /// The instant, or with long delays one that is a little later: many checkers then begin together, and the process wakes once
    /// for all of them. A little is 1/256 of the delay, but no less than ten milliseconds and no more than a hundred.
    func shared(after delay: Interval) -> Instant {
        guard delay >= .seconds(1), self < .distantFuture else { return self }
        let slot = min(max(delay.nanoseconds / 256, 10_000_000), 100_000_000)
        let (late, overflow) = nanoseconds.addingReportingOverflow(slot - 1)
        return overflow ? self : Instant(nanoseconds: late / slot * slot)
    }
}

extension CheckKind {
    /// Whether success may change the weight of the server, too.
    var isDynamic: Bool { if case .misc(let settings) = self { settings.isDynamic } else { false } }

    /// Whether a failed attempt has a line of its own besides that of the checker going down.
    fileprivate var hasOwnAttemptLine: Bool {
        switch self {
        case .tcp, .udp, .ping, .http: true
        case .smtp, .dns, .misc, .file, .bfd: false
        }
    }
}

extension VirtualServerSettings {
    /// Whether one of the addresses served is among these.
    func isServed(by addresses: Set<IPAddress>) -> Bool {
        services.contains { key in
            if case .address(let address, _, _) = key { addresses.contains(address) } else { false }
        }
    }
}

extension VirtualServer {
    /// A server came up or went down: the table, who wants to know, and the quorum.
    mutating func setServer(_ index: Int, isAlive: Bool, into actions: inout [Action]) {
        servers[index].isAlive = isAlive
        let server = settings.servers[index]
        let serverName = settings.name(of: server.key)
        actions.append(
            .notice(
                isAlive
                    ? .adding(server: serverName, to: name, inhibits: server.inhibitsOnFailure)
                    : .removing(server: serverName, from: name, inhibits: server.inhibitsOnFailure)
            )
        )
        updateTable(server: index, into: &actions)
        tellServer(index, into: &actions)
        weighQuorum(into: &actions)
    }

    mutating func setWeight(_ weight: UInt32, server index: Int, into actions: inout [Action]) {
        let old = servers[index].weight
        guard old != weight else { return }
        servers[index].weight = weight
        let server = settings.name(of: settings.servers[index].key)
        let isAlive = servers[index].isAlive
        actions.append(.notice(.weight(server: server, of: name, from: old, to: weight, isAlive: isAlive)))
        updateTable(server: index, into: &actions)
        if isAlive { weighQuorum(into: &actions) }
    }
}
