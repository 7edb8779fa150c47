// SPDX-License-Identifier: GPL-2.0-or-later

import Linux

extension Logger {
    /// The log of the parent, or of a child, as the command line wants it; `suffix` is added to the identity.
    convenience init(_ commandLine: CommandLine, _ kind: ChildKind?, suffix: String = "") {
        var destinations: Destinations = []
        if commandLine.logsToSyslog { destinations.insert(.syslog) }
        if commandLine.logsToConsole, commandLine.staysInForeground { destinations.insert(.console) }
        let facility: Facility =
            switch commandLine.facility {
            case .daemon: .daemon
            case .user: .user
            case .local(let index): .local(index)
            }
        self.init(identity: (kind?.identity ?? "Keepalived") + suffix, facility: facility, to: destinations)
        guard let path = commandLine.logFilePath(kind) else { return }
        do throws(SystemError) {
            try add(file: path)
        } catch {
            log(.warning, "Unable to write log file \(path) - \(error)")
        }
    }
}

extension CommandLine {
    /// The log file of one process, nil without `-g`: the name of the process goes before the last dot.
    func logFilePath(_ kind: ChildKind?) -> String? {
        guard let logFile else { return nil }
        let base = logFile.isEmpty ? "\(DumpFiles.temporaryDirectory)/keepalived.log" : logFile
        return DumpFiles.path(base, inserting: kind.map { "_" + $0.logName } ?? "")
    }
}

extension ChildKind {
    /// What it adds to the name of a log file.
    fileprivate var logName: String {
        switch self {
        case .vrrp: "vrrp"
        case .checker: "healthcheckers"
        case .bfd: "bfd"
        }
    }
}
