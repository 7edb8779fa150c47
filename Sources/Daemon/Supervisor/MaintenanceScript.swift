// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// `startup_script` or `shutdown_script`: run to its end while the daemon waits, or to its limit, at which it and all it started are
/// asked to end, and half a second later ended.
final class MaintenanceScript {
    private let loop: EventLoop
    private let launcher: ScriptLauncher
    /// Between TERM and KILL.
    private static let grace = Interval.milliseconds(500)

    private var timer: EventLoop.TimerID?
    private var process: Int32 = 0

    /// Starts the script; `done` is called once, with nil or with what went wrong.
    init(
        _ script: Script, limit: Interval, on loop: EventLoop, _ processes: ChildProcesses, _ launcher: ScriptLauncher,
        done: @escaping (String?) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.launcher = launcher
        process = try launcher.start(script.words, as: ScriptUser(script.identity))
        try processes.watch(process) { [self] status, _ in
            if let timer { loop.cancel(timer) }
            done(status.isSuccess ? nil : "\(status)")
        }
        timer = loop.after(limit) { [unowned self] _ in
            launcher.kill(process, .terminate)
            timer = loop.after(Self.grace) { [unowned self] _ in launcher.kill(process) }
        }
    }
}
