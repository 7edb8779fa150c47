// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouteDraft {
    static let encapsulationOptions: [LineOption<RouteDraft>] =
        [
            LineOption("encap", "ip|ip6|mpls|ila ...", "Wraps packets of the route in another header.") {
                option, words, draft, reader in
                draft.entry.encapsulation = reader.encapsulation(option, &words) ?? draft.entry.encapsulation
            }.since("1.2.24")
        ]
        + documented(TunnelOptions.ipv4, behind: "encap ip") + documented(TunnelOptions.ipv6, behind: "encap ip6")
        + [
            LineOption(
                "encap mpls", "<label>[/<label>]", range: "0..1048575 each, at most 2",
                "MPLS labels, the outermost first."
            ) { _, _, _, _ in }
            .since("1.2.24"),
            LineOption(
                "encap ila", "<locator>",
                "The locator that replaces the upper half of the address, as four groups of hex digits."
            ) { _, _, _, _ in }
            .since("1.2.24"),
        ]

    static let nextHopOptions: [LineOption<RouteDraft>] =
        [
            LineOption(
                "nexthop", "{via|dev|weight|onlink|encap|realms} ...",
                "One of several hops that share the packets; comes last, the word itself once for each hop."
            ) { option, words, draft, reader in
                guard let hop = reader.nextHop(&words, of: &draft) else { return }
                draft.entry.nextHops.append(hop)
            }.since("1.2.24")
        ] + documented(HopOptions.all, behind: "nexthop")

    /// The same options as entries of the route's line, for the manual: their names hold a blank, so no word is
    /// one of them.
    private static func documented<Part>(_ options: LineOptions<Part>, behind prefix: String) -> [LineOption<
        RouteDraft
    >] {
        options.options.map { option in
            var copy = LineOption<RouteDraft>("\(prefix) \(option.entry.name)", option.entry.syntax, option.entry.help)
            { _, _, _, _ in }
            copy.entry.range = option.entry.range
            copy.entry.since = option.entry.since
            return copy
        }
    }
}

extension Reader {
    /// What stands behind `encap`.
    mutating func encapsulation(_ option: Word, _ words: inout LineWords) -> Encapsulation? {
        guard let type = words.value(of: option, "ip, ip6, mpls or ila", &self) else { return nil }
        switch type.text {
        case "ip":
            return tunnel(type, TunnelOptions.ipv4, &words).map(Encapsulation.ip)
        case "ip6":
            return tunnel(type, TunnelOptions.ipv6, &words).map(Encapsulation.ip6)
        case "mpls":
            guard let word = words.value(of: type, "labels", &self) else { return nil }
            return labels(word, of: words.statement)
        case "ila":
            guard let word = words.value(of: type, "a locator", &self) else { return nil }
            return locator(word, of: words.statement)
        default:
            report(
                .error, "unknown-value", words.statement, word: type,
                "'\(type.text)' is not a kind of encapsulation and is ignored",
                help: "write ip, ip6, mpls or ila"
            )
            return nil
        }
    }

    private mutating func tunnel(
        _ type: Word, _ options: LineOptions<Encapsulation.Tunnel>, _ words: inout LineWords
    ) -> Encapsulation.Tunnel? {
        var tunnel = Encapsulation.Tunnel()
        while let word = words.first, options[word.text] != nil {
            _ = words.next()
            _ = options.apply(word, &words, to: &tunnel, &self)
        }
        guard tunnel.id != nil || tunnel.destination != nil else {
            report(
                .error, "incomplete-encapsulation", words.statement, word: type,
                "an encapsulation needs an id or a destination and is ignored",
                help: "add 'dst <address>' or 'id <number>'"
            )
            return nil
        }
        return tunnel
    }

    private mutating func labels(_ word: Word, of statement: Statement) -> Encapsulation? {
        let labels = word.text.split(separator: "/", omittingEmptySubsequences: false).map { CNumber.read($0) }
        let fitting = labels.compactMap { $0 }.filter { $0 < 1 << 20 }.map { UInt32($0) }
        guard fitting.count == labels.count, (1...2).contains(fitting.count) else {
            report(
                .error, "bad-mpls-labels", statement, word: word,
                "'\(word.text)' is not one or two MPLS labels; the option is ignored",
                help: "labels are 0 to 1048575, joined by '/'"
            )
            return nil
        }
        return .mpls(labels: fitting)
    }

    private mutating func locator(_ word: Word, of statement: Statement) -> Encapsulation? {
        let groups = word.text.split(separator: ":", omittingEmptySubsequences: false).map { UInt16($0, radix: 16) }
        guard groups.count == 4, groups.allSatisfy({ $0 != nil }) else {
            report(
                .error, "bad-locator", statement, word: word, "'\(word.text)' is not a locator; the option is ignored",
                help: "write four groups such as 2001:0:0:1")
            return nil
        }
        return .ila(groups.reduce(0) { $0 << 16 | UInt64($1 ?? 0) })
    }

