// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Support
import Testing

struct DeadlineQueueTests {
    @Test("Agrees with a dictionary that is searched each time", arguments: 1...20)
    func oracle(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = DeadlineQueue()
        var slow: [Int: Instant] = [:]
        for _ in 0..<2_000 {
            let owner = Int.random(in: 0..<40, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                queue.set(nil, for: owner)
                slow[owner] = nil
            case 1:
                let limit = Instant(nanoseconds: Int64.random(in: 0..<1_000, using: &random))
                let popped = queue.popFirst(notAfter: limit)
                let least = slow.values.min()
                #expect(popped?.deadline == (least.map { $0 <= limit } == true ? least : nil), "seed \(seed)")
                if let popped {
                    #expect(slow[popped.owner] == popped.deadline, "seed \(seed)")
                    slow[popped.owner] = nil
                }
            default:
                let deadline = Instant(nanoseconds: Int64.random(in: 0..<1_000, using: &random))
                queue.set(deadline, for: owner)
                slow[owner] = deadline
            }
            #expect(queue.first?.deadline == slow.values.min(), "seed \(seed)")
            #expect(queue.deadline(of: owner) == slow[owner], "seed \(seed)")
        }
    }
}
