// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux

/// What a process does about its memory.
package enum Memory {
    /// Returns to the system what is freed, of the heap and of the stack.
    package static func trim() { clinux_trim() }

    /// As `trim`, and unmaps the text and the constants of the program and its libraries: most of them serve the start and the reading of
    /// configurations, which are done.
    ///
    /// Only page tables are given up; what is used again is mapped again from the page cache in microseconds.
    package static func giveBack() {
        trim()
        clinux_unmap_constants()
    }

    /// Room for what system calls bring. Its pages cost nothing before a call fills them, and only what was filled may be read.
    static func room(_ count: Int) -> [UInt8] { [UInt8](unsafeUninitializedCapacity: count) { _, used in used = count } }

    /// Returns what a reload has freed, when the next one has not followed soon; after a start, ``keepLean(on:)`` does.
    package static func trimLater(on loop: EventLoop) { loop.after(readiness) { _ in trim() } }

    /// How long a process that has read or taken up a configuration is ready for the next one.
    package static let readiness = Interval.milliseconds(2500)

    /// Gives memory back from now on: not at once, for the next configuration may follow soon; then every two seconds for a minute, while
    /// elections follow the start, and once a minute from there on.
    package static func keepLean(on loop: EventLoop) { giveBackLater(on: loop, round: 0) }

    private static func giveBackLater(on loop: EventLoop, round: Int) {
        loop.after(round == 0 ? readiness : .seconds(round < 30 ? 2 : 60)) { [weak loop] _ in
            giveBack()
            if let loop { giveBackLater(on: loop, round: round + 1) }
        }
    }
}
