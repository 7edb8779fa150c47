// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Testing

/// Sequence numbers of authenticated sessions: RFC 5880 sections 6.7.3 and 6.7.4.
@Suite struct SequenceTests {
    private static let key = AuthenticationKey(id: 3, secret: Array("a secret".utf8))
    private static let sequenced: [AuthenticationType] = [
        .keyedMD5, .meticulousKeyedMD5, .keyedSHA1, .meticulousKeyedSHA1,
    ]

    private func end(_ type: AuthenticationType, _ keys: AuthenticationKey...) -> End {
        var secured = settings()
        secured.authentication = Authentication(type: type, keys: keys.isEmpty ? [Self.key] : keys)
        return End(secured)
    }

    /// A signed packet from the neighbour.
    private func receive(
        _ end: inout End, _ state: SessionState, _ type: AuthenticationType, _ sequence: UInt32,
        key: AuthenticationKey = key
    ) throws {
        var packet = ControlPacket(
            state: state, detectMultiplier: 3, myDiscriminator: 77, desiredMinTx: 1_000_000, requiredMinRx: 100_000
        )
        packet.yourDiscriminator = end.session.localDiscriminator
        packet.authentication = AuthenticationHeader(type: type, keyID: key.id, sequence: sequence)
        try end.receive(encode(packet, key))
    }

    @Test(arguments: sequenced) func b30WindowOfSequenceNumbers(_ type: AuthenticationType) throws {
        var end = end(type)
        let start: UInt32 = 0xffff_fffe
        try receive(&end, .down, type, start)
        if type.isMeticulous {
            #expect(throws: Rejection.authenticationSequence) { try receive(&end, .down, type, start) }
        } else {
            try receive(&end, .down, type, start)
        }
        #expect(throws: Rejection.authenticationSequence) { try receive(&end, .down, type, start &- 1) }
        #expect(throws: Rejection.authenticationSequence) { try receive(&end, .down, type, start &+ 10) }
        try receive(&end, .down, type, start &+ 9)
        #expect(end.session.statistics.received == (type.isMeticulous ? 2 : 3))
    }

    @Test func b30AForgedPacketDoesNotMoveTheWindow() throws {
        var end = end(.keyedSHA1)
        try receive(&end, .down, .keyedSHA1, 100)
        let forged = AuthenticationKey(id: 3, secret: Array("guess".utf8))
        #expect(throws: Rejection.authenticationDigest) { try receive(&end, .down, .keyedSHA1, 109, key: forged) }
        try receive(&end, .down, .keyedSHA1, 101)
    }

    @Test func b30WindowIsForgottenAfterTwoDetectionTimes() throws {
        var end = end(.meticulousKeyedSHA1)
        try receive(&end, .down, .meticulousKeyedSHA1, 100)
        end.advance(by: .milliseconds(5999))
        #expect(throws: Rejection.authenticationSequence) { try receive(&end, .down, .meticulousKeyedSHA1, 5) }
        end.advance(by: .milliseconds(1))
        try receive(&end, .down, .meticulousKeyedSHA1, 5)
    }

    @Test func b30WrongTypeOrKeyIsRefused() throws {
        var end = end(.keyedSHA1)
        #expect(throws: Rejection.authenticationType) { try receive(&end, .down, .keyedMD5, 1) }
        let other = AuthenticationKey(id: 4, secret: Self.key.secret)
        #expect(throws: Rejection.authenticationKey) { try receive(&end, .down, .keyedSHA1, 1, key: other) }
    }

    @Test func b30AnyOfTheKeysIsAccepted() throws {
        let new = AuthenticationKey(id: 9, secret: Array("new".utf8))
        var end = end(.keyedSHA1, new, Self.key)
        try receive(&end, .down, .keyedSHA1, 1)
        #expect(end.takePackets().last?.authentication?.keyID == 9)
    }

    @Test(arguments: sequenced) func b30NumbersSent(_ type: AuthenticationType) throws {
        var end = end(type)
        end.advance(by: .seconds(5))
        let numbers = end.takePackets().compactMap(\.authentication?.sequence)
        let steps = zip(numbers.dropFirst(), numbers).map { $0 &- $1 }
        #expect(steps.count > 3)
        #expect(steps.allSatisfy { $0 == (type.isMeticulous ? 1 : 0) })
        try receive(&end, .down, type, 1)
        let next = end.takePackets().compactMap(\.authentication?.sequence)
        #expect(next.first == numbers.last.map { $0 &+ 1 }, "What the packet says has changed.")
    }
}
