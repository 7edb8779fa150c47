// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

extension HealthDraft {
    /// The root keywords of the checkers.
    package static let rows: [Keyword<HealthDraft>] =
        ([sslRow, groupRow, VirtualServerDraft.row] as [Keyword<HealthDraft>])
        .on(.checker)

    private static var sslRow: Keyword<HealthDraft> {
        let rows: [Keyword<SSLSettings>] = [
            .text("password", \.password, "The pass phrase of the key."),
            .text("ca", "<path>", \.authority, "The certificates of the authorities that are trusted."),
            .text("certificate", "<path>", \.certificate, "The certificate to show to servers."),
            .text("key", "<path>", \.key, "The key of the certificate (PEM)."),
        ]
        return .block(
            "SSL", children: rows, "What SSL_GET shows to servers and trusts; a second block replaces the first.",
            begin: { _, _, _ in SSLSettings() }, end: { ssl, health, _ in health.ssl = ssl }
        ).defaulting(to: "a context without certificate")
    }

    private static var groupRow: Keyword<HealthDraft> {
        Keyword(groupEntry) { statement, health, reader in
            guard let name = reader.require(statement, 0, "a name") else { return reader.skipBlock() }
            var group = VirtualServerGroupSettings(name: name.text)
            reader.readLines(of: statement) { line, reader in
                if let entry = reader.groupEntry(line) { group.entries.append(entry) }
            }
            if let fault = group.fault {
                reader.report(
                    .error, "bad-group", statement, "virtual_server_group \(name.text) \(fault); it is ignored")
            } else if health.groups.contains(where: { $0.name == name.text }) {
                reader.report(
                    .warning, "duplicate-group", statement,
                    "virtual_server_group \(name.text) is defined already; the first one counts")
            } else {
                health.groups.append(group)
            }
        }
    }

    private static var groupEntry: KeywordEntry {
        var entry = KeywordEntry(
            name: "virtual_server_group", syntax: "<name> { ... }",
            help:
                "A list of addresses and marks, one a line, that a virtual server serves alike; it may follow the virtual server."
        )
        var line = KeywordEntry.option(
            "<entry>", "(<ip>[-<end>|/<len>] [<port>])|fwmark <uint> [inet|inet6]",
            "One address, range, network or mark.")
        line.children = [
            .option("<ip>", "<ip> [<port>]", range: "port 1..65535", "An address."),
            .option(
                "<ip>-<n>", "<ip>-<last> [<port>]", range: "last octet (decimal) or last group (hex)",
                "All addresses up to the last."),
            .option("<ip>-<ip>", "<ip>-<ip> [<port>]", "All addresses up to the second."),
            .option(
                "<ip>/<len>", "<network>/<len> [<port>]", range: "1..32 or 1..128", "All addresses of the network."),
            .option(
                "fwmark", "<uint> [inet|inet6]", range: "0..4294967295", default: "family of the real servers",
                "A firewall mark."),
        ]
        entry.children = [line]
        return entry
    }
}

extension VirtualServerGroupSettings {
    /// What keeps the group from being used, as the rest of a sentence.
    fileprivate var fault: String? {
        guard !entries.isEmpty else { return "has no entries" }
        var families: Set<AddressFamily> = []
        var hasOpenMark = false
        for entry in entries {
            switch entry {
            case .addresses(let first, _, _): families.insert(first.family)
            case .mark(_, let family): if family == nil { hasOpenMark = true }
            }
        }
        return hasOpenMark && families.count > 1 ? "has IPv4, IPv6 and a mark without a family" : nil
    }
}

extension Reader {
    /// One line of a group.
    fileprivate mutating func groupEntry(_ line: Statement) -> VirtualServerGroupSettings.Entry? {
        if line.keyword.text == "fwmark" {
            guard let word = require(line, 0, "a number"), let mark: UInt32 = number(word, of: line, in: 0...UInt32.max)
            else {
                return nil
            }
            guard let family = line.value(1) else { return .mark(mark, nil) }
            switch family.text {
            case "inet": return .mark(mark, .ipv4)
            case "inet6": return .mark(mark, .ipv6)
            default:
                report(
                    .error, "unknown-value", line, word: family,
                    "'\(family.text)' is neither inet nor inet6; it is ignored")
                return .mark(mark, nil)
            }
        }
        var port: UInt16 = 0
        if let word = line.value(0) {
            guard let value: UInt16 = number(word, of: line, in: 0...UInt16.max) else { return nil }
            port = value
        }
        guard let range = AddressRange(line.keyword.text) else {
            report(
                .error, "bad-group-entry", line,
                "'\(line.keyword.text)' is neither an address, a range nor a network; the line is ignored",
                help: "write 10.0.0.1, 10.0.0.1-9, 10.0.0.0/24 or fwmark <n>"
            )
            return nil
        }
        return .addresses(first: range.first, last: range.last, port: port)
    }
}

/// `a`, `a-n`, `a-b` or `a/len`; the first address is not above the last.
struct AddressRange: Equatable {
    var first: IPAddress
    var last: IPAddress

    init?(_ text: String) {
        if let slash = text.firstIndex(of: "/") {
            guard let network = IPAddress(text[..<slash]), let length = Int(text[text.index(after: slash)...]),
                (1...network.family.bits).contains(length), let end = Self.end(of: network, length)
            else { return nil }
            (first, last) = (network, end)
            return
        }
        guard let dash = text.lastIndex(of: "-") else {
            guard let address = IPAddress(text) else { return nil }
            (first, last) = (address, address)
            return
        }
        let rest = text[text.index(after: dash)...]
        guard let start = IPAddress(text[..<dash]), let end = IPAddress(rest) ?? Self.end(start, last: rest),
            start.family == end.family, start <= end
        else { return nil }
        (first, last) = (start, end)
    }

    /// The last address of a network; nil if the address has bits beyond the length.
    private static func end(of network: IPAddress, _ length: Int) -> IPAddress? {
        switch network {
        case .v4(let word):
            let rest: UInt32 = length == 32 ? 0 : .max >> UInt32(length)
            return word & rest == 0 ? .v4(word | rest) : nil
        case .v6(let high, let low):
            let highRest: UInt64 = length >= 64 ? 0 : .max >> UInt64(length)
            let lowRest: UInt64 = length >= 128 ? 0 : length <= 64 ? .max : .max >> UInt64(length - 64)
            return high & highRest == 0 && low & lowRest == 0 ? .v6(high: high | highRest, low: low | lowRest) : nil
        }
    }

    /// The same address with another last octet (decimal) or last group (hex), which must be above the first's.
    private static func end(_ start: IPAddress, last: Substring) -> IPAddress? {
        switch start {
        case .v4(let word):
            guard let octet = UInt32(last), octet <= 255, octet > word & 255 else { return nil }
            return .v4(word & ~255 | octet)
        case .v6(let high, let low):
            guard let group = UInt64(last, radix: 16), group <= 0xffff, group > low & 0xffff else { return nil }
            return .v6(high: high, low: low & ~0xffff | group)
        }
    }
}
