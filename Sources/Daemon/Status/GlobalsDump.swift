// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// The first section of every dump: ` Key = value` lines of `global_defs`, in upstream's order and words.
struct GlobalsDump {
    private let settings: GlobalSettings
    private let commandLine: CommandLine

    /// Known to the parent only.
    private let nextReload: String?

    init(_ settings: GlobalSettings, _ commandLine: CommandLine, nextReload: String? = nil) {
        self.nextReload = nextReload
        self.settings = settings
        self.commandLine = commandLine
    }

    /// The section with its ruler.
    var text: String { lines.map { $0 + "\n" }.joined() }

    var lines: [String] {
        ["------< Global definitions >------"]
            + (identityLines + mailLines + reloadLines + interfaceLines + scriptLines + vrrpLines + processLines
                + partnerLines + securityLines + bufferLines).map { " " + $0 }
    }

    private var identityLines: [String] {
        let namespace = commandLine.namespace ?? settings.namespace.network
        var lines = ["Network namespace = \(namespace ?? "(default)")"]
        switch settings.namespace.ipvs {
        case nil: lines.append("Network namespace ipvs = (main namespace)")
        case ""?: lines.append("Network namespace ipvs = (default)")
        case let name?: lines.append("Network namespace ipvs = \(name)")
        }
        if let instance = settings.namespace.instance { lines.append("Instance name = \(instance)") }
        if settings.namespace.usesPIDDirectory { lines.append("PID directory in use") }
        if settings.usesProcessNames { lines.append("Use process names") }
        if let name = settings.parentName { lines.append("Parent process name = \(name)") }
        for kind in ChildKind.allCases {
            if let name = settings.settings(of: kind).name { lines.append("\(kind.title) process name = \(name)") }
        }
        lines.append("Router ID = \(settings.routerID ?? HostNames.own)")
        return lines
    }

    private var mailLines: [String] {
        let mail = settings.mail
        var lines: [String] = []
        if let server = mail.servers.first {
            lines += [
                "Smtp server = \(server)", "Smtp server port = \(mail.port)",
                "Smtp HELO name = \(mail.greeting ?? HostNames.own)",
                "Smtp server connection timeout = \(mail.connectTimeout.seconds)",
                "Email notification from = \(mail.effectiveSender)",
            ]
        }
        if !mail.recipients.isEmpty { lines += ["Email notification to:"] + mail.recipients.map { "  " + $0 } }
        lines += [
            "Default smtp_alert = \(threeWay(mail.alerts))", "Default smtp_alert_vrrp = \(threeWay(mail.alertsVRRP))",
            "Default smtp_alert_checker = \(threeWay(mail.alertsChecker))",
        ]
        return lines
    }

    private var reloadLines: [String] {
        let reload = settings.reload
        var lines = ["Checkers log all failures = \(settings.lvs.logsAllFailures)"]
        if let script = settings.scripts.startup {
            lines.append("Startup script = \(quoted(script)), timeout \(settings.scripts.startupTimeout.seconds)")
        }
        if let script = settings.scripts.shutdown {
            lines.append("Shutdown script = \(quoted(script)), timeout \(settings.scripts.shutdownTimeout.seconds)")
        }
        lines.append(
            reload.testLog.map { "Test config before reload, log to \($0.isEmpty ? "/dev/null" : $0)" }
                ?? "No test config before reload")
        if let file = reload.timeFile {
            lines.append("Reload time file = \(file)\(reload.keepsTimeFile ? " (repeat)" : "")")
            lines.append(nextReload.map { "Reload scheduled for \($0)" } ?? "No reload scheduled")
        }
        if let path = reload.markerPath(commandLine, settings.namespace) { lines.append("Reload file = \(path)") }
        return lines
    }

