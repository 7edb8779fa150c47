// SPDX-License-Identifier: GPL-2.0-or-later

package import Config

/// A `vrrp_sync_group` block as the file says it.
package struct SyncGroupDraft: Sendable {
    package var name: String
    package var place: Place
    /// The closing brace.
    package var end: Place?
    package var sequence = 0
    package var routers: [Member] = []
    package var trackers: [TrackLine] = []
    package var allowsDifferentWeights = false
    package var notify = NotifyDraft()

    init(name: String, at place: Place) {
        self.name = name
        self.place = place
    }
}

/// A name in a list, and where it stands.
package struct Member: Sendable {
    package var name: String
    package var place: Place

    init(_ statement: Statement) {
        name = statement.name
        place = Place(statement)
    }
}

extension SyncGroupDraft {
    /// The body of a `vrrp_sync_group` block.
    package static let rows: [Keyword<SyncGroupDraft>] =
        (lists + tracks + weights).map { $0.on(.vrrp) }
        + NotifyDraft.rows("the group", kind: "GROUP").lifted(to: \.notify).map { $0.on(.vrrp) }

    private static let lists: [Keyword<SyncGroupDraft>] = [
        .words(
            "group", syntax: "{list of vrrp_instance name}",
            "The routers of the group, which change state together. Each may be in one group only."
        ) { statement, draft, _ in
            draft.routers.append(Member(statement))
        }.since("<=1.0.3").defaulting(to: "none; required")
    ]

    private static let tracks: [Keyword<SyncGroupDraft>] = [
        .track(.interface, \.trackers, of: "each router of the group").since("2.0.0").needs(.trackInterface),
        .track(.script, \.trackers, of: "each router of the group").since("2.0.0").needs(.trackScript),
        .track(.file, \.trackers, of: "each router of the group").since("2.0.0").needs(.trackFile),
        .track(.process, \.trackers, of: "each router of the group").since("2.0.11").needs(.trackProcess),
        .track(.bfd, \.trackers, of: "each router of the group").since("2.0.0").needs(.trackBFD),
    ]

    private static let weights: [Keyword<SyncGroupDraft>] = [
        .flag(
            "sync_group_tracking_weight", \.allowsDifferentWeights,
            """
            Lets routers of the group keep trackers with weights of their own. All must then end up with the same \
            priority, or they may part.
            """
        ).since("2.0.0"),
        .flag(
            "global_tracking", \.allowsDifferentWeights,
            "Lets routers of the group keep trackers with weights of their own."
        ).since("1.2.3").deprecated(use: "sync_group_tracking_weight"),
    ]
}
