// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Crypto
import Testing

private func hex(_ bytes: [UInt8]) -> String { bytes.map { hexDigits($0, width: 2) }.joined() }

private func digest(_ text: String, _ algorithm: Digester.Algorithm) throws -> String {
    let digester = try #require(Digester(algorithm))
    var output: [UInt8] = [1, 2, 3]
    #expect(digester.digest(Array(text.utf8), into: &output))
    return hex(output)
}

@Suite struct DigesterTests {
    /// RFC 1321, appendix A.5.
    @Test func md5() throws {
        #expect(try digest("", .md5) == "d41d8cd98f00b204e9800998ecf8427e")
        #expect(try digest("message digest", .md5) == "f96b697d7cb7938d525a2f31aaf161d0")
    }

    /// RFC 3174, section 7.3.
    @Test func sha1() throws {
        #expect(try digest("abc", .sha1) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    }

    /// RFC 6234, section 8.5.
    @Test func sha256() throws {
        #expect(try digest("abc", .sha256) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    /// RFC 2202 section 2 and RFC 4231 section 4.3, test case 2 of each.
    @Test(arguments: [
        (Digester.Algorithm.md5, "750c783e6ab0b503eaa86e310a5db738"),
        (.sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (.sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ])
    func hmac(_ algorithm: Digester.Algorithm, _ expected: String) throws {
        let digester = try #require(Digester(algorithm))
        var output: [UInt8] = []
        let message = Array("what do ya want for nothing?".utf8)
        #expect(digester.authenticate(message, key: Array("Jefe".utf8), into: &output))
        #expect(hex(output) == expected)
    }
}
