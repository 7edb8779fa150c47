// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// A rule across the keywords of a virtual server: what it changes, and what it says about it.
struct VirtualServerRule: Sendable {
    var name: String
    var apply: @Sendable (VirtualServerDraft, inout VirtualServerSettings, inout Reader) -> Void

    /// In the order in which they build on each other.
    static let all: [VirtualServerRule] = [
        protocolRule, schedulerRule, forwardingRule, portlessRule, markPorts, ports, onePacket, suspension, quorum,
        hysteresis,
        alphaWithoutChecks, missingCheckPort, patience,
    ]

    /// A checker that waits longer than its own interval looks less often than it was told to.
    static let patience = VirtualServerRule(name: "timeout-above-interval") { draft, settings, reader in
        for (index, server) in draft.servers.enumerated() {
            for (place, check) in server.checks.enumerated() {
                let settled = settings.servers[index].checks[place]
                let said = check.timing.inheriting(server.timing.inheriting(draft.timing))
                guard said.connectTimeout != nil, !settled.kind.isPassive, settled.connection.timeout > settled.timing.delayLoop else { continue }
                return reader.report(
                    .hint, "timeout-above-interval", check.statement,
                    """
                    a connection may take \(settled.connection.timeout.seconds) s, longer than the delay_loop of \
                    \(settled.timing.delayLoop.seconds) s: a server that hangs is looked at less often
                    """,
                    help: "let connect_timeout be below delay_loop"
                )
            }
        }
    }

    /// Services by address are UDP where nothing is said; marks have no protocol.
    static let protocolRule = VirtualServerRule(name: "protocol") { draft, settings, reader in
        if case .mark = draft.target {
            settings.transport = nil
            guard draft.transport != nil else { return }
            reader.report(
                .warning, "protocol-ignored", draft.statement, "\(settings.name): marks have no protocol; it is ignored"
            )
        } else if draft.transport == nil {
            reader.report(
                .warning, "protocol-missing", draft.statement, "\(settings.name) names no protocol; UDP is used",
                help: "write protocol TCP, UDP or SCTP"
            )
            settings.transport = .udp
        }
    }

    static let schedulerRule = VirtualServerRule(name: "scheduler") { draft, settings, reader in
        guard draft.scheduler == nil else { return }
        reader.report(
            .warning, "scheduler-missing", draft.statement, "\(settings.name) names no scheduler; wlc is used",
            help: "write lb_algo wlc")
    }

    static let forwardingRule = VirtualServerRule(name: "forwarding") { draft, settings, reader in
        guard draft.forwarding == nil, draft.servers.contains(where: { $0.forwarding == nil }) else { return }
        reader.report(
            .warning, "forwarding-missing", draft.statement, "\(settings.name) names no way to forward; NAT is used",
            help: "write lb_kind NAT")
    }

    /// Only a persistent service may listen to all ports.
    static let portlessRule = VirtualServerRule(name: "port-zero") { draft, settings, reader in
        guard case .address(_, 0) = draft.target, settings.persistence == nil else { return }
        reader.report(
            .warning, "port-missing", draft.statement,
            "\(settings.name) has no port, which needs persistence; persistence_timeout 360 is used",
            help: "write the port behind the address"
        )
        settings.persistence = VirtualServerSettings.Persistence(
            granularity: ServiceConfiguration.finest(settings.family), engine: draft.engine
        )
    }

    /// Marked packets keep their port, unless they are translated.
    static let markPorts = VirtualServerRule(name: "mark-port") { draft, settings, reader in
        guard case .mark = draft.target else { return }
        for (index, server) in draft.servers.enumerated() where settings.servers[index].forwarding != .nat {
            if server.port ?? 0 != 0 {
                reader.report(
                    .warning, "port-ignored", server.statement,
                    "\(settings.name) is a mark, so the port of real server \(server.address) is ignored without NAT"
                )
            }
            settings.servers[index].key.port = 0
        }
        if let sorry = draft.sorryServer, settings.sorryServer?.forwarding != .nat {
            if sorry.port ?? 0 != 0 {
                reader.report(
                    .warning, "port-ignored", sorry.statement,
                    "\(settings.name) is a mark, so the port of the sorry server is ignored without NAT"
                )
            }
            settings.sorryServer?.key.port = 0
        }
    }

