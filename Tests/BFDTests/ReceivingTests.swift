// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Testing

/// Reception and the state machine: RFC 5880 section 6.8.6, RFC 5881 section 5.
private let transitions: [(SessionState, SessionState, SessionState)] = [
    (.down, .adminDown, .down), (.down, .down, .`init`), (.down, .`init`, .up),
    (.down, .up, .down), (.`init`, .adminDown, .down), (.`init`, .down, .`init`), (.`init`, .`init`, .up),
    (.`init`, .up, .up), (.up, .adminDown, .down), (.up, .down, .down), (.up, .`init`, .up), (.up, .up, .up),
]

private let hopRules: [(String, UInt8?, Int?, Bool, UInt8)] = [
    ("10.0.0.2", nil, nil, false, 255), ("10.0.0.2", nil, 2, false, 253), ("10.0.0.2", 64, 2, true, 62),
    ("10.0.0.2", nil, -1, false, 0), ("10.0.0.2", nil, 255, true, 0), ("10.0.0.2", 200, nil, false, 200),
    ("fd00::2", nil, nil, false, 255), ("fd00::2", nil, 2, false, 62), ("fd00::2", nil, nil, true, 0),
]

@Suite struct ReceivingTests {
    @Test func b2UnknownDiscriminatorIsDropped() throws {
        var end = End(settings())
        #expect(throws: Rejection.noSuchSession) { try end.receive(.down) { $0.yourDiscriminator ^= 1 } }
        #expect(end.sessions.rejections[.noSuchSession] == 1)
    }

    @Test func b2TheDiscriminatorAloneSelectsTheSession() throws {
        var end = End(settings())
        try end.receive(.down, from: "192.0.2.9")
        #expect(end.session.state == .`init`)
    }

    @Test func b3NoDiscriminatorWhileUpIsDropped() throws {
        var end = End(settings())
        #expect(throws: Rejection.zeroYourDiscriminator) { try end.receive(.up, knowing: false) }
        #expect(throws: Rejection.zeroYourDiscriminator) { try end.receive(.`init`, knowing: false) }
    }

