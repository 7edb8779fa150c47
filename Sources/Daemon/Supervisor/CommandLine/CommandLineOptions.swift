// SPDX-License-Identifier: GPL-2.0-or-later

import Config

extension CommandLineOption {
    /// All options, in the order of the usage text.
    package static let all: [CommandLineOption] =
        configurationOptions + processOptions + logOptions + fileOptions + featureOptions + toolOptions + hiddenOptions

    private static let configurationOptions: [CommandLineOption] = [
        CommandLineOption(
            "f", "use-file", .required("FILE"), .value { $1.configurationFile = $0; return nil },
            "Use the specified configuration file (or all that match a pattern)",
            " default '\(CommandLine.defaultConfigurationFile)'"
        ),
        CommandLineOption(
            "i", "config-id", .required("ID"), .value { $1.configurationID = $0; return nil },
            "Skip any configuration lines beginning '@' that don't match ID", " or any lines beginning '@^' that do match",
            " default the node name"
        ),
        CommandLineOption(
            "e", "all-config", .none, .flag { $0.checksAllIncludes = true },
            "Error if any configuration file is missing (same as includea)"
        ),
        CommandLineOption(
            "t", "config-test", .optional("LOG_FILE"), .mode { .test(log: $0) },
            "Check the configuration, findings go to LOG_FILE", " default stderr"
        ),
        CommandLineOption(nil, "strict", .none, .flag { $0.isStrict = true }, "Refuse a configuration with warnings, too"),
        CommandLineOption(
            nil, "format", .required("text|json"),
            .value { text, line in
                guard text == "json" || text == "text" else { return "Invalid --format option \(text)" }
                line.printsJSON = text == "json"
                return nil
            }, "How findings of --config-test are written"
        ),
    ]

    private static let processOptions: [CommandLineOption] = [
        CommandLineOption(
            "P", "vrrp", .none, .flag { $0.restrict(to: .vrrp) }, "Only run with VRRP subsystem"),
        CommandLineOption(
            "C", "check", .none, .flag { $0.restrict(to: .checker) }, "Only run with Health-checker subsystem"),
        CommandLineOption("B", "no_bfd", .none, .flag { $0.permitted.remove(.bfd) }, "Don't run BFD subsystem"),
        CommandLineOption(
            nil, "all", .none, .flag { $0.startsAll = true }, "Run all child processes, even those without configuration"),
        CommandLineOption("n", "dont-fork", .none, .flag { $0.staysInForeground = true }, "Don't fork the daemon process"),
        CommandLineOption("R", "dont-respawn", .none, .flag { $0.restartsChildren = false }, "Don't respawn child processes"),
        CommandLineOption(
            "X", "release-vips", .none, .flag { $0.releasesAddresses = true }, "Drop VIP on transition from signal"),
        CommandLineOption(
            "V", "dont-release-vrrp", .none, .flag { $0.releasesVRRP = false },
            "Don't remove VRRP VIPs and VROUTEs on daemon stop"
        ),
        CommandLineOption(
            "I", "dont-release-ipvs", .none, .flag { $0.releasesIPVS = false }, "Don't remove IPVS topology on daemon stop"),
        CommandLineOption(
            "s", "namespace", .required("NAME"), .value { $1.namespace = $0; return nil },
            "Run in network namespace NAME (overrides config)"
        ),
        CommandLineOption(
            nil, "ignore-sigint", .none, .flag { $0.ignoresInterrupt = true }, "Ignore SIGINT (for debuggers)"),
        CommandLineOption(
            "m", "core-dump", .none, .flag { $0.allowsCoreDumps = true }, "Produce core dump if terminate abnormally"),
        CommandLineOption(
            "M", "core-dump-pattern", .optional("PATN"),
            .optionalValue { $1.corePattern = $0 ?? "core"; $1.allowsCoreDumps = true },
            "Also set /proc/sys/kernel/core_pattern to PATN (default 'core')"
        ),
    ]

    private static let logOptions: [CommandLineOption] = [
        CommandLineOption(
            "l", "log-console", .none, .flag { $0.logsToConsole = true }, "Log messages to local console, too (with -n)"),
        CommandLineOption(
            "D", "log-detail", .none, .flag { $0.logDetail = min($0.logDetail + 1, 2) }, "Detailed log messages"),
        CommandLineOption(
            "S", "log-facility", .required("([0-7]|local[0-7]|user|daemon)"), .value { $1.setFacility($0) },
            "Set syslog facility to LOG_LOCAL[0-7], user or daemon (default)"
        ),
        CommandLineOption("G", "no-syslog", .none, .flag { $0.logsToSyslog = false }, "Don't log via syslog"),
        CommandLineOption(
            "g", "log-file", .optional("FILE"), .optionalValue { $1.logFile = $0 ?? "" },
            "Also log to FILE, a file for each process", " default 'keepalived.log' in $TMPDIR or /tmp"
        ),
        CommandLineOption(nil, "flush-log-file", .none, .nothing, "Flush log file on write (always done)"),
        CommandLineOption("d", "dump-conf", .none, .flag { $0.logsConfiguration = true }, "Dump the configuration data"),
        CommandLineOption(
            "a", "address-monitoring", .none, .flag { $0.monitorsAddresses = true },
            "Report all address additions/deletions notified via netlink"
        ),
    ]

