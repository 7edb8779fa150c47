// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Linux

/// `--config-test`: reads and settles everything in this process, says what was found, and ends with upstream's codes.
enum ConfigurationTest {
    /// `log` is a file that the findings are appended to; nil for stderr.
    static func run(_ commandLine: CommandLine, log: String?) -> Int32 {
        let reading = ConfigurationRequest(commandLine).readInNamespace { nil }.reading
        var report = TextReport(reading.findings, fileSystem: .machine)
        let text = commandLine.printsJSON ? reading.findings.json : report.text()
        if let log, !append(text, to: log) { StandardStream.error.write(text) }
        if log == nil { StandardStream.error.write(text) }
        let isTooMuch = commandLine.isStrict && reading.findings.diagnostics.contains { $0.severity > .hint }
        let status = reading.findings.testStatus
        return isTooMuch && status == 0 ? 5 : status
    }

    private static func append(_ text: String, to path: String) -> Bool {
        do throws(SystemError) {
            try Files.append(Array(text.utf8), to: path)
            return true
        } catch {
            StandardStream.error.line("Unable to write \(path) - \(error)")
            return false
        }
    }
}
