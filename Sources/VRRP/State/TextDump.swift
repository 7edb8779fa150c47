// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

// The text of `keepalived.data`: sections with a ruler, a line a fact, indented by 1, 3 and 5 blanks, in the order that readers of
// such files know. A liveness probe looks for "State = FAULT" anywhere in it, so no other key may end like that.

extension VRRPSnapshot {
    /// Makes the date of a second since the beginning of 1970 in local time: "Wed Feb 21 21:57:11 2024".
    package typealias DateText = (_ seconds: Int64) -> String

    /// The lines from the static addresses on; what stands before them is no matter of VRRP.
    ///
    /// - Parameter showsState: whether what became of the configuration is shown too.
    package func lines(showsState: Bool = true, date: DateText) -> [String] {
        guard showsState else { return settingLines(date: date) }
        var text = staticLines
        text += section("VRRP Topology", routers.flatMap { lines(of: $0, date: date) })
        text += section("VRRP Sockpool", sockets.flatMap { lines(of: $0) })
        text += section("VRRP Sync groups", groups.flatMap { lines(of: $0) })
        text += section("VRRP Scripts", scripts.flatMap(\.lines))
        text += section("VRRP Track files", files.flatMap(\.lines))
        text += section("VRRP Track processes", processes.flatMap(\.lines))
        text += section("VRRP Track BFDs", sessions.flatMap(\.lines))
        text += section("Interfaces", interfaces.flatMap { lines(of: $0) })
        return text
    }

    /// What was configured.
    private func settingLines(date: DateText) -> [String] {
        staticLines
            + section("VRRP Topology", routers.flatMap { lines(of: $0, showsState: false, date: date) })
            + section("VRRP Sync groups", groups.flatMap { lines(of: $0, showsState: false) })
            + section("VRRP Scripts", scripts.flatMap(\.settingLines)) + section("VRRP Track files", files.flatMap(\.settingLines))
            + section("VRRP Track processes", processes.flatMap(\.settingLines))
    }

    private var staticLines: [String] {
        let addresses = settings.staticAddresses.map { entry in
            "     " + entry.text(on: nil, isSet: entry.interface.map { has(entry.prefix, on: $0) } ?? false)
        }
        return section("Static Addresses", addresses)
            + section("Static Routes", settings.staticRoutes.map { "     " + $0.text })
            + section("Static Rules", settings.staticRules.map { "     " + $0.text })
            + section(
                "Static Track groups",
                settings.trackGroups.flatMap { group in
                    [" Static Track Group = \(group.name)", "   VRRP member instances :"] + group.routers.map { "     \($0)" }
                })
    }

    private func has(_ prefix: IPPrefix, on interface: String) -> Bool {
        interfaces.contains { $0.name == interface && $0.addresses.contains(prefix) }
    }

    // MARK: Routers

    private func lines(of router: RouterSnapshot, showsState: Bool = true, date: DateText) -> [String] {
        let settings = router.settings
        var lines = [" VRRP Instance = \(settings.name)", "   VRRP Version = \(settings.version.rawValue)"]
        if let group = settings.syncGroup { lines.append("   Sync group = \(group)") }
        if settings.family == .ipv6 { lines.append("   Using Native IPv6") }
        if showsState { lines += stateLines(router, date: date) }
        lines += interfaceLines(router)
        lines += settings.announcements.lines
        lines += electionLines(router, showsState: showsState, date: date)
        lines += listLines(router)
        lines += settings.notifyLines
        if showsState { lines += historyLines(router, date: date) }
        return lines
    }

