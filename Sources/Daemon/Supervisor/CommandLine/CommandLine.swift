// SPDX-License-Identifier: GPL-2.0-or-later

/// What the command line of a daemon asks for.
package struct CommandLine: Equatable, Sendable {
    /// Which syslog facility lines belong to.
    package enum LogFacility: Equatable, Sendable {
        case daemon, user
        /// 0...7.
        case local(Int32)
    }

    /// The words as given, the program's name first.
    package var words: [String] = []
    /// `-f`; nil for the default place.
    package var configurationFile: String?
    /// `-P`, `-C`, `-B`: the kinds of child that may run.
    package var permitted: Set<ChildKind> = Set(ChildKind.allCases)
    /// `--all`: every permitted child runs, configured or not.
    package var startsAll = false

    /// `-n`.
    package var staysInForeground = false
    /// `-R`.
    package var restartsChildren = true
    /// `-X`: addresses go even on transitions caused by signals.
    package var releasesAddresses = false
    /// Cleared by `-V`: addresses, routes and rules go at the end.
    package var releasesVRRP = true
    /// Cleared by `-I`: virtual servers go at the end.
    package var releasesIPVS = true
    /// `-a`: each address that comes or goes is logged.
    package var monitorsAddresses = false
    /// `--ignore-sigint`.
    package var ignoresInterrupt = false

    /// `-l`; effective together with `-n`.
    package var logsToConsole = false
    /// `-G` clears it.
    package var logsToSyslog = true
    /// `-D`, 0...2: how many times it was given.
    package var logDetail = 0
    /// `-S`.
    package var facility = LogFacility.daemon
    /// `-g`: nil for no file, empty for the default place.
    package var logFile: String?
    /// `-d`.
    package var logsConfiguration = false
    /// `-u`; nil leaves it to the configuration.
    package var fileModeMask: UInt16?

    /// `-p`.
    package var pidFile: String?
    /// `-r`, `-c`, `-b`.
    package var childPidFiles: [ChildKind: String] = [:]
    /// `-m`.
    package var allowsCoreDumps = false
    /// `-M`.
    package var corePattern: String?

    /// `-x`: everything there is of the MIBs is served, whatever the configuration says.
    package var servesSNMP = false
    /// `-A`: where the SNMP master listens; overrides `snmp_socket`.
    package var snmpSocket: String?

    /// `-s`: overrides `net_namespace`.
    package var namespace: String?
    /// `-i`: what `@` lines are compared with; nil for the host name.
    package var configurationID: String?
    /// `-e`: every missing include is an error.
    package var checksAllIncludes = false
    /// `--strict`: a warning in the configuration refuses it, as an error does.
    package var isStrict = false
    /// `--format=json`: findings are printed as JSON.
    package var printsJSON = false

    /// What could not be used, each a sentence for stderr.
    package var remarks: [String] = []
    /// Words that are no options, which are ignored.
    package var leftovers: [String] = []

    package init() {}

    /// Whether lines are wanted that an operator needs only when looking for something: `-D`.
    package var logsDetail: Bool { logDetail > 0 }
}
