// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Config

/// What a `bfd_instance` block says, before it is checked as a whole.
package struct BFDInstance {
    package var name: String
    package var neighbor: IPAddress?
    package var source: IPAddress?
    package var interface: String?
    package var isMultihop = false
    package var minRx = Interval.milliseconds(10)
    package var minTx = Interval.milliseconds(10)
    package var idleTx = Interval.seconds(1)
    package var multiplier: UInt8 = 5
    package var isPassive = false
    package var ttl: UInt8?
    package var maximumHops: Int?
    package var weight = 0
    package var isReversed = false
    package var vrrp = false
    package var checker = false
    package var authentication = AuthenticationDraft()

    /// The line that opened the block.
    package var statement: Statement

    package init(name: String, statement: Statement) {
        self.name = name
        self.statement = statement
    }
}

/// What an `authentication` block says.
package struct AuthenticationDraft {
    package var type: AuthenticationType?
    package var keys: [(key: AuthenticationKey, word: Word, statement: Statement)] = []
    package var statement: Statement?
}

// MARK: - The table

extension BFDInstance {
    package static var rows: [Keyword<BFDInstance>] {
        [
            .address("source_ip", \.source, "Address to send from; the kernel chooses if none is given.")
                .since("2.0.0").on(.bfd),
            neighborRow,
            neighborRow.alias("neighbour_ip", since: "2.0.0"),
            .text(
                "interface", "<ifname>", limit: 15, \.interface,
                "Binds the session to an interface; needed for a link-local neighbor. Not known to upstream."
            ).on(.bfd),
            time("min_rx", 1, \.minRx, "Shortest time between received packets that the session can cope with."),
            time("min_tx", 1, \.minTx, "Time between packets sent while the session is up."),
            time("idle_tx", 1000, \.idleTx, "Time between packets sent while the session is not up."),
            .number("multiplier", 1...255, \.multiplier, "Packets lost in a row that end the session.")
                .since("2.0.0").defaulting(to: "5").on(.bfd),
            .flag("passive", \.isPassive, "Send nothing before the neighbor has been heard.").since("2.0.0").on(.bfd),
            ttlRow("ttl"),
            ttlRow("hoplimit"),
            .number(
                "max_hops", -1...255, \.maximumHops,
                "By how much the ttl or hoplimit of a received packet may have shrunk; -1 or 255 accepts any."
            ).since("2.0.0").defaulting(to: "0, with multihop -1").on(.bfd),
            .bool("multihop", \.isMultihop, "The neighbor is more than one hop away (RFC 5883, port 4784).")
                .since("2.2.8").on(.bfd),
            weightRow,
            .flag("vrrp", \.vrrp, "Tell the VRRP process of changes; both processes are told if neither is named.")
                .since("2.0.0").on([.bfd, .vrrp]),
            .flag("checker", \.checker, "Tell the checker process of changes; both are told if neither is named.")
                .since("2.0.0").on([.bfd, .checker]),
            .block(
                "authentication", children: AuthenticationDraft.rows,
                "Authenticates the packets of the session (RFC 5880 section 6.7). Not known to upstream."
            ) { statement, target, _ in
                var draft = target.authentication
                draft.statement = statement
                return draft
            } end: { draft, target, _ in
                target.authentication = draft
            }.on(.bfd),
        ]
    }

    private static var neighborRow: Keyword<BFDInstance> {
        Keyword.address("neighbor_ip", \.neighbor, "Address of the other end; a session cannot do without one.")
            .since("2.0.0").on(.bfd)
    }

    private static func time(
        _ name: String, _ least: Double, _ path: any WritableKeyPath<BFDInstance, Interval> & Sendable, _ help: String
    ) -> Keyword<BFDInstance> {
        let row = Keyword.milliseconds(name, least...4_294_967, path, help)
        return Keyword(row.entry) { statement, target, reader in
            row.apply(statement, &target, &reader)
            guard target[keyPath: path] > .seconds(10), let word = statement.value(0) else { return }
            reader.report(
                .hint, "long-interval", statement, word: word, "a neighbor is slow to be missed with \(word.text) ms")
        }.since("2.0.0").defaulting(to: least == 1 ? "10" : "1000").on(.bfd)
    }

    private static func ttlRow(_ name: String) -> Keyword<BFDInstance> {
        Keyword.number(name, 1...255, \.ttl, "TTL or hop limit of packets sent.")
            .since("2.0.0").defaulting(to: "255").on(.bfd)
    }

    private static var weightRow: Keyword<BFDInstance> {
        Keyword.custom(
            "weight", syntax: "<int> [reverse]",
            options: [.option("reverse", "", "What would be added to the priority is subtracted, and the other way round.")],
            "What the session adds to a priority where track_bfd names no weight; 0: its failure is a fault."
        ) { statement, target, reader in
            guard let word = reader.require(statement, 0, "a weight"),
                let weight = reader.number(word, of: statement, in: -253...253)
            else { return }
            if let option = statement.value(1), option.text != "reverse" {
                return reader.report(
                    .error, "unknown-option", statement, word: option,
                    "'\(option.text)' is not an option of 'weight'; the line is ignored",
                    help: "did you mean 'reverse'?"
                )
            }
            reader.noteExtraWords(statement, after: 2)
            target.weight = weight
            target.isReversed = statement.values.count > 1
        }.range("-253..253").since("2.0.0").defaulting(to: "0").on(.vrrp)
    }
}

extension AuthenticationDraft {
    static var rows: [Keyword<AuthenticationDraft>] {
        [
            .choice(
                "auth_type",
                [
                    ("SIMPLE", .simplePassword), ("MD5", .keyedMD5), ("METICULOUS_MD5", .meticulousKeyedMD5),
                    ("SHA1", .keyedSHA1), ("METICULOUS_SHA1", .meticulousKeyedSHA1),
                ], \.type, "What proves a packet's origin; METICULOUS_SHA1 is the strongest, and the default."
            ).defaulting(to: "METICULOUS_SHA1").on(.bfd),
            .custom(
                "auth_key", syntax: "<id> <secret>",
                "A secret under its number. The first key signs; packets under any of the keys are accepted."
            ) { statement, draft, reader in
                guard let number = reader.require(statement, 0, "a key number and a secret"),
                    let id = reader.number(number, of: statement, in: UInt8.min...UInt8.max),
                    let secret = reader.require(statement, 1, "a secret behind the key's number")
                else { return }
                reader.noteExtraWords(statement, after: 2)
                guard !secret.text.isEmpty else {
                    return reader.report(
                        .error, "empty-secret", statement, word: secret, "the secret is empty; the line is ignored")
                }
                draft.keys.append((AuthenticationKey(id: id, secret: Array(secret.text.utf8)), secret, statement))
            }.range("id 0..255, secret of 1..16 bytes, with SHA1 1..20").on(.bfd),
        ]
    }
}
