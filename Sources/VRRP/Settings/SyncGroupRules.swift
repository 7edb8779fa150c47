// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// All sync groups with all routers: what holds among them.
package struct GroupsCase: Sendable {
    package var groups: [SyncGroupDraft]
    package var routers: [RouterCase]
    package var settled: [SyncGroupSettings] = []

    package init(_ groups: [SyncGroupDraft], _ routers: [RouterCase]) {
        self.groups = groups
        self.routers = routers
    }

    package static let rules: [Rule<GroupsCase>] = [
        Rule("group-member-unknown") { groups, settling in
            let names = Set(groups.routers.map(\.settings.name))
            for index in groups.groups.indices {
                let group = groups.groups[index]
                for member in group.routers where !names.contains(member.name) {
                    settling.report(
                        .warning, at: member.place,
                        """
                        sync group '\(group.name)' names the router '\(member.name)', which does not exist; it is \
                        ignored
                        """
                    )
                }
                groups.groups[index].routers.removeAll { !names.contains($0.name) }
            }
        },
        Rule("group-member-taken") { groups, settling in
            var taken: [String: String] = [:]
            for index in groups.groups.indices {
                let name = groups.groups[index].name
                groups.groups[index].routers.removeAll { member in
                    guard let other = taken[member.name] else {
                        taken[member.name] = name
                        return false
                    }
                    settling.report(
                        .warning, at: member.place,
                        "'\(member.name)' is in the sync group '\(other)' already and can be in one only")
                    return true
                }
            }
        },
        Rule("group-too-small") { groups, settling in
            for group in groups.groups where group.routers.count < 2 {
                if group.routers.isEmpty {
                    settling.report(
                        .warning, at: group.end ?? group.place,
                        "sync group '\(group.name)' has no routers and is ignored",
                        help: "list them in a block: group { VI_1 VI_2 }"
                    )
                } else {
                    settling.report(
                        .warning, at: group.place, "sync group '\(group.name)' has one router only",
                        help: "a group makes sense with two or more")
                }
            }
            groups.groups.removeAll(where: \.routers.isEmpty)
        },
        Rule("group-scripts") { groups, settling in
            groups.settled = groups.groups.map { draft in
                var group = SyncGroupSettings(name: draft.name)
                group.routers = draft.routers.map(\.name)
                group.allowsDifferentWeights = draft.allowsDifferentWeights
                group.notify = settling.notify(draft.notify, of: draft.name)
                return group
            }
        },
        Rule("group-membership") { groups, _ in
            var owners: [String: SyncGroupDraft] = [:]
            for group in groups.groups { for member in group.routers { owners[member.name] = group } }
            for index in groups.routers.indices {
                guard let group = owners[groups.routers[index].settings.name] else { continue }
                groups.routers[index].settings.syncGroup = group.name
                if let reports = group.notify.reportsPriority, groups.routers[index].draft.notify.reportsPriority == nil
                {
                    groups.routers[index].settings.notify.reportsPriority = reports
                }
            }
        },
    ]

    /// Rules for the time when routers and groups know their trackers.
    package static let trackingRules: [Rule<GroupsCase>] = [
        Rule("tracked-by-group-too") { groups, settling in
            groups.forEachMember { router, group in
                let objects = Set(group.trackers.map(\.object))
                for tracker in router.settings.trackers where objects.contains(tracker.object) {
                    settling.report(
                        .warning, at: router.place(of: tracker.object),
                        """
                        '\(router.settings.name)' and its sync group both track '\(tracker.object.name)'; the \
                        group's line counts
                        """,
                        help: "keep one of the two"
                    )
                }
                router.settings.trackers.removeAll { objects.contains($0.object) }
            }
        },
        Rule("weight-in-group") { groups, settling in
            groups.forEachMember { router, group in
                guard !group.allowsDifferentWeights else { return }
                for tracker in router.settings.trackers where tracker.weight != 0 {
                    settling.report(
                        .warning, at: router.place(of: tracker.object),
                        """
                        a router of a sync group has no trackers with a weight of its own; \
                        '\(tracker.object.name)' is not tracked
                        """,
                        help: "write 'weight 0', track it in the group, or add sync_group_tracking_weight to the group"
                    )
                }
                router.settings.trackers.removeAll { $0.weight != 0 }
            }
        },
    ]

    private mutating func forEachMember(_ body: (inout RouterCase, SyncGroupSettings) -> Void) {
        let byName = Dictionary(settled.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for index in routers.indices {
            guard let name = routers[index].settings.syncGroup, let group = byName[name] else { continue }
            body(&routers[index], group)
        }
    }
}

extension RouterCase {
    /// The line that tracks the object.
    func place(of object: Tracker.Object) -> Place {
        draft.trackers.first { $0.kind.object($0.name) == object }?.place ?? draft.place
    }
}
