// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import VRRP

/// Tells scripts and notify pipes of what became of routers and groups.
///
/// For one transition first the script of the new state, then the general one; the queue of the object keeps them in order and
/// apart from those of the next transition.
final class TransitionReporter {
    /// How long scripts may run that are started while the process ends.
    private static let stopLimit = Interval.seconds(1)

    private let environment: ProcessEnvironment
    let pipes: NotifyPipes

    init(_ environment: ProcessEnvironment) {
        self.environment = environment
        pipes = NotifyPipes(environment)
    }

    func report(_ report: Report, of routers: VirtualRouters, at now: Instant) {
        switch report {
        case .transition(let transition):
            guard let settings = routers.routers[transition.router]?.settings else { return }
            tell(transition, settings.notify, at: now)
        case .group(let transition):
            guard let group = routers.groups.first(where: { $0.settings.name == transition.name }) else { return }
            tell(transition, group.settings.notify, at: now)
        case .lowerPriority(let place):
            guard let router = routers.routers[place] else { return }
            let settings = router.settings
            pipes.write(NotifyLine.router(settings.name, "MASTER_RX_LOWER_PRI", priority: router.priority))
            guard let script = settings.notify.masterHearsLowerPriority else { return }
            environment.notifications.run(job(script), for: .instance(settings.name), at: now)
        case .priority(let place, let state, let priority):
            guard let name = routers.routers[place]?.settings.name, let word = NotifyWord(state) else { return }
            if word == .master || word == .backup {
                pipes.write(NotifyLine.router(name, word.rawValue + "_PRIORITY", priority: priority))
            }
        case .contestWon:
            break
        }
    }

    /// Tells the pipes the state of everything (`fifo_write_vrrp_states_on_reload`).
    func repeatStates(of routers: VirtualRouters) {
        for place in routers.occupiedPlaces {
            guard let router = routers.routers[place], let word = NotifyWord(router.state) else { continue }
            pipes.write(NotifyLine.router(router.settings.name, word.rawValue, priority: router.priority))
        }
        for group in routers.groups {
            if let word = NotifyWord(group.state) { pipes.write(NotifyLine.group(group.settings.name, word.rawValue)) }
        }
    }

    private func tell(_ transition: Transition, _ notify: NotifySettings, at now: Instant) {
        let object = NotifyObject.instance(transition.name)
        let word = transition.notifyWord(reportsDeletion: notify.reportsDeletion)
        let isEnd = transition.cause == .stop
        pipes.write(NotifyLine.router(transition.name, word.rawValue, priority: transition.priority))
        let script: ScriptCommand? =
            switch word {
            case .master: notify.master
            case .backup: notify.backup
            case .fault: transition.cause == .removed ? nil : notify.fault
            case .stop: notify.stop
            case .deleted: notify.deleted
            }
        if let script { environment.notifications.run(job(script, isEnd: isEnd), for: object, at: now) }
        mail(AlertMail(transition, reportsDeletion: notify.reportsDeletion), transition.to, notify, at: now)
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
        pipes.write(NotifyLine.group(transition.name, word.rawValue))
        mail(AlertMail(transition), transition.to, notify, at: now)
        if let script { environment.notifications.run(job(script, isEnd: isEnd), for: object, at: now) }
        guard let any = notify.any else { return }
        environment.notifications.run(
            job(any, ["GROUP", transition.name, word.rawValue, "0"], isEnd: isEnd), for: object, at: now)
    }

    private func mail(_ mail: AlertMail?, _ state: RouterState, _ notify: NotifySettings, at now: Instant) {
        guard let mail, notify.sendsMail else { return }
        if state == .fault, environment.configuration.globals.mail.omitsFaults { return }
        environment.mails.send(mail, at: now)
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

    /// The word for a state that lasts; nil before a router takes part.
    init?(_ state: RouterState) {
        switch state {
        case .master: self = .master
        case .backup: self = .backup
        case .fault: self = .fault
        case .initialize: return nil
        }
    }
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
