// SPDX-License-Identifier: GPL-2.0-or-later

package import Config

/// The notify_* keywords of an instance or a sync group as the file says them.
package struct NotifyDraft: Sendable {
    package var master: ScriptLine?
    package var backup: ScriptLine?
    package var fault: ScriptLine?
    package var stop: ScriptLine?
    package var deleted: ScriptLine?
    package var any: ScriptLine?
    package var masterHearsLowerPriority: ScriptLine?
    package var reportsDeletion = false
    package var sendsMail: Bool?
    package var reportsPriority: Bool?

    package init() {}
}

extension NotifyDraft {
    /// What instances and groups have in common; `group` words the help.
    static func rows(_ what: String, kind: String) -> [Keyword<NotifyDraft>] {
        [
            script("notify_master", \.master, "Run when \(what) becomes master.").since("<=1.0.3"),
            script("notify_backup", \.backup, "Run when \(what) becomes backup.").since("<=1.0.3"),
            script("notify_fault", \.fault, "Run when \(what) goes into fault.").since("<=1.0.3"),
            script("notify_stop", \.stop, "Run when the daemon stops.").since(kind == "GROUP" ? "2.0.0" : "1.1.13"),
            script(
                "notify", \.any,
                """
                Run on each change of state, after the script of that state, with '\(kind) <name> <STATE> \
                <priority>' behind its own arguments.
                """
            ).since("1.1.2"),
            .bool("smtp_alert", \.sendsMail, "Sends mail on each change of state.").since("<=1.0.3").defaulting(
                to: "smtp_alert_vrrp, else smtp_alert, else off"
            ).needs(.mail),
            .bool(
                "notify_priority_changes", \.reportsPriority,
                "Reports changes of the priority too, to 'notify' and the FIFO."
            ).since(kind == "GROUP" ? "2.2.0" : "2.0.16").defaulting(
                to: kind == "GROUP"
                    ? "vrrp_notify_priority_changes" : "that of the sync group, else vrrp_notify_priority_changes"),
        ]
    }

    /// What only instances have.
    static let routerRows: [Keyword<NotifyDraft>] = [
        .custom(
            "notify_deleted", syntax: "[<quoted script> [user [group]]]",
            """
            A router that is gone after a reload is reported as DELETED instead of FAULT, and the script, if one \
            is named, is run.
            """
        ) { statement, draft, reader in
            draft.reportsDeletion = true
            guard !statement.values.isEmpty, let script = reader.script(statement) else { return }
            set(script, \.deleted, &draft, &reader)
        }.since("2.1.0").defaulting(to: "off; FAULT is reported"),
        script(
            "notify_master_rx_lower_pri", \.masterHearsLowerPriority,
            "Run when a master hears an advert of lower priority: two masters were about."
        ).since("2.0.6"),
    ]

    private static func script(
        _ name: String, _ path: SettingPath<NotifyDraft, ScriptLine?>, _ help: String
    ) -> Keyword<NotifyDraft> {
        .custom(name, syntax: "<quoted script> [user [group]]", help) { statement, draft, reader in
            if let script = reader.script(statement) { set(script, path, &draft, &reader) }
        }.defaulting(to: "none")
    }

    private static func set(
        _ script: ScriptLine, _ path: WritableKeyPath<NotifyDraft, ScriptLine?>, _ draft: inout NotifyDraft,
        _ reader: inout Reader
    ) {
        guard draft[keyPath: path] == nil else {
            return reader.report(
                .error, "duplicate", script.statement,
                "'\(script.statement.name)' was given before; this one is ignored"
            )
        }
        draft[keyPath: path] = script
    }
}

extension RouterDraft {
    static let notifyRows: [Keyword<RouterDraft>] =
        (NotifyDraft.rows("the router", kind: "INSTANCE") + NotifyDraft.routerRows).lifted(to: \.notify) + [
            .custom(
                "lvs_sync_daemon_interface", syntax: "<ifname>",
                "The IPVS sync daemon runs on this interface, as master or backup after the state of the router."
            ) { statement, draft, reader in
                guard let word = reader.require(statement, 0, "an interface") else { return }
                draft.syncDaemonInterface = reader.interfaceName(word, of: statement)
                reader.report(
                    .warning, "deprecated", statement, "'lvs_sync_daemon_interface' in an instance is deprecated",
                    help: "write 'lvs_sync_daemon \(word.text) inst \(draft.name)' in global_defs"
                )
            }.since("<=1.0.3").needs(.syncDaemon)
        ]
}
