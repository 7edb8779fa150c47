// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// A line of `virtual_routes` or `static_routes` as the file says it; interfaces are not looked at yet.
package struct RouteDraft: Sendable {
    package var entry: RouteEntry
    package var place: Place
    /// Not known before an address, a family word or an option of one family is seen.
    var family: AddressFamily?
    var hasDestination = false
    /// `default`: all addresses of the family, whichever that turns out to be.
    var isDefault = false
    /// What was found makes the route useless.
    var isDropped = false

    init(at place: Place) {
        entry = RouteEntry(IPPrefix(.v4(0), length: 0))
        self.place = place
    }

    /// Notes the family of something said, which must be that of all else.
    mutating func settle(_ family: AddressFamily, _ word: Word, _ statement: Statement, _ reader: inout Reader) -> Bool
    {
        guard let known = self.family, known != family else {
            self.family = family
            return true
        }
        isDropped = true
        reader.report(
            .error, "mixed-families", statement, word: word,
            "'\(word.text)' is not of the family of the rest of the route, which is ignored"
        )
        return false
    }
}

extension RouteDraft {
    /// An option of IPv6 routes makes the route one, or is left out of an IPv4 route.
    fileprivate mutating func isIPv6(for option: Word, _ statement: Statement, _ reader: inout Reader) -> Bool {
        guard family == .ipv4 else {
            family = .ipv6
            return true
        }
        reader.report(
            .error, "wrong-family", statement, word: option, "'\(option.text)' is for IPv6 routes only and is ignored")
        return false
    }

    package static let virtualOptions = LineOptions(commonOptions)
    package static let staticOptions = LineOptions(commonOptions + [trackGroup])

    /// Reads a line; nil, with the reason reported, where it holds no route to use.
    package static func read(
        _ statement: Statement, _ options: LineOptions<RouteDraft>, _ reader: inout Reader
    ) -> RouteDraft? {
        var words = LineWords(statement)
        var draft = RouteDraft(at: Place(statement))
        while let word = words.next() {
            if options.apply(word, &words, to: &draft, &reader) { continue }
            if draft.readTypeOrDestination(word, &words, &reader) { continue }
            reader.reportUnknownOption(word, of: statement, "a route", options)
        }
        return draft.finish(statement, &reader)
    }

    private mutating func readTypeOrDestination(_ word: Word, _ words: inout LineWords, _ reader: inout Reader) -> Bool
    {
        guard !hasDestination else { return false }
        if let type = Self.types[word.text] ?? CNumber.read(word.text).flatMap(UInt8.init(exactly:)) {
            entry.type = type
            return true
        }
        guard ["default", "any", "all"].contains(word.text) || IPAddress(word.text.prefix { $0 != "/" }) != nil else {
            return false
        }
        readDestination(word, words.statement, &reader)
        return true
    }

    fileprivate mutating func readDestination(_ word: Word, _ statement: Statement, _ reader: inout Reader) {
        hasDestination = true
        if ["default", "any", "all"].contains(word.text) {
            isDefault = true
            return
        }
        guard let (prefix, _) = reader.prefix(word, of: statement) else {
            isDropped = true
            return
        }
        if settle(prefix.address.family, word, statement, &reader) { entry.destination = prefix }
    }

    private mutating func finish(_ statement: Statement, _ reader: inout Reader) -> RouteDraft? {
        guard !isDropped else { return nil }
        guard hasDestination else {
            reader.report(.error, "no-destination", statement, "the route has no destination and is ignored")
            return nil
        }
        let family = family ?? .ipv4
        entry.family = family
        if isDefault { entry.destination = IPPrefix(family == .ipv4 ? .v4(0) : .v6(high: 0, low: 0), length: 0) }
        if entry.type == 1, entry.interface == nil, entry.gateway == nil, entry.nextHops.isEmpty {
            reader.report(
                .hint, "route-without-way", statement, "the route says neither via what nor to which interface; the kernel takes no such route",
                help: "add 'via <gateway>' or 'dev <interface>', or put a type such as blackhole in front")
        }
        finishTracking(statement, &reader)
        return self
    }

    private mutating func finishTracking(_ statement: Statement, _ reader: inout Reader) {
        if entry.trackGroup != nil, entry.interface == nil {
            entry.trackGroup = nil
            reader.report(
                .warning, "track-group-without-interface", statement,
                "a route without an interface cannot follow a track_group",
                help: "add 'dev <interface>'"
            )
        }
        if !entry.isUntracked, entry.proto != 18 {
            entry.proto = 18
            reader.report(
                .warning, "tracked-protocol", statement, "a tracked route has protocol 18 (keepalived), which is used",
                help: "add 'no_track' to keep the protocol"
            )
        }
        if !entry.isUntracked, entry.interface == nil,
            entry.nextHops.isEmpty || entry.nextHops.contains(where: { $0.interface == nil })
        {
            entry.isUntracked = true
            reader.report(
                .hint, "route-not-tracked", statement, "a route without an interface is not tracked",
                help: "add 'dev <interface>'")
        }
    }

