// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension VirtualServerDraft {
    /// Adds the settings of the block, as far as the block alone decides them; a diagnostic instead if it cannot be used.
    func settle(into health: inout HealthDraft, _ reader: inout Reader) {
        var settings = VirtualServerSettings(target)
        settings.transport = transport
        guard !servers.isEmpty else {
            reader.reportAtEnd(
                .error, "no-real-servers", statement,
                "virtual server \(settings.name) has no real servers and is ignored")
            return
        }
        settings.family = family ?? servers[0].address.family
        settings.scheduler = scheduler ?? .wlc
        settings.flags = flags
        settings.forwarding = forwarding ?? .nat
        settings.weight = weight ?? 1
        settings.quorum = quorum
        settings.hysteresis = hysteresis
        settings.alpha = timing.alpha ?? false
        settings.omega = omega
        settings.inhibitsOnFailure = inhibitsOnFailure
        settings.suspends = suspends
        settings.drainTimeout = drainTimeout ?? .zero
        settings.mailSaid = smtpAlert
        settings.virtualHost = virtualHost
        settings.snmpName = snmpName
        settings.connectTimeout = timing.connectTimeout ?? .seconds(5)
        settings.timing = timing.settled(CheckDefaults(retries: 1, delayBeforeRetry: .seconds(1)))
        settings.persistence = persistence(settings.family)
        settings.sorryServer = sorryServer.map(settledSorryServer)
        ask(quorumUp, .quorumUp, &health)
        ask(quorumDown, .quorumDown, &health)
        settings.servers.reserveCapacity(servers.count)
        for draft in servers { add(draft, to: &settings, &health) }
        for rule in VirtualServerRule.all { rule.apply(self, &settings, &reader) }
        health.add(settings, opening: Opening(statement))
    }

    private func persistence(_ family: AddressFamily) -> VirtualServerSettings.Persistence? {
        guard let persistenceTimeout else { return nil }
        return VirtualServerSettings.Persistence(
            timeout: persistenceTimeout, granularity: granularity ?? ServiceConfiguration.finest(family), engine: engine
        )
    }

    /// The port of the virtual server, where the target has one.
    var port: UInt16? { if case .address(_, let port) = target { port } else { nil } }

    private func settledSorryServer(_ draft: SorryDraft) -> SorryServerSettings {
        var sorry = SorryServerSettings(ServerKey(draft.address, port: draft.port ?? port ?? 0))
        sorry.forwarding = draft.forwarding ?? forwarding ?? .nat
        sorry.isInhibited = draft.isInhibited
        return sorry
    }

    private func ask(_ script: ScriptLine?, _ place: Question.Place, _ health: inout HealthDraft) {
        guard let script else { return }
        health.ask(.script(script), place, script.statement)
    }

    /// Adds a real server with what it inherits.
    private func add(_ draft: RealServerDraft, to settings: inout VirtualServerSettings, _ health: inout HealthDraft) {
        let place = settings.servers.count
        var server = RealServerSettings(ServerKey(draft.address, port: draft.port ?? port ?? 0))
        server.weight = draft.weight ?? weight ?? 1
        server.upperThreshold = draft.upperThreshold
        server.lowerThreshold = draft.lowerThreshold
        server.forwarding = draft.forwarding ?? forwarding ?? .nat
        server.inhibitsOnFailure = draft.inhibitsOnFailure ?? inhibitsOnFailure
        server.mailSaid = draft.smtpAlert
        server.say(virtualHost: draft.virtualHost, snmpName: draft.snmpName)
        let inherited = draft.timing.inheriting(timing)
        var checks: [CheckSettings] = []
        for (index, check) in draft.checks.enumerated() {
            checks.append(settled(check, of: draft, inherited, place: .check(server: place, check: index), &health))
        }
        server.checks = health.pool.shared(checks)
        settings.servers.append(server)
        ask(draft.notifyUp, .notifyUp(server: place), &health)
        ask(draft.notifyDown, .notifyDown(server: place), &health)
    }

    private func settled(
        _ check: FinishedCheck, of server: RealServerDraft, _ inherited: TimingDraft, place: Question.Place,
        _ health: inout HealthDraft
    ) -> CheckSettings {
        let said = check.timing.inheriting(inherited)
        var settings: CheckSettings
        switch check.kind {
        case .misc(let part):
            var timing = said.settled(CheckDefaults(retries: 0, delayBeforeRetry: .seconds(1)))
            timing.delayLoop = said.delayLoop ?? .seconds(60)
            let line = part.script
            let script = Script(
                path: line?.arguments.first ?? "", arguments: line?.arguments ?? [],
                identity: ScriptIdentity(user: 0, group: 0)
            )
            var misc = MiscCheckSettings(script: script)
            // The reference: 0 means the delay_loop of the virtual server, not that of the checker.
            misc.timeout = part.timeout == .zero ? self.timing.delayLoop ?? .seconds(60) : part.timeout
            misc.isDynamic = part.isDynamic
            settings = CheckSettings(.misc(misc), timing: timing)
            health.ask(.misc(part), place, check.statement)
        case .ready(let kind):
            settings = CheckSettings(
                kind.named(server.virtualHost ?? virtualHost), timing: said.settled(kind.defaults(said)))
            switch kind {
            case .file(let file):
                let subject = Question.Subject.file(file, saysWeight: file.weight != .min)
                health.ask(subject, place, check.statement)
            case .bfd(let name):
                health.ask(.session(name), place, check.statement)
            case .tcp, .ping, .udp, .http, .smtp, .dns, .misc:
                break
            }
        }
        settings.alpha = said.alpha ?? false
        settings.logsAllFailures = check.logsAllFailures
        settings.connection = check.connection
        settings.connection.timeout = said.connectTimeout ?? .seconds(5)
        return settings
    }
}

extension HealthDraft {
    /// Notes a question about the virtual server that is about to be added.
    fileprivate mutating func ask(_ subject: Question.Subject, _ place: Question.Place, _ statement: Statement) {
        questions.append(
            Question(virtualServer: entries.count, place: place, subject: subject, statement: statement))
    }
}

/// What a kind of checker uses where no level says anything.
struct CheckDefaults {
    var retries: UInt32
    /// Nil: as delay_loop.
    var delayBeforeRetry: Interval?
}

extension TimingDraft {
    func settled(_ defaults: CheckDefaults) -> CheckTiming {
        var timing = CheckTiming()
        timing.delayLoop = delayLoop ?? .seconds(60)
        timing.warmup = warmup ?? timing.delayLoop
        timing.retries = retries ?? defaults.retries
        timing.delayBeforeRetry = delayBeforeRetry ?? defaults.delayBeforeRetry ?? timing.delayLoop
        return timing
    }
}

extension CheckKind {
    func defaults(_ said: TimingDraft) -> CheckDefaults {
        switch self {
        case .tcp, .ping, .udp, .smtp: CheckDefaults(retries: 1, delayBeforeRetry: .seconds(1))
        case .http: CheckDefaults(retries: 1, delayBeforeRetry: .seconds(3))
        case .dns: CheckDefaults(retries: 3, delayBeforeRetry: nil)
        case .misc, .file, .bfd: CheckDefaults(retries: 0, delayBeforeRetry: .seconds(1))
        }
    }

    /// An HTTP checker without a virtual host of its own takes the one inherited.
    fileprivate func named(_ virtualHost: String?) -> CheckKind {
        guard case .http(var http) = self, http.virtualHost == nil, let virtualHost else { return self }
        http.virtualHost = virtualHost
        return .http(http)
    }
}
