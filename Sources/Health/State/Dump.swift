// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

// The text of `keepalived_check.data`: a line a fact, indented by 1, 3 and 5 blanks, in the order that readers of such files know.

extension VirtualServers {
    /// The lines of the dump, topology first, then the checkers.
    package func dump() -> [String] {
        var lines = sslLines
        if !settings.virtualServers.isEmpty {
            lines += ["------< LVS Topology >------", " System is compiled with LVS v1.2.1"]
        }
        for group in settings.groups { lines += groupLines(group) }
        for service in services {
            lines += service.lines()
            for index in service.servers.indices { lines += serverLines(index, of: service) }
        }
        lines += checkerLines
        if !settings.files.isEmpty {
            lines.append("------< Checker track files >------")
            for file in settings.files {
                lines += [
                    " Track file = \(file.name)", "   File = \(file.path)", "   Status = \(files[file.name] ?? 0)",
                ]
                lines += trackers { check in
                    guard case .file(let tracked) = check.kind, tracked.name == file.name else { return nil }
                    return ", weight \(tracked.weight)"
                }
            }
        }
        return lines + sessionLines
    }

    /// The checkers that follow something, with what there is to say about each.
    private func trackers(_ text: (CheckSettings) -> String?) -> [String] {
        let lines = checks.indices.compactMap { slot in
            check(CheckID(slot)).flatMap { found in
                text(found.settings).map { "     \(found.service.name) -> \(found.service.name(of: found.server.key))\($0)" }
            }
        }
        return lines.isEmpty ? [] : ["   Tracking instances :"] + lines
    }

    private var sessionLines: [String] {
        var names: [String] = []
        for slot in checks.indices {
            if case .bfd(let name)? = check(CheckID(slot))?.settings.kind, !names.contains(name) { names.append(name) }
        }
        guard !names.isEmpty else { return [] }
        return ["------< Checker track BFDs >------"]
            + names.flatMap { name in
                [" Checker Track BFD = \(name)", "   Tracking RS :"]
                    + checks.indices.compactMap { slot -> String? in
                        guard let found = check(CheckID(slot)), case .bfd(name) = found.settings.kind else { return nil }
                        return "   \(found.service.name(of: found.server.key))"
                    }
            }
    }

    private var sslLines: [String] {
        guard let ssl = settings.ssl else { return [] }
        return ["------< SSL definitions >------", " Using SSL = yes"]
            + [
                ssl.key.map { " Key file = \($0)" }, ssl.authority.map { " CA file = \($0)" },
                ssl.certificate.map { " Certificate file = \($0)" },
            ]
            .compactMap(\.self)
    }

    private func groupLines(_ group: VirtualServerGroupSettings) -> [String] {
        var families: Set<AddressFamily> = []
        var lines: [String] = []
        for entry in group.entries {
            switch entry {
            case .addresses(let first, let last, let port):
                families.insert(first.family)
                lines.append(
                    first == last
                        ? "   VIP = \(first), VPORT = \(port)" : "   VIP Range = \(first)-\(last), VPORT = \(port)"
                )
            case .mark(let mark, _): lines.append("   FWMARK = \(mark)")
            }
        }
        let has = { (family: AddressFamily) in families.contains(family) ? "yes" : "no" }
        return [
            " ------< Virtual server group >------",
            " Virtual Server Group = \(group.name), IPv4 = \(has(.ipv4)), IPv6 = \(has(.ipv6))",
        ] + lines
    }

