// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension VRRPGlobals {
    static var rows: [Keyword<VRRPGlobals>] {
        (interfaceRows + AnnouncementGlobals.rows.lifted(to: \.announcements) + protocolRows
            + FirewallGlobals.rows.lifted(to: \.firewall) + bufferRows).on(.vrrp)
    }

    private static var interfaceRows: [Keyword<VRRPGlobals>] {
        [
            .custom(
                "dynamic_interfaces", syntax: "[allow_if_changes]",
                "Interfaces may be named that do not exist yet; with the word, they may come back as something else."
            ) { statement, vrrp, reader in
                reader.noteExtraWords(statement, after: 1)
                guard let word = statement.value(0) else { return vrrp.dynamicInterfaces = .yes }
                if word.text == "allow_if_changes" {
                    vrrp.dynamicInterfaces = .allowingChanges
                } else {
                    reader.report(.error, "unknown-value", statement, word: word, "'\(word.text)' is not allow_if_changes; it is ignored")
                    vrrp.dynamicInterfaces = .yes
                }
            }
            .since("2.0.0"),
            .text("default_interface", "<ifname>", limit: 15, \.defaultInterface, "The interface of static addresses without `dev`.")
                .defaulting(to: "eth0").since("1.2.24"),
            .flag("disable_local_igmp", \.disablesLocalIGMP, "No IGMP reports for link-local groups (a sysctl).")
                .since("2.2.0"),
            GlobalSettings.once("vmac_prefix", "<string>", \.virtualMACPrefix, "How names of virtual MAC interfaces begin.")
                .defaulting(to: "vrrp").since("2.2.0"),
            GlobalSettings.once(
                "vmac_addr_prefix", "<string>", \.virtualMACAddressPrefix, "How names of interfaces made by use_vmac_addr begin."
            )
            .defaulting(to: "vmac_prefix").since("2.2.0"),
        ]
    }

    private static var protocolRows: [Keyword<VRRPGlobals>] {
        [
            multicast("vrrp_mcast_group4", .ipv4, \.multicastGroup4, "Where IPv4 adverts are sent.").defaulting(to: "224.0.0.18"),
            multicast("vrrp_mcast_group6", .ipv6, \.multicastGroup6, "Where IPv6 adverts are sent.").defaulting(to: "ff02::12"),
            .number("vrrp_down_timer_adverts", 1...100, \.downTimerAdverts, "Adverts missed before a backup takes over.")
                .defaulting(to: "3").since("2.2.3"),
            .bool("vrrp_lower_prio_no_advert", \.lowerPrioritySendsNoAdvert, "A master does not answer adverts of lower priority.")
                .since("1.2.20"),
            .bool(
                "vrrp_higher_prio_send_advert", \.higherPrioritySendsAdvert,
                "A master that hears a higher priority sends one more advert before it steps back."
            )
            .since("1.3.5"),
            .custom("vrrp_version", syntax: "2|3", "The version of VRRP for IPv4; IPv6 is always 3 unless its instance says otherwise.") {
                statement, vrrp, reader in
                if let version = reader.number(statement, in: UInt8(2)...3, keeping: "\(vrrp.version)") { vrrp.version = version }
            }
            .range("2..3").defaulting(to: "2").since("1.2.20"),
            .flag("v3_checksum_as_v2", \.checksumV3LikeV2, "The checksum of VRRP version 3 over IPv4 leaves out the pseudo-header.")
                .since("2.2.8"),
            .flag("vrrp_check_unicast_src", \.checksUnicastSource, "Drop unicast adverts from others than the peers.").since("1.2.20"),
            .bool("vrrp_skip_check_adv_addr", \.skipsAddressCheck, "Addresses in adverts of the known master are not compared again.")
                .since("1.2.20"),
            .bool("vrrp_strict", \.isStrict, "Hold instances to the RFC.").since("1.2.20"),
            .bool("vrrp_owner_ignore_adverts", \.ownerIgnoresAdverts, "Instances with priority 255 ignore adverts.").since("2.3.3"),
            .seconds("vrrp_startup_delay", 0.001...4294.967295, \.startupDelay, "How long routers wait after the start.")
                .defaulting(to: "0").since("2.0.14"),
            .seconds("vrrp_delay_after_boot", 0.001...4294.967295, \.delayAfterBoot, "How long routers wait after the machine's boot.")
                .defaulting(to: "0").since("2.4.0"),
            .flag("log_unknown_vrids", \.logsUnknownRouterIDs, "Log adverts for virtual routers that are not configured.").since("2.0.16"),
            .bool("vrrp_notify_priority_changes", \.notifiesPriorityChanges, "Tell the pipes about changes of priority, too.")
                .since("2.0.16"),
            .flag("fifo_write_vrrp_states_on_reload", \.repeatsStatesOnReload, "Tell the pipes every state again after a reload.")
                .since("2.2.5"),
        ]
    }

    private static func multicast(
        _ name: String, _ family: AddressFamily, _ path: SettingPath<VRRPGlobals, IPAddress>, _ help: String
    ) -> Keyword<VRRPGlobals> {
        .custom(name, syntax: family == .ipv4 ? "<ipv4 mcast>" : "<ipv6 mcast>", help) { statement, vrrp, reader in
            guard let address = reader.address(statement, family: family) else { return }
            guard address.isMulticast else {
                return reader.report(
                    .error, "not-multicast", statement, word: statement.value(0),
                    "'\(address)' is not a multicast address; \(vrrp[keyPath: path]) is used"
                )
            }
            if case .v6(let high, _) = address, high >> 48 & 0xf != 2 {
                reader.report(
                    .warning, "not-link-local", statement, word: statement.value(0), "'\(address)' reaches beyond the link"
                )
            }
            vrrp[keyPath: path] = address
        }
        .range(family == .ipv4 ? "an IPv4 multicast address" : "an IPv6 multicast address").since("1.2.10")
    }

    private static var bufferRows: [Keyword<VRRPGlobals>] {
        BufferSettings.rows("vrrp_netlink_cmd", "the socket that changes addresses and routes").lifted(to: \.commandBuffer)
            + BufferSettings.rows("vrrp_netlink_monitor", "the socket that hears of changes").lifted(to: \.monitorBuffer)
            + BufferSettings.rows("process_monitor", "the socket that hears of processes", since: "2.0.11")
            .lifted(to: \.processMonitorBuffer)
            + [
                receivePolicy.lifted(to: \.receiveBuffers),
                .number(
                    "vrrp_rx_bufs_multiplier", 1...UInt32.max, \.receiveBuffers.multiplier,
                    "How many packets of that size a socket for adverts holds."
                )
                .defaulting(to: "3").since("2.0.3"),
            ]
    }

    private static var receivePolicy: Keyword<ReceiveBufferPolicy> {
        .custom(
            "vrrp_rx_bufs_policy", syntax: "MTU|ADVERT|<bytes:uint>",
            "How large the receive buffers for adverts are: by the interface's MTU, by the expected advert, or so many bytes."
        ) { statement, policy, reader in
            guard reader.require(statement, 0, "MTU, ADVERT or a number") != nil else { return }
            for word in statement.values {
                switch word.text.lowercased() {
                case "mtu": policy.followsMTU = true
                case "advert": policy.followsAdvert = true
                default: policy.size = reader.number(word, of: statement, in: 0...UInt32.max) ?? policy.size
                }
            }
        }
        .range("0..4294967295").since("2.0.3")
    }
}

