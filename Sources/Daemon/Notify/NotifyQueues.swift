// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// What a script is told about: scripts of one object run one after the other, those of different objects side by side.
package enum NotifyObject: Hashable, Sendable {
    case instance(String)
    case group(String)
    /// Anything else with scripts of its own: a virtual server, a real server.
    case other(String)
}

/// Whom a script runs as, by numbers; a name service has been asked before.
package struct NotifyUser: Hashable, Sendable {
    package var user: UInt32
    package var group: UInt32
    package var groups: [UInt32]

    package init(user: UInt32, group: UInt32, groups: [UInt32] = []) {
        self.user = user
        self.group = group
        self.groups = groups
    }
}

/// A script to run for a change of an object's state.
package struct NotifyJob: Hashable, Sendable {
    /// The program's path, then its arguments.
    package var words: [String]
    /// Nil runs it as the daemon itself.
    package var user: NotifyUser?
    /// How long it may run, whatever happens; nil lets it run until another script of the object has waited long enough.
    package var limit: Interval?

    package init(_ words: [String], user: NotifyUser? = nil, limit: Interval? = nil) {
        self.words = words
        self.user = user
        self.limit = limit
    }
}

/// The order of notify scripts: per object one at a time and first come, first served, whatever a script does.
///
/// Upstream starts each script at once, so a slow one for BACKUP may end after that for MASTER. Here the later one waits. A
/// script that does not end is sent TERM, and half a second later KILL, with all processes of its group: after its own
/// limit if it has one; otherwise once it has run for `patience` and another one waits. When the daemon stops, each script
/// has `stopLimit` left.
package struct NotifyQueues {
    /// What the shell is to do with an object's script.
    package enum Action: Equatable, Sendable {
        case start(NotifyObject, NotifyJob)
        /// Ask the object's running script, and all it started, to end.
        case terminate(NotifyObject)
        /// End the object's running script, and all it started.
        case kill(NotifyObject)
    }

    /// How long a script without a limit may hold up the next one.
    package static let patience = Interval.seconds(60)
    /// How long a script may run when the daemon stops (upstream's limit for STOP scripts).
    package static let stopLimit = Interval.seconds(1)
    /// Between TERM and KILL.
    package static let grace = Interval.milliseconds(500)

    private enum Stage { case running, terminated, killed }

    private struct Queue {
        var stage = Stage.running
        var job: NotifyJob
        var began: Instant
        var waiting: [NotifyJob] = []
        /// When the running script is dealt with next.
        var deadline: Instant?
    }

    private var queues: [NotifyObject: Queue] = [:]
    /// Whether the daemon stops.
    private var isDraining = false

    package init() {}

    /// Whether nothing runs or waits.
    package var isEmpty: Bool { queues.isEmpty }

    /// Whether a script of the object has been started and has not ended.
    package func isRunning(_ object: NotifyObject) -> Bool { queues[object] != nil }

    /// Starts the script, or has it wait for those before it.
    package mutating func add(
        _ job: NotifyJob, for object: NotifyObject, at now: Instant, into actions: inout [Action]
    ) {
        guard queues[object] != nil else { return start(job, for: object, waiting: [], at: now, into: &actions) }
        queues[object]?.waiting.append(job)
        setDeadline(object, at: now)
    }

    /// The running script has ended, or could not be started: the next one's turn.
    package mutating func ended(_ object: NotifyObject, at now: Instant, into actions: inout [Action]) {
        guard let queue = queues.removeValue(forKey: object), let next = queue.waiting.first else { return }
        start(next, for: object, waiting: Array(queue.waiting.dropFirst()), at: now, into: &actions)
    }

    /// From now on each script must end within `stopLimit`.
    package mutating func drain(at now: Instant) {
        isDraining = true
        for object in queues.keys { setDeadline(object, at: now) }
    }

    package var nextDeadline: Instant? { queues.values.lazy.compactMap(\.deadline).min() }

    /// Deals with scripts that ran too long.
    package mutating func advance(to now: Instant, into actions: inout [Action]) {
        for (object, queue) in queues where queue.deadline.map({ $0 <= now }) ?? false {
            switch queue.stage {
            case .running:
                queues[object]?.stage = .terminated
                queues[object]?.deadline = now + Self.grace
                actions.append(.terminate(object))
            case .terminated:
                queues[object]?.stage = .killed
                queues[object]?.deadline = nil
                actions.append(.kill(object))
            case .killed:
                queues[object]?.deadline = nil
            }
        }
    }

    private mutating func start(
        _ job: NotifyJob, for object: NotifyObject, waiting: [NotifyJob], at now: Instant, into actions: inout [Action]
    ) {
        queues[object] = Queue(job: job, began: now, waiting: waiting)
        setDeadline(object, at: now)
        actions.append(.start(object, job))
    }

    private mutating func setDeadline(_ object: NotifyObject, at now: Instant) {
        guard let queue = queues[object], queue.stage == .running else { return }
        var deadline = queue.job.limit.map { queue.began + $0 }
        if deadline == nil, !queue.waiting.isEmpty { deadline = queue.began + Self.patience }
        if isDraining { deadline = min(deadline ?? .distantFuture, now + Self.stopLimit, queue.deadline ?? .distantFuture) }
        queues[object]?.deadline = deadline
    }
}
