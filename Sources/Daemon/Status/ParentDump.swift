// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// What the parent writes on SIGUSR1: the global definitions.
enum ParentDump {
    static func write(_ settings: GlobalSettings, _ commandLine: CommandLine, _ logger: Logger) {
        let path = DumpFiles.data("_parent", settings, namespace: commandLine.namespace)
        logger.log(.info, "Printing parent data for process(\(Processes.own)) on signal")
        do throws(SystemError) {
            try DumpFiles.write(text(settings, commandLine), to: path, settings: settings, umask: commandLine.fileModeMask)
        } catch {
            logger.log(.warning, "Unable to write \(path) - \(error)")
        }
    }

    /// ` Key = value` lines below the section's head.
    static func text(_ settings: GlobalSettings, _ commandLine: CommandLine) -> String {
        (["------< Global definitions >------"] + lines(settings, commandLine).map { " " + $0 }).joined(separator: "\n") + "\n"
    }

    static func lines(_ settings: GlobalSettings, _ commandLine: CommandLine) -> [String] {
        var lines = ["Router ID = \(settings.routerID ?? HostNames.own)"]
        let namespace = commandLine.namespace ?? settings.namespace.network
        lines.append("Network namespace = \(namespace ?? "(default)")")
        if let name = settings.namespace.instance { lines.append("Instance name = \(name)") }
        lines.append("Process names = \(settings.usesProcessNames ? "on" : "off")")
        if let name = settings.parentName { lines.append("Parent process name = \(name)") }
        for kind in ChildKind.allCases {
            if let name = settings.settings(of: kind).name { lines.append("\(kind.title) process name = \(name)") }
        }
        lines.append("Child wait time = \(settings.childWaitTime.seconds)")
        lines.append("Script security \(settings.scripts.isSecure ? "enabled" : "disabled")")
        if let script = settings.scripts.startup { lines.append("Startup script = \(script.arguments.joined(separator: " "))") }
        if let script = settings.scripts.shutdown { lines.append("Shutdown script = \(script.arguments.joined(separator: " "))") }
        if let sender = settings.mail.sender { lines.append("Email notification from = \(sender)") }
        for recipient in settings.mail.recipients { lines.append("Email notification = \(recipient)") }
        return lines
    }
}
