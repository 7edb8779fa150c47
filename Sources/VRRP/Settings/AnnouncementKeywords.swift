// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouterDraft {
    static let announcementRows: [Keyword<RouterDraft>] = [
        .wholeSeconds(
            "garp_master_delay", 0...4294, \.announcements.delay,
            """
            How long after becoming master the addresses are announced a second time by gratuitous ARP or \
            unsolicited neighbour advertisements; 0 for never.
            """
        ).since("<=1.0.3").defaulting(to: "vrrp_garp_master_delay (5)"),
        .wholeSeconds(
            "garp_master_refresh", 0...4_294_967_295, \.announcements.refresh,
            "Time between announcements while master; 0 for none."
        ).since("1.2.10").defaulting(to: "vrrp_garp_master_refresh (0)"),
        repeats(
            "garp_master_repeat", \.announcements.repeats,
            "How many announcements of each address a master sends at once, and again after garp_master_delay."
        ).since("1.2.14").defaulting(to: "vrrp_garp_master_repeat (5)"),
        repeats(
            "garp_master_refresh_repeat", \.announcements.refreshRepeats,
            "How many announcements of each address a refresh sends."
        ).since("1.2.14").defaulting(to: "vrrp_garp_master_refresh_repeat (1)"),
        .wholeSeconds(
            "garp_lower_prio_delay", 0...4294, \.announcements.lowerPriorityDelay,
            "How long after a losing advert was heard the addresses are announced a second time."
        ).since("1.2.20").defaulting(to: "vrrp_garp_lower_prio_delay; 0 in strict mode"),
        .number(
            "garp_lower_prio_repeat", 0...Int(Int32.max), \.announcements.lowerPriorityRepeats,
            """
            How many announcements of each address follow a losing advert, since hosts may have believed its \
            sender; 0 for none.
            """
        ).since("1.2.20").defaulting(to: "vrrp_garp_lower_prio_repeat; 0 in strict mode"),
        extraInterfaces("garp_extra_if").since("2.2.3").needs(.extraInterfaces),
        extraInterfaces("vmac_garp_intvl").since("2.2.0").deprecated(use: "garp_extra_if").needs(.extraInterfaces),
    ]

    private static func repeats(_ name: String, _ path: SettingPath<RouterDraft, Int?>, _ help: String) -> Keyword<
        RouterDraft
    > {
        .custom(name, syntax: "<uint>", help) { statement, draft, reader in
            guard
                let value: Int = reader.number(
                    statement, in: 0...Int(UInt32.max), keeping: draft[keyPath: path].map { "\($0)" })
            else { return }
            if value == 0 {
                reader.report(
                    .warning, "out-of-range", statement, word: statement.value(0),
                    "'\(name)' must be at least 1; 1 is used")
            }
            draft[keyPath: path] = max(value, 1)
        }.range("0..4294967295 (0 becomes 1)")
    }

    private static func extraInterfaces(_ name: String) -> Keyword<RouterDraft> {
        .custom(
            name, syntax: "[all] <seconds:uint>",
            """
            Time between announcements on the virtual MACs of addresses on other interfaces; with 'all' on all \
            other interfaces.
            """
        ) { statement, draft, reader in
            var words = LineWords(statement)
            guard let keyword = words.next() else { return }
            let isAll = words.take("all")
            guard let word = words.value(of: keyword, "seconds", &reader) else { return }
            guard let seconds: Int = reader.number(word, of: statement, in: 0...86400) else { return }
            draft.announcements.extraInterfaces = .seconds(seconds)
            draft.announcements.includesAllExtraInterfaces = isAll
        }.range("0..86400").defaulting(to: "vrrp_garp_extra_if")
    }
}
