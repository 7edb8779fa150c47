// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Linux

/// What the parent decides: which children run, when a dead one is started again, how a reload goes, how the daemon ends.
///
/// Events go in, actions come out; the shell `Supervisor` forks, signals, reads, writes and logs as they say.
package struct SupervisorCore {
    /// What the parent must know of a configuration.
    package struct Plan: Equatable, Sendable {
        /// The children that have something to do.
        package var needed: Set<ChildKind>
        /// `child_wait_time`.
        package var waitTime: Interval

        package init(needed: Set<ChildKind>, waitTime: Interval = .seconds(5)) {
            self.needed = needed
            self.waitTime = waitTime
        }
    }

    /// How a child ended.
    package enum End: Equatable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    /// What the parent learns: from its children, its signals and the reading of configurations.
    package enum Event: Equatable, Sendable {
        /// The daemon begins; the first configuration has been read.
        case begin
        /// The child asked for has been forked.
        case started(ChildKind, pid: Int32)
        /// The child asked for could not be forked, and why.
        case notStarted(ChildKind, String)
        /// The child asked for is not part of this version.
        case unavailable(ChildKind)
        case ended(ChildKind, pid: Int32, End)
        case answered(ChildKind, ChildAnswer)
        case reloadRequested
        /// The new configuration is fit to run.
        case read(Plan)
        /// The new configuration is not, for these reasons.
        case refused([String])
        case stopRequested
        case dumpRequested(DumpKind)
    }

    /// What the parent asks of a child by a signal.
    package enum ChildSignal: Equatable, Sendable {
        case terminate, kill
        case dump(DumpKind)
    }

    /// What the service manager is told.
    package enum ServiceState: Equatable, Sendable {
        case ready(status: String)
        case reloading
        case stopping
        /// An errno.
        case failed(Int32)
    }

    /// What the shell is to do, in this order.
    package enum Action: Equatable, Sendable {
        case start(ChildKind)
        /// Hand the child the configuration in force.
        case configure(ChildKind)
        case signal(ChildKind, ChildSignal)
        /// Read the configuration anew, beside the one in force.
        case read
        /// End the reading.
        case cancelReading
        /// What was read is now in force.
        case adopt
        /// Write the parent's own state.
        case dump
        case log(Severity, String)
        case tell(ServiceState)
        /// All children are gone: clean up and end with the code.
        case finish(ExitCode)
    }

    private(set) var children = Children()
    private(set) var plan: Plan
    private let options: CommandLine
    private(set) var phase = Phase.starting
    private var reload = ReloadStage.none
    private var isReloadQueued = false

    enum Phase: Equatable {
        case starting, running
        /// Children are killed at the deadline, and no longer waited for after that.
        case stopping(ExitCode, deadline: Instant, hasKilled: Bool)
        case finished
    }

    enum ReloadStage: Equatable {
        case none, reading
        case applying
    }

    package init(_ options: CommandLine, plan: Plan) {
        self.options = options
        self.plan = plan
    }

    /// Takes an event in; what follows from it is appended to the actions.
    package mutating func handle(_ event: Event, at now: Instant, into actions: inout [Action]) {
        switch event {
        case .begin: begin(into: &actions)
        case .started(let kind, let pid): started(kind, pid, at: now, into: &actions)
        case .notStarted(let kind, let reason): notStarted(kind, reason, at: now, into: &actions)
        case .unavailable(let kind): unavailable(kind, into: &actions)
        case .ended(let kind, let pid, let end): ended(kind, pid, end, at: now, into: &actions)
        case .answered(let kind, let answer): answered(kind, answer, at: now, into: &actions)
        case .reloadRequested: requestReload(into: &actions)
        case .read(let plan): apply(plan, at: now, into: &actions)
        case .refused(let reasons): refuseReload(reasons, into: &actions)
        case .stopRequested: stop(.ok, at: now, into: &actions)
        case .dumpRequested(let kind): dump(kind, into: &actions)
        }
    }

    /// When the core wants to be woken.
    package var nextDeadline: Instant? {
        switch phase {
        case .starting, .running: children.nextStart
        case .stopping(_, let deadline, _): deadline
        case .finished: nil
        }
    }

    /// Deals with what is due.
    package mutating func advance(to now: Instant, into actions: inout [Action]) {
        switch phase {
        case .starting, .running:
            for kind in children.due(at: now) { start(kind, into: &actions) }
        case .stopping(let code, let deadline, let hasKilled):
            if deadline <= now { killSurvivors(code, hasKilled, at: now, into: &actions) }
        case .finished:
            break
        }
    }
}

