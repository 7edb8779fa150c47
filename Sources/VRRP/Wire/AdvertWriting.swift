// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

extension AdvertFormat {
    /// Appends the message of an advert. The checksum of IPv6 is included too, so that the kernel need not be asked for
    /// it.
    ///
    /// - Parameters:
    ///   - priority: what to claim; 0 says that we leave.
    ///   - source: the address the packet is sent from; like `destination` it counts only in checksums that cover it.
    ///   - destination: the group, or the unicast peer.
    package func write(
        priority: UInt8,
        from source: IPAddress,
        to destination: IPAddress,
        into writer: inout ByteWriter
    ) {
        let start = writer.count
        writer.write(version << 4 | 1)
        writer.write(routerID)
        writer.write(priority)
        writer.write(UInt8(truncatingIfNeeded: addressCount))
        writer.write(intervalField)
        writer.write(UInt16(0))
        writer.write(addressBytes)
        if version == 2 {
            if case .password(let password) = authentication { writer.write(password) } else { writer.write(UInt64(0)) }
        }
        overwriteChecksum(from: source, to: destination, start: start, in: &writer)
    }

    /// Puts the right checksum into the message that begins at `start` and reaches to the end of what was written.
    func overwriteChecksum(from source: IPAddress, to destination: IPAddress, start: Int, in writer: inout ByteWriter) {
        writer.overwrite(UInt16(0), at: start + 6)
        var sum = InternetChecksum()
        sum.add(writer.bytes[start...])
        let checksum =
            switch effectiveChecksum {
            case .messageOnly: sum.value
            case .pseudoHeader: sum.adding(source: source, destination: destination, length: writer.count - start)
            case .multicastPseudoHeader: sum.adding(source: source, destination: group, length: writer.count - start)
            }
        writer.overwrite(checksum, at: start + 6)
    }

    /// What a sent checksum covers: only version 3 over IPv4 has a choice.
    package var effectiveChecksum: ChecksumForm {
        switch (version, family) {
        case (2, _): .messageOnly
        case (_, .ipv6): .pseudoHeader
        case (_, .ipv4): sentChecksum
        }
    }

    /// Auth Type and Adver Int of version 2; Rsvd and Max Advertise Interval of version 3. Never rounded to zero.
    private var intervalField: UInt16 {
        if version == 2 {
            return UInt16(authentication.type) << 8 | UInt16(clamping: min(max(interval.seconds, 1), 255))
        }
        return UInt16(clamping: min(max((interval + .milliseconds(5)).milliseconds / 10, 1), 4095))
    }
}
