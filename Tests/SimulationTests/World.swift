// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Support
import VRRP

/// What the trackers of a node look at: one thing of each kind.
///
/// What a tracker makes of it is worked out here a second time, from the words of the manual, so that a mistake in the
/// machine does not excuse itself.
struct World {
    var isLinkUp = true
    var number = 0
    /// Nil before the session was first up.
    var isSessionUp: Bool?
    var succeeds = true

    static let link = "eth1"
    static let file = "load"
    static let session = "peer"
    static let script = "check"
    /// Results in a row that the script needs either way.
    static let patience = 2

    /// The events that tell of it all, as the shell's first look does.
    var events: [Event] {
        var events: [Event] = [.link(Self.link, isUp: isLinkUp), .fileValue(Self.file, number)]
        if let isSessionUp { events.append(.bfd(Self.session, isUp: isSessionUp)) }
        return events
    }

    var result: Event { .scriptEnded(Self.script, .exited(status: succeeds ? 0 : 1)) }

    /// Changes one thing, and gives the events that tell of it.
    mutating func change(using random: inout SeededGenerator) -> [Event] {
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            isLinkUp.toggle()
            return [.link(Self.link, isUp: isLinkUp)]
        case 1:
            number = Int.random(in: -80...80, using: &random)
            return [.fileValue(Self.file, number)]
        case 2:
            isSessionUp = !(isSessionUp ?? false)
            return [.bfd(Self.session, isUp: isSessionUp ?? false)]
        default:
            succeeds.toggle()
            return Array(repeating: result, count: Self.patience)
        }
    }

    /// The priority that trackers make of this one; nil for FAULT.
    func priority(_ base: UInt8, _ trackers: [Tracker]) -> UInt8? {
        var sum = Int(base)
        for tracker in trackers {
            let isUp: Bool
            switch tracker.object {
            case .file:
                if tracker.weight == 0, (number != 0) != tracker.isReversed { return nil }
                sum += number * (tracker.isReversed ? -tracker.weight : tracker.weight)
                continue
            case .bfd:
                guard let isSessionUp else { continue }
                isUp = isSessionUp
            case .interface: isUp = isLinkUp
            case .script, .process: isUp = succeeds
            }
            if tracker.weight == 0, isUp == tracker.isReversed { return nil }
            if isUp == (tracker.weight > 0) { sum += tracker.isReversed ? -tracker.weight : tracker.weight }
        }
        return base == 255 ? 255 : UInt8(min(max(sum, 1), 254))
    }

    /// Some trackers, each of another kind; `weighted` ones change the priority, the others are faults.
    static func trackers(weighted: Bool, using random: inout SeededGenerator) -> [Tracker] {
        let objects: [Tracker.Object] = [.interface(link), .file(file), .bfd(session), .script(script)]
        return objects.filter { _ in Int.random(in: 0..<6, using: &random) == 0 }.map { object in
            let isReversed = Int.random(in: 0..<5, using: &random) == 0
            guard weighted else { return Tracker(object, isReversed: isReversed) }
            let weights: [Int]
            if case .file = object { weights = [-2, -1, 1, 2] } else { weights = [-60, -25, 25, 60] }
            return Tracker(object, weight: weights.randomElement(using: &random) ?? 1, isReversed: isReversed)
        }
    }

    /// The definition of the script.
    static var definition: ScriptSettings {
        let command = ScriptCommand(path: "/bin/true", arguments: [], identity: ScriptIdentity(user: 0, group: 0))
        var settings = ScriptSettings(name: script, command: command)
        (settings.rise, settings.fall) = (patience, patience)
        return settings
    }
}