    private func stateLines(_ router: RouterSnapshot, date: DateText) -> [String] {
        var lines = ["   State = \(router.state.word)"]
        if router.state == .backup {
            lines.append("   Master router = \(router.master.map { "\($0)" } ?? "unknown")")
            lines.append("   Master priority = \(router.masterPriority)")
            if router.settings.version == .v3 {
                lines.append("   Master advert interval = \(router.masterInterval.milliseconds) milli-sec")
            }
        }
        lines += router.settings.transport.isUnicast ? ["   Flags:", "     Using unicast"] : ["   Flags: none"]
        lines += [
            "   Wantstate = \(router.wantedState.word)",
            "   Number of config faults = \(router.faults.count { $0.isOfConfiguration })",
            "   Number of tracker faults = \(router.faults.count { $0.isOfTracker })",
        ]
        let interfaces = router.faults.compactMap(\.interfaceText)
        if !interfaces.isEmpty { lines.append("   Flags of interface faults = \(interfaces.joined(separator: ", "))") }
        lines += [
            "   Number of track scripts init = \(router.waitsFor)",
            "   Last transition = \(time(router.lastTransition, date))",
            "   Read timeout = \(router.nextDeadline.map { time($0, date) } ?? "DISABLED")",
            "   Master down timer = \(router.downInterval.microseconds) usecs",
        ]
        return lines
    }

    /// `1795698556.676021 (Thu Nov 26 13:09:16.676021 2026)`.
    private func time(_ instant: Instant?, _ date: DateText) -> String {
        let nanoseconds = instant.map { clock.time(of: $0) } ?? 0
        let text = date(nanoseconds / 1_000_000_000)
        let fraction = decimalDigits(Swift.max(nanoseconds, 0) / 1_000 % 1_000_000, width: 6)
        return "\(secondsText(nanoseconds)) (\(text.dropLast(5)).\(fraction)\(text.suffix(5)))"
    }

    private func interfaceLines(_ router: RouterSnapshot) -> [String] {
        let settings = router.settings
        var lines: [String] = []
        if let virtual = settings.virtualInterface {
            let isUp = interfaces.first { $0.name == virtual.name }?.isUp ?? false
            switch virtual.kind {
            case .macvlan:
                lines.append(
                    "   Use VMAC, i/f name \(virtual.name), is_up = \(isUp), xmit_base = \(virtual.transmitsOnBase)")
            case .ipvlan(let mode, _):
                lines.append("   Use IPVLAN, i/f name \(virtual.name), is_up = \(isUp), type = \(mode)")
            }
            if virtual.coversOtherInterfaces { lines.append("   Use VMAC address") }
            lines.append("   Interface = \(virtual.name), vmac on \(settings.interface ?? "none")")
        } else {
            lines.append("   Interface = \(settings.interface ?? "none")")
        }
        if let vrf = settings.vrf { lines.append("   VRF = \(vrf)") }
        if settings.interface != nil, !settings.tracksPrimary { lines.append("   VRRP interface tracking disabled") }
        if settings.skipsAddressCheck { lines.append("   Skip checking advert IP addresses") }
        if settings.isStrict { lines.append("   Enforcing strict VRRP compliance") }
        let origin = settings.source == nil ? "" : " (from configuration)"
        lines.append("   Using src_ip = \(router.source.map { "\($0)" } ?? "none")\(origin)")
        if settings.tracksSource { lines.append("   Track src_ip") }
        if case .multicast(let group) = settings.transport {
            let number = group.family == .ipv6 ? settings.addressInterface.flatMap { index(of: $0) } : nil
            lines.append("   Multicast address \(group)\(number.map { ", ifindex \($0)" } ?? "")")
        }
        return lines
    }

    private func index(of name: String) -> UInt32? { interfaces.first { $0.name == name }?.index }