    private static let types: [String: UInt8] = [
        "unicast": 1, "local": 2, "broadcast": 3, "brd": 3, "anycast": 4, "multicast": 5, "blackhole": 6,
        "unreachable": 7,
        "prohibit": 8, "throw": 9, "nat": 10, "xresolve": 11,
    ]
}

// MARK: - Options

extension RouteDraft {
    private static let commonOptions: [LineOption<RouteDraft>] =
        identity + metricOptions + encapsulationOptions + nextHopOptions

    private static let trackGroup = LineOption<RouteDraft>.text(
        "track_group", \.entry.trackGroup,
        "Keeps the route only while no router of the group is in fault; needs an interface."
    ).since("2.0.3")

    private static func family(_ name: String, _ family: AddressFamily) -> LineOption<RouteDraft> {
        LineOption(name, "The route is an \(family == .ipv4 ? "IPv4" : "IPv6") one.") { word, words, draft, reader in
            _ = draft.settle(family, word, words.statement, &reader)
        }.since("1.2.24")
    }

    private static let via = LineOption<RouteDraft>("via", "[inet|inet6] <ip>", "The gateway.") {
        option, words, draft, reader in
        guard let gateway = reader.gateway(option, &words) else { return }
        if draft.settle(gateway.family, option, words.statement, &reader) { draft.entry.gateway = gateway }
    }.since("<=1.0.3")

    private static let tos = LineOption<RouteDraft>.named(
        "tos", in: "rt_dsfield", 0...255, \.entry.tos,
        "Matches packets with this type of service, by a name of rt_dsfield or its number."
    ).since("1.2.24").defaulting(to: "0")

    private static let metric = LineOption<RouteDraft>.number(
        "metric", 0...UInt32.max, \.entry.metric, "The lower it is, the more the route is preferred."
    ).defaulting(to: "kernel")

    private static let interface = LineOption<RouteDraft>.interface(
        "dev", \.entry.interface, "The interface packets leave through."
    ).since("<=1.0.3")