    /// Only address translation can change a port.
    static let ports = VirtualServerRule(name: "ports") { draft, settings, reader in
        guard let port = draft.port else { return }
        for (index, server) in draft.servers.enumerated() where settings.servers[index].forwarding != .nat {
            if let said = server.port, said != 0, said != port {
                reader.report(
                    .warning, "port-mismatch", server.statement,
                    "\(settings.name): real server \(server.address) cannot have another port without NAT; \(port) is used"
                )
            }
            settings.servers[index].key.port = port
        }
        for index in settings.servers.indices where settings.servers[index].key.port == 0 {
            settings.servers[index].key.port = port
        }
        guard let sorry = draft.sorryServer, let forwarding = settings.sorryServer?.forwarding else { return }
        if forwarding != .nat {
            if let said = sorry.port, said != 0, said != port {
                reader.report(
                    .warning, "port-mismatch", sorry.statement,
                    "\(settings.name): the sorry server cannot have another port without NAT; \(port) is used"
                )
            }
            settings.sorryServer?.key.port = port
        } else if sorry.port ?? 0 == 0 {
            settings.sorryServer?.key.port = port
        }
    }

    static let onePacket = VirtualServerRule(name: "one-packet") { draft, settings, reader in
        guard settings.flags.contains(.onePacket), settings.transport == .tcp || settings.transport == .sctp else {
            return
        }
        reader.report(.warning, "one-packet", draft.statement, "\(settings.name): ops is for UDP only; it is ignored")
        settings.flags.remove(.onePacket)
    }

    static let suspension = VirtualServerRule(name: "ha-suspend") { draft, settings, reader in
        guard settings.suspends, case .mark = draft.target else { return }
        reader.report(
            .warning, "ha-suspend", draft.statement,
            "\(settings.name): ha_suspend needs an address, not a mark; it is ignored")
        settings.suspends = false
    }

    /// A quorum that can never be reached is reduced to what can be.
    static let quorum = VirtualServerRule(name: "quorum") { draft, settings, reader in
        let total = settings.servers.reduce(UInt64(0)) { $0 + UInt64($1.weight) }
        guard UInt64(settings.quorum) > total else { return }
        reader.report(
            .warning, "quorum-too-high", draft.statement,
            "\(settings.name): quorum \(settings.quorum) is above the total weight \(total) of the real servers; \(total) is used"
        )
        settings.quorum = UInt32(truncatingIfNeeded: total)
    }

    static let hysteresis = VirtualServerRule(name: "hysteresis") { draft, settings, reader in
        guard settings.hysteresis > 0, settings.hysteresis >= settings.quorum else { return }
        let used = settings.quorum == 0 ? 0 : settings.quorum - 1
        reader.report(
            .warning, "hysteresis-too-high", draft.statement,
            "\(settings.name): hysteresis \(settings.hysteresis) is not below the quorum \(settings.quorum); \(used) is used"
        )
        settings.hysteresis = used
    }

    static let alphaWithoutChecks = VirtualServerRule(name: "alpha") { draft, settings, reader in
        guard draft.timing.alpha == true, settings.servers.contains(where: { $0.checks.isEmpty }) else { return }
        reader.report(
            .hint, "alpha-without-check", draft.statement,
            "\(settings.name): alpha has no effect on real servers without a checker: they are always up"
        )
    }

    /// A checker that connects needs a port from somewhere.
    static let missingCheckPort = VirtualServerRule(name: "check-port") { draft, settings, reader in
        for (index, server) in settings.servers.enumerated() where server.key.port == 0 {
            for (place, check) in server.checks.enumerated() where check.kind.needsPort && check.connection.port == nil
            {
                reader.report(
                    .hint, "check-without-port", draft.servers[index].checks[place].statement,
                    "this \(check.kind.keyword) has no port to connect to", help: "write connect_port <port>"
                )
            }
        }
    }
}

extension CheckKind {
    fileprivate var needsPort: Bool {
        switch self {
        case .tcp, .udp, .http, .smtp, .dns: true
        case .ping, .misc, .file, .bfd: false
        }
    }
}
