// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension VRRPSnapshot {
    /// What `keepalived.json` says; nil when there is no router, for then no file is written.
    ///
    ///     version 1: [{"data": {...}, "stats": {...}}, ...]
    ///     version 2: {"vrrp": [...], "track_process": [...]}
    ///
    /// Keys, their order and their types are a contract with programs that read them: some are only ever whole numbers there, so
    /// version 1 has `garp_delay` in whole seconds.
    package func json(version: Int) -> String? {
        guard !routers.isEmpty else { return nil }
        var writer = JSONWriter()
        if version < 2 {
            writer.array { write(into: &$0, isExact: false) }
        } else {
            writer.object { writer in
                writer.array("vrrp") { write(into: &$0, isExact: true) }
                guard !processes.isEmpty else { return }
                writer.array("track_process") { writer in
                    for process in processes { writer.object { process.write(into: &$0) } }
                }
            }
        }
        return writer.text + "\n"
    }

    private func write(into writer: inout JSONWriter, isExact: Bool) {
        for router in routers {
            writer.object { writer in
                writer.object("data") { write(router, into: &$0, isExact: isExact) }
                writer.object("stats") { router.statistics.write(into: &$0) }
            }
        }
    }

    private func write(_ router: RouterSnapshot, into writer: inout JSONWriter, isExact: Bool) {
        let settings = router.settings
        writer.string("iname", settings.name)
        writer.bit("dont_track_primary", !settings.tracksPrimary)
        writer.bit("skip_check_adv_addr", settings.skipsAddressCheck)
        writer.bit("strict_mode", settings.isStrict)
        writer.string("vmac_ifname", settings.virtualInterface?.name ?? "")
        if let interface = settings.addressInterface { writer.string("ifp_ifname", interface) }
        // The priority of the master that a backup follows.
        writer.number("master_priority", router.state == .backup ? router.masterPriority : 0)
        writer.time("last_transition", nanoseconds: router.lastTransition.map { clock.time(of: $0) } ?? 0)
        write(settings.announcements, into: &writer, isExact: isExact)
        writer.bit("lower_prio_no_advert", settings.ignoresLowerPriority)
        writer.bit("higher_prio_send_advert", settings.advertisesToHigherPriority)
        writer.number("vrid", settings.routerID)
        writer.number("base_priority", settings.priority)
        writer.number("effective_priority", router.priority)
        writer.flag("vipset", router.isHolding)
        writer.flag("promote_secondaries", settings.promotesSecondaries)
        writer.seconds("adver_int", settings.advertInterval)
        writer.seconds("master_adver_int", router.masterInterval)
        writer.bit("accept", settings.accepts)
        writer.flag("nopreempt", !settings.preempts)
        writer.seconds("preempt_delay", settings.preemptDelay)
        writer.number("state", router.state.rawValue)
        writer.number("wantstate", router.wantedState.rawValue)
        writer.number("version", settings.version.rawValue)
        writer.flag("smtp_alert", settings.notify.sendsMail)
        writer.flag("notify_deleted", settings.notify.reportsDeletion)
        write(settings.notify, into: &writer)
        writer.strings("vips", router.addressTexts(excluded: false))
        writer.strings("evips", router.addressTexts(excluded: true))
        writer.strings("vroutes", settings.routes.map(\.text))
        writer.strings("vrules", settings.rules.map(\.text))
        write(settings.trackers, into: &writer)
        writer.number("auth_type", settings.authentication.number)
        // A password is nobody's business; that there is one is.
        if settings.authentication != .none { writer.string("auth_data", Authentication.mask) }
    }

    private func write(_ settings: AnnouncementSettings, into writer: inout JSONWriter, isExact: Bool) {
        func delay(_ key: String, _ value: Interval) {
            if isExact { writer.seconds(key, value) } else { writer.number(key, value.seconds) }
        }
        delay("garp_delay", settings.delay)
        writer.number("garp_refresh", settings.refresh.seconds)
        writer.number("garp_rep", settings.repeats)
        writer.number("garp_refresh_rep", settings.refreshRepeats)
        delay("garp_lower_prio_delay", settings.lowerPriorityDelay)
        writer.number("garp_lower_prio_rep", settings.lowerPriorityRepeats)
    }

    private func write(_ notify: NotifySettings, into writer: inout JSONWriter) {
        let scripts = [
            ("script_backup", notify.backup), ("script_master", notify.master), ("script_fault", notify.fault),
            ("script_stop", notify.stop), ("script_deleted", notify.deleted), ("script", notify.any),
            ("script_master_rx_lower_pri", notify.masterHearsLowerPriority),
        ]
        for (key, script) in scripts {
            if let script { writer.string(key, script.quotedWords) }
        }
    }

    /// Interfaces and processes by their names, scripts by what they run.
    private func write(_ trackers: [Tracker], into writer: inout JSONWriter) {
        var interfaces: [String] = []
        var commands: [String] = []
        var programs: [String] = []
        for tracker in trackers {
            switch tracker.object {
            case .interface(let name): interfaces.append(name)
            case .script(let name):
                if let script = settings.scripts.first(where: { $0.name == name }) {
                    commands.append(script.command.quotedWords)
                }
            case .process(let name): programs.append(name)
            case .file, .bfd: break
            }
        }
        writer.strings("track_ifp", interfaces)
        writer.strings("track_script", commands)
        writer.strings("track_process", programs)
    }
}

