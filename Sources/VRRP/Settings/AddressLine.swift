// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// A line of `virtual_ipaddress` or its like as the file says it; interfaces and groups are not looked at yet.
package struct AddressDraft: Sendable {
    package var entry: AddressEntry
    package var place: Place
    /// The file gives a prefix length, a lifetime, ...
    var hasLength = false
    var hasLifetime = false
    /// What was found makes the address useless.
    var isDropped = false

    package init(_ entry: AddressEntry, at place: Place) {
        self.entry = entry
        self.place = place
    }
}

/// Where the file says something, for findings that come when more of it is known.
package struct Place: Hashable, Sendable {
    package var position: Position
    /// Characters to underline; 0 for a line that a definition made, whose columns say nothing.
    package var length: Int

    package init(_ statement: Statement, _ word: Word? = nil) {
        let word = word ?? statement.keyword
        position = statement.position(of: word)
        length = statement.isExpanded ? 0 : max(1, word.text.utf8.count)
    }
}

extension AddressDraft {
    /// What a virtual address, advertised or excluded, may say.
    package static let virtualOptions = LineOptions(commonOptions + [virtualMAC])
    /// What a static address may say.
    package static let staticOptions = LineOptions(commonOptions + [trackGroup])

    /// Reads a line; nil, with the reason reported, where it holds no address to use.
    package static func read(
        _ statement: Statement, _ options: LineOptions<AddressDraft>, _ reader: inout Reader
    ) -> AddressDraft? {
        var words = LineWords(statement)
        guard let first = words.next() else { return nil }
        guard IPAddress(first.text.prefix { $0 != "/" }) != nil,
            let (prefix, hasLength) = reader.prefix(first, of: statement)
        else {
            reader.report(
                .error, "not-an-address", statement, word: first,
                "'\(first.text)' is not an IP address; the line is ignored",
                help: "an address comes first: 192.0.2.1/24 dev eth0"
            )
            return nil
        }
        var draft = AddressDraft(AddressEntry(prefix), at: Place(statement))
        draft.hasLength = hasLength
        if prefix.address.family == .ipv6 { draft.entry.flags = .withoutDuplicateDetection }
        while let word = words.next() {
            guard !options.apply(word, &words, to: &draft, &reader) else { continue }
            reader.reportUnknownOption(word, of: statement, "an address", options)
        }
        draft.finish(statement, &reader)
        return draft.isDropped ? nil : draft
    }

    private mutating func finish(_ statement: Statement, _ reader: inout Reader) {
        if entry.peer != nil, hasLength {
            reader.report(
                .warning, "prefix-with-peer", statement, "the prefix length of an address with a peer is ignored",
                help: "write the address without '/\(entry.prefix.length)'"
            )
            entry.prefix.length = entry.address.family.bits
        }
        if !hasLifetime, entry.address.family == .ipv6, entry.prefix.length == 128 { entry.preferredLifetime = 0 }
    }

