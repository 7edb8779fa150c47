// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import VRRP

/// Runs the tracked scripts (`vrrp_script`), each in its rhythm, and tells how each run ended.
///
/// A run that is not over when the next one is due takes that one's place; one that takes longer than the timeout is ended
/// together with all it started, and has failed.
final class ScriptTracker {
    private final class Script {
        var settings: ScriptSettings
        var process: Int32?
        /// Whether its turn to be started has yet to come.
        var isWaiting = false
        var timedOut = false
        var next: EventLoop.TimerID?
        var limit: EventLoop.TimerID?

        init(_ settings: ScriptSettings) { self.settings = settings }
    }

    /// Between TERM and KILL for a run that took too long.
    private static let grace = Interval.milliseconds(500)

    private let environment: ProcessEnvironment
    /// A hundred scripts in the same rhythm are not started all at one moment.
    private let starts: TurnQueue
    private var scripts: [String: Script] = [:]

    /// A run of the script of that name has ended.
    var ended: (String, Event.ScriptResult, Instant) -> Void = { _, _, _ in }

    init(_ environment: ProcessEnvironment) {
        self.environment = environment
        starts = TurnQueue(loop: environment.loop)
    }

    /// Runs these scripts from now on. One whose settings did not change keeps its rhythm; a new one runs at once.
    func configure(_ wanted: [ScriptSettings]) {
        let names = Set(wanted.map(\.name))
        for (name, script) in scripts where !names.contains(name) {
            end(script)
            scripts[name] = nil
        }
        for settings in wanted {
            guard let script = scripts[settings.name] else {
                let script = Script(settings)
                scripts[settings.name] = script
                run(script)
                continue
            }
            let before = script.settings
            script.settings = settings
            if before.interval != settings.interval { schedule(script) }
        }
    }

    /// What each script's program is doing, for a snapshot.
    var activities: [String: ScriptSnapshot.Activity] {
        scripts.mapValues { script in
            if script.process == nil { return .idle }
            return !script.timedOut ? .running : script.limit == nil ? .killing : .terminating
        }
    }

    /// Ends all runs, for the process is about to end.
    func stop() {
        for script in scripts.values { end(script) }
        scripts.removeAll()
    }

    private func end(_ script: Script) {
        if let next = script.next { environment.loop.cancel(next) }
        if let limit = script.limit { environment.loop.cancel(limit) }
        if let process = script.process { environment.launcher.kill(process, .terminate) }
    }

    private func schedule(_ script: Script) {
        if let next = script.next { environment.loop.cancel(next) }
        script.next = environment.loop.after(script.settings.interval) { [unowned self] _ in run(script) }
    }

    private func run(_ script: Script) {
        schedule(script)
        guard script.process == nil, !script.isWaiting else { return }
        script.isWaiting = true
        starts.add { [unowned self] in start(script) }
    }

    private func start(_ script: Script) {
        script.isWaiting = false
        guard scripts[script.settings.name] === script else { return }
        script.timedOut = false
        let command = script.settings.command
        do throws(SystemError) {
            let process = try environment.launcher.start(command.words, as: ScriptUser(command.identity))
            script.process = process
            try environment.processes.watch(process) { [unowned self] status, now in finish(script, status, at: now) }
            script.limit = environment.loop.after(script.settings.timeout) { [unowned self] _ in timeOut(script) }
        } catch {
            script.process = nil
            environment.log("VRRP_Script(\(script.settings.name)) cannot be run: \(error)")
            ended(script.settings.name, .notRun, .now)
        }
    }

    private func timeOut(_ script: Script) {
        script.limit = nil
        guard let process = script.process else { return }
        let isSecond = script.timedOut
        script.timedOut = true
        environment.launcher.kill(process, isSecond ? .kill : .terminate)
        if !isSecond { script.limit = environment.loop.after(Self.grace) { [unowned self] _ in timeOut(script) } }
    }

    private func finish(_ script: Script, _ status: ExitStatus, at now: Instant) {
        script.process = nil
        if let limit = script.limit { environment.loop.cancel(limit) }
        script.limit = nil
        guard scripts[script.settings.name] === script else { return }
        ended(script.settings.name, script.timedOut ? .timedOut : .init(status), now)
    }
}

extension Event.ScriptResult {
    init(_ status: ExitStatus) {
        switch status {
        case .exited(let code): self = .exited(status: UInt8(truncatingIfNeeded: code))
        case .killed(let signal): self = .killed(signal: UInt8(truncatingIfNeeded: signal.number))
        }
    }
}
