// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// How the adverts of one virtual router look on the wire: what its routers have to agree on.
package struct AdvertFormat: Equatable, Sendable {
    /// How a version 2 advert proves where it comes from (RFC 2338 section 5.3.6; withdrawn by RFC 3768, still in use).
    package enum Authentication: Equatable, Sendable {
        case none
        /// Auth Type 1: the eight bytes of Authentication Data, padded with zeros, in network order.
        case password(UInt64)
        /// Auth Type 2: an authentication header of RFC 4302 with HMAC-MD5 under this key of eight bytes.
        case header(key: UInt64)

        /// The Auth Type field.
        package var type: UInt8 {
            switch self {
            case .none: 0
            case .password: 1
            case .header: 2
            }
        }
    }

    /// 2 or 3.
    package var version: UInt8
    package var family: AddressFamily
    /// 1...255.
    package var routerID: UInt8
    /// Our own interval: sent, and in version 2 required of others.
    package var interval: Interval
    package var authentication = Authentication.none
    /// The multicast group that adverts go to, whose address takes part in some checksums.
    package var group: IPAddress
    /// Whether adverts go to unicast peers in place of the group.
    package var isUnicast = false
    /// What a received TTL or hop limit must lie in; nil when anything will do (unicast without bounds).
    package var hopLimits: ClosedRange<UInt8>? = 255...255
    /// What the checksum of a sent advert covers, version 3 over IPv4; the other kinds have no choice.
    package var sentChecksum = ChecksumForm.pseudoHeader
    /// Whether an ``AuthenticationTrailer`` may follow a received message.
    package var mayCarryTrailer = false

    /// The advertised addresses, at most 255 and all of one family.
    package var addresses: [IPAddress] {
        get {
            stride(from: 0, to: addressBytes.count, by: addressLength).compactMap {
                IPAddress(bytes: addressBytes[$0..<($0 + addressLength)])
            }
        }
        set { addressBytes = Self.bytes(of: newValue) }
    }
    /// The address list as it stands in an advert.
    private(set) var addressBytes: [UInt8]

    var addressLength: Int { family.bits / 8 }
    var addressCount: Int { addressBytes.count / addressLength }

    package init(
        version: UInt8,
        family: AddressFamily,
        routerID: UInt8,
        interval: Interval,
        addresses: [IPAddress]
    ) {
        precondition(
            version == 2 && family == .ipv4 || version == 3,
            "Version 2 carries IPv4 only, and there is no other than 3.")
        precondition(addresses.count <= 255, "An advert counts its addresses in one byte.")
        self.version = version
        self.family = family
        self.routerID = routerID
        self.interval = interval
        group = family == .ipv4 ? .vrrpGroup4 : .vrrpGroup6
        addressBytes = Self.bytes(of: addresses)
    }

    private static func bytes(of addresses: [IPAddress]) -> [UInt8] {
        var writer = ByteWriter(capacity: 16 * addresses.count)
        for address in addresses { writer.write(address) }
        return writer.bytes
    }

    /// Bytes of a message with this many addresses, without a trailer.
    package func messageLength(count: Int) -> Int {
        8 + count * addressLength + (version == 2 ? 8 : 0)
    }
}

extension IPAddress {
    /// 224.0.0.18 (RFC 9568 section 5.1.1.2).
    package static let vrrpGroup4 = IPAddress.v4(0xe000_0012)
    /// ff02::12 (section 5.1.2.2).
    package static let vrrpGroup6 = IPAddress.v6(high: 0xff02_0000_0000_0000, low: 0x12)
}
