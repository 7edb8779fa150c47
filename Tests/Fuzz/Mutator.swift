// SPDX-License-Identifier: GPL-2.0-or-later

import Support

/// Makes new texts of old ones.
struct Mutator {
    var generator: SeededGenerator
    /// Longer texts are cut: what matters happens in short ones, and many can be tried.
    var limit = 4096

    mutating func mutate(_ text: [UInt8], with others: [[UInt8]]) -> [UInt8] {
        var result = text
        for _ in 0..<Int.random(in: 1...6, using: &generator) { change(&result, others) }
        return result.count > limit ? Array(result.prefix(limit)) : result
    }

    private mutating func change(_ text: inout [UInt8], _ others: [[UInt8]]) {
        let place = Int.random(in: 0...text.count, using: &generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0 where place < text.count:
            text[place] = UInt8.random(in: 0...255, using: &generator)
        case 1 where place < text.count:
            text.removeSubrange(place..<min(text.count, place + Int.random(in: 1...12, using: &generator)))
        case 2, 3:
            text.insert(contentsOf: word(), at: place)
        case 4, 5:
            text.replaceSubrange(wordRange(text, place), with: word())
        case 6:
            let other = others.randomElement(using: &generator) ?? []
            text.insert(contentsOf: lines(other), at: lineStart(text, place))
        case 7:
            text.insert(contentsOf: lines(text), at: lineStart(text, place))
        case 8:
            let start = lineStart(text, place)
            text.removeSubrange(start..<(text[start...].firstIndex(of: 0x0a).map { $0 + 1 } ?? text.count))
        default:
            text.insert(contentsOf: word() + [0x20] + word() + [0x0a], at: lineStart(text, place))
        }
    }

    private mutating func word() -> [UInt8] { Vocabulary.words.randomElement(using: &generator) ?? [] }

    private func wordRange(_ text: [UInt8], _ place: Int) -> Range<Int> {
        let start = text[..<place].lastIndex { $0 <= 0x20 }.map { $0 + 1 } ?? 0
        let end = text[place...].firstIndex { $0 <= 0x20 } ?? text.count
        return start..<max(start, end)
    }

    private func lineStart(_ text: [UInt8], _ place: Int) -> Int { text[..<place].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0 }

    /// A few lines that stand together.
    private mutating func lines(_ text: [UInt8]) -> [UInt8] {
        guard !text.isEmpty else { return [] }
        let start = lineStart(text, Int.random(in: 0..<text.count, using: &generator))
        var end = start
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            guard let next = text[end...].firstIndex(of: 0x0a) else { return Array(text[start...]) + [0x0a] }
            end = next + 1
        }
        return Array(text[start..<end])
    }
}
