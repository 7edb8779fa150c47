// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Testing

/// Transmission and times: RFC 5880 sections 6.8.1 to 6.8.4, 6.8.7 and 6.8.16.
@Suite struct SendingTests {
    /// Milliseconds between the packets sent in a while.
    private func gaps(_ end: inout End, over span: Interval) -> [Double] {
        var times: [Instant] = []
        let limit = end.now + span
        while let next = end.sessions.nextDeadline, next <= limit {
            end.advance(by: next - end.now)
            if !end.takePackets().isEmpty { times.append(end.now) }
            try? end.receive(.up, minTx: 100_000, minRx: end.session.remoteMinRx)
            _ = end.take()
        }
        return zip(times.dropFirst(), times).map { Double(($0 - $1).microseconds) / 1000 }
    }

    @Test("B-10 the interval is the larger one, less a random part", arguments: [50_000, 100_000, 300_000] as [UInt32])
    func b10Jitter(_ remote: UInt32) throws {
        var end = End(settings())
        try end.bringUp(minRx: remote)
        let interval = Double(max(remote, 100_000)) / 1000
        let gaps = gaps(&end, over: .seconds(60))
        #expect(gaps.count > 100)
        #expect(gaps.allSatisfy { $0 >= interval * 0.749 && $0 <= interval })
        #expect(gaps.min() ?? 0 < interval * 0.83)
        #expect(gaps.max() ?? 0 > interval * 0.97)
    }

    @Test func b10JitterLeavesATenthWhenNoPacketMayBeLost() throws {
        var single = settings()
        single.multiplier = 1
        var end = End(single)
        try end.bringUp()
        let gaps = gaps(&end, over: .seconds(60))
        #expect(gaps.allSatisfy { $0 >= 74.9 && $0 <= 90 })
        #expect(gaps.max() ?? 0 > 88)
        #expect(gaps.min() ?? 0 < 83)
    }

    /// Packets of many sessions leave together, and still none leaves before three quarters of its interval.
    @Test func b10WakingsAreShared() {
        var end = End()
        let instances = (1...100).map { settings("s\($0)", "10.0.1.\($0)") }
        end.reconfigure(instances)
        _ = end.take()
        var last = [Int: Instant]()
        var wakings = 0
        var sent = 0
        let limit = end.now + .seconds(30)
        while let next = end.sessions.nextDeadline, next <= limit {
            end.advance(by: next - end.now)
            wakings += 1
            for case .send(let index, _) in end.take() {
                sent += 1
                if let before = last[index] {
                    #expect(end.now - before >= .milliseconds(750))
                    #expect(end.now - before <= .seconds(1))
                }
                last[index] = end.now
            }
        }
        #expect(sent > 3000)
        #expect(wakings * 3 < sent)
    }

    @Test func b11APacketASecondWhileNotUp() throws {
        var fast = settings()
        fast.idleTx = .milliseconds(10)
        var end = End(fast)
        end.advance(by: .seconds(10))
        let sent = end.takePackets()
        #expect((10...14).contains(sent.count))
        #expect(sent.allSatisfy { $0.desiredMinTx == 1_000_000 && $0.requiredMinRx == 100_000 && $0.state == .down })
        try end.bringUp()
        #expect(end.session.transmitInterval == .milliseconds(100))
        try end.receive(.adminDown)
        #expect(end.takePackets().last?.desiredMinTx == 1_000_000)
        #expect(end.session.transmitInterval == .seconds(1))
    }

    @Test func b12SilentWhereTheNeighborWantsNothing() throws {
        var end = End(settings())
        try end.bringUp()
        try end.receive(.up, minTx: 10_000_000, minRx: 0)
        _ = end.take()
        end.advance(by: .seconds(5))
        #expect(end.takePackets().isEmpty)
        try end.receive(.up, minTx: 10_000_000, minRx: 0) { $0.poll = true }
        #expect(end.takePackets().count == 1)
    }

    @Test func b12PassiveEndWaitsToBeSpokenTo() throws {
        var quiet = settings()
        quiet.isPassive = true
        var end = End(quiet)
        end.advance(by: .seconds(10))
        #expect(end.takePackets().isEmpty)
        try end.receive(.down, knowing: false)
        #expect(end.takePackets().first?.state == .`init`)
        try end.receive(.`init`)
        end.advance(by: .seconds(10))
        #expect(end.session.state == .down)
        _ = end.take()
        end.advance(by: .seconds(10))
        #expect(end.takePackets().isEmpty, "The neighbour is forgotten, so the end is silent again.")
    }

