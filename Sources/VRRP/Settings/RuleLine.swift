// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// A line of `virtual_rules` or `static_rules` as the file says it; interfaces are not looked at yet.
package struct RuleDraft: Sendable {
    package var entry: RuleEntry
    package var place: Place
    /// One is chosen where the file says none.
    package var hasPreference = false
    var family: AddressFamily?
    var hasAction = false
    var isDropped = false

    init(at place: Place) {
        entry = RuleEntry(family: .ipv4, action: .nop, preference: 0)
        self.place = place
    }
}

extension RuleDraft {
    package static let virtualOptions = LineOptions(commonOptions)
    package static let staticOptions = LineOptions(commonOptions + [trackGroup])

    /// Reads a line; nil, with the reason reported, where it holds no rule to use.
    package static func read(
        _ statement: Statement, _ options: LineOptions<RuleDraft>, _ reader: inout Reader
    ) -> RuleDraft? {
        var words = LineWords(statement)
        var draft = RuleDraft(at: Place(statement))
        while let word = words.next() {
            if !options.apply(word, &words, to: &draft, &reader) {
                reader.reportUnknownOption(word, of: statement, "a rule", options)
            }
        }
        return draft.finish(statement, &reader)
    }

    private mutating func finish(_ statement: Statement, _ reader: inout Reader) -> RuleDraft? {
        guard !isDropped else { return nil }
        guard hasAction else {
            reader.report(
                .error, "no-action", statement, "the rule has no action and is ignored",
                help: "add 'table <table>', 'goto <preference>', nop, blackhole, prohibit, unreachable or l3mdev"
            )
            return nil
        }
        if case .goto(let target) = entry.action, !hasPreference || entry.preference >= target {
            reader.report(
                .error, "goto-backwards", statement, "a rule can only go to a rule behind it; the rule is ignored",
                help: "give it a preference below \(target)"
            )
            return nil
        }
        entry.family = family ?? .ipv4
        finishTableOptions(statement, &reader)
        finishTracking(statement, &reader)
        return self
    }

    private mutating func finishTableOptions(_ statement: Statement, _ reader: inout Reader) {
        if case .table = entry.action { return }
        guard entry.realms != nil || entry.suppressPrefixLength != nil || entry.suppressInterfaceGroup != nil else {
            return
        }
        if case .l3mdev = entry.action, entry.realms == nil { return }
        entry.realms = nil
        entry.suppressPrefixLength = nil
        entry.suppressInterfaceGroup = nil
        reader.report(
            .warning, "table-only", statement, "realms and suppress options are for rules with a table and are ignored")
    }

    private mutating func finishTracking(_ statement: Statement, _ reader: inout Reader) {
        if !entry.isUntracked, entry.proto != 18 {
            entry.proto = 18
            reader.report(
                .warning, "tracked-protocol", statement, "a tracked rule has protocol 18 (keepalived), which is used",
                help: "add 'no_track' to keep the protocol"
            )
        }
        if entry.trackGroup != nil, entry.inputInterface == nil {
            entry.trackGroup = nil
            reader.report(
                .warning, "track-group-without-interface", statement,
                "a rule without an interface cannot follow a track_group",
                help: "add 'iif <interface>'"
            )
        }
    }

    fileprivate mutating func settle(
        _ family: AddressFamily, _ word: Word, _ statement: Statement, _ reader: inout Reader
    ) -> Bool {
        guard let known = self.family, known != family else {
            self.family = family
            return true
        }
        isDropped = true
        reader.report(
            .error, "mixed-families", statement, word: word,
            "'\(word.text)' is not of the family of the rest of the rule, which is ignored"
        )
        return false
    }

    fileprivate mutating func act(
        _ action: RuleEntry.Action, _ word: Word, _ statement: Statement, _ reader: inout Reader
    ) {
        guard !hasAction else {
            isDropped = true
            return reader.report(
                .error, "second-action", statement, word: word, "'\(word.text)' is a second action; the rule is ignored"
            )
        }
        hasAction = true
        entry.action = action
    }
}

// MARK: - Options

extension RuleDraft {
    private static let commonOptions: [LineOption<RuleDraft>] = selectors + actions + rest

    private static let trackGroup = LineOption<RuleDraft>.text(
        "track_group", \.entry.trackGroup, "Keeps the rule only while no router of the group is in fault; needs iif."
    ).since("2.0.3")

