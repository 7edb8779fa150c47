// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

extension IPVSService {
    /// Decodes an answer to `listServices`; nil for other messages.
    package init?(_ message: Message) throws(MalformedMessage) {
        guard message.payload.count >= 4,
            let service = try AttributeReader(message.payload.dropFirst(4)).first(1)?.attributes
        else { return nil }
        guard let family = try service.first(1)?.number(UInt16.self) else { return nil }
        let isIPv6 = family == 10
        if let mark = try service.first(5)?.number(UInt32.self) {
            name = .mark(mark, isIPv6 ? .ipv6 : .ipv4)
        } else {
            guard let address = try service.first(3).flatMap({ IPAddress(bytes: $0.value.prefix(isIPv6 ? 16 : 4)) }),
                let port = try service.first(4)?.number(UInt16.self), let number = try service.first(2)?.number(UInt16.self)
            else { return nil }
            name = .address(address, port: UInt16(bigEndian: port), protocol: UInt8(truncatingIfNeeded: number))
        }
        scheduler = try service.first(6)?.text ?? ""
        flags = try service.first(7).flatMap { try? $0.value.native(0, UInt32.self) } ?? 0
        timeout = try service.first(8)?.number(UInt32.self) ?? 0
        let mask = try service.first(9)?.number(UInt32.self) ?? 0
        granularity = isIPv6 ? mask : UInt32(bigEndian: mask)
        engine = try service.first(11)?.text ?? ""
    }
}

extension IPVSDestination {
    /// Decodes an answer to `listDestinations` of a service of this family; nil for other messages.
    package init?(_ message: Message, of service: AddressFamily) throws(MalformedMessage) {
        guard message.payload.count >= 4,
            let server = try AttributeReader(message.payload.dropFirst(4)).first(2)?.attributes
        else { return nil }
        let family = try server.first(11)?.number(UInt16.self) ?? UInt16(service.netlinkNumber)
        guard let address = try server.first(1).flatMap({ IPAddress(bytes: $0.value.prefix(family == 10 ? 16 : 4)) }),
            let port = try server.first(2)?.number(UInt16.self)
        else { return nil }
        func number(_ type: UInt16) throws(MalformedMessage) -> UInt32 { try server.first(type)?.number(UInt32.self) ?? 0 }
        self.init(
            address: address, port: UInt16(bigEndian: port), forwarding: try number(3) & 7, weight: try number(4),
            upperThreshold: try number(5), lowerThreshold: try number(6),
            tunnelType: try server.first(13)?.number(UInt8.self) ?? 0,
            tunnelPort: UInt16(bigEndian: try server.first(14)?.number(UInt16.self) ?? 0),
            tunnelFlags: try server.first(15)?.number(UInt16.self) ?? 0
        )
        activeConnections = try number(7)
        inactiveConnections = try number(8)
    }
}