    @Test func b12NeighborInDemandModeHearsOnlyPolls() throws {
        var end = End(settings())
        try end.bringUp()
        try end.receive(.up, minTx: 10_000_000) { $0.demand = true }
        _ = end.take()
        end.advance(by: .seconds(2))
        #expect(end.takePackets().isEmpty)
        var changed = settings()
        changed.minRx = .milliseconds(400)
        end.reconfigure([changed])
        end.advance(by: .seconds(2))
        let polls = end.takePackets()
        #expect(polls.count > 10)
        #expect(polls.allSatisfy { $0.poll })
        try end.receive(.up, minTx: 10_000_000) { packet in
            packet.demand = true
            packet.final = true
        }
        end.advance(by: .seconds(2))
        #expect(end.takePackets().isEmpty)
    }

    @Test func b13StateChangeIsToldAtOnce() throws {
        var end = End(settings())
        _ = end.take()
        try end.receive(.down, knowing: false)
        #expect(end.takePackets().map(\.state) == [.`init`])
        try end.receive(.`init`)
        #expect(end.takePackets().map(\.state) == [.up])
        try end.receive(.down)
        #expect(end.takePackets().map(\.state) == [.down])
    }

    @Test func b14StopIsToldForADetectionTime() throws {
        var slow = settings()
        slow.minTx = .seconds(2)
        var end = End(slow)
        try end.bringUp()
        end.stop()
        let first = end.take()
        #expect(packets(first).map(\.state) == [.adminDown])
        #expect(packets(first).map(\.diagnostic) == [.administrativelyDown])
        #expect(reports(first).isEmpty, "Those who track the session learn nothing from our own end.")
        end.advance(by: .milliseconds(5900))
        #expect(!end.sessions.isEmpty)
        #expect(end.takePackets().allSatisfy { $0.state == .adminDown })
        end.advance(by: .milliseconds(200))
        #expect(end.sessions.isEmpty)
        #expect(end.take().last == .close(0))
    }

    @Test func b14RemovalIsToldToo() throws {
        var end = End(settings(), settings("two", "10.0.0.3"))
        try end.bringUp()
        end.reconfigure([settings("two", "10.0.0.3")])
        #expect(end.takePackets().map(\.state) == [.adminDown])
        end.advance(by: .milliseconds(301))
        #expect(end.take().contains(.close(0)))
        #expect(end.sessions.all.map(\.settings.name) == ["two"])
    }

    @Test func b20SilenceEndsTheSession() throws {
        var end = End(settings())
        try end.bringUp(minTx: 150_000)
        #expect(end.session.detectionTime == .milliseconds(450))
        end.advance(by: .milliseconds(449))
        #expect(end.session.state == .up)
        end.advance(by: .milliseconds(1))
        #expect(end.session.state == .down)
        #expect(end.session.diagnostic == .detectionTimeExpired)
        let actions = end.take()
        #expect(reports(actions) == [.down])
        #expect(actions.contains(.notice(0, .expired(after: .milliseconds(450), overdue: .zero))))
        let last = try #require(packets(actions).last)
        #expect(last.state == .down)
        #expect(last.diagnostic == .detectionTimeExpired)
    }

    @Test func b20SilenceWhileInit() throws {
        var end = End(settings())
        try end.receive(.down, knowing: false)
        end.advance(by: .seconds(3))
        #expect(end.session.state == .down)
        #expect(end.session.diagnostic == .detectionTimeExpired)
    }

    @Test func b20DetectionTimeUsesTheLargerInterval() throws {
        var end = End(settings())
        try end.bringUp(minTx: 20_000)
        #expect(end.session.detectionTime == .milliseconds(300))
    }

    @Test func b21NeighborIsForgottenAfterADetectionTime() throws {
        var end = End(settings())
        try end.bringUp()
        end.advance(by: .milliseconds(300))
        #expect(end.session.remoteDiscriminator == 0)
        #expect(end.takePackets().last?.yourDiscriminator == 0)
        try end.receive(.adminDown, knowing: false, minTx: 1_000_000)
        #expect(end.session.remoteDiscriminator == 77)
        end.advance(by: .milliseconds(2999))
        #expect(end.session.remoteDiscriminator == 77)
        end.advance(by: .milliseconds(1))
        #expect(end.session.remoteDiscriminator == 0)
    }

    /// A neighbour that wanted no packets and then died must not keep us silent for ever.
    @Test func b21ASilencedEndSpeaksAgain() throws {
        var end = End(settings())
        try end.bringUp()
        try end.receive(.up, minTx: 100_000, minRx: 0)
        end.advance(by: .seconds(5))
        #expect(end.takePackets().count > 3)
    }

