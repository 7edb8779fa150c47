// SPDX-License-Identifier: GPL-2.0-or-later

import Support

/// Changes texts at random and reads them; those that make the reader do something new are changed further.
package struct Fuzzer {
    package private(set) var iterations = 0
    package private(set) var texts: [[UInt8]] = []
    private var features: Set<String> = []
    private var mutator: Mutator
    private var generator: SeededGenerator

    package init(seeds: [[UInt8]], seed: UInt64) {
        mutator = Mutator(generator: SeededGenerator(seed: seed))
        generator = SeededGenerator(seed: seed &+ 1)
        for text in seeds { _ = keep(Trial(text)) }
    }

    package var featureCount: Int { features.count }

    /// The text to try next.
    package mutating func propose() -> [UInt8] {
        guard !texts.isEmpty else { return [] }
        // Half of the time one of the newest: what was new lately leads on.
        let newest = max(0, texts.count - 50)
        let from = Bool.random(using: &generator) ? newest..<texts.count : 0..<texts.count
        let text = texts[Int.random(in: from, using: &generator)]
        return mutator.mutate(text, with: texts)
    }

    /// Reads the text; what is wrong with the reading, nil if nothing is.
    package mutating func attempt(_ text: [UInt8]) -> String? {
        iterations += 1
        let trial = Trial(text)
        if let fault = trial.fault { return fault }
        _ = keep(trial)
        return nil
    }

    private mutating func keep(_ trial: Trial) -> Bool {
        let new = trial.features.subtracting(features)
        guard !new.isEmpty else { return false }
        features.formUnion(new)
        texts.append(trial.text)
        return true
    }

    /// A small set of small texts that together do all that was seen: for each feature the shortest text, less the lines that it
    /// does not need.
    package func reduced() -> [[UInt8]] {
        var missing = features
        var result: [[UInt8]] = []
        for text in texts.sorted(by: { $0.count < $1.count }) {
            let own = Trial(text).features.intersection(missing)
            guard !own.isEmpty else { continue }
            let small = Self.shortened(text, keeping: own)
            missing.subtract(Trial(small).features)
            result.append(small)
        }
        return result
    }

    private static func shortened(_ text: [UInt8], keeping features: Set<String>) -> [UInt8] {
        shortened(text, by: 0x0a) { Trial($0).features.isSuperset(of: features) }
    }

    /// The text less all that is not needed for the fault.
    package static func shrunk(_ text: [UInt8], keeping fault: String) -> [UInt8] {
        let lines = shortened(text, by: 0x0a) { Trial($0).fault == fault }
        return shortened(lines, by: 0x20) { Trial($0).fault == fault }
    }

    /// Leaves out, one by one, parts between separators that are not needed.
    private static func shortened(_ text: [UInt8], by separator: UInt8, _ isStillIt: ([UInt8]) -> Bool) -> [UInt8] {
        var parts = text.split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
        var index = 0
        while index < parts.count {
            var fewer = parts
            fewer.remove(at: index)
            if isStillIt(Array(fewer.joined(separator: [separator]))) { parts = fewer } else { index += 1 }
        }
        return Array(parts.joined(separator: [separator]))
    }
}