    private static let selectors: [LineOption<RuleDraft>] = [
        family("inet", .ipv4),
        family("inet6", .ipv6),
        prefix("from", \.entry.from, "Matches packets from this prefix."),
        prefix("to", \.entry.to, "Matches packets to this prefix."),
        .flag("not", \.entry.isInverted, "Matches what the selectors do not match.").since("1.2.24"),
        tos,
        tos.alias("dsfield"),
        LineOption("fwmark", "<uint32>[/<uint32 mask>]", "Matches packets with this mark.") {
            option, words, draft, reader in
            guard let word = words.value(of: option, "a mark", &reader) else { return }
            let parts = word.text.split(separator: "/", maxSplits: 1).map { Word(String($0), column: word.column) }
            guard let first = parts.first, let mark: UInt32 = reader.cNumber(first, of: words.statement, 0...UInt32.max)
            else { return }
            draft.entry.mark = mark
            if parts.count == 2 { draft.entry.markMask = reader.cNumber(parts[1], of: words.statement, 0...UInt32.max) }
        }.since("1.2.24"),
        input.since("1.2.24"),
        input.alias("dev", since: "1.2.24"),
        .interface("oif", \.entry.outputInterface, "Matches packets of local sockets bound to this interface.").since(
            "1.2.24"),
        .number(
            "tunnel-id", 0...UInt64.max, \.entry.tunnelID, "Matches packets that came through the tunnel with this key."
        ).since("1.2.24"),
        LineOption("uidrange", "<uint>-<uint>", "Matches packets of sockets of these users.") {
            option, words, draft, reader in
            guard let word = words.value(of: option, "a range of user ids", &reader) else { return }
            draft.entry.users = reader.range(word, of: words.statement, 0...UInt32.max)
        }.since("1.3.5"),
        LineOption("ipproto", "<name|uint8>", range: "0..255", "Matches packets of this IP protocol.") {
            option, words, draft, reader in
            guard let word = words.value(of: option, "a protocol", &reader) else { return }
            draft.entry.ipProtocol =
                reader.surroundings.protocolNumber(word.text) ?? reader.cNumber(word, of: words.statement, 0...255)
        }.since("2.0.1"),
        ports("sport", \.entry.sourcePorts, "Matches packets from these ports."),
        ports("dport", \.entry.destinationPorts, "Matches packets to these ports."),
    ]

    private static let actions: [LineOption<RuleDraft>] = [
        table.since("1.2.20"),
        table.alias("lookup", since: "1.2.24"),
        LineOption("l3mdev", "Looks into the table of the VRF the packet belongs to.") { option, words, draft, reader in
            draft.act(.l3mdev, option, words.statement, &reader)
        }.since("1.4.3"),
        LineOption("type", "<action>", "May stand in front of the action.") { _, _, _, _ in }.since("1.2.24"),
        LineOption(
            "goto", "<uint32>", "Goes on with the rule of this preference, which must be higher than the rule's own."
        ) {
            option, words, draft, reader in
            guard let word = words.value(of: option, "a preference", &reader) else { return }
            guard let target: UInt32 = reader.cNumber(word, of: words.statement, 0...UInt32.max) else { return }
            draft.act(.goto(target), option, words.statement, &reader)
        }.since("1.2.24"),
        action("nop", .nop, "Does nothing: a target for goto."),
        action("blackhole", .blackhole, "Drops the packet in silence."),
        action("prohibit", .prohibit, "Drops the packet and says that it is prohibited."),
        action("unreachable", .unreachable, "Drops the packet and says that the network is unreachable."),
    ]

    private static let rest: [LineOption<RuleDraft>] = [
        preference,
        preference.alias("order"),
        preference.alias("priority"),
        LineOption(
            "realms", "[<src>/]<dst>", range: "0..255 each",
            "Realms given to the packets; IPv4 and rules with a table only."
        ) {
            option, words, draft, reader in
            guard let word = words.value(of: option, "realms", &reader) else { return }
            if draft.settle(.ipv4, option, words.statement, &reader) {
                draft.entry.realms = reader.realms(word, of: words.statement)
            }
        }.since("1.2.24"),
        suppressLength,
        suppressLength.alias("sup_pl"),
        suppressGroup,
        suppressGroup.alias("sup_group"),
        .number("protocol", 0...255, \.entry.proto, "Who made the rule; others than 18 need no_track.").since("2.0.1")
            .defaulting(to: "18 (keepalived)"),
        .flag(
            "no_track", \.entry.isUntracked,
            "Leaves the router alone when somebody deletes the rule or its interface goes down."
        ).since("2.0.3"),
    ]