    @Test func b22ChangesArePolled() throws {
        var end = End(settings())
        try end.bringUp()
        var slower = settings()
        slower.minTx = .milliseconds(300)
        slower.minRx = .milliseconds(50)
        end.reconfigure([slower])
        #expect(end.session.transmitInterval == .milliseconds(100), "Slower only after the answer.")
        #expect(end.session.detectionTime == .milliseconds(300), "Less patient only after the answer.")
        #expect(end.takePackets().isEmpty, "Polls ride on periodic packets.")
        end.advance(by: .milliseconds(100))
        let poll = try #require(end.takePackets().first)
        #expect(poll.poll)
        #expect(poll.desiredMinTx == 300_000)
        #expect(poll.requiredMinRx == 50_000)
        try end.receive(.up, minTx: 20_000) { $0.final = true }
        #expect(end.session.transmitInterval == .milliseconds(300))
        #expect(end.session.detectionTime == .milliseconds(150))
        end.advance(by: .milliseconds(50))
        try end.receive(.up, minTx: 20_000)
        end.advance(by: .milliseconds(100))
        try end.receive(.up, minTx: 20_000)
        end.advance(by: .milliseconds(100))
        try end.receive(.up, minTx: 20_000)
        end.advance(by: .milliseconds(50))
        #expect(end.takePackets().contains { !$0.poll })
    }

    @Test func b22FasterAndMorePatientAtOnce() throws {
        var end = End(settings())
        try end.bringUp(minRx: 20_000)
        var faster = settings()
        faster.minTx = .milliseconds(30)
        faster.minRx = .milliseconds(200)
        end.reconfigure([faster])
        #expect(end.session.transmitInterval == .milliseconds(30))
        #expect(end.session.detectionTime == .milliseconds(600))
        #expect(end.session.isPolling)
    }

    @Test func b22RemoteReductionIsHonoredAtOnce() throws {
        var end = End(settings())
        try end.bringUp(minRx: 5_000_000)
        try end.receive(.up, minTx: 2_000_000, minRx: 100_000)
        let next = try #require(end.sessions.nextDeadline)
        #expect(next - end.now <= .milliseconds(100))
    }

    @Test func b23OnePollAtATime() throws {
        var end = End(settings())
        try end.bringUp()
        var first = settings()
        first.minTx = .milliseconds(200)
        end.reconfigure([first])
        var second = settings()
        second.minTx = .milliseconds(400)
        end.reconfigure([second])
        end.advance(by: .milliseconds(100))
        #expect(end.takePackets().map(\.desiredMinTx) == [200_000])
        try end.receive(.up, minTx: 100_000) { $0.final = true }
        #expect(end.session.transmitInterval == .milliseconds(200))
        #expect(end.session.isPolling)
        end.advance(by: .milliseconds(200))
        #expect(end.takePackets().map(\.desiredMinTx) == [400_000])
        try end.receive(.up, minTx: 100_000) { $0.final = true }
        #expect(end.session.transmitInterval == .milliseconds(400))
        #expect(!end.session.isPolling)
    }

    /// A Poll that was sent several times is answered several times; the rest of the answers must not end the next one.
    @Test func b23ALateAnswerEndsNothing() throws {
        var end = End(settings())
        try end.bringUp()
        var first = settings()
        first.minTx = .milliseconds(200)
        end.reconfigure([first])
        end.advance(by: .milliseconds(250))
        let polls = end.takePackets().count
        #expect(polls > 1)
        var second = settings()
        second.minTx = .milliseconds(400)
        end.reconfigure([second])
        for _ in 0..<polls {
            try end.receive(.up, minTx: 100_000) { $0.final = true }
            #expect(end.session.transmitInterval == .milliseconds(200))
            #expect(end.session.isPolling)
        }
        try end.receive(.up, minTx: 100_000) { $0.final = true }
        #expect(end.session.transmitInterval == .milliseconds(400))
    }

    @Test func b24DiscriminatorsAreUniqueAndTheLastCauseIsTold() throws {
        var end = End()
        end.reconfigure((1...200).map { settings("s\($0)", "10.0.1.\($0)") })
        let numbers = end.sessions.all.map(\.localDiscriminator)
        #expect(Set(numbers).count == 200)
        #expect(!numbers.contains(0))
        #expect(numbers.max() ?? 0 > 0x8000_0000)
        var one = End(settings())
        try one.bringUp()
        try one.receive(.down)
        #expect(one.takePackets().last?.diagnostic == .neighborSignaledDown)
        try one.receive(.down)
        #expect(one.takePackets().last?.diagnostic == .neighborSignaledDown, "Kept until the session is Up again.")
    }

    @Test func b40SourcePortsAreInRangeAndUnique() {
        var end = End()
        end.reconfigure((1...200).map { settings("s\($0)", "10.0.1.\($0)") })
        let ports = end.sessions.all.map(\.sourcePort)
        #expect(Set(ports).count == 200)
        #expect(ports.allSatisfy { $0 >= 49152 })
        end.sessions.drawPort(for: 3)
        #expect(end.sessions[3]?.sourcePort != ports[3])
    }

    @Test func b43AnActiveEndSpeaksFirst() {
        var end = End(settings())
        let first = end.takePackets()
        #expect(first.count == 1)
        #expect(first.first?.yourDiscriminator == 0)
    }

    @Test func b44NoEchoIsOffered() {
        var end = End(settings())
        #expect(end.takePackets().first?.requiredMinEchoRx == 0)
    }
}