    private func serverLines(_ index: Int, of service: VirtualServer) -> [String] {
        let settings = service.settings.servers[index]
        let server = service.servers[index]
        var lines = [
            "   ------< Real server >------",
            "   RIP = \(settings.key.address), RPORT = \(settings.key.port), WEIGHT = \(settings.weight) EFF WEIGHT = \(server.weight)",
            "   \(forwardingText(settings.forwarding))",
            "   Alpha is \(onOff(settings.checks.contains { $0.alpha }))",
            "   connection timeout = \(seconds(service.settings.connectTimeout))",
            "   connection limit range = \(settings.lowerThreshold) -> \(settings.upperThreshold)",
            "   Delay loop = \(seconds(service.settings.timing.delayLoop))",
            "   Inhibit on failure is \(onOff(settings.inhibitsOnFailure))",
        ]
        if let script = settings.notifyUp { lines.append("     RS up notify script = \(scriptText(script))") }
        if let script = settings.notifyDown { lines.append("     RS down notify script = \(scriptText(script))") }
        if let host = settings.virtualHost { lines.append("   VirtualHost = \(host)") }
        if let name = settings.snmpName { lines.append("   SNMP name = \(name)") }
        return lines + [
            "   Using smtp notification = \(yesNo(settings.sendsMail))", "   initial weight = \(settings.weight)",
            "   effective weight = \(server.weight)", "   alive = \(server.isAlive ? 1 : 0)",
            "   num failed checkers = \(server.failedChecks)", "   RS set = \(server.tableWeight == nil ? 0 : 1)",
        ] + settings.followedLines
    }

    private var checkerLines: [String] {
        var lines = ["------< Health checkers >------"]
        var files: [String] = []
        for slot in checks.indices {
            guard let found = check(CheckID(slot)) else { continue }
            let text = found.settings.lines(checks[slot], found.server, found.service)
            // Those that follow a file stand at the end, and have no rhythm.
            if case .file = found.settings.kind { files += text } else { lines += text }
        }
        return lines.count == 1 && files.isEmpty ? [] : lines + files
    }
}

extension VirtualServer {
    fileprivate func lines() -> [String] {
        let target =
            switch settings.target {
            case .address(let address, let port): "VS VIP = \(address), VPORT = \(port)"
            case .mark(let mark): "VS FWMARK = \(mark)"
            case .group: "VS GROUP = \(name)"
            }
        var lines = [" ------< Virtual server >------", " \(target)"]
        if let host = settings.virtualHost { lines.append("   VirtualHost = \(host)") }
        if let name = settings.snmpName { lines.append("   SNMP name = \(name)") }
        lines += [
            "   Address family = inet\(settings.family == .ipv6 ? "6" : "")",
            "   connection timeout = \(seconds(settings.connectTimeout))",
            "   delay_loop = \(seconds(settings.timing.delayLoop))",
            "   lvs_sched = \(settings.scheduler.rawValue)", "   Hashed = disabled",
        ]
        lines += flagLines
        if let persistence = settings.persistence {
            lines.append("   persistence timeout = \(persistence.timeout)")
            if persistence.granularity != ServiceConfiguration.finest(settings.family) {
                let text =
                    settings.family == .ipv4 ? "\(IPAddress.v4(persistence.granularity))" : "\(persistence.granularity)"
                lines.append("   persistence granularity = \(text)")
            }
            if let engine = persistence.engine { lines.append("   persistence engine = \(engine)") }
        }
        lines += [
            "   protocol = \(settings.transport?.word.uppercased() ?? "none")", "   alpha is \(onOff(settings.alpha))",
            "   omega is \(onOff(settings.omega))", "   Retry count = \(settings.timing.retries)",
            "   Retry delay = \(seconds(settings.timing.delayBeforeRetry))",
            "   Warmup = \(seconds(settings.timing.warmup))",
            "   Inhibit on failure is \(onOff(settings.inhibitsOnFailure))",
            "   quorum = \(settings.quorum), hysteresis = \(settings.hysteresis)",
        ]
        if settings.drainTimeout > .zero { lines.append("   Drain timeout = \(seconds(settings.drainTimeout))") }
        if let script = settings.quorumUp { lines.append("   Quorum up notify script = \(scriptText(script))") }
        if let script = settings.quorumDown { lines.append("   Quorum down notify script = \(scriptText(script))") }
        lines += [
            "   Using smtp notification = \(yesNo(settings.sendsMail))",
            "   default \(forwardingText(settings.forwarding))",
        ]
        if let sorry = settings.sorryServer {
            lines += [
                "   sorry server = \(settings.name(of: sorry.key))", "     \(forwardingText(sorry.forwarding))",
                "     Inhibit on failure is \(onOff(sorry.isInhibited))",
            ]
        }
        return lines + ["   alive = 1", "   quorum_state_up = \(hasQuorum ? 1 : 0)"]
    }

