// SPDX-License-Identifier: GPL-2.0-or-later

import Config
package import Daemon

/// One text, read as the daemon reads it, and what must hold of every reading whatever the text is.
package struct Trial {
    package let text: [UInt8]
    package let reading: ConfigurationReading
    private let frozen: [UInt8]

    package init(_ text: [UInt8]) {
        self.text = text
        var frozen: [UInt8] = []
        reading = Self.read(text) { frozen += $0 }
        self.frozen = frozen
    }

    private static func read(
        _ text: [UInt8], for purpose: ConfigurationReading.Purpose = .settings, freezing frozen: (([UInt8]) -> Void)? = nil,
        earlier: FrozenConfiguration? = nil
    ) -> ConfigurationReading {
        var options = SourceOptions()
        options.id = "main"
        options.environment = { $0 == "HOME" ? "/root" : nil }
        options.limits.lineLength = 8 << 10
        options.limits.lines = 2000
        options.limits.bytes = 1 << 18
        return ConfigurationReading(
            of: InventedMachine.mainPath, in: InventedMachine.files(text), options, asking: InventedMachine.surroundings,
            for: purpose, freezing: frozen, earlier: earlier
        )
    }

    /// What does not hold; nil if all is well. A trap, a hang or a want of memory ends the process instead.
    package var fault: String? {
        misplaced ?? reportFault ?? replayFault ?? layoutFault
    }

    /// A place that is in no file.
    private var misplaced: String? {
        for diagnostic in reading.findings.diagnostics {
            guard let position = diagnostic.position else { continue }
            guard reading.findings.files.indices.contains(position.file), position.line >= 1, position.column >= 1 else {
                return "\(diagnostic.code) is at file \(position.file) line \(position.line) column \(position.column)"
            }
        }
        return nil
    }

    /// What is said must be sayable: each finding has its lines of text, and JSON names each.
    private var reportFault: String? {
        guard reading.findings.diagnostics.count < 200 else { return nil }
        var report = TextReport(reading.findings, fileSystem: InventedMachine.files(text))
        guard report.text().utf8.count(where: { $0 == 0x0a }) >= reading.findings.diagnostics.count else { return "the report is too short" }
        let lines = reading.findings.json.utf8.count { $0 == 0x0a }
        return lines >= reading.findings.diagnostics.count ? nil : "the JSON report is too short"
    }

    /// Children are to settle on the very same settings.
    private var replayFault: String? {
        guard let frozen = FrozenConfiguration(frozen) else { return "what was frozen cannot be replayed" }
        let replayed = Replay(of: frozen, for: .all)
        guard replayed.configuration == reading.configuration else { return "what is replayed means something else" }
        for processes in [KeywordEntry.Processes.all, [.checker, .parent]] {
            let known = Replay(of: frozen, for: processes, readAs: reading)
            let anew = processes == .all ? replayed : Replay(of: frozen, for: processes)
            guard known.configuration == anew.configuration else { return "what the process has read itself means something else" }
        }
        return takeoverFault(replayed)
    }

    /// What is taken over from an earlier configuration is what would be read: here, from one without the last line, and from one
    /// without a line in the middle.
    private func takeoverFault(_ replayed: Replay) -> String? {
        let end = text.dropLast().lastIndex(of: 0x0a) ?? text.startIndex
        let middle = text[..<(text.count / 2)].lastIndex(of: 0x0a).map { $0 + 1 } ?? text.startIndex
        let rest = text[middle...].firstIndex(of: 0x0a).map { text[($0 + 1)...] } ?? []
        return takeoverFault(replayed, after: Array(text[..<end])) ?? takeoverFault(replayed, after: Array(text[..<middle] + rest))
    }

    private func takeoverFault(_ replayed: Replay, after text: [UInt8]) -> String? {
        var earlier: [UInt8] = []
        let first = Self.read(text) { earlier += $0 }
        if let fault = recognitionFault(after: earlier) { return fault }
        guard let before = FrozenConfiguration(earlier), let now = FrozenConfiguration(frozen) else { return "what was frozen cannot be replayed" }
        for old in [Replay(of: before, for: .all), Replay(of: before, for: .all, readAs: first)] {
            let after = Replay(of: now, for: .all, after: old)
            guard after.configuration == replayed.configuration else { return "what is taken over means something else" }
        }
        return purposeFault(earlier, of: text)
    }

    /// What is frozen is the same whether the settings of virtual servers are wanted or not.
    private func purposeFault(_ frozen: [UInt8], of text: [UInt8]) -> String? {
        var other: [UInt8] = []
        _ = Self.read(text, for: .findings) { other += $0 }
        return other == frozen ? nil : "what is frozen depends on what it is for"
    }

    /// What is known from an earlier reading and not read again is what would be read, and so is all that there is to say about the rest.
    private func recognitionFault(after earlier: [UInt8]) -> String? {
        var (plain, knowing): ([UInt8], [UInt8]) = ([], [])
        let whole = Self.read(text, for: .findings) { plain += $0 }
        let other = Self.read(text, for: .findings, freezing: { knowing += $0 }, earlier: FrozenConfiguration(earlier))
        guard other.isComplete else { return nil }
        guard other.findings.json == whole.findings.json else { return "what is known hides or makes findings" }
        return knowing == plain ? nil : "what is known is frozen in another way"
    }

    /// `--fmt` changes no meaning, and nothing at all the second time.
    private var layoutFault: String? {
        let once = Array(Formatter.format(text).utf8)
        guard Array(Formatter.format(once).utf8) == once else { return "--fmt is not done after the first time" }
        guard String(validating: text, as: UTF8.self) != nil else { return nil }
        return Self.read(once).configuration == reading.configuration ? nil : "--fmt changes the meaning"
    }

    /// What the text made the reader do, as far as it can be seen from outside: kinds of findings, and the keywords of lines that
    /// nothing was said about. A text with a new one is worth keeping.
    package var features: Set<String> {
        var features: Set<String> = []
        var remarked: Set<Int> = []
        for diagnostic in reading.findings.diagnostics.prefix(300) {
            if let position = diagnostic.position, position.file == 0 { remarked.insert(position.line) }
            for note in diagnostic.notes { remarked.insert(note.position.line) }
            features.insert("\(diagnostic.code)|\(Self.template(diagnostic.message))")
        }
        for (number, line) in text.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated().prefix(500)
        where !remarked.contains(number + 1) {
            let word = line.drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 > 0x20 && $0 != 0x7b }
            let text = String(decoding: word, as: UTF8.self)
            if Vocabulary.keywords.contains(text) { features.insert("read|\(text)") }
        }
        return features
    }

    /// The message without what is quoted in it and without names: words of letters only, up to the first colon.
    private static func template(_ message: String) -> String {
        var isQuoted = false
        let open = message.utf8.filter { byte in
            if byte == UInt8(ascii: "'") { isQuoted.toggle() }
            return !isQuoted
        }
        let words = open.split(separator: 0x20).filter { word in
            word.allSatisfy { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
        }
        return words.prefix(8).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }
}