// MARK: - Start and end of children

extension SupervisorCore {
    private mutating func begin(into actions: inout [Action]) {
        let wanted = wanted(plan)
        if wanted.isEmpty { actions.append(.log(.warning, "Warning - keepalived has no configuration to run")) }
        for kind in wanted { start(kind, into: &actions) }
        completeIfAllAnswered(into: &actions)
    }

    private func wanted(_ plan: Plan) -> [ChildKind] {
        (options.startsAll ? options.permitted : plan.needed.intersection(options.permitted)).sorted()
    }

    private mutating func start(_ kind: ChildKind, into actions: inout [Action]) {
        children[kind].state = .starting
        children[kind].owesAnswer = true
        actions.append(.start(kind))
    }

    private mutating func started(_ kind: ChildKind, _ pid: Int32, at now: Instant, into actions: inout [Action]) {
        children[kind].state = .running(pid: pid, since: now)
        actions.append(.log(.info, "Starting \(kind.title) child process, pid=\(pid)"))
        if case .stopping = phase { actions.append(.signal(kind, .terminate)) }
    }

    private mutating func notStarted(
        _ kind: ChildKind, _ reason: String, at now: Instant, into actions: inout [Action]
    ) {
        actions.append(.log(.error, "\(kind.title) child process cannot be started: \(reason)"))
        children[kind].state = .absent
        rest(kind, after: .zero, at: now, into: &actions)
    }

    private mutating func unavailable(_ kind: ChildKind, into actions: inout [Action]) {
        actions.append(.log(.warning, "The \(kind.title) child process is not part of this version yet"))
        children[kind].state = .absent
        completeIfAllAnswered(into: &actions)
    }

    private mutating func ended(
        _ kind: ChildKind, _ pid: Int32, _ end: End, at now: Instant, into actions: inout [Action]
    ) {
        guard case .running(pid, let since) = children[kind].state else { return }
        children[kind].state = .absent
        if case .stopping(let code, _, _) = phase { return finishIfAlone(code, into: &actions) }
        if case .signal(let number) = end {
            let name = Signal(number).description
            actions.append(.log(.warning, "\(kind.identity) exited due to signal \(number) (\(name))"))
        }
        if case .code(let number) = end, let code = ExitCode(rawValue: number), let name = code.permanentName {
            actions.append(.log(.alert, "\(kind.identity) exited with permanent error \(name). Terminating"))
            actions.append(.tell(.failed(code == .permission ? Self.notPermitted : Self.invalid)))
            return stop(code, at: now, into: &actions)
        }
        guard options.restartsChildren else {
            actions.append(.log(.alert, "\(kind.title) child process(\(pid)) died: Exiting"))
            return stop(.fatal, at: now, into: &actions)
        }
        actions.append(.log(.alert, "\(kind.title) child process(\(pid)) died: Respawning"))
        rest(kind, after: now - since, at: now, into: &actions)
        completeIfAllAnswered(into: &actions)
    }

    private static var notPermitted: Int32 { 1 }
    private static var invalid: Int32 { 22 }

    private mutating func rest(_ kind: ChildKind, after time: Interval, at now: Instant, into actions: inout [Action]) {
        let delay = children[kind].delay.died(after: time)
        guard delay > .zero else { return start(kind, into: &actions) }
        // A reload need not wait for it: it will start with what is in force then.
        children[kind].owesAnswer = false
        children[kind].state = .resting(until: now + delay)
        let text = "Restart of \(kind.title) process delayed \(delay.seconds) seconds to limit respawn rate"
        actions.append(.log(.info, text))
    }

    private func dump(_ kind: DumpKind, into actions: inout [Action]) {
        switch kind {
        case .data:
            for child in children.running { actions.append(.signal(child, .dump(.data))) }
            actions.append(.dump)
        case .statistics, .statisticsCleared, .json:
            if children.running.contains(.vrrp) { actions.append(.signal(.vrrp, .dump(kind))) }
        }
    }
}

