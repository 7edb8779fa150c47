// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import CLinux

/// What a process does about its memory.
package enum Memory {
    /// Returns to the system what is freed.
    package static func trim() { clinux_trim() }

    /// As `trim`, and unmaps the text and the constants of the program and its libraries: most of them serve the start, which is done.
    ///
    /// Only page tables are given up; what is used again is mapped again from the page cache in microseconds.
    package static func giveBack() {
        trim()
        clinux_unmap_constants()
    }

    /// Room for what system calls bring. Its pages cost nothing before a call fills them, and only what was filled may be read.
    static func room(_ count: Int) -> [UInt8] { [UInt8](unsafeUninitializedCapacity: count) { _, used in used = count } }

    /// Gives memory back from now on: what only the start needed, a few times while elections follow it, and what is freed once a minute.
    package static func keepLean(on loop: EventLoop) { giveBackLater(on: loop, after: startRounds[...]) }

    private static let startRounds: [Interval] = [.milliseconds(250), .seconds(4), .seconds(10), .seconds(30)]

    private static func giveBackLater(on loop: EventLoop, after rounds: ArraySlice<Interval>) {
        loop.after(rounds.first ?? .seconds(60)) { [weak loop] _ in
            if rounds.isEmpty { trim() } else { giveBack() }
            if let loop { giveBackLater(on: loop, after: rounds.dropFirst()) }
        }
    }
}
