// SPDX-License-Identifier: GPL-2.0-or-later

/// What is known of a running process.
package struct ProcessFacts: Hashable, Sendable {
    /// The kernel's name of it (/proc/PID/comm), at most 15 bytes.
    package var name: [UInt8]
    /// /proc/PID/cmdline: the program and each argument, a zero byte behind each. Empty for threads of the kernel, and where nobody
    /// needs it.
    package var commandLine: [UInt8]

    package init(name: [UInt8], commandLine: [UInt8] = []) {
        self.name = name
        self.commandLine = commandLine
    }
}

extension TrackProcessSettings {
    /// Longest name of a process that the kernel keeps (TASK_COMM_LEN less its zero byte).
    private static let longestName = 15

    /// Whether the process is one of those that are counted.
    ///
    /// By name, or by the command line: the program as it was called, and then the arguments. `exact` wants just these,
    /// `partial` these and any more behind, `initial` these or something that begins like them, be it within the last argument.
    package func matches(_ facts: ProcessFacts) -> Bool {
        guard matchesCommandLine else { return facts.name == Array(program.utf8.prefix(Self.longestName)) }
        let line = facts.commandLine
        guard let end = line.firstIndex(of: 0), line[..<end].elementsEqual(program.utf8) else { return false }
        let arguments = line[(end + 1)...]
        let wanted: [UInt8] = parameters.flatMap { Array($0.utf8) + [0] }
        switch parameterMatch {
        case nil: return true
        case .exact?: return arguments.elementsEqual(wanted)
        case .partial?: return arguments.starts(with: wanted)
        case .initial?: return arguments.starts(with: wanted.dropLast())
        }
    }
}
