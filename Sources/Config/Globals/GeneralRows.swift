// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension GlobalSettings {
    /// The keywords of `global_defs`.
    static var definitionRows: [Keyword<GlobalSettings>] {
        processRows + generalRows + mailRows.lifted(to: \.mail) + ScriptDefaults.rows.lifted(to: \.scripts)
            + reloadRows.lifted(to: \.reload) + fileRows.lifted(to: \.files) + VRRPGlobals.rows.lifted(to: \.vrrp)
            + LVSGlobals.rows.lifted(to: \.lvs) + snmpRows.lifted(to: \.snmp) + dbusRows.lifted(to: \.dbus)
    }

    private static var generalRows: [Keyword<GlobalSettings>] {
        [
            .text("router_id", \.routerID, "The name of this machine in alerts and SNMP.")
                .defaulting(to: "the host name").since("1.1.8"),
            umask,
            .custom("random_seed", syntax: "<uint>", "Makes ${_RANDOM} give the same numbers each time, from here on.") {
                statement, globals, reader in
                guard let seed = reader.number(statement, in: 0...UInt32.max) else { return }
                globals.randomSeed = seed
                reader.source?.seed(UInt64(seed))
            }
            .range("0..4294967295").defaulting(to: "the time").since("2.0.15"),
            .custom(
                "include_check", syntax: "[[+|-]read|match|wildcard_match|brace_match ...]",
                "What is an error of an include from here on; without a word, everything that can be checked."
            ) { statement, _, reader in reader.setIncludeChecks(statement) }
            .defaulting(to: "none").since("2.2.0"),
            .flag("nftables_counters", \.vrrp.firewall.nftablesCounters, "Count packets in the rules made for nftables.")
                .since("2.0.11").on([.vrrp, .checker]),
        ].on(.all)
    }

    private static var umask: Keyword<GlobalSettings> {
        .custom(
            "umask", syntax: "<octal|decimal|hex> | I{R,W,X}{USR,GRP,OTH} | IRWX{U,G,O} joined by '|'",
            "The file mode bits that files written by the daemon do not get."
        ) { statement, settings, reader in
            if let mask = reader.fileModeMask(statement) { settings.fileModeMask = mask }
        }
        .range("0..0777").defaulting(to: "0177").since("2.0.9")
    }

    private static var reloadRows: [Keyword<ReloadSettings>] {
        [
            optional(
                "reload_check_config", "[<file>]", bare: "", \.testLog,
                "Test the configuration before a reload; the findings go to the file."
            )
            .since("2.2.0"),
            .text("reload_time_file", "<path>", \.timeFile, "A watched file that holds the time of the next reload.")
                .since("2.1.0"),
            .flag("reload_repeat", \.keepsTimeFile, "Keep the time file, so that a time of day repeats every day.")
                .since("2.1.0"),
            optional(
                "reload_file", "[<path>]", bare: "", \.markerFile,
                "A file that exists while the configuration is being read by a reload."
            )
            .since("2.2.0"),
        ].on(.parent)
    }

    private static var fileRows: [Keyword<FileSettings>] {
        [
            .text(
                "config_save_dir", "<dir>", \.savedConfigurations,
                "Keep a copy of each configuration in this directory, as keepalived.conf.PID.N, and the state before and after each reload."
            )
            .since("2.2.3"),
            .text(
                "tmp_config_directory", "<dir>", \.temporaryDirectory,
                "The file system that takes the frozen copy of the configuration instead of memory."
            )
            .since("2.2.0").on(.parent),
            .bool("data_use_instance", \.namesInstance, "Put namespace and instance into the names of dumps.").since("2.2.3"),
            .custom("json_version", syntax: "1|2", "The layout of the JSON dump; 2 wraps the array in an object.") {
                statement, settings, reader in
                if let value = reader.choice(statement, [("1", 1), ("2", 2)]) { settings.jsonVersion = value }
            }
            .range("1..2").defaulting(to: "1").since("2.2.8").on(.vrrp),
            routingDirectory("iproute_usr_dir", \.iprouteUserDirectory, "Where the vendor's rt_* name tables are.") {
                $0.setRoutingDirectories($1, nil)
            },
            routingDirectory("iproute_etc_dir", \.iprouteDirectory, "Where the local rt_* name tables are.") {
                $0.setRoutingDirectories(nil, $1)
            }
            .defaulting(to: "/etc/iproute2"),
            .text("state_dump_file", "<path>", \.stateDump, "Where SIGUSR1 writes; a trailing `/` names the directory only.")
                .defaulting(to: "/tmp/keepalived.data").since("2.3.3"),
            .text("stats_dump_file", "<path>", \.statisticsDump, "Where SIGUSR2 writes.")
                .defaulting(to: "/tmp/keepalived.stats").since("2.3.3").on(.vrrp),
            .text("json_dump_file", "<path>", \.jsonDump, "Where the JSON signal writes.")
                .defaulting(to: "/tmp/keepalived.json").since("2.3.3").on(.vrrp),
        ].on(.all)
    }

    /// A directory of iproute2's name tables, effective from its line on.
    private static func routingDirectory(
        _ name: String, _ path: SettingPath<FileSettings, String?>, _ help: String,
        use: @escaping @Sendable (Surroundings, String) -> Void
    ) -> Keyword<FileSettings> {
        .custom(name, syntax: "<dir>", help) { statement, settings, reader in
            guard let directory = reader.text(statement) else { return }
            settings[keyPath: path] = directory
            use(reader.surroundings, directory)
        }.since("2.3.2").on(.vrrp)
    }

    private static var mailRows: [Keyword<MailSettings>] {
        [
            .text("notification_email_from", "<email>", \.sender, "The sender of alerts.").since("1.0.3").on(.all),
            recipients.on(.all),
            smtpServer.on(.all),
            .custom("smtp_helo_name", syntax: "<string>", "How the daemon greets the mail server.") { statement, mail, reader in
                reader.noteExtraWords(statement, after: 1)
                if let name = statement.value(0)?.text { mail.greeting = name }
            }
            .defaulting(to: "the host name").since("1.2.20").on(.all),
            .wholeSeconds("smtp_connect_timeout", 0...4294, \.connectTimeout, "How long the mail server has to answer.")
                .defaulting(to: "30").on(.all),
            .bool("smtp_alert", \.alerts, "Whether state changes send mail; real servers do unless this says no.")
                .since("2.0.0").on(.all),
            .bool("smtp_alert_vrrp", \.alertsVRRP, "Whether state changes of virtual routers send mail.")
                .defaulting(to: "smtp_alert").since("2.0.0").on(.vrrp),
            .bool("smtp_alert_checker", \.alertsChecker, "Whether state changes of servers send mail.")
                .defaulting(to: "smtp_alert").since("2.0.0").on(.checker),
            .flag("no_email_faults", \.omitsFaults, "No mail when a router goes to FAULT.").since("2.0.0").on(.vrrp),
            .bool("no_checker_emails", \.omitsCheckers, "Mail only when a real server as a whole goes up or down.")
                .since("2.0.0").on(.checker),
        ]
    }

    private static var recipients: Keyword<MailSettings> {
        .custom("notification_email", syntax: "{ <email> ... }", "Who gets alerts, one or more a line.") { statement, mail, reader in
            var count = 0
            reader.readLines(of: statement) { line, _ in
                let words = [line.keyword] + line.values
                mail.recipients += words.map(\.text)
                count += words.count
            }
            guard count == 0 else { return }
            reader.report(
                Diagnostic(.warning, "empty-block", at: reader.closing ?? statement.position, "this block names no recipient")
            )
        }
    }

    private static var smtpServer: Keyword<MailSettings> {
        .custom(
            "smtp_server", syntax: "<ip|hostname> [<port>]",
            "The mail server for alerts; a host name is looked up once, when the configuration is read."
        ) { statement, mail, reader in
            guard let word = reader.require(statement, 0, "an address or a host name") else { return }
            reader.noteExtraWords(statement, after: 2)
            if let port = statement.value(1) {
                guard let number = reader.number(port, of: statement, in: 1...UInt16.max) else { return }
                mail.port = number
            }
            if let address = IPAddress(word.text) {
                mail.servers = [address]
            } else {
                mail.servers = reader.surroundings.resolve(word.text)
                guard mail.servers.isEmpty else { return }
                reader.report(
                    .error, "unknown-host", statement, word: word, "'\(word.text)' has no address; there will be no alerts"
                )
            }
        }
        .range("port 1..65535").defaulting(to: "none, port 25")
    }

    private static var snmpRows: [Keyword<SNMPSettings>] {
        [
            .custom("snmp_socket", syntax: "<string>", "Where the SNMP agent listens for subagents.") { statement, snmp, reader in
                guard let word = reader.require(statement) else { return }
                if statement.values.count > 1 {
                    reader.report(.error, "extra-words", statement, word: statement.values[1], "only one word is allowed; the line is ignored")
                } else {
                    snmp.socket = word.text
                }
            }
            .defaulting(to: "unix:/var/agentx/master").since("1.2.20"),
            .flag("enable_traps", \.sendsTraps, "Send SNMP notifications.").since("1.2.5"),
            .flag("enable_snmp_vrrp", \.vrrp, "Serve the KEEPALIVED-MIB's part on virtual routers.").since("2.0.0").on(.vrrp),
            .flag("enable_snmp_keepalived", \.vrrp, "As enable_snmp_vrrp.")
                .since("1.2.20").on(.vrrp).deprecated(use: "enable_snmp_vrrp"),
            .custom("enable_snmp_rfc", syntax: "", "Serve the VRRP-MIB of RFC 2787 and that of RFC 6527.") { statement, snmp, reader in
                reader.noteExtraWords(statement, after: 0)
                snmp.rfcV2 = true
                snmp.rfcV3 = true
            }
            .since("1.2.20").on(.vrrp),
            .flag("enable_snmp_rfcv2", \.rfcV2, "Serve the VRRP-MIB of RFC 2787.").since("1.2.20").on(.vrrp),
            .flag("enable_snmp_rfcv3", \.rfcV3, "Serve the VRRPV3-MIB of RFC 6527.").since("1.2.20").on(.vrrp),
            .flag("enable_snmp_checker", \.checker, "Serve the KEEPALIVED-MIB's part on virtual servers.")
                .since("1.2.20").on(.checker),
            .seconds("snmp_vs_stats_update_interval", 0.001...30, \.virtualServerInterval, "How old counters of virtual servers may be.")
                .defaulting(to: "5").since("2.3.0").on(.checker),
            .seconds("snmp_rs_stats_update_interval", 0.001...30, \.realServerInterval, "How old counters of real servers may be.")
                .defaulting(to: "snmp_vs_stats_update_interval").since("2.3.0").on(.checker),
        ].on([.vrrp, .checker])
    }

    private static var dbusRows: [Keyword<DBusSettings>] {
        [
            .flag("enable_dbus", \.isEnabled, "Offer the D-Bus interface.").since("1.3.0"),
            .text("dbus_service_name", \.serviceName, "The name on the bus.").defaulting(to: "org.keepalived.Vrrp1").since("1.3.7"),
            .text("dbus_no_interface_name", \.pathWithoutInterface, "The path element of instances without an interface.")
                .since("2.3.0"),
        ].on(.vrrp)
    }
}
