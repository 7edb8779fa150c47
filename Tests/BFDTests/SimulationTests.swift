// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Support
import Testing

/// Two ends and the wires between them, in invented time.
private struct Pair {
    struct Flight {
        var at: Instant
        var to: Int
        var bytes: [UInt8]
    }

    var ends: [Sessions] = []
    var now = Instant(nanoseconds: 1_000_000_000)
    /// Each end sees its own clock, which may be far from the other's.
    var clockOffsets = [Interval.zero, .zero]
    /// Before this an end does not run: packets wait, timers are late.
    var asleepUntil = [Instant.zero, .zero]
    var flights: [Flight] = []
    var loss = 0.0
    var isCut = false
    /// Packets may overtake each other.
    var reorders = false
    private var lastArrival = [Instant.zero, .zero]
    var reports: [[SessionReport]] = [[], []]
    /// When each end last left Up, and why.
    var downs: [[(at: Instant, cause: DiagnosticCode)]] = [[], []]
    var random: SeededGenerator
    /// A fault put in to see that the simulation finds it: reception does not postpone the timeout.
    var drainsBeforeTimeout = true

    init(_ a: SessionSettings, _ b: SessionSettings, seed: UInt64) {
        random = SeededGenerator(seed: seed)
        for settings in [a, b] {
            var generator = SeededGenerator(seed: random.next())
            ends.append(Sessions(random: { generator.next() }, digests: digests))
            var actions: [Action] = []
            ends[ends.count - 1].reconfigure(to: [settings], at: now, into: &actions)
            perform(actions, by: ends.count - 1)
        }
    }

    func session(_ index: Int) -> Session? { ends[index][0] }
    var isUp: Bool { session(0)?.state == .up && session(1)?.state == .up }

    private mutating func perform(_ actions: [Action], by end: Int) {
        for action in actions {
            switch action {
            case .send(let index, let packet):
                if isCut || Double.random(in: 0..<1, using: &random) < loss { continue }
                var writer = ByteWriter()
                ends[end].encode(packet, of: index, into: &writer)
                let delay = Interval.microseconds(Int.random(in: 50...5000, using: &random))
                let arrival = reorders ? now + delay : max(now + delay, lastArrival[end])
                lastArrival[end] = arrival
                flights.append(Flight(at: arrival, to: 1 - end, bytes: writer.bytes))
            case .report(_, let report):
                reports[end].append(report)
            case .notice(_, .entered(.down, let cause, _)):
                downs[end].append((now, cause))
            case .open, .close, .notice, .configureSocket:
                break
            }
        }
    }

    /// Runs to this time from now.
    mutating func run(_ span: Interval) {
        let limit = now + span
        while let next = nextEvent, next <= limit {
            now = max(now, next)
            for end in 0..<2 where asleepUntil[end] <= now { wake(end) }
        }
        now = limit
    }

    private var nextEvent: Instant? {
        var times: [Instant] = []
        for end in 0..<2 {
            if let deadline = ends[end].nextDeadline {
                times.append(max(deadline - clockOffsets[end], asleepUntil[end]))
            }
        }
        for flight in flights { times.append(max(flight.at, asleepUntil[flight.to])) }
        return times.min()
    }

    private mutating func wake(_ end: Int) {
        var actions: [Action] = []
        let time = now + clockOffsets[end]
        if !drainsBeforeTimeout { ends[end].advance(to: time, into: &actions) }
        let arrived = flights.filter { $0.to == end && $0.at <= now }
        flights.removeAll { $0.to == end && $0.at <= now }
        for flight in arrived.sorted(by: { $0.at < $1.at }) {
            let arrival = Arrival(flight.bytes[...], from: .v4(end == 0 ? 0x0a00_0002 : 0x0a00_0001), hops: 255)
            try? ends[end].receive(arrival, at: time, into: &actions)
        }
        ends[end].advance(to: time, into: &actions)
        perform(actions, by: end)
    }
}

private func seeded(_ name: String, _ body: (UInt64) throws -> Void) rethrows {
    let base = UInt64.random(in: 0...UInt64.max)
    print("SimulationTests.\(name) seed \(base)")
    for round in 0..<40 { try body(base &+ UInt64(round)) }
}

/// Random settings, alike in what must be alike.
private func pair(_ seed: UInt64) -> Pair {
    var generator = SeededGenerator(seed: seed)
    func end(_ neighbor: String) -> SessionSettings {
        var one = settings("one", neighbor)
        one.minTx = .milliseconds(.random(in: 10...300, using: &generator))
        one.minRx = .milliseconds(.random(in: 10...300, using: &generator))
        one.multiplier = .random(in: 2...6, using: &generator)
        return one
    }
    var a = end("10.0.0.2")
    var b = end("10.0.0.1")
    if Bool.random(using: &generator), let type = AuthenticationType.allCases.randomElement(using: &generator) {
        let shared = Authentication(type: type, keys: [AuthenticationKey(id: 1, secret: Array("shared".utf8))])
        a.authentication = shared
        b.authentication = shared
    }
    var pair = Pair(a, b, seed: generator.next())
    pair.clockOffsets[1] = .seconds(.random(in: 0...1_000_000, using: &generator))
    return pair
}

