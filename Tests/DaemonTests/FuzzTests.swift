// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Foundation
import Testing

@testable import Daemon
@testable import fuzz

/// The reader under texts that nobody would write: a moment here, hours by `scripts/soak`.
@Suite struct FuzzTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let corpus: [[UInt8]] =
        (try? Data(contentsOf: root.appending(path: "Tests/Fuzz/Corpus.txt"))).map { Corpus.texts(in: Array($0)) } ?? []

    @Test func everyTextOfTheCorpusIsRead() {
        #expect(Self.corpus.count > 100)
        for text in Self.corpus {
            if let fault = Trial(text).fault { Issue.record("\(fault): \(Corpus.encode(text))") }
        }
    }

    @Test func changedTextsAreRead() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var fuzzer = Fuzzer(seeds: Self.corpus, seed: seed)
        for _ in 0..<200 {
            let text = fuzzer.propose()
            if let fault = fuzzer.attempt(text) { Issue.record("seed \(seed): \(fault): \(Corpus.encode(text))") }
        }
    }

    @Test func theCorpusSurvivesItsFile() {
        let text: [UInt8] = [0, 9, 10, 13, 32, 92, 110, 127, 255]
        #expect(Corpus.decode(Corpus.encode(text)[...]) == text)
    }
}