    private var flagLines: [String] {
        func line(_ name: String, _ flag: ServiceFlags) -> String {
            "   \(name) = \(settings.flags.contains(flag) ? "enabled" : "disabled")"
        }
        let names: [String]
        switch settings.scheduler {
        case .sh, .mh:
            let word = settings.scheduler.rawValue
            names = [line("\(word)-port", .port), line("\(word)-fallback", .fallback)]
        case .rr, .wrr, .lc, .wlc, .lblc, .dh, .fo, .ovf, .lblcr, .sed, .nq, .twos:
            names = [line("flag-1", .first), line("flag-2", .second), line("flag-3", .third)]
        }
        return names + [line("One packet scheduling", .onePacket)]
    }
}

extension RealServerSettings {
    /// The files and BFD sessions that its checkers follow.
    fileprivate var followedLines: [String] {
        var files: [String] = []
        var sessions: [String] = []
        for check in checks {
            if case .file(let file) = check.kind { files.append("     \(file.name), weight \(file.weight)") }
            if case .bfd(let name) = check.kind { sessions.append("     \(name)") }
        }
        return (files.isEmpty ? [] : ["   Tracked Files"] + files) + (sessions.isEmpty ? [] : ["   Tracked BFDs"] + sessions)
    }
}

extension CheckSettings {
    fileprivate func lines(
        _ state: CheckState, _ server: RealServerSettings, _ service: VirtualServerSettings
    ) -> [String] {
        var lines = [
            " \(service.name) -> \(service.name(of: server.key))", "   Enabled = \(yesNo(state.isEnabled))",
            "   Up = \(yesNo(state.isUp))", "   Has run = \(yesNo(state.hasRun))",
            "   Current weight = \(state.weight)",
        ]
        if case .file = kind { return lines + ["   Log all failures = \(yesNo(logsAllFailures))"] + kindLines }
        lines += [
            "   Alpha = \(yesNo(alpha))", "   Delay loop = \(timing.delayLoop.microseconds) us",
            "   Warmup = \(timing.warmup.microseconds) us", "   Retries = \(timing.retries)",
            "   Delay before retry = \(timing.delayBeforeRetry.microseconds) us",
            "   Retries iterations = \(state.retries)",
            "   Default delay before retry = \(timing.delayBeforeRetry.microseconds) us",
            "   Log all failures = \(yesNo(logsAllFailures))",
        ]
        switch kind {
        case .tcp, .ping, .udp, .http, .smtp, .dns: lines += connectionLines(server)
        case .misc, .file, .bfd: break
        }
        return lines + kindLines
    }

    private func connectionLines(_ server: RealServerSettings) -> [String] {
        let address = connection.address ?? server.key.address
        let port = connection.port ?? server.key.port
        var lines = ["   Connection", "     Dest = \(endpointName(address, port: port))"]
        if connection.source != nil || connection.sourcePort != 0 {
            let source = connection.source.map { "\($0)" } ?? ""
            lines.append("     Bind to = [\(source)]:\(connection.sourcePort)")
        }
        if let interface = connection.interface { lines.append("     Bind i/f = \(interface)") }
        if connection.mark != 0 { lines.append("     Mark = \(connection.mark)") }
        return lines + ["     Timeout = \(seconds(connection.timeout))"]
    }