@Suite struct SimulationTests {
    @Test func comesUpAndAgrees() {
        seeded("comesUpAndAgrees") { seed in
            var pair = pair(seed)
            pair.run(.seconds(8))
            #expect(pair.isUp, "seed \(seed)")
            for end in 0..<2 {
                let mine = pair.session(end)
                let theirs = pair.session(1 - end)
                #expect(mine?.isPolling == false, "seed \(seed)")
                #expect(mine?.transmitInterval == theirs?.remoteTiming.transmitInterval, "seed \(seed)")
                #expect(mine?.detectionTime == theirs?.remoteTiming.detectionTime, "seed \(seed)")
            }
        }
    }

    /// A cut is noticed by both within their detection time, counted from the last packet, and healed afterwards.
    @Test func cutIsNoticedInTime() {
        seeded("cutIsNoticedInTime") { seed in
            var pair = pair(seed)
            pair.run(.seconds(8))
            let limits = (0..<2).map { pair.session($0)?.detectionTime ?? .zero }
            let cut = pair.now
            pair.isCut = true
            pair.run(.seconds(8))
            for end in 0..<2 {
                let down = pair.downs[end].first
                #expect(down?.cause == .detectionTimeExpired, "seed \(seed)")
                #expect(down.map { $0.at - cut <= limits[end] + .milliseconds(5) } == true, "seed \(seed)")
            }
            pair.isCut = false
            pair.run(.seconds(12))
            #expect(pair.isUp, "seed \(seed)")
            #expect(pair.reports == [[.untested, .up, .down, .up], [.untested, .up, .down, .up]], "seed \(seed)")
        }
    }

    /// Under heavy loss and reordering (delays differ by 5 ms) sessions may fall, but they stand again soon after.
    @Test func lossAndReorderingAreSurvived() {
        seeded("lossAndReorderingAreSurvived") { seed in
            var pair = pair(seed)
            pair.run(.seconds(8))
            pair.loss = 0.3
            pair.reorders = true
            pair.run(.seconds(60))
            pair.loss = 0
            pair.reorders = false
            pair.run(.seconds(15))
            #expect(pair.isUp, "seed \(seed)")
            #expect(pair.session(0)?.isPolling == false && pair.session(1)?.isPolling == false, "seed \(seed)")
        }
    }

    /// Settings change again and again under loss: the ends agree at last, and without loss never lose each other.
    @Test func reloadsNeverFlap() {
        seeded("reloadsNeverFlap") { seed in
            var generator = SeededGenerator(seed: seed)
            var pair = pair(seed)
            pair.run(.seconds(8))
            for _ in 0..<50 {
                let end = Int.random(in: 0...1, using: &generator)
                guard var settings = pair.session(end)?.settings else { return }
                settings.minTx = .milliseconds(.random(in: 10...500, using: &generator))
                settings.minRx = .milliseconds(.random(in: 10...500, using: &generator))
                settings.multiplier = .random(in: 2...6, using: &generator)
                var actions: [Action] = []
                pair.ends[end].reconfigure(to: [settings], at: pair.now + pair.clockOffsets[end], into: &actions)
                pair.run(.milliseconds(.random(in: 0...2000, using: &generator)))
            }
            pair.run(.seconds(8))
            #expect(pair.isUp, "seed \(seed)")
            #expect(pair.downs.allSatisfy { $0.isEmpty }, "seed \(seed)")
            #expect(pair.session(0)?.detectionTime == pair.session(1)?.remoteTiming.detectionTime, "seed \(seed)")
        }
    }

    /// An end that sleeps for less than the other's patience does not take its own sleep for a failure.
    private func sleepers(_ seed: UInt64, drains: Bool) -> Pair {
        var sleeper = settings("one", "10.0.0.2")
        sleeper.multiplier = 20
        var pair = Pair(sleeper, settings("one", "10.0.0.1"), seed: seed)
        pair.drainsBeforeTimeout = drains
        pair.run(.seconds(8))
        for _ in 0..<10 {
            pair.asleepUntil[0] = pair.now + .milliseconds(700)
            pair.run(.seconds(2))
        }
        return pair
    }

    @Test func b61ASleeperBelievesItsSocketFirst() {
        seeded("b61ASleeperBelievesItsSocketFirst") { seed in
            let pair = sleepers(seed, drains: true)
            #expect(pair.downs.allSatisfy { $0.isEmpty }, "seed \(seed)")
        }
    }

    @Test func theSimulationFindsAPlantedFault() {
        let pair = sleepers(4711, drains: false)
        #expect(!pair.downs[0].isEmpty)
    }
}
