// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Config

/// A `garp_group` block as the file says it.
package struct GarpGroupDraft: Sendable {
    package var place: Place
    /// The closing brace.
    package var end: Place?
    package var garpInterval: Interval?
    package var gnaInterval: Interval?
    package var interfaces: [Member] = []

    init(at place: Place) { self.place = place }
}

extension GarpGroupDraft {
    /// The body of a `garp_group` block.
    package static let rows: [Keyword<GarpGroupDraft>] =
        ([
            interval(
                "garp_interval", \.garpInterval, "Time between gratuitous ARPs through the interfaces of the group."),
            interval(
                "gna_interval", \.gnaInterval,
                "Time between unsolicited neighbour advertisements through the interfaces of the group."),
            .custom("interface", syntax: "<ifname>", "An interface of the group.") { statement, draft, reader in
                guard let word = reader.require(statement, 0, "an interface") else { return }
                draft.interfaces.append(Member(Statement(keyword: word, values: [], position: statement.position)))
            }.since("1.2.21"),
            .words("interfaces", syntax: "{list of ifname}", "The interfaces of the group, which share the limit.") {
                statement, draft, _ in
                draft.interfaces.append(Member(statement))
            }.since("1.2.21"),
        ] as [Keyword<GarpGroupDraft>]).map { $0.on(.vrrp) }

    private static func interval(_ name: String, _ path: SettingPath<GarpGroupDraft, Interval?>, _ help: String)
        -> Keyword<GarpGroupDraft>
    {
        .seconds(name, 0...4294.967295, path, help).since("1.2.21").defaulting(to: "none; one of the two is required")
    }
}

/// A `track_group` block as the file says it.
package struct TrackGroupDraft: Sendable {
    package var name: String
    package var place: Place
    package var sequence = 0
    package var routers: [Member] = []

    init(name: String, at place: Place) {
        self.name = name
        self.place = place
    }
}

extension TrackGroupDraft {
    /// The body of a `track_group` block.
    package static let rows: [Keyword<TrackGroupDraft>] = [
        .words(
            "group", syntax: "{list of vrrp_instance name}",
            "The routers that static addresses, routes and rules of the group follow."
        ) { statement, draft, _ in
            draft.routers.append(Member(statement))
        }.since("2.0.3").on(.vrrp)
    ]
}

/// A line of `linkbeat_interfaces`.
package struct LinkPollingDraft: Sendable {
    package var name: String
    package var place: Place
    package var method = LinkPolling.automatic

    static func read(_ statement: Statement, _ reader: inout Reader) -> LinkPollingDraft? {
        guard let name = reader.interfaceName(statement.keyword, of: statement) else { return nil }
        var draft = LinkPollingDraft(name: name, place: Place(statement))
        if let word = statement.value(0) {
            let methods: [String: LinkPolling] = ["MII": .mii, "ETHTOOL": .ethtool, "IOCTL": .ioctl]
            if let method = methods[word.text] {
                draft.method = method
            } else {
                reader.report(
                    .error, "unknown-value", statement, word: word,
                    "'\(word.text)' is not a way to poll a link and is ignored",
                    help: "write MII, ETHTOOL, IOCTL or nothing"
                )
            }
        }
        reader.noteExtraWords(statement, after: 1)
        return draft
    }
}

/// A line of `interface_up_down_delays`.
package struct LinkDelaysDraft: Sendable {
    package var name: String
    package var place: Place
    package var delays = LinkDelays()

    static func read(_ statement: Statement, _ reader: inout Reader) -> LinkDelaysDraft? {
        guard let name = reader.interfaceName(statement.keyword, of: statement),
            let down = reader.require(statement, 0, "the down delay")
        else { return nil }
        var draft = LinkDelaysDraft(name: name, place: Place(statement))
        let format = TimeFormat(unit: .seconds, places: 6, range: 0...255)
        guard let value = reader.interval(down, of: statement, format) else { return nil }
        draft.delays.down = value
        if let up = statement.value(1), let value = reader.interval(up, of: statement, format) {
            draft.delays.up = value
        }
        reader.noteExtraWords(statement, after: 2)
        return draft
    }
}