    /// What stands behind `nexthop`; nil where a word makes the hop useless.
    mutating func nextHop(_ words: inout LineWords, of route: inout RouteDraft) -> RouteEntry.NextHop? {
        var draft = HopOptions.Draft()
        while let word = words.first, word.text != "nexthop" {
            _ = words.next()
            if !HopOptions.all.apply(word, &words, to: &draft, &self) {
                reportUnknownOption(word, of: words.statement, "a next hop", HopOptions.all)
            }
        }
        if let gateway = draft.hop.gateway, let word = draft.gatewayWord {
            guard route.settle(gateway.family, word, words.statement, &self) else { return nil }
        }
        return draft.isDropped ? nil : draft.hop
    }
}

private enum TunnelOptions {
    static let ipv4 = LineOptions<Encapsulation.Tunnel>(
        [
            id, destination(.ipv4), source(.ipv4), named("tos", "The type of service of the outer header."),
            number("ttl", "The TTL of the outer header."), flags,
        ]
    )
    static let ipv6 = LineOptions<Encapsulation.Tunnel>(
        [
            id, destination(.ipv6), source(.ipv6), named("tc", "The traffic class of the outer header."),
            number("hoplimit", "The hop limit of the outer header."), flags,
        ]
    )

    private static let id = LineOption<Encapsulation.Tunnel>.number(
        "id", 0...UInt64.max, \.id, "The key of the tunnel."
    ).since("1.2.24")
    private static let flags = LineOption<Encapsulation.Tunnel>.number(
        "flags", 0...UInt16.max, \.flags, "Flags of the tunnel as the kernel defines them."
    ).since("1.2.24")

    private static func address(
        _ name: String, _ family: AddressFamily, _ path: SettingPath<Encapsulation.Tunnel, IPAddress?>, _ help: String
    ) -> LineOption<Encapsulation.Tunnel> {
        LineOption(name, family == .ipv4 ? "<ipv4>" : "<ipv6>", help) { option, words, tunnel, reader in
            guard let word = words.value(of: option, "an address", &reader) else { return }
            tunnel[keyPath: path] = reader.address(word, of: words.statement, family: family)
        }.since("1.2.24")
    }

    private static func destination(_ family: AddressFamily) -> LineOption<Encapsulation.Tunnel> {
        address("dst", family, \.destination, "The destination in the outer header.")
    }

    private static func source(_ family: AddressFamily) -> LineOption<Encapsulation.Tunnel> {
        address("src", family, \.source, "The source in the outer header.")
    }

    private static func named(_ name: String, _ help: String) -> LineOption<Encapsulation.Tunnel> {
        .named(name, in: "rt_dsfield", 0...255, \.tos, help).since("1.2.24")
    }

    private static func number(_ name: String, _ help: String) -> LineOption<Encapsulation.Tunnel> {
        .number(name, 0...255, \.ttl, help).since("1.2.24")
    }
}

private enum HopOptions {
    struct Draft: Sendable {
        var hop = RouteEntry.NextHop()
        var gatewayWord: Word?
        var isDropped = false
    }

    static let all = LineOptions<Draft>([
        LineOption("via", "[inet|inet6] <ip>", "The gateway of the hop.") { option, words, draft, reader in
            draft.hop.gateway = reader.gateway(option, &words)
            draft.gatewayWord = option
        }.since("1.2.24"),
        interface,
        interface.alias("oif"),
        .number("weight", 1...256, \.hop.weight, "The hop's share of the packets.").since("1.2.24").defaulting(to: "1"),
        .flag("onlink", \.hop.isOnLink, "Takes the gateway to be on the link although no route says so; IPv4 only.")
            .since("1.2.24"),
        LineOption("encap", "as encap", "Wraps packets of the hop in another header.") { option, words, draft, reader in
            draft.hop.encapsulation = reader.encapsulation(option, &words)
        }.since("1.2.24"),
        LineOption("realms", "[<src>/]<dst>", "Realms of the hop; IPv4 only.") { option, words, draft, reader in
            guard let word = words.value(of: option, "realms", &reader) else { return }
            draft.hop.realms = reader.realms(word, of: words.statement)
        }.since("1.2.24"),
        LineOption("as", "[to] <x>", "Not supported; the hop is left out.") { option, words, draft, reader in
            _ = words.take("to")
            _ = words.next()
            draft.isDropped = true
            reader.report(
                .warning, "unsupported", words.statement, word: option, "'as' is not supported; the hop is ignored")
        }.since("1.2.24"),
    ])

    private static let interface = LineOption<Draft>.interface("dev", \.hop.interface, "The interface of the hop.")
        .since("1.2.24")
}