    private func electionLines(_ router: RouterSnapshot, showsState: Bool, date: DateText) -> [String] {
        let settings = router.settings
        var lines = [
            "   Down timer adverts = \(settings.downTimerAdverts)",
            "   Send advert after receive lower priority advert = \(!settings.ignoresLowerPriority)",
            "   Send advert after receive higher priority advert = \(settings.advertisesToHigherPriority)",
            "   Virtual Router ID = \(settings.routerID)", "   Priority = \(settings.priority)",
        ]
        if showsState {
            lines += ["   Effective priority = \(router.priority)", "   Total priority = \(router.totalPriority)"]
        }
        lines.append(
            settings.version == .v2
                ? "   Advert interval = \(settings.advertInterval.seconds) sec"
                : "   Advert interval = \(settings.advertInterval.milliseconds) milli-sec")
        if let sent = router.lastAdvert { lines.append("   Last advert sent = \(time(sent, date))") }
        lines += [
            "   Accept = \(settings.accepts ? "enabled" : "disabled")",
            "   Preempt = \(settings.preempts ? "enabled" : "disabled")",
        ]
        if settings.preemptDelay > .zero { lines.append("   Preempt delay = \(settings.preemptDelay.shortSeconds) secs") }
        lines.append("   Promote_secondaries = \(settings.promotesSecondaries ? "enabled" : "disabled")")
        if settings.debug > 0 { lines.append("   Debug level = \(settings.debug)") }
        if let size = settings.receiveBuffer { lines.append("   Kernel rx buffer size = \(size)") }
        return lines + settings.authenticationLines
    }

    private func listLines(_ router: RouterSnapshot) -> [String] {
        let settings = router.settings
        func list(_ title: String, _ items: [String]) -> [String] {
            items.isEmpty ? [] : ["   \(title)"] + items.map { "     \($0)" }
        }
        var lines = list("Virtual IP (\(settings.addresses.count)):", router.addressTexts(excluded: false))
        lines += list("Virtual IP Excluded :", router.addressTexts(excluded: true))
        if case .unicast(let unicast) = settings.transport {
            lines += [
                "   Unicast TTL = \(unicast.ttl ?? 255)",
                "   Check unicast src : \(unicast.checksSource ? "yes" : "no")",
            ]
            lines += list(
                "Unicast Peer :",
                unicast.peers.map { "\($0.address) min_ttl \($0.ttl.lowerBound) max_ttl \($0.ttl.upperBound)" })
            lines.append(
                "   Unicast checksum compatibility = \(settings.checksum == .multicastPseudoHeader ? "config" : "no")")
        }
        if let numbers = router.descriptors { lines.append("   fd_in \(numbers.receiving), fd_out \(numbers.sending)") }
        lines += list("Virtual Routes :", settings.routes.map(\.text))
        lines += list("Virtual Rules :", settings.rules.map(\.text))
        return lines + trackerLines(settings.trackers)
    }

    /// Malformed packets by kind, and how the router came to be what it is; keys that upstream does not have.
    private func historyLines(_ router: RouterSnapshot, date: DateText) -> [String] {
        let statistics = router.statistics
        let counters = [
            ("wrong version", statistics.versionErrors), ("wrong checksum", statistics.checksumErrors),
            ("wrong VRID", statistics.routerIDErrors), ("wrong destination", statistics.destinationErrors),
            ("unknown peer", statistics.unknownPeers), ("own address", statistics.ownAddressHeard),
        ].filter { $0.1 > 0 }
        var lines: [String] = []
        if !counters.isEmpty {
            lines += ["   Packets refused :"] + counters.map { "     \($0.0): \($0.1)" }
        }
        if statistics.contests > 0 { lines.append("   Times another master was met = \(statistics.contests)") }
        guard !router.transitions.isEmpty else { return lines }
        return lines + ["   Transitions :"]
            + router.transitions.map { past in
                "     \(time(past.at, date)) \(past.from.word) to \(past.to.word): \(past.cause.words)"
            }
    }

    // MARK: The rest

    private func lines(of socket: SocketSnapshot) -> [String] {
        let members = socket.routers.compactMap { place in routers.first { $0.place == place } }
        var lines = [" fd_in \(socket.descriptors.receiving) fd_out = \(socket.descriptors.sending)"]
        if let interface = socket.interface { lines.append("   Interface = \(interface)") }
        lines += [
            "   Family = \(socket.family == .ipv4 ? "IPv4" : "IPv6")",
            "   Protocol = \(socket.proto == 51 ? "AH" : "VRRP")",
        ]
        let isUnicast = members.contains { $0.settings.transport.isUnicast }
        let isMulticast = members.contains { !$0.settings.transport.isUnicast }
        if isMulticast { lines.append("   Type = Multicast") }
        if isUnicast { lines.append("   Type = Unicast") }
        for source in Set(members.filter { $0.settings.transport.isUnicast }.compactMap(\.source)).sorted() {
            lines.append("   Address = \(source)")
        }
        lines += ["   Rx buf size = \(socket.receiveBuffer)", "   VRRP instances"]
        return lines + members.map { "     \($0.settings.name) vrid \($0.settings.routerID)" }
    }

