// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// `startup_script` or `shutdown_script`: run to its end, or to its limit, while the daemon waits.
final class MaintenanceScript {
    private let loop: EventLoop
    private let launcher: ScriptLauncher
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
        timer = loop.after(limit) { [unowned self] _ in launcher.kill(process) }
    }
}
