// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension ScriptDefaults {
    static var rows: [Keyword<ScriptDefaults>] { userRows + startRows + fifoRows }

    private static var userRows: [Keyword<ScriptDefaults>] {
        [
            .custom("script_user", syntax: "<user> [<group>]", "Who runs scripts whose line names no user.") {
                statement, scripts, reader in
                guard let user = reader.require(statement, 0, "a user") else { return }
                reader.noteExtraWords(statement, after: 2)
                let identity = reader.identity(
                    user: user, group: statement.value(1), of: statement, supplementary: scripts.setsSupplementaryGroups
                )
                scripts.user = identity.map(DefaultUser.identity) ?? .unusable
            }
            .defaulting(to: "keepalived_script if there is such a user, else the daemon's").since("1.3.0"),
            .flag(
                "enable_script_security", \.isSecure,
                "Scripts run as root only if no component of their path can be written by others."
            )
            .since("1.3.0"),
            .bool("use_symlink_paths", \.keepsSymbolicLinks, "Run scripts by the path as written, symbolic links unresolved.")
                .since("2.3.0"),
            .bool(
                "set_supplementary_groups", \.setsSupplementaryGroups,
                "Scripts get the supplementary groups of their user; for the lines from here on."
            )
            .since("2.4.4"),
        ].on(.all)
    }

    private static var startRows: [Keyword<ScriptDefaults>] {
        let rows: [Keyword<ScriptDefaults>] = [
            first("startup_script", \.startup, "A script run once before the children are started."),
            .wholeSeconds("startup_script_timeout", 1...1000, \.startupTimeout, "How long the startup script may run.")
                .defaulting(to: "10"),
            first("shutdown_script", \.shutdown, "A script run once after all children have ended."),
            .wholeSeconds("shutdown_script_timeout", 1...1000, \.shutdownTimeout, "How long the shutdown script may run.")
                .defaulting(to: "10"),
        ]
        return rows.map { $0.since("2.1.0") }.on(.parent)
    }

    /// A script of which the first line counts.
    private static func first(
        _ name: String, _ path: SettingPath<ScriptDefaults, ScriptLine?>, _ help: String
    ) -> Keyword<ScriptDefaults> {
        .custom(name, syntax: "<quoted script> [<user> [<group>]]", help) { statement, scripts, reader in
            guard let script = reader.script(statement) else { return }
            if scripts[keyPath: path] == nil {
                scripts[keyPath: path] = script
            } else {
                reader.report(.error, "already-set", statement, "'\(name)' is already set; this line is ignored")
            }
        }
    }

    private static var fifoRows: [Keyword<ScriptDefaults>] {
        let said = "A named pipe that is told of state changes"
        let rows: [Keyword<ScriptDefaults>] = [
            .script("notify_fifo", \.fifo.path, said + "; made if it is missing, removed at the end.")
                .on([.vrrp, .checker]).syntax("<path> [<user> [<group>]]"),
            .script("notify_fifo_script", \.fifo.script, "A script that reads the pipe; its path is the last argument.")
                .on([.vrrp, .checker]),
            .script("vrrp_notify_fifo", \.vrrpFIFO.path, said + " of virtual routers.")
                .on(.vrrp).syntax("<path> [<user> [<group>]]"),
            .script("vrrp_notify_fifo_script", \.vrrpFIFO.script, "A script that reads that pipe.").on(.vrrp),
            .script("lvs_notify_fifo", \.lvsFIFO.path, said + " of virtual and real servers.")
                .on(.checker).syntax("<path> [<user> [<group>]]"),
            .script("lvs_notify_fifo_script", \.lvsFIFO.script, "A script that reads that pipe.").on(.checker),
        ]
        return rows.map { $0.since("1.3.6") }
    }
}
