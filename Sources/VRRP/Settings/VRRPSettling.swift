// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

extension VRRPDraft {
    /// What the whole comes to, with the global settings and the BFD sessions that may be tracked. What is
    /// wrong or doubtful is
    /// reported to the reader, which also knows the machine.
    package func settled(
        with globals: GlobalSettings, sessions: [String: TrackedSession] = [:], _ reader: inout Reader
    ) -> VRRPSettings {
        var settling = Settling(reader, globals: globals, sessions: sessions)
        let settings = settled(&settling)
        reader = settling.reader
        return settings
    }

    private func settled(_ settling: inout Settling) -> VRRPSettings {
        let draft = withPreferences(&settling)
        var statics = StaticsCase(draft)
        StaticsCase.rules.apply(to: &statics, &settling)
        var settings = statics.settings
        settings.notifyPipes = settling.reader.notifyPipes(
            ("vrrp_notify_fifo", settling.globals.scripts.vrrpFIFO), by: settling.globals.scripts)

        var objects = TrackedDefinitions()
        settings.scripts = draft.settledScripts(&settling, &objects)
        settings.trackFiles = draft.settledFiles(&settling, &objects)
        settings.trackProcesses = draft.settledProcesses(&settling, &objects)

        // Handed on, not kept: a second owner would have all of them copied at the first change.
        var groups = GroupsCase(draft.syncGroups, draft.settledRouters(&settling))
        GroupsCase.rules.apply(to: &groups, &settling)
        groups.settleTrackers(&settling, objects)
        GroupsCase.trackingRules.apply(to: &groups, &settling)
        groups.lintTrackers(&settling)

        settings.routers = groups.routers.map { $0.settings }
        settings.syncGroups = groups.settled
        settings.requireInterfacesOfStatics()
        settings.forgetMadeInterfaces()
        settings.keepTracked()
        settings.shareInterfaceLists()
        return settings
    }

    /// Gives each rule without a preference the next lower one from 16384, in the order of the file.
    private func withPreferences(_ settling: inout Settling) -> VRRPDraft {
        var draft = self
        var unset: [(place: Place, path: WritableKeyPath<VRRPDraft, UInt32>)] = []
        for index in draft.staticRules.indices where !draft.staticRules[index].hasPreference {
            unset.append((draft.staticRules[index].place, \.staticRules[index].entry.preference))
        }
        for router in draft.routers.indices {
            for index in draft.routers[router].rules.indices where !draft.routers[router].rules[index].hasPreference {
                unset.append(
                    (draft.routers[router].rules[index].place, \.routers[router].rules[index].entry.preference))
            }
        }
        unset.sort {
            ($0.place.position.file, $0.place.position.line) < ($1.place.position.file, $1.place.position.line)
        }
        settling.rule = "rule-without-preference"
        for (index, (place, path)) in unset.enumerated() {
            let preference = UInt32(max(1, 16384 - index))
            draft[keyPath: path] = preference
            settling.report(
                .warning, at: place, "the rule has no preference; \(preference) is used",
                help: "write 'preference <number>': its place among other rules matters"
            )
        }
        return draft
    }

    private func settledRouters(_ settling: inout Settling) -> [RouterCase] {
        var routers = RoutersCase(routers.map { RouterCase($0) })
        for index in routers.routers.indices {
            RouterCase.rules.apply(to: &routers.routers[index], &settling)
            settling.reader.intermission()
        }
        RoutersCase.rules.apply(to: &routers, &settling)
        return routers.routers
    }

    private func settledScripts(_ settling: inout Settling, _ objects: inout TrackedDefinitions) -> [ScriptSettings] {
        scripts.compactMap { draft in
            var script = ScriptCase(draft)
            ScriptCase.rules.apply(to: &script, &settling)
            let isNew = objects.definitions[.script]?[draft.name] == nil
            settling.rule = "duplicate"
            if !isNew {
                settling.report(
                    .hint, at: draft.place, "there is a vrrp_script '\(draft.name)' already; routers track that one")
            }
            objects.define(
                .script, draft.name, OwnWeight(weight: draft.weight, isReversed: draft.isReversed),
                sequence: draft.sequence,
                isDisabled: script.settings == nil
            )
            return isNew ? script.settings : nil
        }
    }

    private func settledFiles(_ settling: inout Settling, _ objects: inout TrackedDefinitions) -> [TrackFileSettings] {
        trackFiles.compactMap { draft in
            var file = TrackFileCase(draft)
            TrackFileCase.rules.apply(to: &file, &settling)
            let weight = OwnWeight(weight: draft.weight ?? 1, isReversed: draft.isReversed)
            objects.define(.file, draft.name, weight, sequence: draft.sequence, isDisabled: file.settings == nil)
            return file.settings
        }
    }

    private func settledProcesses(_ settling: inout Settling, _ objects: inout TrackedDefinitions)
        -> [TrackProcessSettings]
    {
        trackProcesses.compactMap { draft in
            var process = TrackProcessCase(draft)
            TrackProcessCase.rules.apply(to: &process, &settling)
            let weight = OwnWeight(weight: draft.settings.weight, isReversed: draft.settings.isReversed)
            objects.define(.process, draft.name, weight, sequence: draft.sequence, isDisabled: process.settings == nil)
            return process.settings
        }
    }
}

extension GroupsCase {
    fileprivate mutating func settleTrackers(_ settling: inout Settling, _ objects: TrackedDefinitions) {
        for index in settled.indices {
            let draft = groups[index]
            settled[index].trackers = settling.trackers(
                draft.trackers, of: draft.name, sequence: draft.sequence, objects)
        }
        for index in routers.indices {
            let trackers = routers[index].draft.trackers
            routers[index].settings.trackers = settling.trackers(
                trackers, of: routers[index].draft.name, sequence: routers[index].draft.sequence,
                own: routers[index].settings.interface, objects
            )
            routers[index].settings.fastFailovers = settling.fastFailovers(trackers)
        }
    }

    fileprivate func lintTrackers(_ settling: inout Settling) {
        for index in routers.indices {
            routers[index].lintTrackers(routers[index].settings.trackers, &settling)
            routers[index].lintFastFailover(&settling)
        }
    }
}

extension VRRPSettings {
    /// Many routers need the same few interfaces, and the memory of one list will do.
    fileprivate mutating func shareInterfaceLists() {
        var lists: Set<[String]> = []
        for index in routers.indices {
            routers[index].requiredInterfaces = lists.insert(routers[index].requiredInterfaces).memberAfterInsert
        }
    }

    /// Leaves out what no router and no group tracks.
    fileprivate mutating func keepTracked() {
        let objects = Set((routers.flatMap(\.trackers) + syncGroups.flatMap(\.trackers)).map(\.object))
        scripts.removeAll { !objects.contains(.script($0.name)) }
        trackFiles.removeAll { !objects.contains(.file($0.name)) }
        trackProcesses.removeAll { !objects.contains(.process($0.name)) }
    }
}
