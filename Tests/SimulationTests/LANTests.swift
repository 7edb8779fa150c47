// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Foundation
import Testing
import VRRP

/// Random lives of two to five routers. A failing seed can be run alone: `SIMULATION_SEED=n`.
@Suite("Simulated LAN")
struct LANTests {
    /// `SIMULATION_SEEDS` asks for more lives than a test run has time for.
    static let seeds: ClosedRange<UInt64> = {
        let environment = ProcessInfo.processInfo.environment
        if let one = environment["SIMULATION_SEED"].flatMap(UInt64.init) { return one...one }
        return 1...(environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 1_000)
    }()

    @Test("V3-38 after any trouble the right router is master, alone and soon, and no backup holds an address")
    func convergence() {
        for seed in Self.seeds {
            if let failure = Self.failure(seed: seed, mutation: .none) { Issue.record("seed \(seed): \(failure)") }
        }
    }

    @Test("A planted bug is found", arguments: Network.Mutation.planted)
    func plantedBug(mutation: Network.Mutation) {
        #expect((1...60).contains { Self.failure(seed: $0, mutation: mutation) != nil })
    }

    /// What went wrong in one life; nil when nothing did.
    static func failure(seed: UInt64, mutation: Network.Mutation) -> String? {
        var network = Network(seed: seed, mutation: mutation)
        network.run(network.interval * 40, rough: true)
        // Preemption may wait for its delay, then for the down interval, and what is on its way may set that back once.
        network.run(network.interval * 10 + .seconds(3), rough: false)
        return unrest(in: network) ?? network.violations.first ?? adoptionFailure(of: network)
    }

    /// What is wrong on a LAN that has come to rest.
    private static func unrest(in network: Network) -> String? {
        for id in Network.ids {
            let masters = network.masters(of: id)
            let rightful = network.rightful(for: id)
            if masters.isEmpty, rightful.isEmpty { continue }
            guard masters.count == 1, rightful.contains(masters[0]) else {
                let priorities = network.nodes.indices.map { network.priority(of: id, at: $0) }
                return "router \(id): masters \(masters), rightful \(rightful) of \(priorities)"
            }
        }
        let isGrouped = network.nodes[0].groupTrackers != nil
        guard !isGrouped || network.masters(of: 1) == network.masters(of: 2) else { return "the sync group is torn" }
        return nil
    }

    /// The master's process dies and is back within an interval: nobody may notice.
    private static func adoptionFailure(of resting: Network) -> String? {
        var network = resting
        guard let master = network.masters(of: 1).first else { return nil }
        let before = network.nodes.map(\.transitions)
        network.kill(master, for: network.interval / 2)
        network.run(network.interval * 8, rough: false)
        if let violation = network.violations.first { return "after adoption: \(violation)" }
        guard network.masters(of: 1) == [master] else { return "after adoption: masters \(network.masters(of: 1))" }
        for other in network.nodes.indices where other != master && network.nodes[other].transitions != before[other] {
            return "node \(other) noticed that node \(master) was started again"
        }
        return nil
    }
}