extension BufferSettings {
    static func rows(_ prefix: String, _ what: String, since: String = "2.0.0") -> [Keyword<BufferSettings>] {
        [
            .custom("\(prefix)_rcv_bufs", syntax: "<bytes:uint>", "The receive buffer of \(what); 0 is ignored.") {
                statement, buffer, reader in
                if let size = reader.number(statement, in: 0...UInt32.max), size > 0 { buffer.size = size }
            }
            .range("0..4294967295").defaulting(to: "the kernel's").since(since),
            .bool("\(prefix)_rcv_bufs_force", \.isForced, "That buffer may exceed the limit of the kernel.").since(since),
        ]
    }
}

extension AnnouncementGlobals {
    static var rows: [Keyword<AnnouncementGlobals>] {
        [
            .wholeSeconds("vrrp_garp_master_delay", 0...4294, \.delay, "From the takeover to the second burst of announcements.")
                .defaulting(to: "5"),
            count("vrrp_garp_master_repeat", \.repeats, "Announcements of each address in a burst.").defaulting(to: "5"),
            .wholeSeconds("vrrp_garp_master_refresh", 0...4_294_967_295, \.refresh, "How often a master announces again; 0 is never.")
                .defaulting(to: "0"),
            count("vrrp_garp_master_refresh_repeat", \.refreshRepeats, "Announcements of each address in such a refresh.")
                .defaulting(to: "1"),
            .wholeSeconds(
                "vrrp_garp_lower_prio_delay", 0...4294, \.lowerPriorityDelay,
                "To the second burst after an advert of lower priority was heard."
            )
            .defaulting(to: "vrrp_garp_master_delay"),
            .number(
                "vrrp_garp_lower_prio_repeat", 0...UInt32(Int32.max), \.lowerPriorityRepeats,
                "Announcements of each address in a burst after an advert of lower priority was heard."
            )
            .defaulting(to: "vrrp_garp_master_repeat"),
            .seconds("vrrp_garp_interval", 0.000001...4294.967295, \.interval, "Between gratuitous ARPs on an interface.")
                .defaulting(to: "0").since("1.2.21"),
            .seconds(
                "vrrp_gna_interval", 0.000001...4294.967295, \.neighbourInterval,
                "Between unsolicited neighbour advertisements on an interface."
            )
            .defaulting(to: "0").since("1.2.21"),
            .bool("vrrp_min_garp", \.isMinimal, "One announcement of each address at the takeover and nothing more.").since("2.0.12"),
            extra("vrrp_garp_extra_if").since("2.2.3"),
            extra("vrrp_vmac_garp_intvl").since("2.2.0").deprecated(use: "vrrp_garp_extra_if"),
        ].map { $0.entry.since.isEmpty ? $0.since("1.2.20") : $0 }
    }

