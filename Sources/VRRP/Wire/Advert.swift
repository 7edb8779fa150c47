// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// An advertisement that passed every check of ``AdvertFormat``: the fields the state machine decides by.
///
/// The address list is compared while the bytes are at hand, so an advert holds no memory of its own.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |Version| Type=1| Virtual Rtr ID|   Priority    |     Count     |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     | version 2:  Auth Type         |                               |
///     |             Adver Int (s)     |           Checksum            |
///     | version 3:  Rsvd (4 bits)     |                               |
///     |             Interval (cs, 12) |                               |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                  IPv4 or IPv6 addresses (Count)               |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |            version 2: Authentication Data (8 bytes)           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |     optional: the 28 bytes of an AuthenticationTrailer        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// RFC 3768 section 5.3, RFC 9568 section 5.2.
package struct Advert: Hashable, Sendable {
    /// How the address list of an advert compares with the configured one.
    package enum AddressList: Hashable, Sendable {
        case same
        /// The number of addresses received differs from ours.
        case count(UInt8)
        /// The first of our addresses that the advert does not name.
        case missing(IPAddress)
    }

    /// 0 says that the master leaves, 255 that the sender owns the addresses.
    package var priority: UInt8
    /// Max Advertise Interval of version 3, Adver Int of version 2; never zero.
    package var interval: Interval
    package var addressList: AddressList
    /// What the checksum was found to cover.
    package var checksum: ChecksumForm

    package init(
        priority: UInt8,
        interval: Interval,
        addressList: AddressList = .same,
        checksum: ChecksumForm = .messageOnly
    ) {
        self.priority = priority
        self.interval = interval
        self.addressList = addressList
        self.checksum = checksum
    }
}

