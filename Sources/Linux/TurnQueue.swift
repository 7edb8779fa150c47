// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

/// Work that is done one piece a turn of the loop, so that a hundred pieces together hold up nothing else that is due.
package final class TurnQueue {
    private let loop: EventLoop
    private var waiting: [() -> Void] = []
    private var next = 0

    package init(loop: EventLoop) { self.loop = loop }

    /// Does the work in a turn of its own, after what was added before.
    package func add(_ work: @escaping () -> Void) {
        waiting.append(work)
        if waiting.count == 1 { schedule() }
    }

    private func schedule() {
        loop.after(.zero) { [weak self] _ in self?.step() }
    }

    private func step() {
        let work = waiting[next]
        next += 1
        work()
        if next < waiting.count { return schedule() }
        waiting = []
        next = 0
    }
}
