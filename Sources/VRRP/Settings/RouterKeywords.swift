// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

extension RouterDraft {
    /// The body of a `vrrp_instance` block.
    package static let rows: [Keyword<RouterDraft>] =
        (placeRows + electionRows + addressRows + unicastRows + virtualInterfaceRows + authenticationRows + trackRows
        + announcementRows + notifyRows)
        .map { $0.on(.vrrp).noted(in: \.places) }

    /// Which router it is and how adverts look.
    private static let placeRows: [Keyword<RouterDraft>] = [
        .custom(
            "interface", syntax: "<ifname>",
            """
            The interface that adverts are sent and received on, and that addresses are put on unless they say \
            otherwise.
            """
        ) { statement, draft, reader in
            guard let word = reader.require(statement, 0, "an interface") else { return }
            reader.noteExtraWords(statement, after: 1)
            if let name = reader.interfaceName(word, of: statement) { draft.interface = name }
        }.since("<=1.0.3").range("less than 16 bytes, not a loopback").defaulting(
            to: "none; required unless unicast with unicast_src_ip"),
        .number(
            "virtual_router_id", 1...255, \.routerID,
            """
            The number that the routers sharing these addresses have in common; no other router on the same \
            network may use it. Required.
            """
        ).since("<=1.0.3").defaulting(to: "none; required"),
        .custom(
            "vrf", syntax: "<ifname>", "Keeps a unicast router without an interface within this VRF."
        ) { statement, draft, reader in
            guard let word = reader.require(statement, 0, "a VRF") else { return }
            reader.noteExtraWords(statement, after: 1)
            draft.vrf = reader.interfaceName(word, of: statement)
        }.since("2.2.5").range("less than 16 bytes").defaulting(to: "none").needs(.vrf),
        .custom(
            "version", syntax: "2|3",
            """
            The version of VRRP to speak: 2 is RFC 3768 with whole seconds and authentication, 3 is RFC 9568 with \
            centiseconds and IPv6.
            """
        ) { statement, draft, reader in
            guard let number: UInt8 = reader.number(statement, in: 2...3),
                let version = ProtocolVersion(rawValue: number)
            else { return }
            guard let earlier = draft.version, earlier != version else { return draft.version = version }
            reader.report(
                .error, "version-conflict", statement, word: statement.value(0),
                "version \(earlier.rawValue) was said before; version \(number) is ignored"
            )
        }.since("1.2.17").range("2..3").defaulting(to: "vrrp_version; 3 for IPv6"),
        .flag(
            "native_ipv6", \.isNativeIPv6,
            "Makes the router an IPv6 one although no address says so yet; only of use without virtual addresses."
        ).since("1.2.1").needs(.ipv6),
        .flag(
            "dont_track_primary", \.ignoresOwnInterface,
            """
            Goes on when the router's own interface is down. Of use where the cable to the peer may be pulled with \
            both routers alive.
            """
        ).since("1.1.8"),
        .custom(
            "kernel_rx_buf_size", syntax: "<bytes:uint>",
            "The receive buffer of the router's socket, in place of what vrrp_rx_bufs_policy asks for."
        ) { statement, draft, reader in
            guard statement.values.count <= 1 else {
                return reader.report(
                    .error, "extra-words", statement, word: statement.value(1),
                    "'kernel_rx_buf_size' takes one number; the line is ignored")
            }
            if let size: UInt32 = reader.number(statement, in: 0...UInt32.max) {
                draft.receiveBuffer = size == 0 ? nil : size
            }
        }.since("2.0.3").range("0..4294967295").defaulting(to: "computed"),
        .custom(
            "linkbeat_use_polling", syntax: "",
            "Polls the state of the interface's link instead of trusting the kernel's messages."
        ) { statement, draft, reader in
            reader.noteExtraWords(statement, after: 0)
            draft.linkPolling = true
        }.since("2.0.0").deprecated(use: "linkbeat_interfaces").needs(.linkPolling),
        .number("debug", 0...4, \.debug, "How much is logged about this router.").since("<=1.0.3").defaulting(to: "0"),
    ]