    @Test func b4TheAddressSelectsTheFirstPacket() throws {
        var bound = settings("bound", "fe80::1")
        bound.identity.interface = "eth7"
        var end = End(settings(), settings("far", "10.0.0.2", multihop: true), bound)
        #expect(throws: Rejection.noSuchSession) { try end.receive(.down, knowing: false, from: "10.0.0.3") }
        try end.receive(.down, knowing: false, hops: 9, multihop: true)
        #expect(end.sessions[0]?.state == .down)
        #expect(end.sessions[1]?.state == .`init`)
        #expect(throws: Rejection.noSuchSession) {
            try end.receive(.down, knowing: false, from: "fe80::1", interface: 8)
        }
        try end.receive(.down, knowing: false, from: "fe80::1", interface: 7)
        #expect(end.sessions[2]?.state == .`init`)
    }

    @Test func b4ASessionThatTakesLeaveIsNotSelected() throws {
        var old = settings("old")
        old.identity.source = IPAddress("10.0.0.1")
        var new = settings("new")
        new.identity.source = IPAddress("10.0.0.9")
        var end = End(old, new)
        try end.bringUp()
        end.reconfigure([new])
        try end.receive(.down, knowing: false)
        #expect(end.sessions[1]?.state == .`init`)
    }

    @Test func b5AuthenticationMustBeAsConfigured() throws {
        var open = End(settings())
        #expect(throws: Rejection.authenticationUnexpected) {
            try open.receive(bytes(authenticatedCaptures[0].1.forced(open)))
        }
        var secured = settings()
        secured.authentication = Authentication(
            type: .keyedSHA1, keys: [AuthenticationKey(id: 17, secret: Array("secret99".utf8))])
        var end = End(secured)
        #expect(throws: Rejection.authenticationMissing) { try end.receive(.down, knowing: false) }
        #expect(end.session.statistics.rejections[.authenticationMissing] == 1)
        #expect(end.session.remoteDiscriminator == 0)
    }

    @Test func b6WhatTheNeighborSaysIsKept() throws {
        var end = End(settings())
        try end.receive(.down, knowing: false, minTx: 1_500_000, minRx: 250_000, multiplier: 4) {
            $0.diagnostic = .pathDown
            $0.demand = true
        }
        #expect(end.session.remoteDiscriminator == 77)
        #expect(end.session.remoteState == .down)
        #expect(end.session.remoteIsDemanding)
        #expect(end.session.remoteDiagnostic == .pathDown)
        #expect(end.session.transmitInterval == .seconds(1))
        #expect(end.session.detectionTime == .seconds(6))
    }

    @Test func b6FinalEndsOnlyAPollOfOurs() throws {
        var end = End(settings())
        try end.receive(.down, knowing: false) { $0.final = true }
        try end.receive(.`init`)
        #expect(end.session.isPolling)
        try end.receive(.up) { $0.final = true }
        #expect(!end.session.isPolling)
    }

    @Test func b7StoppedSessionDiscardsPackets() throws {
        var end = End(settings())
        try end.bringUp()
        end.stop()
        #expect(throws: Rejection.adminDown) { try end.receive(.up) }
        #expect(end.session.state == .adminDown)
    }

    /// The whole table: our state and the one received, against the state after and its diagnostic.
    @Test("B-7 the state table", arguments: transitions)
    func b7StateTable(_ before: SessionState, _ received: SessionState, _ after: SessionState) throws {
        var end = End(settings())
        if before != .down { try end.receive(.down, knowing: false) }
        if before == .up { try end.receive(.`init`) }
        #expect(end.session.state == before)
        try end.receive(received)
        #expect(end.session.state == after)
        if before != .down, after == .down { #expect(end.session.diagnostic == .neighborSignaledDown) }
    }

    @Test func b8PollIsAnsweredAtOnce() throws {
        var end = End(settings())
        try end.bringUp()
        let due = end.sessions.nextDeadline
        try end.receive(.up, minTx: 100_000) { $0.poll = true }
        let answer = try #require(end.takePackets().first)
        #expect(answer.final)
        #expect(!answer.poll)
        #expect(answer.yourDiscriminator == 77)
        #expect(end.sessions.nextDeadline == due, "The answer does not count as a periodic packet.")
    }

    @Test func b9NeverPollAndFinal() throws {
        var end = End(settings())
        try end.receive(.down, knowing: false)
        try end.receive(.`init`) { $0.poll = true }
        #expect(end.session.isPolling)
        try end.receive(.up) { $0.poll = true }
        end.advance(by: .milliseconds(200))
        let sent = end.takePackets()
        #expect(sent.contains { $0.poll })
        #expect(sent.contains { $0.final })
        #expect(!sent.contains { $0.poll && $0.final })
    }

    @Test("B-41 packets over one hop come with 255", arguments: [0, 64, 254] as [UInt8])
    func b41HopsOverOneHop(_ hops: UInt8) throws {
        var end = End(settings())
        #expect(throws: Rejection.hops) { try end.receive(.down, knowing: false, hops: hops) }
        #expect(end.session.state == .down)
        #expect(end.session.settings.hops.sent == 255)
        #expect(end.session.statistics.rejections[.hops] == 1)
    }

    /// Upstream sends 64 over IPv6 by default: its sessions come up, but a stranger without our discriminator cannot
    /// end one.
    @Test func b41UpstreamsHopLimitOverIPv6() throws {
        var end = End(settings("six", "fd00::2"))
        #expect(throws: Rejection.hops) { try end.receive(.down, knowing: false, from: "fd00::2", hops: 63) }
        try end.receive(.down, knowing: false, from: "fd00::2", hops: 64)
        try end.receive(.`init`, from: "fd00::2", hops: 64)
        try end.receive(.up, from: "fd00::2", hops: 64)
        #expect(throws: Rejection.hops) { try end.receive(.down, knowing: false, from: "fd00::2", hops: 64) }
        #expect(end.session.state == .up)
        try end.receive(.down, knowing: false, from: "fd00::2", hops: 255)
        #expect(end.session.state == .down)
    }

    @Test func b41AuthenticatedPacketsMayComeFromFar() throws {
        var secured = settings()
        secured.authentication = Authentication(
            type: .simplePassword, keys: [AuthenticationKey(id: 17, secret: Array("secret99".utf8))]
        )
        var end = End(secured)
        try end.receive(bytes("204403230000004d00000000000f4240000186a000000000010b117365637265743939"), hops: 3)
        #expect(end.session.state == .`init`)
    }

    @Test func b50NoHopLimitOverManyHops() throws {
        var end = End(settings("far", "10.0.0.2", multihop: true))
        try end.receive(.down, knowing: false, hops: 3, multihop: true)
        #expect(end.session.state == .`init`)
        #expect(throws: Rejection.noSuchSession) { try end.receive(.`init`, multihop: false) }
    }

    @Test("B-50 max_hops and ttl bound the hops", arguments: hopRules)
    func b50HopRule(_ neighbor: String, _ ttl: UInt8?, _ maximum: Int?, _ multihop: Bool, _ accepted: UInt8) {
        let identity = settings("x", neighbor, multihop: multihop).identity
        let rule = HopRule(identity: identity, ttl: ttl, maximumHops: maximum)
        #expect(rule.accepted == accepted)
        #expect(rule.sent == ttl ?? 255)
    }
}

extension String {
    /// The same packet addressed to nobody in particular.
    fileprivate func forced(_ end: End) -> String {
        "20440323" + "0000004d" + hexDigits(end.session.localDiscriminator, width: 8) + dropFirst(24)
    }
}
