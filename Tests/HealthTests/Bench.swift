// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Health
import Testing

/// A set of virtual servers on a bench: settings made by hand, time that a test moves, and the kernel's table as the edits
/// leave it.
struct Bench {
    var servers: VirtualServers
    var table = ServiceTable()
    var now = Instant.zero
    var actions: [Action] = []
    /// Attempts that wait for an answer.
    var waiting: [(id: CheckID, attempt: UInt32, step: Int, at: Instant)] = []

    /// Services whose connections were asked for.
    var counted: [ServiceKey] = []

    init(seed: UInt64 = 1) { servers = VirtualServers(seed: seed) }

    mutating func start(_ settings: HealthSettings) {
        var new: [Action] = []
        servers.start(settings, at: now, kernel: table, into: &new)
        take(new)
    }

    mutating func reload(_ settings: HealthSettings) {
        var new: [Action] = []
        servers.reconfigure(to: settings, at: now, into: &new)
        take(new)
    }

    mutating func handle(_ event: Event) {
        var new: [Action] = []
        servers.handle(event, at: now, into: &new)
        take(new)
    }

    /// Moves time to the next deadline, starting what is due.
    mutating func step() {
        guard let next = servers.nextDeadline else { return }
        now = max(now, next)
        var new: [Action] = []
        servers.advance(to: now, into: &new)
        take(new)
    }

    /// Answers the oldest waiting attempt.
    mutating func answer(_ outcome: ProbeOutcome) {
        while waiting.isEmpty, servers.nextDeadline != nil { step() }
        guard !waiting.isEmpty else { return }
        let attempt = waiting.removeFirst()
        handle(.ended(attempt.id, attempt: attempt.attempt, outcome))
    }

    mutating func take(_ new: [Action]) {
        for action in new {
            switch action {
            case .edit(let edit): apply(edit)
            case .update(let update): update.edits.forEach { apply($0) }
            case .probe(let id, let attempt, let step): waiting.append((id, attempt, step, now))
            case .abandon(let id): waiting.removeAll { $0.id == id }
            case .countConnections(let service): counted.append(service)
            case .notice, .report, .run, .mail: break
            }
        }
        actions += new.filter { if case .update(let update) = $0 { !update.edits.isEmpty } else { true } }
    }

    private mutating func apply(_ edit: ServiceEdit) {
        let isAccepted = table.apply(edit)
        #expect(isAccepted, "the kernel refuses \(edit)")
    }

    /// The log lines since the last look.
    mutating func notices() -> [String] {
        defer { actions.removeAll() }
        return actions.compactMap { if case .notice(let notice) = $0 { notice.description } else { nil } }
    }

    /// The FIFO lines since the last look.
    mutating func reports() -> [String] {
        defer { actions.removeAll() }
        return actions.compactMap { if case .report(let report) = $0 { report.line } else { nil } }
    }

    mutating func edits() -> [ServiceEdit] {
        defer { actions.removeAll() }
        return actions.flatMap { (action: Action) -> [ServiceEdit] in
            switch action {
            case .edit(let edit): [edit]
            case .update(let update): update.edits
            case .probe, .abandon, .countConnections, .notice, .report, .run, .mail: []
            }
        }
    }

    /// The table as short text: `10.1.0.1:80 10.0.0.1=1 10.0.0.2=0`.
    var text: [String] { Self.text(table) }

    static func text(_ table: ServiceTable) -> [String] {
        table.services.map { service in
            let name: String
            switch service.key {
            case .address(let address, let port, _): name = "\(address):\(port)"
            case .mark(let mark, _): name = "mark \(mark)"
            }
            let servers = service.servers.map { "\($0.key.address)=\($0.configuration.weight)" }.sorted()
            return ([name] + servers).joined(separator: " ")
        }.sorted()
    }
}

func address(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(0) }

func tcpCheck(
    retries: UInt32 = 0, delayLoop: Int = 6, delayBeforeRetry: Int = 1, alpha: Bool = false, warmup: Int = 0
) -> CheckSettings {
    var check = CheckSettings(.tcp)
    check.timing.retries = retries
    check.timing.delayLoop = .seconds(delayLoop)
    check.timing.delayBeforeRetry = .seconds(delayBeforeRetry)
    check.timing.warmup = .seconds(warmup)
    check.alpha = alpha
    return check
}

func realServer(_ text: String, weight: UInt32 = 1, _ checks: [CheckSettings] = [tcpCheck()]) -> RealServerSettings {
    var server = RealServerSettings(ServerKey(address(text), port: 80))
    server.weight = weight
    server.checks = checks
    return server
}

func virtualServer(_ text: String, _ servers: [RealServerSettings]) -> VirtualServerSettings {
    var service = VirtualServerSettings(.address(address(text), port: 80))
    service.transport = .tcp
    service.family = address(text).family
    service.services = [.address(address(text), port: 80, .tcp)]
    service.servers = servers
    return service
}

func health(_ services: [VirtualServerSettings]) -> HealthSettings {
    var settings = HealthSettings()
    settings.virtualServers = services.map(Shared.init)
    return settings
}

func script(_ path: String) -> Script {
    Script(path: path, arguments: [path], identity: ScriptIdentity(user: 0, group: 0))
}
