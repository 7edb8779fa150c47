// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// What is to be read, and how strict to be about it.
struct ConfigurationRequest {
    /// A path or pattern.
    var path: String
    /// What `@` lines are compared with.
    var configurationID: String
    var checksAllIncludes = false
    /// Warnings count as errors.
    var isStrict = false
    /// In a reload, errors that are not already in the configuration in force refuse the new one.
    var known: KnownErrors = .any

    enum KnownErrors {
        /// At the start: what can be run is run.
        case any
        /// Errors with these texts are no news.
        case only(Set<String>)
    }

    init(_ commandLine: CommandLine) {
        path = commandLine.configurationFile ?? CommandLine.defaultConfigurationFile
        configurationID = commandLine.configurationID ?? String(Machine.hostName.prefix { $0 != "." })
        checksAllIncludes = commandLine.checksAllIncludes
        isStrict = commandLine.isStrict
    }

    /// A configuration as it has been read.
    struct Result {
        var report: ReadReport
        /// Nil if the configuration is unfit to run.
        var frozen: [UInt8]?
        var diagnostics: [Diagnostic]
    }

    /// Reads and settles everything; may take its time.
    func read() -> Result {
        guard let text = try? Files.read(path) else {
            let missing = Diagnostic(
                .error, "no-file", at: nil, "Unable to read configuration file \(path)", consequence: .noConfiguration
            )
            return result(of: [missing], Configuration(), frozen: [])
        }
        var reader = Reader(surroundings: Surroundings(), text: String(decoding: text, as: UTF8.self))
        var configuration = Configuration()
        reader.readRoot(by: Configuration.table, into: &configuration)
        return result(of: reader.diagnostics, configuration, frozen: text)
    }

    private func result(of diagnostics: [Diagnostic], _ configuration: Configuration, frozen: [UInt8]) -> Result {
        var report = ReadReport()
        report.findings = diagnostics.map { ReadReport.Finding(severity: $0.severity, text: $0.message) }
        report.refusal = refusal(of: diagnostics)
        report.needed = configuration.needed
        return Result(report: report, frozen: report.refusal == nil ? frozen : nil, diagnostics: diagnostics)
    }

    private func refusal(of diagnostics: [Diagnostic]) -> ExitCode? {
        if diagnostics.contains(where: { $0.consequence == .noConfiguration }) { return .noConfiguration }
        if diagnostics.contains(where: { $0.consequence == .fatal }) { return .configuration }
        if isStrict, diagnostics.contains(where: { $0.severity >= .warning }) { return .configuration }
        switch known {
        case .any: return nil
        case .only(let texts):
            return diagnostics.contains { $0.severity == .error && !texts.contains($0.message) } ? .configuration : nil
        }
    }
}

extension Configuration {
    /// The children that this configuration gives something to do.
    var needed: Set<ChildKind> { [.vrrp] }
}
