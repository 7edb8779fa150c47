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
                let member = router
                router.settings.trackers = member.settings.trackers.compactMap { tracker in
                    let use = tracker.useInGroup
                    if let (severity, what) = use.remark {
                        settling.report(
                            severity, at: member.place(of: tracker.object),
                            "'\(tracker.object.name)' has a weight in a router of a sync group; \(what)",
                            help: "write 'weight 0', track it in the group, or add sync_group_tracking_weight to the group"
                        )
                    }
                    return tracker.used(use)
                }
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

extension Tracker {
    /// What becomes of the weight that a tracker has in a router whose group is to have one priority for all.
    fileprivate enum UseInGroup {
        case kept
        /// It moves the priority of the one member.
        case keptWithWeight(Diagnostic.Severity)
        /// Failure is a fault.
        case withoutWeight
        case dropped

        /// What to tell the operator; nil where all is well.
        var remark: (Diagnostic.Severity, String)? {
            switch self {
            case .kept: nil
            case .keptWithWeight(let severity): (severity, "it moves the priority of this router alone")
            case .withoutWeight: (.warning, "the weight is ignored and failure is a fault of the group")
            case .dropped: (.warning, "it is not tracked")
            }
        }
    }

    /// As upstream has it: a file's usual weight of 1 is taken for one that nobody asked for; and it says that the weight of an
    /// interface is ignored, which it is not.
    fileprivate var useInGroup: UseInGroup {
        guard weight != 0 else { return .kept }
        switch object {
        case .interface: return .keptWithWeight(.warning)
        case .file: return weight == 1 ? .withoutWeight : .dropped
        case .script, .bfd: return .dropped
        case .process: return .keptWithWeight(.hint)
        }
    }

    fileprivate func used(_ use: UseInGroup) -> Tracker? {
        switch use {
        case .kept, .keptWithWeight: self
        case .withoutWeight: Tracker(object, isReversed: isReversed)
        case .dropped: nil
        }
    }
}

extension RouterCase {
    /// The line that tracks the object.
    func place(of object: Tracker.Object) -> Place {
        draft.trackers.first { $0.kind.object($0.name) == object }?.place ?? draft.place
    }
}