    /// A count of which 0 becomes 1.
    private static func count(
        _ name: String, _ path: SettingPath<AnnouncementGlobals, UInt32>, _ help: String
    ) -> Keyword<AnnouncementGlobals> {
        .custom(name, syntax: "<uint>", help + " 0 becomes 1.") { statement, target, reader in
            guard let value = reader.number(statement, in: 0...UInt32.max, keeping: "\(target[keyPath: path])") else { return }
            if value == 0 {
                reader.report(.warning, "out-of-range", statement, word: statement.value(0), "0 is not possible; 1 is used")
            }
            target[keyPath: path] = max(1, value)
        }
        .range("0..4294967295")
    }

    private static func extra(_ name: String) -> Keyword<AnnouncementGlobals> {
        .custom(
            name, syntax: "[all] <seconds:uint>",
            "How often addresses are announced on virtual MAC interfaces, or with `all` on all extra interfaces."
        ) { statement, target, reader in
            let isAll = statement.value(0)?.text == "all"
            guard let word = reader.require(statement, isAll ? 1 : 0, "a number of seconds") else { return }
            reader.noteExtraWords(statement, after: isAll ? 2 : 1)
            guard let seconds = reader.number(word, of: statement, in: 1...86400) else { return }
            target.extraInterval = .seconds(seconds)
            target.extraOnAll = isAll
        }
        .range("1..86400").defaulting(to: "0")
    }
}

extension FirewallGlobals {
    static var rows: [Keyword<FirewallGlobals>] {
        [
            .custom("vrrp_iptables", syntax: "[<in chain> [<out chain>]]", "Block traffic with iptables, in these chains.") {
                statement, firewall, reader in reader.chains(statement, &firewall)
            }
            .range("names 1..27 characters, not the same").since("1.2.20"),
            .custom(
                "vrrp_ipsets", syntax: "[<set4> [<set6> [<set_if6> [<set_igmp> [<set_mld> [<set_nd>]]]]]]",
                "The names of the ipsets used with iptables; without a name, no ipsets are used."
            ) { statement, firewall, reader in reader.ipsets(statement, &firewall) }
            .range("names 1..30 characters, all different").defaulting(to: "keepalived").since("1.2.20"),
            GlobalSettings.optional(
                "nftables", "[<table>]", bare: "keepalived", limit: 254, \.nftables, "Block traffic with nftables, in this table."
            )
            .range("1..254 characters").since("2.0.11"),
            .number("nftables_priority", Int(Int32.min)...Int(Int32.max), \.nftablesPriority, "The priority of the base chains.")
                .defaulting(to: "-1").since("2.0.11"),
            .flag("nftables_ifindex", \.nftablesUsesInterfaceIndex, "Rules name interfaces by index.").since("2.0.11"),
        ]
    }
}

extension Reader {
    fileprivate mutating func chains(_ statement: Statement, _ firewall: inout FirewallGlobals) {
        guard firewall.iptables == nil else {
            return report(.error, "already-set", statement, "'vrrp_iptables' is already set; this line is ignored")
        }
        noteExtraWords(statement, after: 2)
        guard let input = statement.value(0) else {
            firewall.iptables = FirewallGlobals.Chains(input: "INPUT", output: "OUTPUT")
            return
        }
        let output = statement.value(1)
        for word in [input, output].compactMap({ $0 }) where !(1...27).contains(word.text.utf8.count) {
            return report(.error, "bad-name", statement, word: word, "'\(word.text)' is no name of a chain; the line is ignored")
        }
        if let output, output.text == input.text {
            return report(.error, "same-name", statement, word: output, "both chains have the same name; the line is ignored")
        }
        firewall.iptables = FirewallGlobals.Chains(input: input.text, output: output?.text)
    }

    fileprivate mutating func ipsets(_ statement: Statement, _ firewall: inout FirewallGlobals) {
        noteExtraWords(statement, after: 6)
        var names: [String] = []
        for word in statement.values.prefix(6) {
            guard (1...30).contains(word.text.utf8.count) else {
                return report(.error, "bad-name", statement, word: word, "'\(word.text)' is no name of an ipset; the line is ignored")
            }
            guard !names.contains(word.text) else {
                return report(.error, "same-name", statement, word: word, "two ipsets have the same name; the line is ignored")
            }
            names.append(word.text)
        }
        firewall.ipsets = names.isEmpty ? .disabled : .named(names)
    }
}
