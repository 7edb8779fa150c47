// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// What the reader process tells the parent when it is done; a frozen configuration comes with it unless it is unfit.
struct ReadReport: Equatable {
    /// Log lines about the configuration, and how much each matters.
    var findings: [Finding] = []
    /// Why the configuration cannot run; nil if it can.
    var refusal: ExitCode?
    /// The children that have something to do.
    var needed: Set<ChildKind> = []
    /// What the errors among the findings are recognised by.
    var errors: Set<String> = []

    struct Finding: Equatable {
        /// By the raw value of `Diagnostic.Severity`.
        var severity: Diagnostic.Severity
        var text: String
    }
}

extension ReadReport {
    /// The message on the channel. Findings beyond what a message holds are left out.
    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 1024)
        writer.write(UInt8(truncatingIfNeeded: refusal?.rawValue ?? 0))
        writer.write(needed.reduce(UInt8(0)) { $0 | 1 << $1.rawValue })
        for error in errors.sorted() { Self.write(error, Self.errorTag, &writer) }
        for finding in findings { Self.write(finding.text, UInt8(truncatingIfNeeded: finding.severity.rawValue), &writer) }
        return writer.bytes
    }

    private static func write(_ text: String, _ tag: UInt8, _ writer: inout ByteWriter) {
        let text = text.utf8.prefix(2048)
        guard writer.count + text.count + 3 < limit else { return }
        writer.write(tag)
        writer.write(shortText: text)
    }

    private static var errorTag: UInt8 { UInt8(ascii: "E") }

    /// The message in place of a report if there is nothing to read that is not in force: shorter than any report.
    static let nothingNew: [UInt8] = [UInt8(ascii: "=")]

    /// The largest message, well below what a socket's buffer takes.
    static let limit = 96 * 1024

    /// Nil for a message that does not come from a reader.
    init?(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        do {
            let code: UInt8 = try reader.read()
            let mask: UInt8 = try reader.read()
            guard let exit = ExitCode(rawValue: Int32(code)) else { return nil }
            refusal = exit == .ok ? nil : exit
            needed = Set(ChildKind.allCases.filter { mask & 1 << $0.rawValue != 0 })
            while reader.count > 0 {
                let tag: UInt8 = try reader.read()
                let text = try reader.readShortText()
                if tag == Self.errorTag {
                    errors.insert(text)
                } else if let severity = Diagnostic.Severity(rawValue: Int(tag)) {
                    findings.append(Finding(severity: severity, text: text))
                } else {
                    return nil
                }
            }
        } catch {
            return nil
        }
    }
}
