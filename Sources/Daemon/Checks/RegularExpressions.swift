// SPDX-License-Identifier: GPL-2.0-or-later

import Health
import Linux

/// The regular expressions of the configuration, compiled when they are first used.
final class RegularExpressions {
    private struct Key: Hashable {
        var text: String
        var options: UInt32
        var room: Int?
    }

    /// Nil for one that cannot be compiled.
    private var compiled: [Key: RegularExpression?] = [:]
    private let log: (String) -> Void

    init(log: @escaping (String) -> Void) { self.log = log }

    /// Whether the body matches, the match beginning within the pattern's offsets.
    func match(_ pattern: BodyPattern, _ body: [UInt8]) -> Bool {
        let key = Key(text: pattern.text, options: pattern.optionBits, room: pattern.stack?.maximum)
        let expression: RegularExpression?
        if let known = compiled[key] {
            expression = known
        } else {
            expression = compile(key)
            compiled[key] = .some(expression)
        }
        guard let place = expression?.firstMatch(in: body, from: pattern.minimumOffset) else { return false }
        return pattern.maximumOffset.map { place <= $0 } ?? true
    }

    private func compile(_ key: Key) -> RegularExpression? {
        do {
            return try RegularExpression(key.text, options: key.options, room: key.room)
        } catch {
            log("regex \"\(key.text)\" cannot be used: \(error.reason)")
            return nil
        }
    }
}
