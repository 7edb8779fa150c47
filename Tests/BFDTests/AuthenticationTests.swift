// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Support
import Testing

/// One packet of each type from BIRD 2.0.12 with the password "secret99" under the number 17.
let authenticatedCaptures: [(AuthenticationType, String)] = [
    (.simplePassword, "208403235a4933cf58a892c5000f4240000186a000000000010b117365637265743939"),
    (.keyedMD5, "208403300d377bb5251a02be000f4240000186a00000000002181100275fa222e75158a364939f199b09889b3a25dcd2"),
    (
        .meticulousKeyedMD5,
        "20840330d8be97563ac62907000f4240000186a0000000000318110071f02b49210e3c247a5374027c8ca4530629ddbe"
    ),
    (
        .keyedSHA1,
        "20840334269b26f306cfe250000f4240000186a000000000041c11005c1f0e256413cabf64dfa878dda5ecb7b1229c1a6cc71cee"
    ),
    (
        .meticulousKeyedSHA1,
        "208403344c79ca68f449570f000f4240000186a000000000051c110001d2d76cba28f336010696e5d1d00d9731bb4d4b84d21710"
    ),
]

private let key = AuthenticationKey(id: 17, secret: Array("secret99".utf8))

private let flawedSections: [(String, Rejection)] = [
    ("0003", .authenticationType), ("0603ab", .authenticationType), ("0103ab", .authenticationLength),
    ("0105abcd", .authenticationLength), ("0218ab00", .authenticationLength),
    ("0114616161616161616161616161616161616161", .authenticationLength),
]

@Suite struct AuthenticationTests {
    @Test(arguments: authenticatedCaptures.indices) func b30ReadsAndSignsWhatBirdSends(_ index: Int) throws {
        let (type, captured) = authenticatedCaptures[index]
        let packet = try decode(captured)
        #expect(packet.authentication?.type == type)
        #expect(packet.authentication?.keyID == 17)
        #expect(packet.isSigned(bytes(captured)[...], with: key, by: digests))
        #expect(hex(encode(packet, key)) == captured)
    }

    /// No bit of a packet can be turned over without the digest telling.
    @Test(arguments: authenticatedCaptures.indices) func b30DamageIsFound(_ index: Int) throws {
        let (type, captured) = authenticatedCaptures[index]
        guard type != .simplePassword else { return }
        for bit in 0..<bytes(captured).count * 8 {
            var damaged = bytes(captured)
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let packet = try? ControlPacket(decoding: damaged[...]) else { continue }
            #expect(!packet.isSigned(damaged[...], with: key, by: digests), "bit \(bit)")
        }
    }

    @Test func b30AnotherSecretIsRefused() throws {
        for (_, captured) in authenticatedCaptures {
            let packet = try decode(captured)
            for secret in ["secret9", "secret98", "secret999", "", "0123456789abcdef0123"] {
                let wrong = AuthenticationKey(id: 17, secret: Array(secret.utf8))
                #expect(!packet.isSigned(bytes(captured)[...], with: wrong, by: digests))
            }
        }
    }

    @Test("B-1 a flawed section is dropped", arguments: flawedSections)
    func b1FlawedSectionIsDropped(_ section: String, _ flaw: Rejection) {
        let count = UInt8(24 + section.utf8.count / 2)
        let header = "204403" + hex([count]) + "00000001" + String(repeating: "00", count: 16)
        #expect(throws: flaw) { try decode(header + section) }
    }
}
