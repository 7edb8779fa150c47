// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// All that the configuration says about BFD, global settings apart.
package struct BFDSettings: Equatable, Sendable {
    /// In the order of the file; names are unique, and so are pairs of addresses.
    package var sessions: [SessionSettings] = []

    package init() {}

    package static var rows: [Keyword<BFDSettings>] {
        [
            .block(
                "bfd_instance", syntax: "<name> { ... }", children: BFDInstance.rows,
                "A session that notices within milliseconds that a neighbor is lost (RFC 5880)."
            ) { statement, settings, reader in
                BFDInstance(opening: statement, known: settings.sessions, &reader)
            } end: { instance, settings, reader in
                if let session = instance.settled(among: settings.sessions, &reader) {
                    settings.sessions.append(session)
                }
            }.range("name of at most 31 bytes").since("2.0.0").on([.bfd, .vrrp, .checker])
        ]
    }
}

extension BFDInstance {
    /// Nil, with a diagnostic, where the name is missing, too long or taken: the block is then skipped.
    init?(opening statement: Statement, known: [SessionSettings], _ reader: inout Reader) {
        guard let word = reader.require(statement, 0, "a name") else { return nil }
        reader.noteExtraWords(statement, after: 1)
        guard word.text.utf8.count < 32 else {
            reader.report(
                .error, "too-long", statement, word: word,
                "'\(word.text)' is longer than 31 bytes; the instance is ignored"
            )
            return nil
        }
        guard !known.contains(where: { $0.name == word.text }) else {
            reader.report(
                .error, "duplicate-name", statement, word: word,
                "there is a bfd_instance '\(word.text)' already; this one is ignored"
            )
            return nil
        }
        self.init(name: word.text, statement: statement)
    }

    /// The settings of the instance, or nil, with a diagnostic, where it cannot be used.
    func settled(among known: [SessionSettings], _ reader: inout Reader) -> SessionSettings? {
        guard let neighbor else {
            reject("no-neighbor", "has no neighbor_ip", &reader)
            return nil
        }
        if let source, source.family != neighbor.family {
            reject("wrong-family", "has a source_ip of another family than its neighbor_ip", &reader)
            return nil
        }
        let identity = SessionSettings.Identity(
            name: name, neighbor: neighbor, source: source, interface: interface, isMultihop: isMultihop
        )
        if let other = known.first(where: { $0.identity.collides(with: identity) }) {
            reject("duplicate-neighbor", "has the same addresses as '\(other.name)'", &reader)
            return nil
        }
        if neighbor.isLinkLocal, neighbor.family == .ipv6, interface == nil {
            reject("no-interface", "has a link-local neighbor and no interface", &reader)
            return nil
        }
        if authentication.statement != nil, authentication.keys.isEmpty {
            reject("no-key", "has an authentication block without an auth_key", &reader)
            return nil
        }
        var settings = SessionSettings(identity)
        settings.minRx = minRx
        settings.minTx = minTx
        settings.idleTx = idleTx
        settings.multiplier = multiplier
        settings.isPassive = isPassive
        settings.hops = HopRule(identity: identity, ttl: ttl, maximumHops: clampedHops(&reader))
        settings.weight = weight
        settings.isReversed = isReversed
        settings.informsVRRP = vrrp || !checker
        settings.informsChecker = checker || !vrrp
        settings.authentication = settledAuthentication(&reader)
        return settings
    }

    /// What a block lacks is told at its end: there upstream tells it, and there the missing line would go.
    private func reject(_ code: String, _ text: String, _ reader: inout Reader) {
        let place = reader.closing ?? statement.position
        reader.report(Diagnostic(.error, code, at: place, "bfd_instance '\(name)' \(text); it is ignored"))
    }

    private func clampedHops(_ reader: inout Reader) -> Int? {
        guard let maximumHops, let ttl, maximumHops != 255, maximumHops > Int(ttl) else { return maximumHops }
        reader.report(
            .error, "max-hops-above-ttl", statement,
            "bfd_instance '\(name)' has max_hops above its ttl or hoplimit; \(ttl) is used"
        )
        return Int(ttl)
    }

    private func settledAuthentication(_ reader: inout Reader) -> Authentication? {
        guard !authentication.keys.isEmpty else { return nil }
        let type = authentication.type ?? .meticulousKeyedSHA1
        var keys: [AuthenticationKey] = []
        for (key, word, line) in authentication.keys {
            var key = key
            if keys.contains(where: { $0.id == key.id }) {
                reader.report(
                    .error, "duplicate-key", line, "there is a key \(key.id) already; the line is ignored"
                )
                continue
            }
            if key.secret.count > type.maximumSecretLength {
                reader.report(
                    .error, "too-long", line, word: word,
                    "the secret is longer than \(type.maximumSecretLength) bytes; its beginning is used"
                )
                key.secret = Array(key.secret.prefix(type.maximumSecretLength))
            }
            keys.append(key)
        }
        return Authentication(type: type, keys: keys)
    }
}

extension SessionSettings.Identity {
    /// Whether packets that carry no discriminator of ours could belong to either (RFC 5881 section 3: one session for
    /// each address family of a link; RFC 5883 section 4: one for each pair of addresses).
    func collides(with other: Self) -> Bool {
        neighbor == other.neighbor && isMultihop == other.isMultihop
            && (source == nil || other.source == nil || source == other.source)
            && (interface == nil || other.interface == nil || interface == other.interface)
    }
}
