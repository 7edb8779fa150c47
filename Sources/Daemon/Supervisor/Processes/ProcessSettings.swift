// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

extension GlobalSettings {
    /// How the child of that kind is named and scheduled.
    func settings(of kind: ChildKind) -> ProcessSettings {
        var settings =
            switch kind {
            case .vrrp: vrrpProcess
            case .checker: checkerProcess
            case .bfd: bfdProcess
            }
        if settings.name == nil, usesProcessNames { settings.name = kind.processName }
        return settings
    }

    /// What namespace and instance add to the identity of log lines: `_NAMESPACE_INSTANCE`.
    func identitySuffix(_ commandLine: CommandLine) -> String {
        [commandLine.namespace ?? namespace.network, namespace.instance].compactMap { $0.map { "_" + $0 } }.joined()
    }
}

extension ProcessSettings {
    /// Gives this process its name, priority and place; what the kernel refuses is logged, and the process runs without it.
    func apply(_ kind: ChildKind, _ logger: Logger) {
        if let name { Processes.setName(name) }
        attempt("processors", logger) { () throws(SystemError) in
            if !processors.isEmpty { try Privileges.setProcessors(processors) }
        }
        attempt("rlimit_rttime", logger) { () throws(SystemError) in
            if let limit = realtimeLimit ?? (realtimePriority == nil ? nil : .microseconds(10_000)) {
                try Privileges.limitRealtime(limit)
            }
        }
        attempt("rt_priority", logger) { () throws(SystemError) in
            if let realtimePriority { try Privileges.setRealtime(priority: Int32(realtimePriority)) }
        }
        attempt("priority", logger) { () throws(SystemError) in
            if let priority { try Privileges.setNice(Int32(priority)) }
        }
        attempt("no_swap", logger) { () throws(SystemError) in if locksMemory { try Privileges.lockMemory() } }
    }

    private func attempt(_ what: String, _ logger: Logger, _ body: () throws(SystemError) -> Void) {
        do throws(SystemError) {
            try body()
        } catch {
            logger.log(.warning, "Unable to set the \(what) of the process - \(error)")
        }
    }
}
