// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// What may be tracked: the definitions that hold, and why others do not.
package struct TrackedDefinitions: Sendable {
    /// Something that a track_* line may name.
    struct Definition: Sendable {
        var weight: OwnWeight
        /// How many named blocks came before its own.
        var sequence: Int
        /// Defined, but of no use: its own diagnostic says why.
        var isDisabled: Bool
    }

    var definitions: [TrackLine.Kind: [String: Definition]] = [:]

    /// Something defined twice counts as first defined.
    mutating func define(_ kind: TrackLine.Kind, _ name: String, _ weight: OwnWeight, sequence: Int, isDisabled: Bool) {
        guard definitions[kind]?[name] == nil else { return }
        definitions[kind, default: [:]][name] = Definition(weight: weight, sequence: sequence, isDisabled: isDisabled)
    }
}

extension Settling {
    /// The trackers that the lines of a router or a group come to.
    mutating func trackers(
        _ lines: [TrackLine], of owner: String, sequence: Int, own interface: String? = nil,
        _ objects: TrackedDefinitions
    ) -> [Tracker] {
        var seen = Set<Tracker.Object>()
        var trackers: [Tracker] = []
        for line in lines {
            guard let weight = ownWeight(of: line, before: sequence, own: interface, objects) else { continue }
            let object = line.kind.object(line.name)
            guard seen.insert(object).inserted else {
                rule = "duplicate-tracker"
                report(
                    .warning, at: line.place,
                    "'\(owner)' tracks \(line.kind.noun) '\(line.name)' already; this line is ignored")
                continue
            }
            let tracker = Tracker(
                object, weight: line.weight ?? weight.weight, isReversed: line.isReversed ?? weight.isReversed)
            // What says when to take over is no reason to be at fault.
            if line.isFastFailover, tracker.weight == 0 { continue }
            trackers.append(tracker)
        }
        return trackers
    }

    /// The weight the object has of itself, where the line may name it; reports where it may not.
    private mutating func ownWeight(
        of line: TrackLine, before sequence: Int, own interface: String?, _ objects: TrackedDefinitions
    ) -> OwnWeight? {
        switch line.kind {
        case .interface:
            guard line.name != interface else {
                rule = "tracks-own-interface"
                report(.warning, at: line.place, "the router's own interface is watched anyway; this line is ignored")
                return nil
            }
            rule = "interface-missing"
            return hasInterface(line.name, at: line.place, for: "track_interface") ? OwnWeight() : nil
        case .bfd:
            rule = "tracks-unknown"
            if let session = sessions[line.name] { return session.weight }
        case .script, .file, .process:
            rule = "tracks-unknown"
            if let found = objects.definitions[line.kind]?[line.name] {
                guard !found.isDisabled else {
                    report(.hint, at: line.place, "\(line.kind.noun) '\(line.name)' is out of use and not tracked")
                    return nil
                }
                if found.sequence < sequence { return found.weight }
                report(
                    .warning, at: line.place,
                    "\(line.kind.noun) '\(line.name)' is defined further down and not tracked",
                    help: "move its block above this one"
                )
                return nil
            }
        }
        report(.warning, at: line.place, "there is no \(line.kind.noun) '\(line.name)'; it is not tracked")
        return nil
    }
}
