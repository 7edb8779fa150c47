// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import Testing

/// Connections of which only matters whether they stand.
@Suite(.serialized) final class ConnectionAttemptsTests {
    private let loop: EventLoop
    private var attempts: ConnectionAttempts?
    private var told: [(owner: Int, number: UInt32, end: ConnectionAttempts.End)] = []
    private static let host = IPAddress.v4(0x7f00_0001)

    init() throws {
        loop = try EventLoop()
        attempts = ConnectionAttempts(loop: loop) { [unowned self] owner, number, end, _ in
            told.append((owner, number, end))
        }
    }

    private func listener() throws -> (socket: Socket, address: SocketAddress) {
        let socket = try Socket(.ipv4, .stream)
        try socket.bind(to: SocketAddress(Self.host))
        return (socket, try #require(socket.localAddress))
    }

    private func begin(_ owner: Int, number: UInt32 = 1, _ peer: SocketAddress, _ patience: Interval = .seconds(2)) throws {
        try attempts?.begin(owner, number: number, Socket(.ipv4, .stream), to: peer, until: .now + patience)
    }

    private func turn(until isOver: () -> Bool) {
        let end = Instant.now + .seconds(3)
        while !isOver(), Instant.now < end { loop.turn(until: .now + .milliseconds(20)) }
    }

    @Test func eachOwnerIsToldOfItsOwn() throws {
        let (open, good) = try listener()
        let (closed, bad) = try listener()
        try open.listen()
        for owner in [7, 0, 3] { try begin(owner, number: UInt32(owner) + 10, owner == 3 ? bad : good) }
        #expect(attempts?.count == 3)
        turn { told.count == 3 }
        #expect(attempts?.count == 0)
        withExtendedLifetime(closed) {
            for (owner, number, end) in told {
                #expect(number == UInt32(owner) + 10)
                if owner == 3 {
                    guard case .failed(let error) = end else { Issue.record("refused, and told \(end)"); continue }
                    #expect(error.reason == "Connection refused")
                } else {
                    #expect(end == .stands)
                }
            }
        }
    }

    @Test func whoDoesNotAnswerIsLate() throws {
        let (deaf, peer) = try listener()
        try deaf.listen(room: 0)
        // One connection fills a backlog of nothing; what comes then is not answered.
        let first = try Socket(.ipv4, .stream)
        _ = try first.connect(to: peer)
        loop.turn(until: .now + .milliseconds(20))
        try begin(1, peer, .milliseconds(80))
        let began = Instant.now
        turn { !told.isEmpty }
        #expect(told.map(\.end) == [.late])
        #expect(Instant.now - began >= .milliseconds(79))
        withExtendedLifetime(first) {}
    }

    @Test func anAbandonedAttemptIsNotToldOf() throws {
        let (open, peer) = try listener()
        try open.listen()
        try begin(0, number: 1, peer)
        attempts?.abandon(0)
        try begin(0, number: 2, peer)
        turn { !told.isEmpty }
        loop.turn(until: .now + .milliseconds(20))
        #expect(told.map(\.number) == [2])
        try begin(0, number: 3, peer)
        attempts = nil
        loop.turn(until: .now + .milliseconds(20))
        #expect(told.count == 1)
    }
}
