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

    struct Finding: Equatable {
        /// By the raw value of `Diagnostic.Severity`.
        var severity: Diagnostic.Severity
        var text: String
    }

    /// The errors, each as its text without the place: what a reload compares with.
    var errors: [String] { findings.filter { $0.severity == .error }.map(\.text) }
}

extension ReadReport {
    /// The message on the channel. Findings beyond what a message holds are left out.
    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 1024)
        writer.write(UInt8(truncatingIfNeeded: refusal?.rawValue ?? 0))
        writer.write(needed.reduce(UInt8(0)) { $0 | 1 << $1.rawValue })
        for finding in findings {
            let text = finding.text.utf8.prefix(2048)
            guard writer.count + text.count + 3 < Self.limit else { break }
            writer.write(UInt8(truncatingIfNeeded: finding.severity.rawValue))
            writer.write(UInt16(truncatingIfNeeded: text.count))
            writer.write(text)
        }
        return writer.bytes
    }

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
                let severity: UInt8 = try reader.read()
                let length: UInt16 = try reader.read()
                let text = try reader.read(bytes: Int(length))
                guard let severity = Diagnostic.Severity(rawValue: Int(severity)) else { return nil }
                findings.append(Finding(severity: severity, text: String(decoding: text, as: UTF8.self)))
            }
        } catch {
            return nil
        }
    }
}