    private func lines(of group: SyncGroupSnapshot, showsState: Bool = true) -> [String] {
        let settings = group.settings
        var lines = [" VRRP Sync Group = \(settings.name)\(showsState ? ", \(group.state.word)" : "")"]
        if showsState { lines.append("   Num member fault \(group.faulty), num member init \(group.waiting)") }
        lines.append("   VRRP member instances :")
        lines += settings.routers.map { "     \($0)" }
        if settings.allowsDifferentWeights { lines.append("   Sync group tracking weight set") }
        lines.append("   Using smtp notification = \(settings.notify.sendsMail ? "yes" : "no")")
        return lines + trackerLines(settings.trackers) + settings.notify.scriptLines
    }

    private func lines(of interface: InterfaceSnapshot) -> [String] {
        var lines = [
            " Name = \(interface.name)", "   index = \(interface.index)",
            "   IPv4 address = \(interface.ipv4.map { "\($0)" } ?? "(none)")",
        ]
        lines += others(.ipv4, besides: interface.ipv4, of: interface)
        lines.append("   IPv6 address = \(interface.ipv6.map { "\($0)" } ?? "(none)")")
        lines += others(.ipv6, besides: interface.ipv6, of: interface)
        if interface.type == 1, let hardware = interface.hardware {
            lines += ["   MAC = \(hardware)", "   MAC broadcast = \(MACAddress.broadcast)"]
        }
        lines.append("   State = \(interface.stateText)")
        lines += belowLines(interface)
        lines += [
            "   MTU = \(interface.mtu)",
            "   HW Type = \(interface.type == 1 ? "ETHERNET" : interface.type == 772 ? "LOOPBACK" : "\(interface.type)")",
        ]
        let delays = settings.linkDelays[interface.name] ?? LinkDelays()
        lines += [
            "   Up debounce timer = \(delays.up.microseconds)us", "   Down debounce timer = \(delays.down.microseconds)us",
        ]
        return lines + watcherLines("Tracking VRRP instances :", interface.trackedBy)
    }

    /// What a virtual link that routers may be on lies upon.
    private func belowLines(_ interface: InterfaceSnapshot) -> [String] {
        let titles = ["macvlan": "VMAC", "ipvlan": "IPVLAN"]
        guard let title = interface.kind.flatMap({ titles[$0] }),
            let parent = interfaces.first(where: { $0.index == interface.parent })
        else { return [] }
        return ["   \(title), underlying interface = \(parent.name), state = \(parent.stateText)"]
    }

    private func others(_ family: AddressFamily, besides first: IPAddress?, of interface: InterfaceSnapshot) -> [String] {
        let addresses = interface.addresses.map(\.address).filter { $0.family == family && $0 != first }
        guard !addresses.isEmpty else { return [] }
        return ["   Additional \(family == .ipv4 ? "IPv4" : "IPv6") addresses :"] + addresses.map { "     \($0)" }
    }
}

private func section(_ title: String, _ lines: [String]) -> [String] {
    lines.isEmpty ? [] : ["------< \(title) >------"] + lines
}

private func weightText(_ weight: Int, _ isReversed: Bool) -> String { "weight \(weight)\(isReversed ? " reverse" : "")" }

private func watcherLines(_ title: String, _ watchers: [TrackedBy]) -> [String] {
    guard !watchers.isEmpty else { return [] }
    return ["   \(title)"] + watchers.map { "     \($0.router), \(weightText($0.weight, $0.isReversed))" }
}