    private static let fileOptions: [CommandLineOption] = [
        CommandLineOption(
            "p", "pid", .required("FILE"), .value { $1.pidFile = $0; return nil },
            "Use specified pidfile for parent process"
        ),
        CommandLineOption(
            "r", "vrrp_pid", .required("FILE"), .value { $1.childPidFiles[.vrrp] = $0; return nil },
            "Use specified pidfile for VRRP child process"
        ),
        CommandLineOption(
            "c", "checkers_pid", .required("FILE"), .value { $1.childPidFiles[.checker] = $0; return nil },
            "Use specified pidfile for checkers child process"
        ),
        CommandLineOption(
            "b", "bfd_pid", .required("FILE"), .value { $1.childPidFiles[.bfd] = $0; return nil },
            "Use specified pidfile for BFD child process"
        ),
        CommandLineOption(
            "u", "umask", .required("MASK"), .value { $1.setMask($0) }, "umask for file creation (in numeric form)"),
    ]

    private static let featureOptions: [CommandLineOption] = [
        CommandLineOption(
            "x", "snmp", .none, .flag { $0.servesSNMP = true },
            "Enable SNMP subsystem"
        ),
        CommandLineOption(
            "A", "snmp-agent-socket", .required("FILE"), .value { $1.snmpSocket = $0; return nil },
            "Use the specified socket for master agent"
        ),
    ]

    private static let toolOptions: [CommandLineOption] = [
        CommandLineOption(
            "T", "genhash", .none, .ask { _ in .refused("--genhash must be the first option") },
            "Enter into genhash utility mode (this should be the first option used)"
        ),
        CommandLineOption(
            nil, "signum", .required("SIGFUNC"), .ask { .signalNumber($0) },
            "Return signal number for \(SignalPurpose.allCases.map(\.rawValue).joined(separator: ", "))"
        ),
        CommandLineOption(
            nil, "explain", .required("KEYWORD"), .mode { .explain($0 ?? "") }, "Describe a keyword of the configuration"),
        CommandLineOption(
            nil, "dump-schema", .none, .mode { _ in .dumpSchema }, "Write all keywords of the configuration as a table"),
        CommandLineOption(
            nil, "fmt", .none, .mode { _ in .format }, "Write the configuration file with uniform indentation"),
        CommandLineOption(
            nil, "completion", .required("bash|zsh"), .mode { .completion($0 ?? "") }, "Write completions for a shell"),
        CommandLineOption("v", "version", .none, .ask { _ in .version }, "Display the version number"),
        CommandLineOption("h", "help", .none, .ask { _ in .help }, "Display this help message"),
    ]

    /// Options of special builds of upstream, and of its own inner workings: seen in the wild, so they parse.
    private static let hiddenOptions: [CommandLineOption] = [
        CommandLineOption(nil, "config-fd", .required("N"), .remark("--config-fd has no effect here")),
        CommandLineOption(nil, "perf", .optional("run|all|end"), .remark("--perf has no effect here")),
        CommandLineOption(nil, "debug", .optional("letters"), .remark("--debug has no effect here")),
        CommandLineOption(nil, "no-mem-check", .none, .nothing),
        CommandLineOption(nil, "mem-check-log", .none, .nothing),
        CommandLineOption("L", nil, .none, .nothing),
        CommandLineOption("O", nil, .none, .nothing),
    ]
}

extension CommandLine {
    package static let defaultConfigurationFile = "/etc/keepalived/keepalived.conf"

    /// `-P` and `-C`: each leaves the other out; both together leave both in. BFD runs along, as its sessions serve them.
    fileprivate mutating func restrict(to kind: ChildKind) {
        let other: ChildKind = kind == .vrrp ? .checker : .vrrp
        if permitted.contains(kind) { permitted.remove(other) } else { permitted.insert(kind) }
    }

    fileprivate mutating func setFacility(_ text: String) -> String? {
        let digit = text.hasPrefix("local") ? String(text.dropFirst(5)) : text
        if text == "daemon" {
            facility = .daemon
        } else if text == "user" {
            facility = .user
        } else if digit.utf8.count == 1, let number = Int32(digit), (0...7).contains(number) {
            facility = .local(number)
        } else {
            return "Invalid log facility '\(text)'"
        }
        return nil
    }

    fileprivate mutating func setMask(_ text: String) -> String? {
        guard let number = prefixedInteger(text), let mask = UInt16(exactly: number), mask <= 0o777 else {
            return "Invalid --umask option \(text)"
        }
        fileModeMask = mask
        return nil
    }
}