    private var kindLines: [String] {
        switch kind {
        case .tcp, .ping: ["   Keepalive method = \(kind.keyword)"]
        case .udp(let udp):
            [
                "   Keepalive method = UDP_CHECK", "   Payload specified = \(yesNo(!udp.payload.isEmpty))",
                "   Require reply = \(yesNo(udp.reply != nil))",
            ]
                + (udp.reply.map {
                    [
                        "     Min reply length = \(udp.minimumReply)", "     Max reply length = \(udp.maximumReply)",
                        "     Reply data len = \($0.bytes.count)",
                        "     Reply data mask = \(yesNo($0.mask.contains { $0 != 0xff }))",
                    ]
                } ?? [])
        case .smtp(let smtp): ["   Keepalive method = SMTP_CHECK", "   helo = \(smtp.heloName)"]
        case .dns(let dns): ["   Keepalive method = DNS_CHECK", "   Type = \(dns.type.word)", "   Name = \(dns.name)"]
        case .misc(let misc):
            [
                "   Keepalive method = MISC_CHECK", "   script = \(misc.script.quotedWords)",
                "   timeout = \(misc.timeout.seconds)",
                "   dynamic = \(misc.isDynamic ? "YES" : "NO")",
                "   uid:gid = \(misc.script.identity.user):\(misc.script.identity.group)",
            ]
        case .file(let file):
            ["   Keepalive method = FILE_CHECK", "     Tracked file = \(file.name)", "     Weight = \(file.weight)"]
        case .bfd(let name): ["   Keepalive method = BFD_CHECK", "   Name = \(name)", "   Alpha is \(onOff(alpha))"]
        case .http(let http): http.lines
        }
    }
}

extension HTTPCheckSettings {
    fileprivate var lines: [String] {
        let word =
            switch version {
            case .http10: "1.0"
            case .http10Close: "1.0C"
            case .http11: "1.1"
            }
        var lines = [
            "   Keepalive method = \(isSecure ? "SSL_GET" : "HTTP_GET"), http protocol \(word)",
            "   Enable SNI \(sendsServerName ? "set" : "unset")", "   Fast recovery \(recoversFast ? "set" : "unset")",
        ]
        if let virtualHost { lines.append("   Virtual host = \(virtualHost)") }
        for url in urls {
            lines.append("   Checked url = \(url.path)")
            if let digest = url.digest {
                lines.append("     digest = \(digest.map { hexDigits($0, width: 2) }.joined())")
            }
            lines.append("     HTTP Status Code(s)")
            for range in url.statuses.ranges {
                lines.append(
                    "       \(range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)")")
            }
            if let host = url.virtualHost { lines.append("     Virtual host = \(host)") }
            if let pattern = url.pattern {
                lines += [
                    "     Regex = \"\(pattern.text)\"", "     Regex options: \(pattern.options.joined(separator: " "))",
                ]
            }
        }
        return lines
    }
}

private func onOff(_ value: Bool) -> String { value ? "ON" : "OFF" }
private func yesNo(_ value: Bool) -> String { value ? "yes" : "no" }

/// Six places, as such files have them.
private func seconds(_ interval: Interval) -> String {
    "\(interval.seconds).\(decimalDigits(interval.microseconds % 1_000_000, width: 6))"
}

private func scriptText(_ script: Script) -> String {
    "\(script.quotedWords), uid:gid \(script.identity.user):\(script.identity.group)"
}

private func forwardingText(_ forwarding: Forwarding) -> String {
    guard case .tunnel(let tunnel) = forwarding else { return "forwarding method = \(forwarding.word)" }
    var text = "forwarding method = TUN, type = \("\(tunnel.kind)".uppercased())"
    if tunnel.port != 0 { text += ", port = \(tunnel.port)" }
    switch tunnel.checksum {
    case .none: return tunnel.kind == .ipip ? text : text + ", no checksum"
    case .full: return text + ", checksum"
    case .remote: return text + ", remote checksum"
    }
}
