// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Linux

/// Runs notify scripts in the order that `NotifyQueues` decides.
package final class NotifyRunner {
    private let loop: EventLoop
    /// When a thousand routers change their state, adverts get between the starts of their scripts.
    private let starts: TurnQueue
    private let processes: ChildProcesses
    private let launcher: ScriptLauncher
    private let logger: Logger
    private let logsDetail: Bool
    private var queues = NotifyQueues()
    private var running: [NotifyObject: Int32] = [:]
    private var drained: (() -> Void)?

    package init(
        loop: EventLoop, processes: ChildProcesses, launcher: ScriptLauncher, logger: Logger, logsDetail: Bool
    ) {
        self.loop = loop
        starts = TurnQueue(loop: loop)
        self.processes = processes
        self.launcher = launcher
        self.logger = logger
        self.logsDetail = logsDetail
        loop.addDeadlines(
            next: { [unowned self] in queues.nextDeadline },
            reached: { [unowned self] now in
                decide { queues, actions in queues.advance(to: now, into: &actions) }
            }
        )
    }

    /// Runs the script after those that the object has been promised before; never waits for it.
    package func run(_ job: NotifyJob, for object: NotifyObject, at now: Instant) {
        decide { queues, actions in queues.add(job, for: object, at: now, into: &actions) }
    }

    /// Calls `done` once when no script runs or waits any more; scripts have a second each from now on.
    package func drain(at now: Instant, done: @escaping () -> Void) {
        queues.drain(at: now)
        drained = done
        finishIfDrained()
    }

    private func decide(_ change: (inout NotifyQueues, inout [NotifyQueues.Action]) -> Void) {
        var actions: [NotifyQueues.Action] = []
        change(&queues, &actions)
        for action in actions { perform(action) }
        finishIfDrained()
    }

    private func perform(_ action: NotifyQueues.Action) {
        switch action {
        case .start(let object, let job): starts.add { [unowned self] in start(job, for: object) }
        case .terminate(let object): signal(object, .terminate)
        case .kill(let object): signal(object, .kill)
        }
    }

    private func start(_ job: NotifyJob, for object: NotifyObject) {
        if logsDetail { logger.log(.info, "Running script \(job.words.joined(separator: " "))") }
        let user = job.user.map { ScriptUser(user: $0.user, group: $0.group, groups: $0.groups) }
        do throws(SystemError) {
            let process = try launcher.start(job.words, as: user)
            running[object] = process
            try processes.watch(process) { [unowned self] status, now in ended(object, job, status, now) }
        } catch {
            logger.log(.error, "Script \(job.words.first ?? "") cannot be run: \(error)")
            running[object] = nil
            // Not from within the queue's own decision: the next script starts in the next turn.
            loop.after(.zero) { [unowned self] now in
                decide { queues, actions in queues.ended(object, at: now, into: &actions) }
            }
        }
    }

    private func ended(_ object: NotifyObject, _ job: NotifyJob, _ status: ExitStatus, _ now: Instant) {
        running[object] = nil
        if !status.isSuccess { logger.log(.warning, "Script \(job.words.first ?? "") \(status)") }
        decide { queues, actions in queues.ended(object, at: now, into: &actions) }
    }

    private func signal(_ object: NotifyObject, _ signal: Signal) {
        guard let process = running[object] else { return }
        if signal == .terminate { logger.log(.warning, "Script with pid \(process) takes too long and is ended") }
        launcher.kill(process, signal)
    }

    private func finishIfDrained() {
        guard queues.isEmpty, let drained else { return }
        self.drained = nil
        drained()
    }
}
