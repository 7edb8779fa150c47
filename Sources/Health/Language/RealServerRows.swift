// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RealServerDraft {
    static let rows: [Keyword<RealServerDraft>] =
        [
            .number(
                "weight", 0...2_147_483_647, \.weight, "The share of new connections; 0: none, those there are go on."
            )
            .defaulting(to: "weight of the virtual server"),
            .forwardingRow("lvs_method", \.forwarding, "How packets reach this server.").defaulting(to: "lb_kind"),
            .number(
                "uthreshold", 0...UInt32.max, \.upperThreshold,
                "No new connections while the server has more than this; 0: no limit."
            ),
            .number(
                "lthreshold", 0...UInt32.max, \.lowerThreshold,
                "New connections again when it has fewer than this; 0: three quarters of uthreshold."
            ),
            .bool("inhibit_on_failure", \.inhibitsOnFailure, "Weight 0 instead of removal while the server is down.")
                .defaulting(to: "that of the virtual server"),
            .scriptRow("notify_up", \.notifyUp, "Run when the server comes up."),
            .scriptRow("notify_down", \.notifyDown, "Run when the server goes down."),
            .alphaRow,
        ]
        + Keyword<RealServerDraft>.timingRows(leastRetries: 1, from: "that of the virtual server") + [
            .connectTimeoutRow(from: "that of the virtual server"),
            .bool("smtp_alert", \.smtpAlert, "Send mail when the server changes its state.")
                .defaulting(to: "smtp_alert_checker, else smtp_alert, else on").since("2.0.0"),
            .text("virtualhost", \.virtualHost, "The name in the Host header of this server's HTTP checkers."),
            .nameRow("snmp_name", \.snmpName, "The name of the server in SNMP.").since("2.2.3"),
        ] + Keyword<RealServerDraft>.checkRows

    static let row: Keyword<VirtualServerDraft> = .block(
        "real_server", syntax: "<ip> [<port>] { ... }", children: rows, "A server behind the virtual server.",
        begin: { statement, service, reader in
            guard let endpoint = reader.endpoint(statement, "real server") else { return nil }
            var draft = RealServerDraft(endpoint.address, port: endpoint.port, statement)
            draft.forwarding = nil
            return draft
        },
        end: { draft, service, reader in
            let family = draft.address.family
            if let wanted = service.family, wanted != family, !service.tunnels(draft) {
                reader.reportAtEnd(
                    .error, "family-mismatch", draft.statement,
                    "\(draft.address) is of another address family than the virtual server; the real server is ignored",
                    help: "only tunnels (TUN) lead from one family to the other"
                )
                return
            }
            if service.servers.contains(where: { $0.address == draft.address && $0.port == draft.port }) {
                reader.report(
                    .error, "duplicate-server", draft.statement,
                    "\(draft.address) is a real server of this virtual server already; the second one is ignored"
                )
                return
            }
            service.servers.append(draft)
        }
    )
}

extension VirtualServerDraft {
    fileprivate func tunnels(_ server: RealServerDraft) -> Bool {
        if case .tunnel = server.forwarding ?? forwarding ?? .nat { true } else { false }
    }
}
