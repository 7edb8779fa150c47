// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// The program: what the command line asks for, from the first word to the exit code.
package enum DaemonProgram {
    /// Does what the words ask for; the first word is the program's name. Returns the exit code when the program is to
    /// end.
    package static func run(_ words: [String]) -> Int32 {
        switch CommandLineParser.parse(words) {
        case .help:
            StandardStream.error.line(UsageText.help())
            return ExitCode.ok.rawValue
        case .version:
            StandardStream.error.line(VersionText.text(kernel: Machine.kernel, distribution: Machine.distribution))
            return ExitCode.ok.rawValue
        case .signalNumber(let name):
            return tellSignal(name)
        case .genhash(let words, let program):
            return Genhash.run(words, as: program)
        case .refused(let text):
            return refuse(text)
        case .run(let commandLine, let mode):
            return run(commandLine, mode)
        }
    }

    private static func refuse(_ text: String) -> Int32 {
        StandardStream.error.line(text)
        return ExitCode.fatal.rawValue
    }

    private static func tellSignal(_ name: String) -> Int32 {
        guard let purpose = SignalPurpose(rawValue: name) else { return refuse("Unknown sigfunc \(name)") }
        StandardStream.output.line("\(purpose.signal.number)")
        return ExitCode.ok.rawValue
    }

    private static func run(_ commandLine: CommandLine, _ mode: InvocationMode) -> Int32 {
        if !commandLine.leftovers.isEmpty {
            StandardStream.output.line("Unexpected argument(s): \(commandLine.leftovers.joined(separator: " "))")
        }
        for remark in commandLine.remarks { StandardStream.error.line(remark) }
        switch mode {
        case .daemon: return runDaemon(commandLine)
        case .test(let log): return ConfigurationTest.run(commandLine, log: log)
        case .dumpSchema: return KeywordTools.dumpSchema()
        case .explain(let name): return KeywordTools.explain(name)
        case .format: return KeywordTools.format(commandLine.configurationFile ?? CommandLine.defaultConfigurationFile)
        case .completion(let shell):
            guard let text = UsageText.completions(for: shell) else { return refuse("There are no completions for \(shell)") }
            StandardStream.output.line(text)
            return ExitCode.ok.rawValue
        }
    }

    private static func runDaemon(_ commandLine: CommandLine) -> Int32 {
        let scheduling = SchedulingOrigin()
        let commandLine = commandLine.withAbsolutePaths
        // Whoever starts daemons may leak descriptors into them.
        Processes.closeDescriptors(except: [])
        do throws(SystemError) {
            let gate = commandLine.staysInForeground ? nil : try StartGate.daemonize()
            return try Supervisor(commandLine, gate: gate, scheduling: scheduling).run()
        } catch {
            return refuse("Unable to start - \(error)")
        }
    }
}

extension CommandLine {
    /// With paths that hold good in whatever directory the daemon is.
    fileprivate var withAbsolutePaths: CommandLine {
        guard let directory = Files.currentDirectory else { return self }
        func absolute(_ path: String) -> String {
            path.hasPrefix("/") || path.isEmpty ? path : "\(directory == "/" ? "" : directory)/\(path)"
        }
        var copy = self
        copy.configurationFile = configurationFile.map(absolute)
        copy.pidFile = pidFile.map(absolute)
        copy.childPidFiles = childPidFiles.mapValues(absolute)
        copy.logFile = logFile.map(absolute)
        return copy
    }
}