/// What a router or group tracks, by kind.
private func trackerLines(_ trackers: [Tracker]) -> [String] {
    var interfaces: [String] = []
    var scripts: [String] = []
    var files: [String] = []
    var processes: [String] = []
    var sessions: [String] = []
    for tracker in trackers {
        let weight = weightText(tracker.weight, tracker.isReversed)
        switch tracker.object {
        case .interface(let name): interfaces.append("     \(name) \(weight)")
        case .script(let name): scripts.append("     \(name) \(weight)")
        case .file(let name): files.append("     \(name), \(weight)")
        case .process(let name): processes.append("     \(name), \(weight)")
        case .bfd(let name): sessions.append("     \(name), \(weight)")
        }
    }
    let lists = [
        ("interfaces", interfaces), ("scripts", scripts), ("files", files), ("processes", processes), ("BFDs", sessions),
    ]
    return lists.flatMap { title, items in items.isEmpty ? [] : ["   Tracked \(title) :"] + items }
}

extension Fault {
    /// The daemon cannot do what the configuration asks for.
    fileprivate var isOfConfiguration: Bool {
        switch self {
        case .noPeers, .obstacle: true
        case .interface, .noAddress, .noSource, .script, .file, .process, .bfd, .syncGroup: false
        }
    }

    /// A script, a file, a process or a session is at fault.
    fileprivate var isOfTracker: Bool {
        switch self {
        case .script, .file, .process, .bfd: true
        case .interface, .noAddress, .noSource, .noPeers, .syncGroup, .obstacle: false
        }
    }

    fileprivate var interfaceText: String? {
        switch self {
        case .interface(let name): "\(name) down"
        case .noAddress: "no address"
        case .noSource: "no source address"
        case .script, .file, .process, .bfd, .noPeers, .syncGroup, .obstacle: nil
        }
    }
}

extension AnnouncementSettings {
    fileprivate var lines: [String] {
        var lines = [
            "   Gratuitous ARP delay = \(delay.seconds)", "   Gratuitous ARP repeat = \(repeats)",
            "   Gratuitous ARP refresh = \(refresh.seconds)", "   Gratuitous ARP refresh repeat = \(refreshRepeats)",
            "   Gratuitous ARP lower priority delay = \(lowerPriorityDelay.seconds)",
            "   Gratuitous ARP lower priority repeat = \(lowerPriorityRepeats)",
        ]
        if extraInterfaces > .zero { lines.append("   Gratuitous ARP for each secondary VMAC = \(extraInterfaces.seconds)") }
        return lines
    }
}

extension RouterSettings {
    fileprivate var authenticationLines: [String] {
        switch authentication {
        case .none: version == .v2 ? ["   Authentication type = none"] : []
        case .password: ["   Authentication type = SIMPLE_PASSWORD", "   Password = \(Authentication.mask)"]
        case .authenticationHeader: ["   Authentication type = IPSEC_AH", "   Password = \(Authentication.mask)"]
        case .trailer(let trailer):
            ["   Authentication type = HMAC", "   Authentication mode = \(trailer.mode)", "   Active key = \(trailer.activeKey)"]
        }
    }

    fileprivate var notifyLines: [String] {
        ["   Using smtp notification = \(notify.sendsMail ? "yes" : "no")"]
            + ["   Notify deleted = \(notify.reportsDeletion ? "Deleted" : "Fault")"] + notify.scriptLines
            + ["   Notify priority changes = \(notify.reportsPriority)"]
    }
}

extension NotifySettings {
    fileprivate var scriptLines: [String] {
        let scripts = [
            ("Backup", backup), ("Master", master), ("Fault", fault), ("Stop", stop), ("Deleted", deleted), ("Generic", any),
            ("Master rx lower pri", masterHearsLowerPriority),
        ]
        return scripts.compactMap { title, script in
            script.map {
                "   \(title) state transition script = \($0.quotedWords), uid:gid \($0.identity.user):\($0.identity.group)"
            }
        }
    }
}

extension ScriptSnapshot {
    private static let stateKeys = ["Result", "Init state", "Status", "State"]

    fileprivate var settingLines: [String] { lines.filter { line in !Self.stateKeys.contains { line.hasPrefix("   \($0) =") } } }

