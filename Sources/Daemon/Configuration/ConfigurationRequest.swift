// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// What is to be read, and how strict to be about it.
struct ConfigurationRequest {
    /// A path or a pattern.
    var path: String
    /// What `@` lines are compared with.
    var configurationID: String
    var checksAllIncludes = false
    /// Warnings refuse the configuration, too.
    var isStrict = false
    /// At the start all that can be run is run, as upstream does. In a reload, errors refuse the new configuration unless the
    /// one in force has them too; these are their texts.
    var accepted: Set<String>?
    /// `-s`: the namespace whatever the configuration says.
    var namespace: String?
    /// How many readings there were before this one.
    var number = 0
    /// What is made of the virtual servers.
    var purpose = ConfigurationReading.Purpose.findings
    /// The configuration in force, from which blocks are known.
    var inForce: SealedMemory?

    init(_ commandLine: CommandLine) {
        path = commandLine.configurationFile ?? CommandLine.defaultConfigurationFile
        configurationID = commandLine.configurationID ?? String(HostNames.own.prefix { $0 != "." })
        checksAllIncludes = commandLine.checksAllIncludes
        isStrict = commandLine.isStrict
        namespace = commandLine.namespace
    }

    /// Reads and settles everything, for children to replay unless it is only looked at.
    func read(
        in fileSystem: FileSystem = .machine, freezing draft: MemoryDraft? = nil, earlier: FrozenConfiguration? = nil
    ) -> ConfigurationReading {
        ConfigurationReading(
            of: path, in: fileSystem, options, asking: .ofSystem(), for: purpose,
            freezing: draft.map { draft in { draft.append($0) } }, earlier: earlier
        )
    }

    /// As above, with the memory for what children replay; what is known from the configuration in force is not read again.
    private func read<Failure>(
        _ draft: () throws(Failure) -> MemoryDraft?
    ) throws(Failure) -> (reading: ConfigurationReading, frozen: MemoryDraft?) {
        let memory = try draft()
        let reading = read(freezing: memory, earlier: inForce.flatMap { try? FrozenConfiguration($0) })
        guard !reading.isComplete else { return (reading, memory) }
        let anew = try draft()
        return (read(freezing: anew), anew)
    }

    /// Whether reading would come to what is in force: the files and the machine say what they said then.
    func findsNothingNew(in fileSystem: FileSystem = .machine, by machine: @autoclosure () -> Surroundings = .ofSystem()) -> Bool {
        guard namespace == nil, let frozen = inForce.flatMap({ try? FrozenConfiguration($0) }), let sources = frozen.sources else { return false }
        return sources.hold(for: path, options, in: fileSystem) && frozen.facts.hold(by: machine())
    }

    /// What steers the preprocessor.
    var options: SourceOptions {
        var options = SourceOptions()
        options.id = configurationID
        options.includeChecks = checksAllIncludes ? .all : []
        options.environment = { Environment.value($0) }
        options.random = { Program.random($0) }
        return options
    }

    /// Reads in the network namespace that the configuration is for, since it is about the interfaces there. What the
    /// configuration itself says of a namespace is known only after a first reading.
    ///
    /// `draft` makes the memory for what children replay, anew for each reading.
    func readInNamespace<Failure>(
        _ draft: () throws(Failure) -> MemoryDraft?
    ) throws(Failure) -> (reading: ConfigurationReading, frozen: MemoryDraft?) {
        let failure = namespace.flatMap { Self.enter($0) }
        let (reading, first) = try read(draft)
        guard namespace == nil, let name = reading.configuration.globals.namespace.network else {
            return (reading.adding(failure), first)
        }
        if let failure = Self.enter(name) { return (reading.adding(failure), first) }
        return try read(draft)
    }

    /// What is wrong with the namespace; nil if this process is in it now.
    private static func enter(_ name: String) -> Diagnostic? {
        do throws(SystemError) {
            try NetworkNamespace.enter(name)
            return nil
        } catch {
            return Diagnostic(
                .error, "no-namespace", at: nil, "the network namespace '\(name)' cannot be entered: \(error.reason)",
                help: "make it with: ip netns add \(name)", consequence: .fatal
            )
        }
    }

    /// What the parent is told of a reading.
    func report(on reading: ConfigurationReading) -> ReadReport {
        var report = ReadReport()
        report.findings = (reading.findings.diagnostics + reading.inactive).map { diagnostic in
            ReadReport.Finding(severity: diagnostic.severity, text: reading.findings.logLine(diagnostic))
        }
        report.errors = Set(reading.findings.diagnostics.filter { $0.severity == .error }.map(Self.fingerprint))
        report.needed = reading.needed
        report.refusal = refusal(of: reading.findings.diagnostics)
        return report
    }

    /// Why the configuration is not taken, nil if it is.
    func refusal(of diagnostics: [Diagnostic]) -> ExitCode? {
        if diagnostics.contains(where: { $0.consequence == .noConfiguration }) { return .noConfiguration }
        if diagnostics.contains(where: { $0.consequence == .fatal }) { return .configuration }
        if isStrict, diagnostics.contains(where: { $0.severity >= .warning }) { return .configuration }
        guard let accepted else { return nil }
        let isNews = diagnostics.contains { $0.severity == .error && !accepted.contains(Self.fingerprint($0)) }
        return isNews ? .configuration : nil
    }

    /// What an error is recognised by, wherever it has moved to.
    private static func fingerprint(_ diagnostic: Diagnostic) -> String { "\(diagnostic.code): \(diagnostic.message)" }
}

extension Findings {
    /// A finding as a log line, in upstream's form: `(path: Line N) text`.
    func logLine(_ diagnostic: Diagnostic) -> String {
        var text = diagnostic.message
        if let help = diagnostic.help { text += " - \(help)" }
        guard let position = diagnostic.position, files.indices.contains(position.file) else { return text }
        return "(\(files[position.file].path): Line \(position.line)) \(text)"
    }
}