    private var interfaceLines: [String] {
        var lines = ["Dynamic interfaces = \(settings.vrrp.dynamicInterfaces != .no)"]
        if settings.vrrp.dynamicInterfaces == .allowingChanges { lines.append("Allow interface changes = true") }
        if settings.mail.omitsFaults { lines.append("Send emails for fault transitions = off") }
        lines += [
            "Default interface = \(settings.vrrp.defaultInterface)",
            "Disable local IGMP = \(yesNo(settings.vrrp.disablesLocalIGMP))",
            "LVS flush = \(settings.lvs.flushesAtStart)",
        ]
        switch settings.lvs.flushOnStop {
        case .no: lines.append("LVS flush on stop = disabled")
        case .everything: lines.append("LVS flush on stop = full")
        case .virtualServers: lines.append("LVS flush on stop = VS")
        }
        if let value = settings.lvs.tcpTimeout { lines.append("LVS TCP timeout = \(value)") }
        if let value = settings.lvs.tcpFinishTimeout { lines.append("LVS TCP FIN timeout = \(value)") }
        if let value = settings.lvs.udpTimeout { lines.append("LVS UDP timeout = \(value)") }
        if let daemon = settings.lvs.syncDaemon {
            let router = daemon.router.map { ", vrrp instance = \($0)" } ?? ""
            lines.append("LVS syncd interface = \(daemon.interface)\(router), syncid = \(daemon.id ?? 0)")
        }
        return lines
    }

    private var scriptLines: [String] {
        let pipes = [
            ("Global", settings.scripts.fifo), ("LVS", settings.scripts.lvsFIFO), ("VRRP", settings.scripts.vrrpFIFO),
        ]
        return pipes.flatMap { title, pipe -> [String] in
            guard let path = pipe.path?.arguments.first else { return [] }
            var lines = ["\(title) notify fifo = \(path)"]
            if let script = pipe.script { lines.append("\(title) notify fifo script = \(quoted(script)) '\(path)'") }
            return lines
        }
    }

    private var vrrpLines: [String] {
        let vrrp = settings.vrrp
        let announcements = vrrp.announcements
        var lines = [
            "FIFO write vrrp states on reload = \(vrrp.repeatsStatesOnReload)",
            "VRRP notify priority changes = \(vrrp.notifiesPriorityChanges)",
            "VRRP IPv4 mcast group = \(vrrp.multicastGroup4)", "VRRP IPv6 mcast group = \(vrrp.multicastGroup6)",
            "Gratuitous ARP delay = \(announcements.delay.seconds)", "Gratuitous ARP repeat = \(announcements.repeats)",
            "Gratuitous ARP refresh timer = \(announcements.refresh.seconds)",
            "Gratuitous ARP refresh repeat = \(announcements.refreshRepeats)",
            "Gratuitous ARP lower priority delay = \((announcements.lowerPriorityDelay ?? announcements.delay).seconds)",
            "Gratuitous ARP lower priority repeat = \(announcements.lowerPriorityRepeats ?? announcements.repeats)",
            "Num adverts before down = \(vrrp.downTimerAdverts)",
            "Gratuitous ARP for each secondary VMAC = \(announcements.extraInterval.seconds)s",
            "Send advert after receive lower priority advert = \(!vrrp.lowerPrioritySendsNoAdvert)",
            "Send advert after receive higher priority advert = \(vrrp.higherPrioritySendsAdvert)",
            "Gratuitous ARP interval = \(decimal(announcements.interval))",
            "Gratuitous NA interval = \(decimal(announcements.neighbourInterval))",
            "VRRP default protocol version = \(vrrp.version)",
        ]
        lines += firewallLines
        lines += [
            "VRRP check unicast_src = \(vrrp.checksUnicastSource)",
            "VRRP skip check advert addresses = \(vrrp.skipsAddressCheck)", "VRRP strict mode = \(vrrp.isStrict)",
        ]
        return lines
    }

    private var firewallLines: [String] {
        let firewall = settings.vrrp.firewall
        var lines: [String] = []
        if let chains = firewall.iptables {
            lines.append("Iptables input chain = \(chains.input)")
            if let output = chains.output { lines.append("Iptables output chain = \(output)") }
        }
        if let table = firewall.nftables {
            lines += [
                "nftables table name = \(table)", "nftables base chain priority = \(firewall.nftablesPriority)",
                "nftables \(firewall.nftablesUsesInterfaceIndex ? "" : "don't ")force use ifindex for link local IPv6",
                "nftables with\(firewall.nftablesCounters ? "" : "out") counters",
            ]
        }
        return lines
    }

    private var processLines: [String] {
        let maximum = settings.maximumAutoPriority ?? 0
        var lines = [
            "Max auto priority = \(maximum > 0 ? "\(maximum)" : "Disabled")",
            "Min auto priority delay = \(settings.minimumAutoPriorityDelay.microseconds) usecs",
        ]
        for (title, kind) in [("VRRP", ChildKind.vrrp), ("Checker", .checker), ("BFD", .bfd)] {
            let process = settings.settings(of: kind)
            lines += [
                "\(title) process priority = \(process.priority ?? 0)", "\(title) don't swap = \(process.locksMemory)",
                "\(title) realtime priority = \(process.realtimePriority ?? 0)",
            ]
            if !process.processors.isEmpty {
                lines.append("\(title) CPU Affinity = \(process.processors.map { "\($0)" }.joined(separator: " "))")
            }
            lines.append("\(title) realtime limit = \(process.realtimeLimit?.microseconds ?? 10_000)")
        }
        return lines
    }

