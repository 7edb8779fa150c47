// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// How packets of a session are authenticated (RFC 5880 section 4.1, Auth Type).
package enum AuthenticationType: UInt8, Sendable, CaseIterable {
    case simplePassword = 1, keyedMD5, meticulousKeyedMD5, keyedSHA1, meticulousKeyedSHA1

    /// Bytes of the digest; 0 for a password.
    package var digestLength: Int {
        switch self {
        case .simplePassword: 0
        case .keyedMD5, .meticulousKeyedMD5: 16
        case .keyedSHA1, .meticulousKeyedSHA1: 20
        }
    }

    /// The longest secret: a password has at most 16 bytes, a key fills the digest's field.
    package var maximumSecretLength: Int { max(16, digestLength) }

    /// Each packet takes a new sequence number.
    package var isMeticulous: Bool { self == .meticulousKeyedMD5 || self == .meticulousKeyedSHA1 }
}

/// A secret that both ends know under the same number.
package struct AuthenticationKey: Equatable, Sendable {
    package var id: UInt8
    /// 1...`maximumSecretLength` bytes.
    package var secret: [UInt8]

    package init(id: UInt8, secret: [UInt8]) {
        self.id = id
        self.secret = secret
    }
}

/// The authentication of a session. Packets are signed with the first key and accepted under any of them, so keys can
/// be exchanged without a gap.
package struct Authentication: Equatable, Sendable {
    package var type: AuthenticationType
    /// At least one.
    package var keys: [AuthenticationKey]

    package init(type: AuthenticationType, keys: [AuthenticationKey]) {
        precondition(!keys.isEmpty, "A session is authenticated without a key.")
        self.type = type
        self.keys = keys
    }
}

/// The fixed part of an authentication section (RFC 5880 sections 4.2 to 4.4).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +---------------+---------------+---------------+---------------+
///     |   Auth Type   |   Auth Len    |  Auth Key ID  |   Reserved    |   type 1: the password begins here
///     +---------------+---------------+---------------+---------------+
///     |                        Sequence Number                        |
///     +---------------------------------------------------------------+
///     |              Auth Key/Digest: 16 bytes (2, 3), 20 (4, 5)       |
///     +---------------------------------------------------------------+
package struct AuthenticationHeader: Equatable, Sendable {
    package var type: AuthenticationType
    package var keyID: UInt8
    /// 0 for a simple password.
    package var sequence: UInt32

    package init(type: AuthenticationType, keyID: UInt8, sequence: UInt32) {
        self.type = type
        self.keyID = keyID
        self.sequence = sequence
    }

    /// Reads the section, which must fill the rest of the packet exactly.
    init(decoding section: ArraySlice<UInt8>) throws(Rejection) {
        guard section.count >= 2 else { throw .authenticationLength }
        let start = section.startIndex
        guard let type = AuthenticationType(rawValue: section[start]) else { throw .authenticationType }
        let length = Int(section[start + 1])
        let expected = type == .simplePassword ? 4...19 : 8 + type.digestLength...8 + type.digestLength
        guard length == section.count, expected.contains(length) else { throw .authenticationLength }
        self.type = type
        keyID = section[start + 2]
        sequence = type == .simplePassword ? 0 : section.word(at: 4)
    }
}

/// The digests that authentication needs; handed in, so that this target needs no library.
///
/// Each puts the digest of the message in place of what the second argument held, or leaves it empty where the system
/// allows no such digest; no packet is then accepted.
package struct Digests {
    /// See above.
    package typealias Function = (_ message: [UInt8], _ digest: inout [UInt8]) -> Void

    package var md5: Function
    package var sha1: Function

    package init(md5: @escaping Function, sha1: @escaping Function) {
        self.md5 = md5
        self.sha1 = sha1
    }

    /// Nil for a password, which needs none.
    func function(for type: AuthenticationType) -> Function? {
        switch type {
        case .simplePassword: nil
        case .keyedMD5, .meticulousKeyedMD5: md5
        case .keyedSHA1, .meticulousKeyedSHA1: sha1
        }
    }
}

extension ControlPacket {
    /// Appends the packet; with an authentication header, signed with the key (whose id the header must name).
    package func encode(signedWith key: AuthenticationKey?, by digests: Digests?, into writer: inout ByteWriter) {
        guard let header = authentication, let key else {
            return encodeHeader(length: Self.headerLength, into: &writer)
        }
        let field = header.type.digestLength
        let section = field == 0 ? 3 + key.secret.count : 8 + field
        let start = writer.count
        encodeHeader(length: Self.headerLength + section, into: &writer)
        writer.write(header.type.rawValue)
        writer.write(UInt8(truncatingIfNeeded: section))
        writer.write(header.keyID)
        guard let function = digests?.function(for: header.type) else { return writer.write(key.secret) }
        writer.write(UInt8(0))
        writer.write(header.sequence)
        writer.write(key.secret)
        writer.writeZeros(field - key.secret.count)
        var digest: [UInt8] = []
        function(Array(writer.bytes[start...]), &digest)
        for offset in 0..<field {
            writer.overwrite(offset < digest.count ? digest[offset] : 0, at: writer.count - field + offset)
        }
    }

    /// Whether the bytes that this packet was decoded from carry the password, or the digest under the key.
    package func isSigned(_ bytes: ArraySlice<UInt8>, with key: AuthenticationKey, by digests: Digests?) -> Bool {
        guard let header = authentication, bytes.count >= Self.headerLength + 2 else { return false }
        let length = Int(bytes[bytes.startIndex + 3])
        let packet = bytes.prefix(length)
        guard let function = digests?.function(for: header.type) else {
            return header.type == .simplePassword
                && Self.areEqual(packet.dropFirst(Self.headerLength + 3), key.secret[...])
        }
        let field = header.type.digestLength
        guard packet.count == Self.headerLength + 8 + field, key.secret.count <= field else { return false }
        var message = Array(packet.dropLast(field))
        message.append(contentsOf: key.secret)
        message.append(contentsOf: repeatElement(0, count: field - key.secret.count))
        var digest: [UInt8] = []
        function(message, &digest)
        return Self.areEqual(packet.suffix(field), digest[...])
    }

    /// Compares in a time that does not tell where the first difference is.
    private static func areEqual(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
