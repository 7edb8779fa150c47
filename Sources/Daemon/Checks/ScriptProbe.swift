// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Health
import Linux

/// A program whose exit status is the result.
///
/// One that does not end in time is asked to (TERM), and half a second later made to (KILL), with all it started.
final class ScriptProbe: Probe {
    private let engine: ProbeEngine
    private let settings: MiscCheckSettings
    private let finish: (ProbeOutcome, Instant) -> Void
    private let process: Int32
    private var timer: EventLoop.TimerID?
    private var isOver = false

    private static let grace = Interval.milliseconds(500)

    init(
        _ engine: ProbeEngine, _ settings: MiscCheckSettings, _ finish: @escaping (ProbeOutcome, Instant) -> Void
    ) throws(SystemError) {
        self.engine = engine
        self.settings = settings
        self.finish = finish
        let user = ScriptUser(settings.script.identity)
        process = try engine.launcher.start([settings.script.path] + settings.script.arguments.dropFirst(), as: user)
        try engine.processes.watch(process) { [self] status, now in ended(status, now) }
        timer = engine.loop.after(settings.timeout) { [unowned self] now in
            timer = nil
            isOver = true
            stop()
            finish(.failed(.scriptTimeout), now)
        }
    }

    func cancel() {
        guard !isOver else { return }
        isOver = true
        if let timer { engine.loop.cancel(timer) }
        timer = nil
        stop()
    }

    private func stop() {
        let (launcher, process) = (engine.launcher, process)
        launcher.kill(process, .terminate)
        engine.loop.after(Self.grace) { [processes = engine.processes] _ in
            if processes.running.contains(process) { launcher.kill(process) }
        }
    }

    private func ended(_ status: ExitStatus, _ now: Instant) {
        guard !isOver else { return }
        isOver = true
        if let timer { engine.loop.cancel(timer) }
        timer = nil
        finish(outcome(status), now)
    }

    /// 0 is success; with misc_dynamic 2...255 is success with a weight.
    private func outcome(_ status: ExitStatus) -> ProbeOutcome {
        switch status {
        case .exited(0): .passed
        case .exited(let code) where settings.isDynamic && (2...255).contains(code): .passedWithWeight(UInt32(code - 2))
        case .exited(let code): .failed(.exited(status: Int(code)))
        case .killed(let signal): .failed(.killed(signal: Int(signal.number)))
        }
    }
}