// MARK: - Start of work and reload

extension SupervisorCore {
    private mutating func answered(
        _ kind: ChildKind, _ answer: ChildAnswer, at now: Instant, into actions: inout [Action]
    ) {
        guard children.running.contains(kind) else { return }
        if case .refused(let reason) = answer {
            actions.append(.log(.error, "\(kind.title) child process refused the configuration: \(reason)"))
        }
        children[kind].owesAnswer = false
        completeIfAllAnswered(into: &actions)
    }

    private mutating func completeIfAllAnswered(into actions: inout [Action]) {
        guard !children.anyOwesAnswer else { return }
        switch (phase, reload) {
        case (.starting, _):
            phase = .running
            actions.append(.log(.info, "Startup complete"))
            actions.append(.tell(.ready(status: status)))
            startQueuedReload(into: &actions)
        case (.running, .applying):
            reload = .none
            actions.append(.log(.info, "Reload complete"))
            actions.append(.tell(.ready(status: status)))
            startQueuedReload(into: &actions)
        case (.running, _), (.stopping, _), (.finished, _):
            break
        }
    }

    private var status: String {
        let names = children.running.map(\.title)
        return names.isEmpty ? "Running, nothing configured" : "Running: \(names.joined(separator: ", "))"
    }

    private mutating func requestReload(into actions: inout [Action]) {
        guard phase == .running, reload == .none else {
            if phase == .starting || phase == .running { isReloadQueued = true }
            return
        }
        reload = .reading
        actions.append(.log(.info, "Reloading ..."))
        actions.append(.tell(.reloading))
        actions.append(.read)
    }

    private mutating func startQueuedReload(into actions: inout [Action]) {
        guard isReloadQueued else { return }
        isReloadQueued = false
        requestReload(into: &actions)
    }

    private mutating func apply(_ plan: Plan, at now: Instant, into actions: inout [Action]) {
        guard phase == .running, reload == .reading else { return }
        self.plan = plan
        reload = .applying
        actions.append(.adopt)
        for kind in children.running {
            children[kind].owesAnswer = true
            actions.append(.configure(kind))
        }
        for kind in wanted(plan) where children[kind].state == .absent { start(kind, into: &actions) }
        completeIfAllAnswered(into: &actions)
    }

    private mutating func refuseReload(_ reasons: [String], into actions: inout [Action]) {
        guard phase == .running, reload == .reading else { return }
        reload = .none
        for reason in reasons { actions.append(.log(.error, reason)) }
        let text = "Reload refused, running on with the configuration before"
        actions.append(.log(.error, text))
        actions.append(.tell(.ready(status: "\(text): \(reasons.first ?? "")")))
        startQueuedReload(into: &actions)
    }
}

// MARK: - The end

extension SupervisorCore {
    private mutating func stop(_ code: ExitCode, at now: Instant, into actions: inout [Action]) {
        guard phase == .starting || phase == .running else { return }
        if reload == .reading { actions.append(.cancelReading) }
        reload = .none
        phase = .stopping(code, deadline: now + plan.waitTime, hasKilled: false)
        actions.append(.log(.info, "Stopping"))
        actions.append(.tell(.stopping))
        children.forgetResting()
        for kind in children.running { actions.append(.signal(kind, .terminate)) }
        finishIfAlone(code, into: &actions)
    }

    private mutating func finishIfAlone(_ code: ExitCode, into actions: inout [Action]) {
        guard children.allAbsent else { return }
        phase = .finished
        actions.append(.finish(code))
    }

    /// A process that even KILL does not end at once hangs in the kernel; it is left behind after another second.
    private mutating func killSurvivors(
        _ code: ExitCode, _ hasKilled: Bool, at now: Instant, into actions: inout [Action]
    ) {
        guard !hasKilled else {
            phase = .finished
            actions.append(.finish(code))
            return
        }
        for kind in children.running {
            actions.append(.log(.warning, "\(kind.title) process failed to die - forcing termination"))
            actions.append(.signal(kind, .kill))
        }
        phase = .stopping(code, deadline: now + .seconds(1), hasKilled: true)
    }
}