    private static let identity: [LineOption<RouteDraft>] = [
        LineOption(
            "<type>",
            "unicast|local|nat|broadcast|brd|anycast|multicast|prohibit|unreachable|blackhole|xresolve|throw|<uint8>",
            range: "0..255", default: "unicast", "The type of the route, in front of the destination."
        ) { _, _, _, _ in }.since("<=1.0.3"),
        family("inet", .ipv4),
        family("inet6", .ipv6),
        LineOption("to", "<prefix>", "The destination; the word itself may be left out.") {
            option, words, draft, reader in
            guard let word = words.value(of: option, "a destination", &reader) else { return }
            draft.readDestination(word, words.statement, &reader)
        }.since("<=1.0.3"),
        LineOption("default6", "All IPv6 addresses.") { option, words, draft, reader in
            draft.hasDestination = true
            draft.isDefault = true
            _ = draft.settle(.ipv6, option, words.statement, &reader)
        }.since("1.2.10").deprecated(use: "inet6 default"),
        LineOption("src", "<ip>", "The source address to prefer for packets to the destination.") {
            option, words, draft, reader in
            guard let word = words.value(of: option, "an address", &reader) else { return }
            guard let address = reader.address(word, of: words.statement) else { return draft.isDropped = true }
            if draft.settle(address.family, word, words.statement, &reader) { draft.entry.source = address }
        }.since("<=1.0.3"),
        LineOption("from", "<ipv6 prefix>", "Only packets from this prefix; IPv6 only.") {
            option, words, draft, reader in
            guard let word = words.value(of: option, "a prefix", &reader) else { return }
            guard let (prefix, _) = reader.prefix(word, of: words.statement) else { return draft.isDropped = true }
            guard prefix.address.family == .ipv6 else {
                return reader.report(
                    .error, "wrong-family", words.statement, word: word, "'from' is for IPv6 routes only and is ignored"
                )
            }
            if draft.settle(.ipv6, word, words.statement, &reader) { draft.entry.from = prefix }
        }.since("1.2.24"),
        via,
        via.alias("gw").deprecated(use: "via"),
        LineOption("or", "<ip>", "A second gateway; packets are shared among the two.") {
            option, words, draft, reader in
            guard let gateway = reader.gateway(option, &words) else { return }
            guard draft.settle(gateway.family, option, words.statement, &reader) else { return }
            var hops = [RouteEntry.NextHop(), RouteEntry.NextHop()]
            hops[0].gateway = draft.entry.gateway
            hops[1].gateway = gateway
            draft.entry.gateway = nil
            draft.entry.nextHops = hops
        }.since("1.1.16").deprecated(use: "nexthop"),
        LineOption("as", "[to] <x>", "Not supported; read and left out.") { option, words, _, reader in
            _ = words.take("to")
            _ = words.next()
            reader.report(.warning, "unsupported", words.statement, word: option, "'as' is not supported and ignored")
        }.since("1.2.24"),
        tos,
        tos.alias("dsfield"),
        .named(
            "table", in: "rt_tables", 0...UInt32.max, \.entry.table,
            "The routing table, by a name of rt_tables or its number."
        ).since("<=1.0.3").defaulting(to: "main"),
        .named(
            "protocol", in: "rt_protos", 0...255, \.entry.proto,
            "Who made the route, by a name of rt_protos or its number; others than keepalived need no_track."
        ).since("1.2.24").defaulting(to: "keepalived (18)"),
        LineOption(
            "scope", "<name|uint8>", range: "0..255", default: "as the type of the route asks",
            "How far the destination is, by a name of rt_scopes or its number."
        ) { option, words, draft, reader in
            guard let word = words.value(of: option, "a scope", &reader) else { return }
            draft.entry.scope =
                reader.routingNumber(word, of: words.statement, in: "rt_scopes", 0...255) ?? draft.entry.scope
        }.since("<=1.0.3"),
        metric.since("1.1.15"),
        metric.alias("priority", since: "1.2.24"),
        metric.alias("preference", since: "1.2.24"),
        interface,
        interface.alias("oif"),
        .flag("onlink", \.entry.isOnLink, "Takes the gateway to be on the link although no route says so.").since(
            "1.2.24"),
        LineOption("expires", "<seconds:uint32>", "How long the kernel keeps the route; IPv6 only.") {
            option, words, draft, reader in
            guard let word = words.value(of: option, "seconds", &reader) else { return }
            guard let seconds: UInt32 = reader.number(word, of: words.statement, in: 0...UInt32.max) else { return }
            if draft.isIPv6(for: option, words.statement, &reader) { draft.entry.expires = seconds }
        }.since("1.2.24"),
        LineOption(
            "realms", "[<src>/]<dst>", range: "0..255 each",
            "Realms for classifying traffic, by names of rt_realms or numbers; IPv4 only."
        ) {
            option, words, draft, reader in
            guard let word = words.value(of: option, "realms", &reader) else { return }
            draft.entry.realms = reader.realms(word, of: words.statement)
        }.since("1.2.24"),
        LineOption(
            "pref", "low|medium|high|<uint8>", default: "medium",
            "How a router of equal metric is preferred (RFC 4191); IPv6 only."
        ) { option, words, draft, reader in
            guard let word = words.value(of: option, "low, medium or high", &reader) else { return }
            let names: [String: UInt8] = ["medium": 0, "high": 1, "low": 3]
            guard let value = names[word.text] ?? reader.cNumber(word, of: words.statement, 0...255) else { return }
            if draft.isIPv6(for: option, words.statement, &reader) { draft.entry.preference = value }
        }.since("1.2.24"),
        LineOption("ttl-propagate", "enabled|disabled", "Copies the TTL between the MPLS label and the packet.") {
            option, words, draft, reader in
            guard let word = words.value(of: option, "enabled or disabled", &reader) else { return }
            switch word.text {
            case "enabled": draft.entry.ttlPropagates = true
            case "disabled": draft.entry.ttlPropagates = false
            default:
                reader.report(
                    .error, "unknown-value", words.statement, word: word,
                    "'\(word.text)' is neither enabled nor disabled")
            }
        }.since("2.0.8"),
        .flag(
            "add", \.entry.placement, sets: .add,
            "Adds the route only if there is none with the same key, as 'ip route add'."
        ).since("2.2.5"),
        .flag("prepend", \.entry.placement, sets: .prepend, "Puts the route in front of others with the same key.")
            .since("2.2.5").defaulting(to: "on"),
        .flag("append", \.entry.placement, sets: .append, "Puts the route behind others with the same key.").since(
            "2.2.5"),
        .flag(
            "no_track", \.entry.isUntracked,
            "Leaves the router alone when somebody deletes the route or its interface goes down."
        ).since("2.0.3"),
        LineOption("vrf", "<ifname>", "The VRF whose table the route is put into.") { option, words, draft, reader in
            guard let word = words.value(of: option, "a VRF", &reader) else { return }
            draft.entry.vrf = reader.interfaceName(word, of: words.statement)
        }.since("2.2.5"),
    ]
}

extension Reader {
    /// `[inet|inet6] <ip>` behind a word such as `via`.
    mutating func gateway(_ option: Word, _ words: inout LineWords) -> IPAddress? {
        let family: AddressFamily? = words.take("inet") ? .ipv4 : words.take("inet6") ? .ipv6 : nil
        guard let word = words.value(of: option, "an address", &self) else { return nil }
        return address(word, of: words.statement, family: family)
    }

    mutating func reportUnknownOption<Target>(
        _ word: Word, of statement: Statement, _ what: String, _ options: LineOptions<Target>
    ) {
        let suggestion = closest(to: word.text, among: options.options.map(\.entry.name))
        report(
            .error, "unknown-option", statement, word: word,
            "'\(word.text)' is not an option of \(what) and is ignored",
            help: suggestion.map { "did you mean '\($0)'?" }
        )
    }
}
