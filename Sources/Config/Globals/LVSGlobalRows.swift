// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension LVSGlobals {
    static var rows: [Keyword<LVSGlobals>] {
        ([
            .bool("checker_log_all_failures", \.logsAllFailures, "Log every failed check, not only the one that decides.")
                .since("2.0.11"),
            timeouts.since("1.2.24"),
            .flag("lvs_flush", \.flushesAtStart, "Empty the IPVS table at the start.").since("1.2.23"),
            flushOnStop("lvs_flush_on_stop").since("2.2.0"),
            flushOnStop("lvs_flush_onstop").since("2.0.15").deprecated(use: "lvs_flush_on_stop"),
            syncDaemon.since("1.2.20").on([.vrrp, .checker]),
            .bool("rs_init_notifies", \.notifiesInitialState, "Run notify_up for servers that are up at the start, too.").since("2.0.0"),
        ] + BufferSettings.rows("lvs_netlink_cmd", "the socket that changes IPVS").lifted(to: \.commandBuffer)
            + BufferSettings.rows("lvs_netlink_monitor", "the checkers' socket that hears of changes").lifted(to: \.monitorBuffer))
            .on(.checker) + markRows.on(.checker)
    }

    /// Groups of addresses as firewall marks.
    private static var markRows: [Keyword<LVSGlobals>] {
        [
            GlobalSettings.optional(
                "nftables_ipvs", "[<table>]", bare: "keepalived_ipvs", limit: 254, \.nftables,
                "Groups of addresses become marks set by nftables, in this table."
            )
            .range("1..254 characters").since("2.2.2"),
            .number("nftables_ipvs_priority", Int(Int32.min)...Int(Int32.max), \.nftablesPriority, "The priority of that table's chains.")
                .defaulting(to: "-1").since("2.2.2"),
            .number("nftables_ipvs_start_fwmark", 1...UInt32.max, \.nftablesStartMark, "The first mark to use.")
                .defaulting(to: "1000").since("2.2.2"),
        ]
    }

    private static func flushOnStop(_ name: String) -> Keyword<LVSGlobals> {
        .custom(name, syntax: "[VS]", "Empty the IPVS table at the end; with `VS`, delete the virtual servers only.") {
            statement, lvs, reader in
            reader.noteExtraWords(statement, after: 1)
            guard let word = statement.value(0) else { return lvs.flushOnStop = .everything }
            if word.text == "VS" {
                lvs.flushOnStop = .virtualServers
            } else {
                reader.report(.error, "unknown-value", statement, word: word, "'\(word.text)' is not VS; the line is ignored")
            }
        }
    }

    private static var timeouts: Keyword<LVSGlobals> {
        .custom(
            "lvs_timeouts", syntax: "[tcp <seconds:uint>] [tcpfin <seconds:uint>] [udp <seconds:uint>]",
            "The timeouts of IPVS connections; 0 leaves the kernel's."
        ) { statement, lvs, reader in
            guard reader.require(statement, 0, "at least one of tcp, tcpfin, udp") != nil else { return }
            var rest = statement.values[...]
            while let word = rest.popFirst() {
                let path: WritableKeyPath<LVSGlobals, UInt32?>
                switch word.text {
                case "tcp": path = \.tcpTimeout
                case "tcpfin": path = \.tcpFinishTimeout
                case "udp": path = \.udpTimeout
                default:
                    reader.report(.error, "unknown-option", statement, word: word, "'\(word.text)' is none of tcp, tcpfin, udp")
                    continue
                }
                guard let value = rest.popFirst() else {
                    return reader.report(.error, "missing-value", statement, word: word, "'\(word.text)' needs a number of seconds")
                }
                if let seconds = reader.number(value, of: statement, in: 0...UInt32(2_678_400)) { lvs[keyPath: path] = seconds }
            }
        }
        .range("each 0..2678400").defaulting(to: "0")
    }

    private static var syncDaemon: Keyword<LVSGlobals> {
        .custom(
            "lvs_sync_daemon",
            syntax: "<ifname> [inst <string>] [id <uint>] [maxlen <uint>] [port <uint>] [ttl <uint>] [group <mcast ip>]",
            options: [entryOptions],
            "Copies IPVS connections between machines; with `inst`, a master daemon where that router is master."
        ) { statement, lvs, reader in
            guard let interface = reader.require(statement, 0, "an interface") else { return }
            guard interface.text.utf8.count < 16 else {
                return reader.report(
                    .error, "bad-name", statement, word: interface, "'\(interface.text)' is too long for an interface; the line is ignored"
                )
            }
            guard lvs.syncDaemon == nil else {
                return reader.report(.error, "already-set", statement, "'lvs_sync_daemon' is already set; this line is ignored")
            }
            lvs.syncDaemon = reader.syncDaemon(statement, interface.text)
        }
        .range("id 0..255; maxlen 1..65507; port 1..65535; ttl 1..255")
    }

    private static var entryOptions: KeywordEntry {
        var entry = KeywordEntry.option("<entry>", "", "The options behind the interface.")
        entry.children = [
            .option("inst", "<vrrp_instance name>", default: "none", "The router that decides who is master."),
            .option("id", "<uint>", range: "0..255", default: "vrid of inst or 0", "Tells several daemons apart."),
            .option("maxlen", "<uint>", range: "1..65507", default: "kernel", "The longest message in bytes."),
            .option("port", "<uint>", range: "1..65535", default: "kernel (8848)", "The UDP port."),
            .option("ttl", "<uint>", range: "1..255", default: "kernel (1)", "How many hops a message may go."),
            .option("group", "<mcast ip>", default: "kernel (224.0.0.81)", "The multicast group."),
        ]
        return entry
    }
}

extension Reader {
    fileprivate mutating func syncDaemon(_ statement: Statement, _ interface: String) -> SyncDaemonSettings {
        var settings = SyncDaemonSettings(interface: interface)
        var rest = statement.values[...].dropFirst()
        if let word = rest.first, !["inst", "id", "maxlen", "port", "ttl", "group"].contains(word.text) {
            report(.warning, "deprecated", statement, word: word, "the router is named without 'inst'", help: "write 'inst \(word.text)'")
            settings.router = word.text
            rest = rest.dropFirst()
            if let id = rest.first, DecimalReading(id.text).digits > 0 {
                settings.id = number(id, of: statement, in: 0...255)
                rest = rest.dropFirst()
            }
        }
        while let word = rest.popFirst() {
            guard let value = rest.popFirst() else {
                report(.error, "missing-value", statement, word: word, "'\(word.text)' needs a value")
                break
            }
            switch word.text {
            case "inst": settings.router = value.text
            case "id": settings.id = number(value, of: statement, in: 0...255) ?? settings.id
            case "maxlen": settings.maximumLength = number(value, of: statement, in: 1...65507) ?? settings.maximumLength
            case "port": settings.port = number(value, of: statement, in: 1...65535) ?? settings.port
            case "ttl": settings.timeToLive = number(value, of: statement, in: 1...255) ?? settings.timeToLive
            case "group": settings.group = multicast(value, statement) ?? settings.group
            default: report(.error, "unknown-option", statement, word: word, "'\(word.text)' is not an option of 'lvs_sync_daemon'")
            }
        }
        return settings
    }

    private mutating func multicast(_ word: Word, _ statement: Statement) -> IPAddress? {
        guard let address = address(word, of: statement) else { return nil }
        if address.isMulticast { return address }
        report(.error, "not-multicast", statement, word: word, "'\(word.text)' is not a multicast address; it is ignored")
        return nil
    }
}
