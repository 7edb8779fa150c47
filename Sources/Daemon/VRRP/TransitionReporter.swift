// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import VRRP

/// Tells scripts of what became of routers and groups.
///
/// For one transition first the script of the new state, then the general one; the queue of the object keeps them in order and
/// apart from those of the next transition.
final class TransitionReporter {
    /// How long scripts may run that are started while the process ends.
    private static let stopLimit = Interval.seconds(1)

    private let environment: ProcessEnvironment

    init(_ environment: ProcessEnvironment) { self.environment = environment }

    func report(_ report: Report, of routers: VirtualRouters, at now: Instant) {
        switch report {
        case .transition(let transition):
            guard let settings = routers.routers[transition.router]?.settings else { return }
            tell(transition, settings.notify, at: now)
        case .group(let transition):
            guard let group = routers.groups.first(where: { $0.settings.name == transition.name }) else { return }
            tell(transition, group.settings.notify, at: now)
        case .lowerPriority(let place):
            guard let settings = routers.routers[place]?.settings, let script = settings.notify.masterHearsLowerPriority else {
                return
            }
            environment.notifications.run(job(script), for: .instance(settings.name), at: now)
        case .priority, .contestWon:
            break
        }
    }

    private func tell(_ transition: Transition, _ notify: NotifySettings, at now: Instant) {
        let object = NotifyObject.instance(transition.name)
        let word = transition.notifyWord(reportsDeletion: notify.reportsDeletion)
        let isEnd = transition.cause == .stop
        let script: ScriptCommand? =
            switch word {
            case .master: notify.master
            case .backup: notify.backup
            case .fault: transition.cause == .removed ? nil : notify.fault
            case .stop: notify.stop
            case .deleted: notify.deleted
            }
        if let script { environment.notifications.run(job(script, isEnd: isEnd), for: object, at: now) }
        guard let any = notify.any else { return }
        let words = ["INSTANCE", transition.name, word.rawValue, "\(transition.priority)"]
        environment.notifications.run(job(any, words, isEnd: isEnd), for: object, at: now)
    }

    private func tell(_ transition: GroupTransition, _ notify: NotifySettings, at now: Instant) {
        let object = NotifyObject.group(transition.name)
        let (script, word): (ScriptCommand?, NotifyWord) =
            switch transition.to {
            case .master: (notify.master, .master)
            case .backup: (notify.backup, .backup)
            case .fault: (notify.fault, .fault)
            case .initialize: (notify.stop, .stop)
            }
        let isEnd = transition.to == .initialize
        if let script { environment.notifications.run(job(script, isEnd: isEnd), for: object, at: now) }
        guard let any = notify.any else { return }
        environment.notifications.run(
            job(any, ["GROUP", transition.name, word.rawValue, "0"], isEnd: isEnd), for: object, at: now)
    }

    private func job(_ script: ScriptCommand, _ more: [String] = [], isEnd: Bool = false) -> NotifyJob {
        NotifyJob(script.words + more, user: NotifyUser(script.identity), limit: isEnd ? Self.stopLimit : nil)
    }
}

/// The words for a state in the arguments of notify scripts.
enum NotifyWord: String {
    case master = "MASTER"
    case backup = "BACKUP"
    case fault = "FAULT"
    case stop = "STOP"
    case deleted = "DELETED"
}

extension Transition {
    /// What scripts are told: a router that goes with a reload is DELETED if it asked for that, else FAULT.
    func notifyWord(reportsDeletion: Bool) -> NotifyWord {
        switch to {
        case .master: .master
        case .backup: .backup
        case .fault: .fault
        case .initialize: cause == .removed ? (reportsDeletion ? .deleted : .fault) : .stop
        }
    }
}
