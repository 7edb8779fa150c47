// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// The children as the parent's core knows them.
struct Children {
    enum State: Equatable {
        case absent
        /// The shell has been asked to fork it.
        case starting
        case running(pid: Int32, since: Instant)
        case resting(until: Instant)
    }

    struct Child {
        var state = State.absent
        var delay = RestartDelay()
        /// Whether it has yet to say that it has taken over the configuration.
        var owesAnswer = false
    }

    private var all: [Child] = ChildKind.allCases.map { _ in Child() }

    subscript(kind: ChildKind) -> Child {
        get { all[Int(kind.rawValue)] }
        set { all[Int(kind.rawValue)] = newValue }
    }

    /// In the order of their start.
    var running: [ChildKind] {
        ChildKind.allCases.filter { kind in
            switch self[kind].state {
            case .running: true
            case .absent, .starting, .resting: false
            }
        }
    }

    var allAbsent: Bool { ChildKind.allCases.allSatisfy { self[$0].state == .absent } }

    var anyOwesAnswer: Bool { ChildKind.allCases.contains { self[$0].owesAnswer && self[$0].state != .absent } }

    /// When the first of the resting children is to be started.
    var nextStart: Instant? {
        ChildKind.allCases.compactMap { kind in
            if case .resting(let until) = self[kind].state { until } else { nil }
        }.min()
    }

    func due(at now: Instant) -> [ChildKind] {
        ChildKind.allCases.filter { kind in
            if case .resting(let until) = self[kind].state { until <= now } else { false }
        }
    }

    mutating func forgetResting() {
        for kind in ChildKind.allCases {
            if case .resting = self[kind].state { self[kind].state = .absent }
        }
    }
}
