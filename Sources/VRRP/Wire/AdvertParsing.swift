// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

extension AdvertFormat {
    /// Bytes in the data field of the shortest Ethernet frame: a shorter IP packet may arrive padded to this.
    private static let shortestEthernetPayload = 46

    /// Reads an advert of this format, after the checks of RFC 9568 section 7.1 (RFC 3768 section 7.1 for version 2).
    ///
    /// The authentication header and the trailer are for their own guards to verify, which keep the replay state.
    package func parse(_ packet: borrowing ReceivedPacket) throws(Rejection) -> Advert {
        let message = packet.message
        let start = message.startIndex
        guard message.count >= 8 else { throw .length(received: message.count, expected: 8) }
        if let hopLimits, let hopLimit = packet.hopLimit, !hopLimits.contains(hopLimit) {
            throw .hopLimit(received: hopLimit, expected: hopLimits)
        }
        guard message[start] >> 4 == version else { throw .version(received: message[start] >> 4, expected: version) }
        guard message[start] & 0x0f == 1 else { throw .type(message[start] & 0x0f) }
        guard message[start + 1] == routerID else { throw .routerID(message[start + 1]) }
        guard packet.destination.isMulticast != isUnicast else {
            throw .destination(isMulticast: packet.destination.isMulticast)
        }
        let count = Int(message[start + 3])
        // An instance without addresses advertises none, and keepalived lets it; anyone else's zero is no advert.
        guard count > 0 || addressBytes.isEmpty else { throw .noAddresses }
        let length = messageLength(count: count)
        try check(length: length, of: packet)
        let checksum = try verifiedChecksum(of: message[start..<(start + length)], in: packet)
        if version == 2 { try checkAuthentication(of: message[start..<(start + length)], in: packet) }
        return Advert(
            priority: message[start + 2],
            interval: try interval(of: message),
            addressList: compare(message[(start + 8)...], count: count),
            checksum: checksum
        )
    }

    /// The length has to fit exactly, but for a trailer and for what Ethernet adds to a short packet.
    private func check(length: Int, of packet: borrowing ReceivedPacket) throws(Rejection) {
        let excess = packet.message.count - length
        if excess == 0 || excess > 0 && packet.packetLength <= Self.shortestEthernetPayload { return }
        if mayCarryTrailer && excess == AuthenticationTrailer.length { return }
        throw .length(received: packet.message.count, expected: length)
    }

    /// Finds what the checksum covers: RFC 9568's form first, then the ones that keepalived has used.
    private func verifiedChecksum(
        of message: ArraySlice<UInt8>,
        in packet: borrowing ReceivedPacket
    ) throws(Rejection) -> ChecksumForm {
        var plain = InternetChecksum()
        plain.add(message)
        switch family {
        case .ipv4:
            if plain.value == 0 { return .messageOnly }
            guard version == 3 else { throw .checksum(version: version) }
        case .ipv6:
            // The kernel's sum covers a trailer too, and has been checked by the kernel.
            if mayCarryTrailer { plain.add(packet.message[message.endIndex...]) }
        }
        let length = family == .ipv4 ? message.count : packet.message.count
        if plain.adding(source: packet.source, destination: packet.destination, length: length) == 0 {
            return .pseudoHeader
        }
        if isUnicast, plain.adding(source: packet.source, destination: group, length: length) == 0 {
            return .multicastPseudoHeader
        }
        throw .checksum(version: version)
    }

    private func checkAuthentication(of message: ArraySlice<UInt8>, in packet: borrowing ReceivedPacket)
        throws(Rejection)
    {
        let type = message[message.startIndex + 4]
        guard type <= 2 else { throw .unknownAuthentication(type: type) }
        guard type == authentication.type, (type == 2) == (packet.authenticated != nil) else {
            throw .authenticationMismatch(type: type)
        }
        if case .password(let password) = authentication {
            let end = message.endIndex
            let received = UInt64(message.word(at: end - 8)) << 32 | UInt64(message.word(at: end - 4))
            guard received == password else { throw .authenticationFailed }
        }
    }

    private func interval(of message: ArraySlice<UInt8>) throws(Rejection) -> Interval {
        let start = message.startIndex
        if version == 2 {
            let received = Interval.seconds(Int(message[start + 5]))
            guard received == interval else { throw .interval(received: received, expected: interval) }
            return received
        }
        let received = Interval.centiseconds(Int(message[start + 4] & 0x0f) << 8 | Int(message[start + 5]))
        guard received > .zero else { throw .interval(received: received, expected: interval) }
        return received
    }

    private func compare(_ list: ArraySlice<UInt8>, count: Int) -> Advert.AddressList {
        guard count == addressCount else { return .count(UInt8(truncatingIfNeeded: count)) }
        let theirs = list.prefix(addressBytes.count)
        if theirs.elementsEqual(addressBytes) { return .same }
        for address in addresses {
            let isNamed = stride(from: theirs.startIndex, to: theirs.endIndex, by: addressLength).contains { start in
                IPAddress(bytes: theirs[start..<(start + addressLength)]) == address
            }
            if !isNamed { return .missing(address) }
        }
        return .same
    }
}

extension InternetChecksum {
    /// The checksum with the pseudo-header of an IP packet that carries `length` bytes of VRRP.
    func adding(source: IPAddress, destination: IPAddress, length: Int) -> UInt16 {
        var sum = self
        sum.add(source)
        sum.add(destination)
        sum.add(UInt32(truncatingIfNeeded: length))
        sum.add(UInt32(IPProtocol.vrrp))
        return sum.value
    }

    private mutating func add(_ address: IPAddress) {
        switch address {
        case .v4(let word):
            add(word)
        case .v6(let high, let low):
            add(UInt32(truncatingIfNeeded: high >> 32))
            add(UInt32(truncatingIfNeeded: high))
            add(UInt32(truncatingIfNeeded: low >> 32))
            add(UInt32(truncatingIfNeeded: low))
        }
    }
}