    private static func family(_ name: String, _ family: AddressFamily) -> LineOption<RuleDraft> {
        LineOption(name, "The rule is for \(family == .ipv4 ? "IPv4" : "IPv6").") { word, words, draft, reader in
            _ = draft.settle(family, word, words.statement, &reader)
        }.since("2.0.1")
    }

    private static func prefix(
        _ name: String, _ path: SettingPath<RuleDraft, IPPrefix?>, _ help: String
    ) -> LineOption<RuleDraft> {
        LineOption(name, "<prefix|default|any|all>", default: "any", help) { option, words, draft, reader in
            guard let word = words.value(of: option, "a prefix", &reader) else { return }
            guard !["default", "any", "all"].contains(word.text) else { return draft[keyPath: path] = nil }
            guard let (prefix, _) = reader.prefix(word, of: words.statement) else { return draft.isDropped = true }
            if draft.settle(prefix.address.family, word, words.statement, &reader) { draft[keyPath: path] = prefix }
        }.since("1.2.20")
    }

    private static func ports(
        _ name: String, _ path: SettingPath<RuleDraft, ClosedRange<UInt16>?>, _ help: String
    ) -> LineOption<RuleDraft> {
        LineOption(name, "<port>[-<port>]", help) { option, words, draft, reader in
            guard let word = words.value(of: option, "a port or a range of ports", &reader) else { return }
            draft[keyPath: path] = reader.range(word, of: words.statement, 0...UInt16.max)
        }.since("2.0.1")
    }

    private static func action(_ name: String, _ action: RuleEntry.Action, _ help: String) -> LineOption<RuleDraft> {
        LineOption(name, help) { option, words, draft, reader in
            draft.act(action, option, words.statement, &reader)
        }.since("1.2.24")
    }

    private static let table = LineOption<RuleDraft>(
        "table", "<name|uint32>", range: "1..4294967295",
        "Looks into this routing table, by a name of rt_tables or its number."
    ) { option, words, draft, reader in
        guard let word = words.value(of: option, "a table", &reader) else { return }
        guard let table: UInt32 = reader.routingNumber(word, of: words.statement, in: "rt_tables", 1...UInt32.max)
        else {
            return draft.isDropped = true
        }
        draft.act(.table(table), option, words.statement, &reader)
    }

    private static let preference = LineOption<RuleDraft>(
        "preference", "<uint32>", default: "chosen from 16384 downwards, with a warning",
        "Rules with a lower preference come first."
    ) { option, words, draft, reader in
        guard let word = words.value(of: option, "a number", &reader) else { return }
        guard let value: UInt32 = reader.cNumber(word, of: words.statement, 0...UInt32.max) else { return }
        draft.entry.preference = value
        draft.hasPreference = true
    }.since("1.2.24")

    private static let tos = LineOption<RuleDraft>.named(
        "tos", in: "rt_dsfield", 0...255, \.entry.tos,
        "Matches packets with this type of service, by a name of rt_dsfield or its number."
    ).since("1.2.24").defaulting(to: "0")

    private static let input = LineOption<RuleDraft>.interface(
        "iif", \.entry.inputInterface, "Matches packets that came in through this interface.")

    private static let suppressLength = LineOption<RuleDraft>.number(
        "suppress_prefixlength", 0...UInt32(Int32.max), \.entry.suppressPrefixLength,
        "Passes over routes with a prefix of at most this length."
    ).since("1.2.24")

    private static let suppressGroup = LineOption<RuleDraft>.named(
        "suppress_ifgroup", in: "group", 0...UInt32(Int32.max), \.entry.suppressInterfaceGroup,
        "Passes over routes through interfaces of this group."
    ).since("1.2.24")
}

extension Reader {
    /// `N-M`, or `N` for a range of one.
    mutating func range<Value: FixedWidthInteger>(
        _ word: Word, of statement: Statement, _ limits: ClosedRange<Value>
    ) -> ClosedRange<Value>? {
        let parts = word.text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { Value($0) }
        if let first = parts.first ?? nil, let last = parts.last ?? nil, first <= last, limits.contains(first),
            limits.contains(last)
        {
            return first...last
        }
        report(
            .error, "not-a-range", statement, word: word, "'\(word.text)' is not a range; the option is ignored",
            help: "write two numbers joined by '-', the lower one first"
        )
        return nil
    }
}
