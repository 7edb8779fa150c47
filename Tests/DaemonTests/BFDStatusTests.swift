// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Daemon
import Linux
import Testing

/// The channel from the BFD process to one that tracks its sessions, both ends on one loop.
private final class Bench {
    let loop: EventLoop
    let near: MessageChannel
    let far: MessageChannel
    let publisher: BFDPublisher
    var heard: [BFDStatus] = []
    var subscriber: BFDSubscriber?

    init() throws {
        loop = try EventLoop()
        (near, far) = try MessageChannel.pair()
        publisher = try BFDPublisher(loop: loop, channel: near)
    }

    func subscribe(patience: Interval = BFDSubscriber.patience) throws {
        subscriber = try BFDSubscriber(loop: loop, channel: far, patience: patience) { [unowned self] status, _ in heard.append(status) }
    }

    func publish(_ name: String, _ report: SessionReport) {
        publisher.publish(BFDStatus(name: name, report: report, since: Instant.now))
    }

    /// Goes round until nothing is left to do.
    func settle() {
        for _ in 0..<200 { loop.turn(until: Instant.now) }
    }

    var newest: [String: SessionReport] { Dictionary(heard.map { ($0.name, $0.report) }, uniquingKeysWith: { $1 }) }
}

@Suite struct BFDStatusTests {
    @Test func messageKeepsEverything() throws {
        let status = BFDStatus(
            name: "a session of thirty-one bytes..", report: .adminDown, since: Instant(nanoseconds: 1 << 50))
        #expect(BFDStatus(bytes: status.bytes) == status)
        #expect(BFDStatus(bytes: Array(status.bytes.prefix(9))) == nil)
        #expect(BFDStatus(bytes: [0x53, 9] + Array(repeating: 0, count: 9)) == nil)
        #expect(BFDStatus(bytes: []) == nil)
    }

    @Test func changesArriveInOrder() throws {
        let bench = try Bench()
        try bench.subscribe()
        for report in [SessionReport.untested, .up, .down, .up] {
            bench.publish("one", report)
            bench.settle()
        }
        #expect(bench.heard.map(\.report) == [.untested, .up, .down, .up])
    }

    /// A hundred thousand changes for a reader that sleeps: no room is taken, and it wakes to the newest states.
    @Test func b60ASleepingReaderLosesNoState() throws {
        let bench = try Bench()
        for round in 0..<1000 {
            for session in 0..<100 { bench.publish("s\(session)", (round + session) % 2 == 0 ? .up : .down) }
        }
        bench.publish("s7", .adminDown)
        try bench.subscribe()
        bench.settle()
        #expect(bench.newest.count == 100)
        for session in 0..<100 where session != 7 {
            #expect(bench.newest["s\(session)"] == ((999 + session) % 2 == 0 ? .up : .down))
        }
        #expect(bench.newest["s7"] == .adminDown)
    }

    @Test func b60AReaderThatBeginsLaterHearsAll() throws {
        let bench = try Bench()
        bench.publish("one", .up)
        bench.publish("two", .down)
        try bench.subscribe()
        bench.settle()
        bench.heard = []
        bench.subscriber = nil
        try bench.subscribe()
        bench.settle()
        #expect(bench.newest == ["one": .up, "two": .down])
    }

    @Test func b60ANewBFDProcessIsNoFailure() throws {
        let bench = try Bench()
        try bench.subscribe()
        bench.publish("one", .up)
        bench.publish("two", .down)
        bench.settle()
        bench.heard = []
        bench.publish("one", .untested)
        bench.publish("two", .untested)
        bench.settle()
        #expect(bench.heard.isEmpty)
        bench.publish("one", .up)
        bench.publish("two", .up)
        bench.settle()
        #expect(bench.heard.map(\.name) == ["two"])
    }

    @Test func onlyAChangeFromUpToDownIsAFailure() throws {
        let bench = try Bench()
        bench.publish("one", .down)
        try bench.subscribe()
        for report in [SessionReport.up, .down, .up, .adminDown, .up, .down] {
            bench.publish("one", report)
            bench.settle()
        }
        #expect(bench.heard.map(\.isFailure) == [false, false, true, false, false, false, true])
    }

    @Test func aDownThatIsOnlyPresumedIsNoFailure() throws {
        let bench = try Bench()
        try bench.subscribe(patience: .zero)
        for report in [SessionReport.up, .untested] {
            bench.publish("one", report)
            bench.settle()
        }
        #expect(bench.heard.map(\.report) == [.up, .down])
        #expect(bench.heard.map(\.isFailure) == [false, false])
    }

    @Test func lineForTheLog() {
        let status = BFDStatus(name: "N", report: .up, since: Instant(nanoseconds: 1_000_000))
        let line = status.line(receivedAt: Instant(nanoseconds: 1_037_000))
        #expect(line == "Received BFD event: instance N is in state Up (delivered in 37 usec)")
    }
}
