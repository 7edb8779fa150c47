// SPDX-License-Identifier: GPL-2.0-or-later

/// The candidate that a mistyped word most likely meant; nil if none is near.
package func closest(to word: String, among candidates: some Sequence<String>) -> String? {
    let typed = Array(word.utf8)
    guard (2...64).contains(typed.count) else { return nil }
    var best: (distance: Int, name: String)?
    for candidate in candidates {
        let name = Array(candidate.utf8)
        let limit = min(best?.distance ?? .max, 1 + max(typed.count, name.count) / 4)
        guard abs(name.count - typed.count) <= limit else { continue }
        let distance = editDistance(typed, name)
        if distance <= limit, distance < (best?.distance ?? .max) { best = (distance, candidate) }
    }
    return best?.name
}

/// Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other.
package func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for (i, left) in a.enumerated() {
        var row = [i + 1]
        row.reserveCapacity(b.count + 1)
        for (j, right) in b.enumerated() {
            var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (left == right ? 0 : 1))
            if i > 0, j > 0, left == b[j - 1], a[i - 1] == right { cost = min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
