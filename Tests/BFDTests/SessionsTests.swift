// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Testing

/// Reload and what others are told.
@Suite struct SessionsTests {
    @Test func b60AReloadThatDoesNotTouchASessionIsNotFelt() throws {
        var end = End(settings())
        try end.bringUp()
        let before = (end.session.localDiscriminator, end.sessions.nextDeadline, end.session.sourcePort)
        end.reconfigure([settings(), settings("two", "10.0.0.3")])
        #expect(packets(end.take()).allSatisfy { $0.myDiscriminator != before.0 })
        #expect(end.session.state == .up)
        #expect(before == (end.session.localDiscriminator, end.sessions.nextDeadline, end.session.sourcePort))
    }

    @Test func b60OtherSettingsKeepTheSessionUp() throws {
        var end = End(settings())
        try end.bringUp()
        var other = settings()
        other.multiplier = 9
        other.weight = 20
        other.hops = HopRule(identity: other.identity, ttl: 255, maximumHops: 4)
        end.reconfigure([other])
        #expect(end.take().isEmpty)
        end.advance(by: .milliseconds(100))
        #expect(end.takePackets().map(\.detectMultiplier) == [9])
        try end.receive(.up, minTx: 100_000, hops: 251)
        #expect(end.session.state == .up)
    }

    @Test func b60ASessionThatWasNeverUpIsUntested() throws {
        var end = End(settings())
        #expect(reports(end.take()) == [.untested])
        try end.receive(.down, knowing: false)
        end.advance(by: .seconds(10))
        #expect(reports(end.take()).isEmpty)
        try end.receive(.down, knowing: false)
        try end.receive(.`init`)
        #expect(reports(end.take()) == [.up])
        end.advance(by: .seconds(10))
        #expect(reports(end.take()) == [.down])
    }

    @Test func b60ANeighborsStopIsNotAFailure() throws {
        var end = End(settings())
        try end.bringUp()
        try end.receive(.adminDown) { $0.diagnostic = .administrativelyDown }
        #expect(reports(end.take()) == [.adminDown])
    }

    @Test func b60ASessionThatComesBackDuringItsFarewellBeginsAnew() throws {
        var end = End(settings())
        try end.bringUp()
        end.reconfigure([])
        _ = end.take()
        end.reconfigure([settings()])
        let actions = end.take()
        #expect(packets(actions).map(\.state) == [.down])
        #expect(reports(actions) == [.untested])
        end.advance(by: .seconds(1))
        #expect(!end.sessions.isEmpty)
        try end.bringUp()
        #expect(end.session.state == .up)
    }

    @Test func b60ARenamedSessionTakesTheAddressesOver() throws {
        var end = End(settings())
        try end.bringUp()
        end.reconfigure([settings("other")])
        let actions = end.take()
        #expect(packets(actions).map(\.state) == [.down, .adminDown])
        #expect(actions.last == .close(0))
        #expect(end.sessions.all.map(\.settings.name) == ["other"])
        end.reconfigure([settings("other"), settings("more", "10.0.0.9")])
        #expect(end.sessions[0]?.settings.name == "more", "A free place is used again.")
    }

    /// A process that slept hands over what waits in its socket before it looks at the clock.
    @Test func b61WaitingPacketsAreTakenBeforeTheTimeout() throws {
        var end = End(settings())
        try end.bringUp()
        end.now = end.now + .seconds(5)
        try end.receive(.up, minTx: 100_000)
        end.advance(by: .zero)
        #expect(end.session.state == .up)
        #expect(end.takePackets().count == 1, "One packet, not fifty, makes up for the sleep.")
    }

    @Test func b62AFullConversationWithKeepalived() throws {
        var end = End(settings())
        _ = end.take()
        try end.receive(bytes("20400518329269590000000000 0f42400000271000000000"))
        #expect(end.takePackets().first?.state == .`init`)
        let mine = hexDigits(end.session.localDiscriminator, width: 8)
        try end.receive(bytes("20e0051832926959" + mine + "000027100000271000000000"))
        let answer = end.takePackets()
        #expect(answer.map(\.state) == [.up])
        #expect(answer.map(\.final) == [true])
        try end.receive(bytes("20d0051832926959" + mine + "000027100000271000000000"))
        #expect(end.session.detectionTime == .milliseconds(500))
        #expect(end.session.transmitInterval == .milliseconds(100))
    }

    @Test func linesForTheLog() {
        let down = Notice.entered(.down, local: .detectionTimeExpired, remote: .none)
        #expect(
            down.lines(name: "N") == [
                "(N) Entering Down state (Local diagnostic - Control Detection Time Expired, "
                    + "Remote diagnostic - No Diagnostic)"
            ]
        )
        #expect(Notice.entered(.up, local: .none, remote: .none).lines(name: "N") == ["(N) Entering Up state"])
        let expired = Notice.expired(after: .milliseconds(240), overdue: .microseconds(130))
        #expect(expired.lines(name: "N") == ["(N) Expired after 240 ms (130 usec overdue)"])
    }
}
