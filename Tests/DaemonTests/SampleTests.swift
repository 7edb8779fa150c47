// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Foundation
import Support
import Testing

@testable import Daemon
@testable import fuzz

/// The configurations in etc/: their layout, and how well mistakes in them are found.
@Suite struct SampleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let samples: [[UInt8]] = {
        let folder = root.appending(path: "etc/samples")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let files = names.sorted().map { folder.appending(path: $0) } + [root.appending(path: "etc/keepalived/keepalived.conf.sample")]
        return files.compactMap { try? Data(contentsOf: $0) }.map { Array($0) }
    }()

    @Test func canonicalLayoutMeansTheSame() {
        #expect(Self.samples.count > 40)
        for text in Self.samples {
            if let fault = Trial(text).fault { Issue.record("\(fault): \(String(decoding: text, as: UTF8.self).prefix(300))") }
        }
    }

    /// A typo: what was typed instead of which word of which line.
    private struct Typo {
        var text: [UInt8]
        var line: Int
        var was: String
        var typed: String
    }

    /// Two hundred mistyped keywords, options, numbers and braces, a character or a word each. A name, a path or an address that was mistyped
    /// may be as good as the right one, so these are left out.
    @Test func aTypoIsFoundOnItsLineOrChangesNothing() throws {
        let seed = ProcessInfo.processInfo.environment["TYPO_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var tried = 0
        while tried < 200 {
            let sample = try #require(Self.samples.randomElement(using: &generator))
            guard let typo = Self.typo(in: sample, &generator) else { continue }
            tried += 1
            let before = Trial(sample).reading
            let after = Trial(typo.text).reading
            if after.configuration == before.configuration { continue }
            let known = Set(before.findings.diagnostics.map { "\($0.position?.line ?? 0) \($0.code)" })
            let new = after.findings.diagnostics.filter { !known.contains("\($0.position?.line ?? 0) \($0.code)") }
            let isBrace = typo.was == "{" || typo.was == "}"
            let isFound = new.contains { finding in
                isBrace || finding.position?.line == typo.line || finding.notes.contains { $0.position.line == typo.line }
            }
            #expect(isFound, "seed \(seed): '\(typo.was)' became '\(typo.typed)' on line \(typo.line) of\n\(String(decoding: sample, as: UTF8.self))")
        }
    }

    private static func typo(in sample: [UInt8], _ generator: inout SeededGenerator) -> Typo? {
        var lines = sample.split(separator: 0x0a, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        let number = Int.random(in: lines.indices, using: &generator)
        let line = lines[number]
        guard !line.contains("#"), !line.contains("$"), !line.contains("~"), !line.contains("\"") else { return nil }
        let indentation = line.prefix { $0 == " " }
        var words = line.split(separator: " ").map(String.init)
        guard let place = words.indices.randomElement(using: &generator) else { return nil }
        let word = words[place]
        let isName = place > 0 && words[0].isBlockOpener
        guard word == "{" || word == "}" || UInt32(word) != nil || (!isName && Vocabulary.keywords.contains(word)) else { return nil }
        let typed = mistyped(word, &generator)
        // A line that is gone, or an option or value that may be left out, is no typo.
        if typed.isEmpty, words.count == 1 || place > 0, word != "{", word != "}" { return nil }
        if word == "{" || word == "}" { guard typed.isEmpty else { return nil } }
        guard typed != word, typed.isEmpty || UInt32(typed) == nil, !(place > 0 && Vocabulary.keywords.contains(typed)) else { return nil }
        if typed.isEmpty { words.remove(at: place) } else { words[place] = typed }
        lines[number] = indentation + words.joined(separator: " ")
        return Typo(text: Array(lines.joined(separator: "\n").utf8), line: number + 1, was: word, typed: typed)
    }

    private static func mistyped(_ word: String, _ generator: inout SeededGenerator) -> String {
        var bytes = Array(word.utf8)
        let place = Int.random(in: bytes.indices, using: &generator)
        let letter = UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "z"), using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[place] = letter
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(letter, at: place)
        case 3: bytes.swapAt(place, (place + 1) % bytes.count)
        default: return ""
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    /// Whether a name follows.
    fileprivate var isBlockOpener: Bool {
        hasPrefix("vrrp_") || hasPrefix("bfd_") || hasPrefix("track_") || hasPrefix("virtual_server") || hasPrefix("instance")
            || self == "interface" || hasPrefix("lb_") || hasPrefix("nftables") || self == "type" || self == "name"
    }
}
