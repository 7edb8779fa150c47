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

    @Test("A planted bug is found", arguments: [Network.Mutation.neverPreempts, .neverYields, .forgetsRelease])
    func plantedBug(mutation: Network.Mutation) {
        #expect((1...50).contains { Self.failure(seed: $0, mutation: mutation) != nil })
    }

    /// What went wrong in one life; nil when nothing did.
    static func failure(seed: UInt64, mutation: Network.Mutation) -> String? {
        var network = Network(seed: seed, mutation: mutation)
        network.run(network.interval * 40, rough: true)
        // Preemption may wait for its delay, then for the down interval, and what is on its way may set that back once.
        network.run(network.interval * 10 + .seconds(3), rough: false)
        if let violation = network.violations.first { return violation }
        for router in network.nodes[0].settings.routers.indices {
            let masters = network.masters(of: router)
            guard masters.count == 1, network.rightful.contains(masters[0]) else {
                return "router \(router): masters \(masters), rightful \(network.rightful) of \(network.nodes.count)"
            }
        }
        let places = network.nodes[0].settings.routers.indices
        guard Set(places.map { network.masters(of: $0) }).count == 1 else { return "the sync group is torn" }
        return nil
    }
}