    private static let commonOptions: [LineOption<AddressDraft>] = [
        LineOption("dev", "<ifname>", "The interface to put the address on.") { option, words, draft, reader in
            guard let word = words.value(of: option, "an interface", &reader) else { return }
            guard draft.entry.interface == nil else {
                return reader.report(
                    .error, "repeated-option", words.statement, word: option,
                    "the address has an interface already; 'dev \(word.text)' is ignored"
                )
            }
            draft.entry.interface = reader.interfaceName(word, of: words.statement)
        }.since("<=1.0.3").defaulting(to: "interface of the instance, or default_interface for static addresses"),
        .named(
            "scope", in: "rt_scopes", 0...255, \.entry.scope,
            "How far the address is valid, by a name of rt_scopes or its number; IPv4 only."
        ).since("<=1.0.3").defaulting(to: "global"),
        broadcast.since("1.1.3"),
        broadcast.alias("broadcast", since: "1.1.3"),
        LineOption(
            "label", "<string>", range: "at most 15 bytes", "A name for the address as ifconfig shows it; IPv4 only."
        ) { option, words, draft, reader in
            guard let word = words.value(of: option, "a label", &reader) else { return }
            guard word.text.utf8.count <= 15 else {
                draft.isDropped = true
                return reader.report(
                    .error, "too-long", words.statement, word: word,
                    "the label '\(word.text)' has more than 15 bytes; the address is ignored"
                )
            }
            draft.entry.label = word.text
        }.since("1.1.14"),
        LineOption("peer", "<ip>", "The address at the other end of a point-to-point link.") {
            option, words, draft, reader in
            guard let word = words.value(of: option, "an address", &reader) else { return }
            let family = draft.entry.address.family
            draft.entry.peer = reader.address(word, of: words.statement, family: family)
        }.since("2.0.0"),
        flag("home", .home, "Marks the address as the home address of Mobile IPv6 (RFC 6275)."),
        LineOption(
            "-nodad", "Runs duplicate address detection for the address, which is left out otherwise; IPv6 only."
        ) {
            _, _, draft, _ in draft.entry.flags.remove(.withoutDuplicateDetection)
        }.since("1.3.6"),
        flag("mngtmpaddr", .managesTemporary, "Lets the kernel make temporary addresses from this one (RFC 8981)."),
        flag("noprefixroute", .noPrefixRoute, "Adds no route for the network of the address."),
        flag("autojoin", .autojoin, "Joins a multicast address at link level."),
        .flag(
            "no_track", \.entry.isUntracked,
            "Leaves the router alone when somebody deletes the address or its interface goes down."
        ).since("2.0.3"),
        LineOption(
            "preferred_lft", "<seconds:uint>|forever", range: "0..4294967295", default: "forever; 0 for an IPv6 /128",
            "How long the address stays preferred as a source; 0 makes it deprecated at once."
        ) { option, words, draft, reader in
            guard let word = words.value(of: option, "seconds or 'forever'", &reader) else { return }
            if word.text == "forever" {
                draft.entry.preferredLifetime = nil
            } else if let seconds: UInt32 = reader.number(word, of: words.statement, in: 0...UInt32.max) {
                draft.entry.preferredLifetime = seconds == .max ? nil : seconds
            } else {
                return
            }
            draft.hasLifetime = true
        }.since("2.0.20"),
    ]

    private static let virtualMAC = LineOption<AddressDraft>.flag(
        "use_vmac", \.entry.usesVirtualMAC,
        "Puts the address on a virtual MAC of its own although its interface is not the router's."
    ).since("2.2.0")

    private static let trackGroup = LineOption<AddressDraft>.text(
        "track_group", \.entry.trackGroup, "Keeps the address only while no router of the group is in fault."
    ).since("2.0.3")

    private static func flag(_ name: String, _ flag: AddressEntry.Flags, _ help: String) -> LineOption<AddressDraft> {
        LineOption(name, help) { _, _, draft, _ in draft.entry.flags.insert(flag) }.since("1.3.6")
    }

    private static let broadcast = LineOption<AddressDraft>(
        "brd", "<ipv4>|+|-",
        "The broadcast address: '+' sets all bits of the host part, '-' clears them. IPv4 only."
    ) { option, words, draft, reader in
        guard let word = words.value(of: option, "a broadcast address, + or -", &reader) else { return }
        guard case .v4(let address) = draft.entry.address else {
            draft.isDropped = true
            return reader.report(
                .error, "wrong-family", words.statement, word: option,
                "an IPv6 address has no broadcast; the address is ignored"
            )
        }
        guard word.text == "+" || word.text == "-" else {
            draft.entry.broadcast = reader.address(word, of: words.statement, family: .ipv4)
            if draft.entry.broadcast == nil { draft.isDropped = true }
            return
        }
        let length = draft.entry.prefix.length
        guard length <= 30 else {
            return reader.report(
                .error, "no-room-for-broadcast", words.statement, word: option,
                "a /\(length) has no broadcast address; '\(option.text)' is ignored"
            )
        }
        let hostBits = UInt32.max >> UInt32(length)
        draft.entry.broadcast = .v4(word.text == "+" ? address | hostBits : address & ~hostBits)
    }
}
