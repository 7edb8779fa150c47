// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouterDraft {
    /// Interfaces made for the router.
    static let virtualInterfaceRows: [Keyword<RouterDraft>] = [
        .custom(
            "use_vmac", syntax: "[name] [<ifname>] [<MAC|5-octet MAC>] [netlink_notify_msg] [group <name|uint>]",
            """
            Puts the addresses on an interface with the virtual MAC of the RFC, so that hosts need not learn a new \
            MAC at a takeover. A MAC of five bytes is completed by the virtual_router_id.
            """
        ) { statement, draft, reader in
            draft.virtualInterface = reader.virtualInterface(statement, .macvlan) ?? draft.virtualInterface
        }.since("1.2.3").range("ifname: less than 16 bytes").defaulting(
            to: "<vmac_prefix>.<vrid> with 00:00:5e:00:01|02:<vrid>"
        ).needs(.virtualMAC),
        .flag(
            "use_vmac_addr", \.coversOtherInterfaces,
            "Addresses on other interfaces get interfaces with the virtual MAC too."
        ).since("2.2.0").needs(.virtualMAC),
        .flag("vmac_xmit_base", \.transmitsOnBase, "Sends and receives adverts on the interface below the virtual one.")
            .since("1.2.10").defaulting(to: "off; on with unicast").needs(.virtualMAC),
        .custom(
            "use_ipvlan", syntax: "[bridge|private|vepa] [name] [<ifname>] [<ip>[/len]] [group <name|uint>]",
            """
            Sends and receives adverts on an ipvlan interface, for networks that allow one MAC a port. The address \
            given is put on it and becomes the source of adverts.
            """
        ) { statement, draft, reader in
            draft.virtualInterface = reader.virtualInterface(statement, .ipvlan(.bridge)) ?? draft.virtualInterface
        }.since("2.0.17").range("ifname: less than 16 bytes").defaulting(to: "bridge").needs(.ipvlan),
    ]
}

extension Reader {
    /// The words behind `use_vmac` or `use_ipvlan`; nil where the line cannot be used.
    mutating func virtualInterface(_ statement: Statement, _ kind: VirtualInterfaceDraft.Kind) -> VirtualInterfaceDraft?
    {
        var draft = VirtualInterfaceDraft(kind: kind)
        var words = LineWords(statement)
        _ = words.next()
        while let word = words.next() {
            switch (kind, word.text) {
            case (_, "group"):
                guard let value = words.value(of: word, "an interface group", &self) else { return nil }
                draft.group = routingNumber(value, of: statement, in: "group", 0...UInt32.max)
            case (_, "name"):
                guard let value = words.value(of: word, "a name", &self) else { return nil }
                draft.name = interfaceName(value, of: statement)
            case (.macvlan, "netlink_notify_msg"): draft.notifiesPeers = true
            case (.macvlan, let text) where text.contains(":"): draft.mac = virtualMAC(word, of: statement)
            case (.ipvlan, "bridge"): draft.kind = .ipvlan(.bridge)
            case (.ipvlan, "private"): draft.kind = .ipvlan(.private)
            case (.ipvlan, "vepa"): draft.kind = .ipvlan(.vepa)
            case (.ipvlan, let text) where IPAddress(text.prefix { $0 != "/" }) != nil:
                draft.address = prefix(word, of: statement)?.prefix
            default: draft.name = interfaceName(word, of: statement)
            }
        }
        return draft
    }

    /// Six bytes of a unicast MAC, or five that the VRID completes; empty where it is neither.
    private mutating func virtualMAC(_ word: Word, of statement: Statement) -> [UInt8] {
        let bytes = word.text.split(separator: ":", omittingEmptySubsequences: false).map {
            $0.utf8.count <= 2 ? UInt8($0, radix: 16) : nil
        }
        let known = bytes.compactMap { $0 }
        guard known.count == bytes.count, known.count == 5 || known.count == 6, let first = known.first, first & 1 == 0
        else {
            report(
                .error, "bad-mac", statement, word: word,
                "'\(word.text)' is not the MAC of one interface; the standard one is used",
                help: "write five or six bytes such as 02:00:5e:00:01, the first one even"
            )
            return []
        }
        guard !known.starts(with: [0x00, 0x00, 0x5e, 0x00, 0x01]), !known.starts(with: [0x00, 0x00, 0x5e, 0x00, 0x02])
        else {
            report(
                .error, "bad-mac", statement, word: word,
                "'\(word.text)' is among the MACs of the VRRP standard; the standard one is used", help: "leave it out")
            return []
        }
        return known
    }
}
