// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouterDraft {
    /// What the router holds as master.
    static let addressRows: [Keyword<RouterDraft>] = [
        .lines(
            "virtual_ipaddress", syntax: "{list of <ip entry>}",
            options: [
                AddressDraft.virtualOptions.entry(
                    "<ip>[/<len>] {option}...", "An address, its prefix length and options.")
            ],
            """
            The addresses that move with the router, one a line; they are advertised, and the first decides \
            between IPv4 and IPv6. All routers should list the same.
            """
        ) { line, draft, reader in
            if let address = AddressDraft.read(line, AddressDraft.virtualOptions, &reader) {
                draft.addresses.append(address)
            }
        }.since("<=1.0.3").range("at most 255 and what fits the MTU; the rest is held but not advertised"),
        .lines(
            "virtual_ipaddress_excluded", syntax: "{list of <ip entry>}",
            options: [
                AddressDraft.virtualOptions.entry(
                    "<ip>[/<len>] {option}...", "An address, its prefix length and options.")
            ],
            """
            Addresses that move with the router without being advertised: for more than an advert can carry, or of \
            the other family.
            """
        ) { line, draft, reader in
            if let address = AddressDraft.read(line, AddressDraft.virtualOptions, &reader) {
                draft.excludedAddresses.append(address)
            }
        }.since("<=1.0.3"),
        .flag(
            "no_virtual_ipaddress", \.hasNoAddresses,
            "Says that a router without addresses is meant; scripts do the work then."
        ).since("2.2.8"),
        .lines(
            "virtual_routes", syntax: "{list of <route entry>}",
            options: [RouteDraft.virtualOptions.entry(routeSyntax, "A route, much as 'ip route add' takes it.")],
            "Routes that move with the router, one a line."
        ) { line, draft, reader in
            if let route = RouteDraft.read(line, RouteDraft.virtualOptions, &reader) { draft.routes.append(route) }
        }.since("<=1.0.3").needs(.routes),
        .lines(
            "virtual_rules", syntax: "{list of <rule entry>}",
            options: [
                RuleDraft.virtualOptions.entry("{option}... <action>", "A rule, much as 'ip rule add' takes it.")
            ],
            "Routing rules that move with the router, one a line."
        ) { line, draft, reader in
            if let rule = RuleDraft.read(line, RuleDraft.virtualOptions, &reader) { draft.rules.append(rule) }
        }.since("1.2.20").needs(.rules),
        .flag(
            "promote_secondaries", \.promotesSecondaries,
            """
            Sets the interface's promote_secondaries, so that removing a primary address keeps the others of its \
            network.
            """
        ).since("1.3.0"),
        .custom(
            "accept", syntax: "",
            """
            Packets to the addresses are accepted although the router does not own them; takes back an earlier \
            no_accept.
            """
        ) { statement, draft, reader in
            reader.noteExtraWords(statement, after: 0)
            draft.accepts = true
            draft.refuses = false
        }.since("1.2.17").defaulting(to: "on unless strict_mode"),
        .flag(
            "no_accept", \.refuses,
            """
            Packets to the addresses are dropped unless the router owns them, as the RFC has it by default. Needs \
            a firewall.
            """
        ).since("1.3.0").needs(.firewall),
        .bool(
            "v3_checksum_as_v2", \.messageOnlyChecksum,
            """
            The checksum of version 3 adverts over IPv4 covers the message only, as RFC 9568 has it, and not a \
            pseudo-header.
            """
        ).since("2.2.8").defaulting(to: "global v3_checksum_as_v2"),
    ]

    static let routeSyntax = "[<type>] [to] <prefix|default|any|all|default6> {option}... [nexthop ...]"

    /// Adverts to named peers, and where adverts come from.
    static let unicastRows: [Keyword<RouterDraft>] = [
        source("mcast_src_ip", "<=1.0.3", "The source address of our adverts."),
        source(
            "unicast_src_ip", "1.2.10",
            "The source address of our adverts to unicast peers; without an interface it is required."),
        .address(
            "mcast_dst_ip", \.group, "The multicast group of this router's adverts; for IPv6 a link-local one."
        ).since("2.2.5").defaulting(to: "vrrp_mcast_group4 or vrrp_mcast_group6"),
        .flag("track_src_ip", \.tracksSource, "The router is in fault while its source address is missing.").since(
            "2.0.0"
        ).needs(.trackSource),
        .lines(
            "unicast_peer", syntax: "{list of <ip> [min_ttl <0..255>] [max_ttl <0..255>]}",
            options: [PeerDraft.options.entry("<ip> {option}...", "The address of a peer.")],
            "Sends adverts to these peers instead of a multicast group. Each must list the others."
        ) { line, draft, reader in
            if let peer = PeerDraft.read(line, &reader) { draft.peers.append(peer) }
        }.since("1.2.8").needs(.unicast),
        .flag(
            "unicast_fault_no_peer", \.faultsWithoutPeers,
            "With an empty unicast_peer the router is in fault instead of using multicast."
        ).since("2.2.5").needs(.unicast),
        .flag("check_unicast_src", \.checksSource, "Drops adverts that come from none of the peers.").since("2.1.0")
            .needs(.unicast),
        .number("unicast_ttl", 0...255, \.unicastTTL, "The TTL or hop limit of adverts to unicast peers.").since(
            "2.1.0"
        ).defaulting(to: "255 for IPv4, the kernel's for IPv6").needs(.unicast),
        .custom(
            "old_unicast_checksum", syntax: "[never]",
            """
            Computes the checksum of unicast version 3 adverts as keepalived did before 1.3.6. With 'never' peers \
            that do so are not adapted to.
            """
        ) { statement, draft, reader in
            guard let word = statement.value(0) else { return draft.oldChecksum = .always }
            guard word.text == "never" else {
                return reader.report(
                    .error, "unknown-value", statement, word: word,
                    "'\(word.text)' is not a value of 'old_unicast_checksum'; the line is ignored",
                    help: "write 'never' or nothing")
            }
            draft.oldChecksum = .never
        }.since("1.3.7").defaulting(to: "as the peers do").needs(.unicast),
    ]

    private static func source(_ name: String, _ since: String, _ help: String) -> Keyword<RouterDraft> {
        .custom(name, syntax: "<ip>", help) { statement, draft, reader in
            guard let address = reader.address(statement) else { return }
            if let earlier = draft.source, earlier.family != address.family {
                return reader.report(
                    .error, "mixed-families", statement, word: statement.value(0),
                    "'\(address)' is not of the family of the source said before and is ignored"
                )
            }
            draft.source = address
        }.since(since).defaulting(to: "primary address of the interface")
    }
}

extension PeerDraft {
    static let options = LineOptions<PeerDraft>([
        .number(
            "min_ttl", 0...255, \.minimumTTL, "The lowest TTL accepted from the peer; also turns on check_unicast_src."
        ).since("2.1.0").defaulting(to: "0"),
        .number(
            "max_ttl", 0...255, \.maximumTTL, "The highest TTL accepted from the peer; also turns on check_unicast_src."
        ).since("2.1.0").defaulting(to: "255"),
    ])

    static func read(_ statement: Statement, _ reader: inout Reader) -> PeerDraft? {
        var words = LineWords(statement)
        guard let first = words.next(), let address = reader.address(first, of: statement) else { return nil }
        var draft = PeerDraft(address: address, place: Place(statement))
        while let word = words.next() {
            if !options.apply(word, &words, to: &draft, &reader) {
                reader.reportUnknownOption(word, of: statement, "a peer", options)
            }
        }
        return draft
    }
}
