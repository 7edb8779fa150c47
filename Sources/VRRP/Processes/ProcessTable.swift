// SPDX-License-Identifier: GPL-2.0-or-later

/// Which running processes are counted by which `vrrp_track_process`.
///
/// A plain value: the shell tells of processes that begin, change and end, and asks for the counts. Processes that nobody counts are not
/// remembered.
package struct ProcessTable: Sendable {
    private let settings: [TrackProcessSettings]
    /// For each process that is counted, by whom: indices into `settings`.
    private var matches: [Int32: [Int]] = [:]
    private var numbers: [Int]

    package init(_ settings: [TrackProcessSettings]) {
        self.settings = settings
        numbers = Array(repeating: 0, count: settings.count)
    }

    /// Whether command lines are looked at, or names only.
    package var needsCommandLines: Bool { settings.contains { $0.matchesCommandLine } }

    /// How many processes match, by the name of the `vrrp_track_process`.
    package var counts: [String: Int] {
        Dictionary(zip(settings.map(\.name), numbers), uniquingKeysWith: { first, _ in first })
    }

    /// Whether the process is counted by anybody.
    package func counts(_ process: Int32) -> Bool { matches[process] != nil }

    /// A process runs this program now; nil: it is gone.
    package mutating func note(_ process: Int32, _ facts: ProcessFacts?) {
        set(process, facts.map { facts in settings.indices.filter { settings[$0].matches(facts) } } ?? [])
    }

    /// A process made a copy of itself.
    package mutating func noteFork(of parent: Int32, to child: Int32) { set(child, matches[parent] ?? []) }

    /// Forgets every process that is not among these.
    package mutating func keep(only running: Set<Int32>) {
        for process in matches.keys where !running.contains(process) { set(process, []) }
    }

    private mutating func set(_ process: Int32, _ new: [Int]) {
        for index in matches.removeValue(forKey: process) ?? [] { numbers[index] -= 1 }
        guard !new.isEmpty else { return }
        for index in new { numbers[index] += 1 }
        matches[process] = new
    }
}