    fileprivate var lines: [String] {
        let status = isUp.map { $0 ? "GOOD" : "BAD" } ?? (settings.startsAsFailed ? "BAD" : "INIT")
        return [
            " VRRP Script = \(settings.name)", "   Command = \(settings.command.quotedWords)",
            "   Interval = \(settings.interval.shortSeconds) sec", "   Timeout = \(settings.timeout.shortSeconds) sec",
            "   Weight = \(settings.weight)\(settings.isReversed ? " reverse" : "")", "   Rise = \(settings.rise)",
            "   Fall = \(settings.fall)", "   Result = \(result)", "   Insecure = no",
            "   Init state = \(isUp == nil ? (settings.startsAsFailed ? "failed" : "init") : "unknown")",
            "   Status = \(status)",
            "   Script uid:gid = \(settings.command.identity.user):\(settings.command.identity.group)",
            "   VRRP instances :",
        ] + watcherLines("Tracking instances :", trackedBy) + ["   State = \(activity.rawValue)"]
    }
}

extension TrackFileSnapshot {
    fileprivate var settingLines: [String] { lines.filter { !$0.hasPrefix("   Status =") } }

    fileprivate var lines: [String] {
        [
            " Track file = \(settings.name)", "   File = \(settings.path)", "   Status = \(value)",
            "   Weight = \(settings.weight)\(settings.isReversed ? " reverse" : "")",
        ] + watcherLines("Tracking instances :", trackedBy)
    }
}

extension TrackProcessSnapshot {
    fileprivate var settingLines: [String] {
        lines.filter { line in !["Current", "Have quorum", "Fork delay timer", "Terminate delay timer"].contains { line.hasPrefix("   \($0)") } }
    }

    fileprivate var lines: [String] {
        var lines = [" VRRP Track process = \(settings.name)", "   Process = \(settings.program)"]
        if !settings.parameters.isEmpty { lines.append("   Parameters = \(settings.parameters.joined(separator: " "))") }
        if let match = settings.parameterMatch {
            lines.append("   Param match\(match == .exact ? "" : " = \(match.word)")")
        }
        lines.append("   Min processes = \(settings.quorum)")
        if let maximum = settings.quorumMaximum { lines.append("   Max processes = \(maximum)") }
        lines += [
            "   Current processes = \(count)", "   Have quorum = \(hasQuorum)",
            "   Weight = \(settings.weight)\(settings.isReversed ? " reverse" : "")",
            "   Terminate delay = \(settings.terminateDelay.sixPlaces)s", "   Fork delay = \(settings.forkDelay.sixPlaces)s",
            "   Fork delay timer \(forkDelayIsRunning ? "" : "not ")running",
            "   Terminate delay timer \(terminateDelayIsRunning ? "" : "not ")running",
            "   Full command = \(settings.matchesCommandLine)",
        ]
        return lines + watcherLines("Tracking instances :", trackedBy)
    }
}

extension TrackedSessionSnapshot {
    fileprivate var lines: [String] {
        [" VRRP Track BFD = \(name)", "   Bfd is \(isUp == true ? "up" : "down")"]
            + watcherLines("Tracking VRRP instances :", trackedBy)
    }
}

extension InterfaceSnapshot {
    /// `UP, RUNNING`, and what is unusual.
    fileprivate var stateText: String {
        var words = [flags & 0x1 != 0 ? "UP" : "not UP", flags & 0x40 != 0 ? "RUNNING" : "not RUNNING"]
        if flags & 0x2 == 0 { words.append("no broadcast") }
        if flags & 0x8 != 0 { words.append("loopback") }
        if flags & 0x10 != 0 { words.append("point to point") }
        if flags & 0x80 != 0 { words.append("no arp") }
        if flags & 0x1000 == 0 { words.append("no multicast") }
        return words.joined(separator: ", ")
    }
}

extension Interval {
    /// Seconds with six decimals.
    fileprivate var sixPlaces: String {
        "\(seconds).\(decimalDigits(Swift.max(microseconds, 0) % 1_000_000, width: 6))"
    }
}
