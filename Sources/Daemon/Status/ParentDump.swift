// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// What the parent writes on SIGUSR1: the global definitions.
final class ParentDump {
    /// How long nobody must have asked until the log mentions it again: programs ask every few seconds, for ever.
    private static let quiet = Interval.seconds(60)

    private var lastAsked: Instant?
    private var hasFailed = false

    func write(_ settings: GlobalSettings, _ commandLine: CommandLine, nextReload: String?, _ logger: Logger, at now: Instant) {
        let path = DumpFiles.data("_parent", settings, namespace: commandLine.namespace)
        if lastAsked.map({ now - $0 >= Self.quiet }) ?? true {
            logger.log(.info, "Printing parent data for process(\(Processes.own)) on signal")
        }
        lastAsked = now
        do throws(SystemError) {
            let text = GlobalsDump(settings, commandLine, nextReload: nextReload).text
            try DumpFiles.write(text, to: path, settings: settings, umask: commandLine.fileModeMask)
            hasFailed = false
        } catch {
            if !hasFailed { logger.log(.warning, "Unable to write \(path) - \(error)") }
            hasFailed = true
        }
    }
}