    private var partnerLines: [String] {
        let snmp = settings.snmp
        func state(_ isOn: Bool) -> String { isOn ? "enabled" : "disabled" }
        return [
            "SNMP vrrp \(state(snmp.vrrp))", "SNMP checker \(state(snmp.checker))", "SNMP RFCv2 \(state(snmp.rfcV2))",
            "SNMP RFCv3 \(state(snmp.rfcV3))", "SNMP traps \(state(snmp.sendsTraps))",
            "SNMP socket = \(snmp.socket ?? "default (unix:/var/agentx/master)")", "DBus \(state(settings.dbus.isEnabled))",
            "DBus service name = \(settings.dbus.isEnabled ? settings.dbus.serviceName : "")",
        ]
    }

    private var securityLines: [String] {
        var lines = ["Script security \(settings.scripts.isSecure ? "enabled" : "disabled")"]
        switch settings.scripts.user {
        case .unset: break
        case .identity(let user): lines.append("Default script uid:gid \(user.user):\(user.group)")
        case .unusable: lines.append("Default script user unusable")
        }
        return lines
    }

    private var bufferLines: [String] {
        let buffers = [
            ("vrrp_netlink_cmd", settings.vrrp.commandBuffer), ("vrrp_netlink_monitor", settings.vrrp.monitorBuffer),
            ("process_monitor", settings.vrrp.processMonitorBuffer), ("lvs_netlink_cmd", settings.lvs.commandBuffer),
            ("lvs_netlink_monitor", settings.lvs.monitorBuffer),
        ]
        var lines = buffers.flatMap { name, buffer in
            ["\(name)_rcv_bufs = \(buffer.size ?? 0)", "\(name)_rcv_bufs_force = \(buffer.isForced ? 1 : 0)"]
        }
        lines += [
            "rs_init_notifies = \(settings.lvs.notifiesInitialState ? 1 : 0)",
            "no_checker_emails = \(settings.mail.omitsCheckers ? 1 : 0)",
        ]
        let policy = settings.vrrp.receiveBuffers
        if policy.followsMTU { lines.append("rx_bufs_policy = MTU") }
        if policy.followsAdvert { lines.append("rx_bufs_policy = ADVERT") }
        if let size = policy.size { lines.append("rx_bufs_size = \(size)") }
        lines.append("rx_bufs_multiples = \(policy.multiplier)")
        let mask = commandLine.fileModeMask ?? settings.fileModeMask ?? 0o177
        lines.append("umask = 0\(String(mask, radix: 8))")
        if settings.vrrp.startupDelay > .zero { lines.append("vrrp_startup_delay = \(short(settings.vrrp.startupDelay))") }
        if let prefix = settings.vrrp.virtualMACPrefix { lines.append("VMAC prefix = \(prefix)") }
        if let prefix = settings.vrrp.virtualMACAddressPrefix { lines.append("VMAC address prefix = \(prefix)") }
        if let seed = settings.randomSeed { lines.append("Random seed = \(seed)") }
        return lines
    }

    private func threeWay(_ value: Bool?) -> String { value.map { $0 ? "on" : "off" } ?? "unset" }
    private func yesNo(_ value: Bool) -> String { value ? "yes" : "no" }
    private func quoted(_ line: ScriptLine) -> String { line.arguments.map { "'\($0)'" }.joined(separator: " ") }

    /// Six places, as such files have them.
    private func decimal(_ interval: Interval) -> String {
        "\(interval.seconds).\(decimalDigits(interval.microseconds % 1_000_000, width: 6))"
    }

    private func short(_ interval: Interval) -> String {
        interval.microseconds % 1_000_000 == 0 ? "\(interval.seconds)" : decimal(interval)
    }
}

extension MailSettings {
    /// Who alert mails come from: if the configuration does not say, the user of the process at this machine.
    var effectiveSender: String { sender ?? "\(Users.name(of: Users.own) ?? "root")@\(HostNames.own)" }
}