    /// Who becomes master.
    private static let electionRows: [Keyword<RouterDraft>] = [
        .custom(
            "state", syntax: "MASTER|BACKUP",
            """
            How the router starts: MASTER takes the addresses at once, BACKUP waits for silence. The priority \
            decides right after.
            """
        ) { statement, draft, reader in
            guard let word = reader.require(statement, 0, "MASTER or BACKUP") else { return }
            reader.noteExtraWords(statement, after: 1)
            let isMaster = word.text == "MASTER"
            if !isMaster, word.text != "BACKUP" {
                reader.report(
                    .error, "unknown-value", statement, word: word, "'\(word.text)' is not a state; BACKUP is used",
                    help: "write MASTER or BACKUP"
                )
                if draft.startsAsMaster == nil { draft.startsAsMaster = false }
            } else if !isMaster, draft.startsAsMaster == true {
                reader.report(
                    .error, "state-conflict", statement, word: word, "MASTER was said before; BACKUP is ignored")
            } else {
                draft.startsAsMaster = isMaster
            }
        }.since("<=1.0.3").defaulting(to: "MASTER if priority is 255, else BACKUP"),
        .custom(
            "priority", syntax: "<uint>",
            """
            The router with the highest priority is master; equal ones are told apart by their source address. 255 \
            says that the router owns the addresses.
            """
        ) { statement, draft, reader in
            draft.priority =
                reader.number(statement, in: 1...255, keeping: "100")
                ?? (statement.values.isEmpty ? draft.priority : 100)
        }.since("<=1.0.3").range("1..255").defaulting(to: "100; 255 with state MASTER"),
        .seconds(
            "advert_int", 0.01...255, \.advertInterval,
            """
            Time between the adverts of a master. Version 2 knows whole seconds, version 3 hundredths up to 40.95; \
            a version 2 router ignores peers with another interval.
            """
        ).since("<=1.0.3").defaulting(to: "1"),
        .flag(
            "preempt", \.preempts, sets: true,
            "Takes over from a master of lower priority; takes back an earlier nopreempt."
        ).since("<=1.0.3").defaulting(to: "on"),
        .flag(
            "nopreempt", \.preempts, sets: false,
            """
            Leaves a master of lower priority in place. Belongs on the router with the higher priority, which must \
            not have state MASTER.
            """
        ).since("1.1.8").defaulting(to: "off"),
        .seconds(
            "preempt_delay", 0...1000, \.preemptDelay,
            """
            How long after the start a master of lower priority is left alone. Not for a router with state MASTER \
            or nopreempt.
            """
        ).since("1.1.8").defaulting(to: "0"),
        .number(
            "down_timer_adverts", 1...100, \.downTimerAdverts,
            "How many adverts must be missed before a backup takes over. All routers should have the same number."
        ).since("2.2.3").defaulting(to: "vrrp_down_timer_adverts (3)"),
        timerExpired("timer_expired_backup").since("2.2.8").needs(.timerExpiry),
        timerExpired("thread_timer_expired").since("2.3.2").deprecated(use: "timer_expired_backup").needs(.timerExpiry),
        .bool(
            "lower_prio_no_advert", \.ignoresLowerPriority,
            """
            A master does not answer the advert of a router with lower priority. RFC 9568 wants an answer, so that \
            switches learn the way back.
            """
        ).since("1.2.20").defaulting(to: "vrrp_lower_prio_no_advert; on in strict mode"),
        .bool(
            "higher_prio_send_advert", \.advertisesToHigherPriority,
            "A master that hears a higher priority sends one more advert before it yields."
        ).since("1.3.5").defaulting(to: "vrrp_higher_prio_send_advert; off in strict mode"),
        .bool(
            "owner_ignore_adverts", \.ownerIgnoresAdverts,
            "The owner of the addresses (priority 255) ignores the adverts of others, as RFC 9568 asks."
        ).since("2.3.3").defaulting(to: "vrrp_owner_ignore_adverts for priority 255; on in strict mode"),
        .bool(
            "skip_check_adv_addr", \.skipsAddressCheck,
            "The addresses in an advert are not compared with ours if it comes from the same master as the one before."
        ).since("1.2.20").defaulting(to: "vrrp_skip_check_adv_addr"),
        .bool(
            "strict_mode", \.isStrict,
            """
            Keeps to the RFC and refuses what goes beyond it: no unicast, no authentication, no packets to the \
            addresses unless 'accept' or owner.
            """
        ).since("1.2.20").defaulting(to: "vrrp_strict"),
    ]

    private static func timerExpired(_ name: String) -> Keyword<RouterDraft> {
        .custom(
            name, syntax: "[<uint>]",
            """
            A master whose timer ran out late steps down for a moment, as another may have taken over. The number \
            is the highest priority of the others. Needs nopreempt.
            """
        ) { statement, draft, reader in
            guard !statement.values.isEmpty else { return draft.timerExpiredBackup = 254 }
            if let value: UInt8 = reader.number(statement, in: 1...254) { draft.timerExpiredBackup = value }
        }.range("1..254").defaulting(to: "off; 254 if bare")
    }
}

extension Keyword {
    /// The row, noting where it is used.
    func noted(in path: SettingPath<Target, [String: Place]>) -> Keyword {
        var copy = self
        copy.apply = { [apply, name = entry.name] statement, target, reader in
            target[keyPath: path][name] = Place(statement)
            apply(statement, &target, &reader)
        }
        return copy
    }
}