extension RouterSettings {
    /// Whether the loss of its own interface is a fault; off with `dont_track_primary`.
    package var tracksPrimary: Bool { interface.map { requiredInterfaces.contains($0) } ?? false }
}

extension RouterSnapshot {
    /// The lines of the addresses advertised, or of those excluded.
    package func addressTexts(excluded: Bool) -> [String] {
        let entries = excluded ? settings.excludedAddresses : settings.addresses
        let first = excluded ? settings.addresses.count : 0
        let name = settings.virtualInterface.map { virtual in
            settings.interface.map { "\(virtual.name)@\($0)" } ?? virtual.name
        }
        return entries.enumerated().map { index, entry in
            entry.text(on: name ?? settings.interface, isSet: presentAddresses.contains(first + index))
        }
    }
}

extension Authentication {
    /// What stands for a password wherever state is shown.
    package static let mask = "********"

    /// The type in adverts: 0 none, 1 password, 2 authentication header; a trailer has none of its own.
    package var number: Int {
        switch self {
        case .none, .trailer: 0
        case .password: 1
        case .authenticationHeader: 2
        }
    }
}

extension Statistics {
    fileprivate func write(into writer: inout JSONWriter) {
        let counters: [(String, UInt64)] = [
            ("advert_rcvd", advertsReceived), ("advert_sent", advertsSent), ("become_master", becameMaster),
            ("release_master", releasedMaster), ("packet_len_err", self.lengthErrors),
            ("advert_interval_err", self.intervalErrors), ("ip_ttl_err", self.hopLimitErrors),
            ("invalid_type_rcvd", self.typeErrors),
            ("addr_list_err", self.addressListErrors), ("invalid_authtype", self.unknownAuthentication),
            ("authtype_mismatch", self.authenticationMismatches), ("auth_failure", self.authenticationFailures),
            ("auth_ext_missing", self.trailersMissing), ("auth_ext_malformed", self.trailersMalformed),
            ("auth_ext_unknown_key", self.trailersOfUnknownKey), ("auth_ext_invalid_hmac", self.trailersInvalid),
            ("auth_ext_stale", self.trailersStale), ("auth_ext_replay", self.trailersReplayed),
            ("pri_zero_rcvd", priorityZeroReceived), ("pri_zero_sent", priorityZeroSent),
        ]
        for (key, value) in counters { writer.number(key, value) }
    }
}

extension TrackProcessSnapshot {
    fileprivate func write(into writer: inout JSONWriter) {
        writer.string("process", settings.program)
        writer.string("parameters", settings.parameters.joined(separator: " "))
        writer.string("param_match", settings.parameterMatch?.word ?? "none")
        writer.number("min_processes", settings.quorum)
        if let maximum = settings.quorumMaximum { writer.number("max_processes", maximum) }
        writer.number("current_processes", count)
        writer.flag("have_quorum", hasQuorum)
        writer.number("weight", settings.weight)
        writer.seconds("terminate_delay", settings.terminateDelay)
        writer.seconds("fork_delay", settings.forkDelay)
        writer.flag("fork_delay_timer_running", forkDelayIsRunning)
        writer.flag("terminate_delay_timer_running", terminateDelayIsRunning)
        writer.flag("full_command", settings.matchesCommandLine)
    }
}

extension TrackProcessSettings.ParameterMatch {
    /// The word of the configuration, "exact" where it has none.
    package var word: String {
        switch self {
        case .exact: "exact"
        case .initial: "initial"
        case .partial: "partial"
        }
    }
}
