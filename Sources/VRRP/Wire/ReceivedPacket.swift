// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// A VRRP message as it came off the wire, with what the IP header said about it.
///
/// Over IPv4 a raw socket delivers the header too; over IPv6 the shell learns source, destination and hop limit from
/// the kernel.
package struct ReceivedPacket: Sendable {
    package var source: IPAddress
    package var destination: IPAddress
    /// TTL or hop limit; nil when the kernel did not say.
    package var hopLimit: UInt8?
    /// The VRRP message and whatever follows it in the packet.
    package var message: ArraySlice<UInt8>
    /// Bytes of the whole IP packet, header included: what decides whether an excess is Ethernet's padding.
    package var packetLength: Int
    /// The IPv4 header and the authentication header behind it, where the message came inside one.
    package var authenticated: AuthenticatedPart?

    /// The parts of an IPv4 packet an authentication header vouches for besides the message.
    package struct AuthenticatedPart: Sendable {
        /// The whole packet, from the first byte of the IPv4 header on.
        package var packet: ArraySlice<UInt8>
        /// Where the authentication header begins in the packet.
        package var headerLength: Int
    }

    /// A message received over IPv6, where the kernel keeps the header to itself.
    package init(source: IPAddress, destination: IPAddress, hopLimit: UInt8?, message: ArraySlice<UInt8>) {
        self.source = source
        self.destination = destination
        self.hopLimit = hopLimit
        self.message = message
        packetLength = 40 + message.count
    }

    /// Takes an IPv4 packet apart, up to and including an authentication header (protocol 51).
    package init(parsingIPv4 packet: ArraySlice<UInt8>) throws(Rejection) {
        let start = packet.startIndex
        guard packet.count >= 20 else { throw .length(received: packet.count, expected: 20) }
        let headerLength = Int(packet[start] & 0x0f) * 4
        let totalLength = Int(packet[start + 2]) << 8 | Int(packet[start + 3])
        guard packet[start] >> 4 == 4, headerLength >= 20, totalLength >= headerLength else { throw .notVRRP }
        guard packet.count >= totalLength else { throw .length(received: packet.count, expected: totalLength) }
        let payload = packet[(start + headerLength)..<(start + totalLength)]

        hopLimit = packet[start + 8]
        source = .v4(packet.word(at: start + 12))
        destination = .v4(packet.word(at: start + 16))
        packetLength = totalLength
        switch packet[start + 9] {
        case IPProtocol.vrrp:
            message = payload
        case IPProtocol.authentication:
            guard payload.count >= AuthenticationHeader.length else {
                throw .length(received: payload.count, expected: AuthenticationHeader.length)
            }
            message = payload.dropFirst(AuthenticationHeader.length)
            authenticated = AuthenticatedPart(packet: packet.prefix(totalLength), headerLength: headerLength)
        default:
            throw .notVRRP
        }
    }

    /// The virtual router the message is for, which is all that is read before that router's own format is known.
    package var routerID: UInt8? { message.count >= 2 ? message[message.startIndex + 1] : nil }
}

/// Numbers in the protocol field of an IP header.
package enum IPProtocol {
    /// RFC 9568 section 5.1.1.4.
    package static let vrrp: UInt8 = 112
    /// The authentication header of RFC 4302.
    package static let authentication: UInt8 = 51
}

extension ArraySlice<UInt8> {
    /// Four bytes in network order; the caller has made sure that they are there.
    func word(at index: Int) -> UInt32 {
        UInt32(self[index]) << 24 | UInt32(self[index + 1]) << 16 | UInt32(self[index + 2]) << 8
            | UInt32(self[index + 3])
    }
}
