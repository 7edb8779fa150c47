// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

// The end: the last of what the core decides, and what ends before the core has anything to decide.

extension Supervisor {
    /// All children are gone.
    func finish(_ code: ExitCode) {
        let limit = inForce?.settings.globals.scripts.shutdownTimeout ?? .zero
        run(inForce?.settings.shutdownScript, "shutdown", limit: limit) { [unowned self] in
            pidFiles?.removeAll()
            end(code)
        }
    }

    /// Ends the daemon, for a reason if that is no ordinary end.
    func end(_ code: ExitCode, because reason: String? = nil) {
        if let reason {
            logger.log(.error, reason)
            failures.append(reason)
        }
        exitCode = code
        isEnding = true
        logger.log(.info, "Stopped \(VersionText.name)")
        loop.stop()
    }

    /// Runs a script of the daemon as a whole, then goes on, whatever became of it.
    func run(_ script: Script?, _ what: String, limit: Interval, then: @escaping () -> Void) {
        guard let script else { return then() }
        logger.log(.info, "Running \(what) script \(script.arguments.joined(separator: " "))")
        do throws(SystemError) {
            self.script = try MaintenanceScript(script, limit: limit, on: loop, processes, launcher) {
                [unowned self] failure in
                if let failure { logger.log(.warning, "Call of \(what) script \(script.path) failed - \(failure)") }
                then()
            }
        } catch {
            logger.log(.warning, "Call of \(what) script \(script.path) failed - \(error)")
            then()
        }
    }
}
