// SPDX-License-Identifier: GPL-2.0-or-later
import BFD
import Basics
import Crypto

/// Bytes from hex digits; blanks are skipped.
func bytes(_ hex: String) -> [UInt8] {
    var result: [UInt8] = []
    var high: UInt8?
    for digit in hex.utf8 {
        guard let value = hexValue(digit) else { continue }
        if let first = high {
            result.append(first << 4 | value)
            high = nil
        } else {
            high = value
        }
    }
    return result
}

func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { hexDigits($0, width: 2) }.joined() }

func decode(_ hex: String) throws -> ControlPacket { try ControlPacket(decoding: bytes(hex)[...]) }

func encode(_ packet: ControlPacket, _ key: AuthenticationKey? = nil) -> [UInt8] {
    var writer = ByteWriter()
    packet.encode(signedWith: key, by: digests, into: &writer)
    return writer.bytes
}

/// Of the system's libcrypto.
var digests: Digests? {
    guard let md5 = Digester(.md5), let sha1 = Digester(.sha1) else { return nil }
    return Digests {
        md5.digest($0, into: &$1)
    } sha1: {
        sha1.digest($0, into: &$1)
    }
}
