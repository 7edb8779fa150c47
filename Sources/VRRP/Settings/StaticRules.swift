// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// Static entries, interface lists and groups on their way to the settings.
package struct StaticsCase: Sendable {
    package var draft: VRRPDraft
    package var settings = VRRPSettings()

    package init(_ draft: VRRPDraft) { self.draft = draft }

    package static let rules: [Rule<StaticsCase>] = groupRules + entryRules + interfaceRules

    private static let groupRules: [Rule<StaticsCase>] = [
        Rule("group-member-unknown") { statics, settling in
            let names = Set(statics.draft.routers.map(\.name))
            for draft in statics.draft.trackGroups {
                var group = TrackGroupSettings(name: draft.name)
                for member in draft.routers {
                    if names.contains(member.name) {
                        group.routers.append(member.name)
                    } else {
                        settling.report(
                            .warning, at: member.place,
                            """
                            track_group '\(draft.name)' names the router '\(member.name)', which does not exist; \
                            it is ignored
                            """
                        )
                    }
                }
                if !group.routers.isEmpty { statics.settings.trackGroups.append(group) }
            }
        }
    ]

    private static let entryRules: [Rule<StaticsCase>] = [
        Rule("static-interface-missing") { statics, settling in
            for draft in statics.draft.staticAddresses {
                var entry = draft.entry
                let name = entry.interface ?? settling.globals.vrrp.defaultInterface
                entry.interface = name
                if settling.hasInterface(name, at: draft.place, for: "a static address") {
                    statics.settings.staticAddresses.append(entry)
                }
            }
            statics.settings.staticRoutes = statics.draft.staticRoutes.filter { settling.accepts($0) }.map(\.entry)
            statics.settings.staticRules = statics.draft.staticRules.filter { settling.accepts($0) }.map(\.entry)
        },
        Rule("track-group-unknown") { statics, settling in
            let names = Set(statics.draft.trackGroups.map(\.name))
            let uses =
                statics.draft.staticAddresses.map { ($0.entry.trackGroup, $0.place) }
                + statics.draft.staticRoutes.map { ($0.entry.trackGroup, $0.place) }
                + statics.draft.staticRules.map { ($0.entry.trackGroup, $0.place) }
            for (group, place) in uses {
                guard let group, !names.contains(group) else { continue }
                settling.report(
                    .warning, at: place, "there is no track_group '\(group)'; the entry follows none",
                    help: "define it above")
            }
            func known(_ group: String?) -> String? { group.flatMap { names.contains($0) ? $0 : nil } }
            for index in statics.settings.staticAddresses.indices {
                statics.settings.staticAddresses[index].trackGroup = known(
                    statics.settings.staticAddresses[index].trackGroup)
            }
            for index in statics.settings.staticRoutes.indices {
                statics.settings.staticRoutes[index].trackGroup = known(statics.settings.staticRoutes[index].trackGroup)
            }
            for index in statics.settings.staticRules.indices {
                statics.settings.staticRules[index].trackGroup = known(statics.settings.staticRules[index].trackGroup)
            }
        },
    ]

    private static let interfaceRules: [Rule<StaticsCase>] = [
        Rule("garp-group-incomplete") { statics, settling in
            var taken = Set<String>()
            for draft in statics.draft.garpGroups {
                guard draft.garpInterval != nil || draft.gnaInterval != nil else {
                    settling.report(
                        .warning, at: draft.end ?? draft.place, "the garp_group limits nothing and is ignored",
                        help: "add garp_interval or gna_interval")
                    continue
                }
                var group = GarpGroupSettings()
                group.garpInterval = draft.garpInterval
                group.gnaInterval = draft.gnaInterval
                for member in draft.interfaces
                where settling.hasInterface(member.name, at: member.place, for: "the garp_group") {
                    if taken.insert(member.name).inserted {
                        group.interfaces.append(member.name)
                    } else {
                        settling.report(
                            .warning, at: member.place,
                            "'\(member.name)' is in another garp_group already and stays there")
                    }
                }
                guard !group.interfaces.isEmpty else {
                    settling.report(.hint, at: draft.place, "the garp_group has no interfaces and is ignored")
                    continue
                }
                statics.settings.garpGroups.append(group)
            }
        },
        Rule("polled-interface-missing") { statics, settling in
            for draft in statics.draft.linkPolling
            where settling.hasInterface(draft.name, at: draft.place, for: "linkbeat_interfaces") {
                statics.settings.linkPolling[draft.name] = draft.method
            }
        },
        Rule("delayed-interface-missing") { statics, settling in
            for draft in statics.draft.linkDelays {
                if settling.allowsMissingInterfaces || settling.surroundings.interfaceIndex(draft.name) != nil {
                    statics.settings.linkDelays[draft.name] = draft.delays
                } else {
                    settling.report(
                        .error, at: draft.place, "there is no interface '\(draft.name)'; the line is ignored")
                }
            }
        },
    ]
}
