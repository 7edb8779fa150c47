// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension VirtualServerDraft {
    static let rows: [Keyword<VirtualServerDraft>] =
        [
            .custom("ip_family", syntax: "inet|inet6", "The address family, where nothing else tells it.") {
                statement, draft, reader in
                guard let family = reader.choice(statement, [("inet", AddressFamily.ipv4), ("inet6", .ipv6)]) else {
                    return
                }
                if case .address(let address, _) = draft.target, address.family != family {
                    reader.report(
                        .error, "family-mismatch", statement,
                        "the address of the virtual server is of another family; the line is ignored"
                    )
                    return
                }
                draft.family = family
            }.defaulting(to: "that of the address, else that of the real servers")
        ] + Keyword<VirtualServerDraft>.timingRows(leastRetries: 1, from: "that of the checker") + [
            .connectTimeoutRow(from: "5"),
            .flag("inhibit_on_failure", \.inhibitsOnFailure, "Weight 0 instead of removal while a server is down."),
            schedulerRow("lb_algo"), schedulerRow("lvs_sched").since("1.1.5"),
        ] + flagRows + [
            .forwardingRow("lb_kind", \.forwarding, "How packets reach the servers."),
            Keyword<VirtualServerDraft>.forwardingRow("lvs_method", \.forwarding, "How packets reach the servers.")
                .since("1.1.5"),
            .text(
                "persistence_engine", limit: 16, \.engine,
                "A module that finds out which packets belong together, such as sip."),
            .custom("persistence_timeout", syntax: "[<seconds:uint>]", "How long a client keeps its server.") {
                statement, draft, reader in
                guard statement.value(0) != nil else {
                    draft.persistenceTimeout = 360
                    return
                }
                if let value: UInt32 = reader.number(statement, in: 1...2_678_400) { draft.persistenceTimeout = value }
            }.range("1..2678400").defaulting(to: "off; 360 when bare"),
            granularityRow,
            .choice(
                "protocol", [("TCP", .tcp), ("UDP", .udp), ("SCTP", .sctp)], \.transport, ignoringCase: true,
                "The transport protocol; firewall marks have none."
            ),
            .flag(
                "ha_suspend", \.suspends,
                "The checkers rest while the address of the virtual server is not on this machine."),
            .seconds(
                "drain_timeout", 0...4_294_967, \.drainTimeout,
                "How long a server that a reload takes away may keep its connections: it gets no new ones and leaves when the last has ended, or after this time. Upstream's keepalived does not know it."
            ).defaulting(to: "0: it leaves at once"),
            .bool("smtp_alert", \.smtpAlert, "Send mail when the quorum is gained or lost.")
                .defaulting(to: "smtp_alert_checker, else smtp_alert, else off"),
            .text("virtualhost", \.virtualHost, "The name in the Host header of HTTP checkers."),
            .nameRow("snmp_name", \.snmpName, "The name of the virtual server in SNMP."),
            .custom("alpha", syntax: "", "Servers are down until their first check succeeds.") {
                statement, draft, reader in
                reader.noteExtraWords(statement, after: 0)
                draft.timing.alpha = true
            },
            .flag("omega", \.omega, "When the daemon stops, the scripts for down servers and the lost quorum are run."),
            .scriptRow("quorum_up", \.quorumUp, "Run when the quorum is gained."),
            .scriptRow("quorum_down", \.quorumDown, "Run when the quorum is lost."),
            .number("quorum", 1...UInt32.max, \.quorum, "The total weight of servers that must be up."),
            .number(
                "hysteresis", 0...UInt32.max, \.hysteresis,
                "How far the weight must go beyond the quorum for a change; below the quorum."),
            .number("weight", 1...2_147_483_647, \.weight, "The weight of servers that name none.").defaulting(to: "1"),
            sorryRow,
            .custom(
                "sorry_server_inhibit", syntax: "",
                "The sorry server stays in the table with weight 0 while it is not needed."
            ) {
                statement, draft, reader in
                guard draft.sorryServer != nil else { return reader.reportNoSorryServer(statement) }
                draft.sorryServer?.isInhibited = true
            },
            .custom(
                "sorry_server_lvs_method", syntax: forwardingSyntax, "How packets reach the sorry server."
            ) { statement, draft, reader in
                guard draft.sorryServer != nil else { return reader.reportNoSorryServer(statement) }
                if let forwarding = reader.forwarding(statement) { draft.sorryServer?.forwarding = forwarding }
            }.defaulting(to: "lb_kind"),
            RealServerDraft.row,
        ]

    private static func schedulerRow(_ name: String) -> Keyword<VirtualServerDraft> {
        .custom(
            name, syntax: Scheduler.allCases.map(\.rawValue).joined(separator: "|"), "The scheduler of connections."
        ) {
            statement, draft, reader in
            guard let word = reader.require(statement, 0, "a scheduler") else { return }
            reader.noteExtraWords(statement, after: 1)
            guard let scheduler = Scheduler(rawValue: word.text) else {
                reader.report(
                    .error, "unknown-value", statement, word: word,
                    "'\(word.text)' is no scheduler; the line is ignored",
                    help: closest(to: word.text, among: Scheduler.allCases.map(\.rawValue)).map { "did you mean '\($0)'?" }
                        ?? "write one of \(Scheduler.allCases.map(\.rawValue).joined(separator: ", "))"
                )
                return
            }
            draft.scheduler = scheduler
        }
    }

    /// Flags of schedulers: those of sh and mh count only behind the line that names the scheduler.
    private static var flagRows: [Keyword<VirtualServerDraft>] {
        [
            schedulerFlag("hashed", .port, [.sh, .mh], "An old name of sh-port."),
            .custom("ops", syntax: "", "Each UDP packet is scheduled on its own.") { _, draft, _ in
                draft.flags.insert(.onePacket)
            },
            schedulerFlag("flag-1", .first, nil, "The first flag of the scheduler, whatever it means there."),
            schedulerFlag("flag-2", .second, nil, "The second flag of the scheduler."),
            schedulerFlag("flag-3", .third, nil, "The third flag of the scheduler."),
            schedulerFlag("sh-port", .port, [.sh], "The source port is part of the hash; lb_algo sh must come before."),
            schedulerFlag(
                "sh-fallback", .fallback, [.sh],
                "An unavailable server's share goes to another; lb_algo sh must come before."),
            schedulerFlag("mh-port", .port, [.mh], "The source port is part of the hash; lb_algo mh must come before."),
            schedulerFlag(
                "mh-fallback", .fallback, [.mh],
                "An unavailable server's share goes to another; lb_algo mh must come before."),
        ]
    }

    private static func schedulerFlag(
        _ name: String, _ flag: ServiceFlags, _ schedulers: [Scheduler]?, _ help: String
    ) -> Keyword<VirtualServerDraft> {
        .custom(name, syntax: "", help) { statement, draft, reader in
            reader.noteExtraWords(statement, after: 0)
            if let schedulers, !schedulers.contains(where: { $0 == draft.scheduler }) {
                let names = schedulers.map(\.rawValue).joined(separator: " or ")
                reader.report(
                    .error, "scheduler-flag", statement, "\(name) is a flag of the scheduler \(names); it is ignored",
                    help: "write lb_algo \(names) before it"
                )
                return
            }
            guard name != "hashed" else { return }
            draft.flags.insert(flag)
        }
    }

    private static var granularityRow: Keyword<VirtualServerDraft> {
        .custom(
            "persistence_granularity", syntax: "<ipv4 mask|prefix length>",
            "Clients whose addresses agree under this mask, or in this many bits, keep the same server."
        ) { statement, draft, reader in
            guard let word = reader.require(statement, 0, "a mask or a prefix length") else { return }
            if word.text.contains(".") {
                guard case .v4(let mask)? = IPAddress(word.text), draft.family != .ipv6 else {
                    reader.report(
                        .error, "bad-granularity", statement, word: word,
                        "'\(word.text)' is no mask for IPv4; the line is ignored")
                    return
                }
                draft.granularity = mask
                draft.family = draft.family ?? .ipv4
            } else {
                guard draft.family != .ipv4, let length: UInt32 = reader.number(word, of: statement, in: 1...128) else {
                    if draft.family == .ipv4 {
                        reader.report(
                            .error, "bad-granularity", statement, word: word, "IPv4 takes a mask; the line is ignored",
                            help: "write 255.255.255.0")
                    }
                    return
                }
                draft.granularity = length
                draft.family = .ipv6
            }
            draft.persistenceTimeout = draft.persistenceTimeout ?? 360
        }.range("IPv6: 1..128").defaulting(to: "255.255.255.255 or 128")
    }

    private static var sorryRow: Keyword<VirtualServerDraft> {
        .custom("sorry_server", syntax: "<ip> [<port>]", "The server that answers while the quorum is lost.") {
            statement, draft, reader in
            guard let endpoint = reader.endpoint(statement, "sorry server") else { return }
            draft.sorryServer = SorryDraft(address: endpoint.address, port: endpoint.port, statement: statement)
        }.range("port 1..65535")
    }

    static let row: Keyword<HealthDraft> = .block(
        "virtual_server", syntax: "(<ip> [<port>]|fwmark <uint>|group <name>) { ... }", children: rows,
        "A service that is spread over real servers.",
        begin: { statement, health, reader in
            health.countBlock()
            guard let target = reader.virtualServerTarget(statement) else { return nil }
            return VirtualServerDraft(target, statement)
        },
        end: { draft, health, reader in
            draft.settle(into: &health, &reader)
        }
    )
}

extension Reader {
    fileprivate mutating func reportNoSorryServer(_ statement: Statement) {
        report(
            .error, "no-sorry-server", statement,
            "\(statement.name) stands before or without sorry_server; it is ignored",
            help: "write sorry_server first"
        )
    }

    /// `<ip> [<port>]`, `fwmark <n>` or `group <name>`.
    fileprivate mutating func virtualServerTarget(_ statement: Statement) -> VirtualServerTarget? {
        guard let word = require(statement, 0, "an address, fwmark or group") else { return nil }
        switch word.text {
        case "fwmark":
            guard let word = require(statement, 1, "a number behind fwmark"),
                let mark: UInt32 = number(word, of: statement, in: 0...UInt32.max)
            else { return nil }
            return .mark(mark)
        case "group":
            return require(statement, 1, "a name behind group").map { .group($0.text) }
        default:
            return endpoint(statement, "virtual server").map { .address($0.address, port: $0.port ?? 0) }
        }
    }
}
