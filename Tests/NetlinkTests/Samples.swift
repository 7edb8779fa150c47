// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Netlink

/// The bytes of hex digits, white space left out.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap(hexValue)
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func prefix(_ text: String, _ length: Int) -> IPPrefix {
    guard let address = IPAddress(text) else { fatalError("not an address: \(text)") }
    return IPPrefix(address, length: length)
}

/// An address of interface 3 that does not say who put it there, as iproute2 6.1 does not.
func address(
    _ text: String, _ length: Int, peer: IPAddress? = nil, broadcast: IPAddress? = nil, label: String? = nil, scope: UInt8 = 0,
    flags: InterfaceAddress.Flags = [], preferredLifetime: UInt32? = nil
) -> InterfaceAddress {
    InterfaceAddress(
        prefix(text, length), interface: 3, peer: peer, broadcast: broadcast, label: label, scope: scope, flags: flags, protocol: 0,
        preferredLifetime: preferredLifetime
    )
}

/// A route of protocol boot, as `ip route add` makes them.
func route(_ text: String, _ length: Int, _ change: (inout Route) -> Void) -> Route {
    var route = Route(prefix(text, length))
    route.protocol = 3
    change(&route)
    return route
}

/// A rule without a protocol; the tests that want one set it.
func rule(_ action: Rule.Action, _ preference: UInt32, _ change: (inout Rule) -> Void) -> Rule {
    var rule = Rule(.ipv4, action, preference: preference)
    rule.protocol = 0
    change(&rule)
    return rule
}

func tunnel(_ destination: String, _ source: String) -> Route.Tunnel {
    var tunnel = Route.Tunnel()
    tunnel.id = 7
    tunnel.destination = IPAddress(destination)
    tunnel.source = IPAddress(source)
    tunnel.ttl = 9
    tunnel.tos = 4
    return tunnel
}

/// A message with its attributes sorted, padding left out: what it means, and not in which order it says so.
struct Canonical: Equatable {
    let type: UInt16
    let flags: UInt16
    let header: [UInt8]
    let attributes: [[UInt8]]

    init(_ bytes: [UInt8]) throws {
        var reader = MessageReader(bytes[...])
        guard let message = try reader.next() else { throw MalformedMessage() }
        type = message.type
        flags = message.flags.rawValue
        let length = message.type < 20 ? 16 : message.type < 24 ? 8 : 12
        header = Array(message.payload.prefix(length))
        // Encapsulation, and the metrics of a route.
        let nested: Set<UInt16> = message.type == 24 || message.type == 25 ? [8, 22] : []
        attributes = try Self.sorted(AttributeReader(message.payload.dropFirst(length)), nested)
    }

    /// Each as its type and its value.
    private static func sorted(_ reader: AttributeReader, _ nested: Set<UInt16>) throws -> [[UInt8]] {
        var reader = reader
        var all: [[UInt8]] = []
        while let attribute = try reader.next() {
            all.append([UInt8(attribute.type >> 8), UInt8(attribute.type & 0xff)] + value(attribute, nested))
        }
        return all.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Padding inside of nested attributes is left out, since iproute2 has rubbish there.
    private static func value(_ attribute: Attribute, _ nested: Set<UInt16>) -> [UInt8] {
        guard nested.contains(attribute.type), let inner = try? sorted(attribute.attributes, []) else {
            return Array(attribute.value)
        }
        return inner.flatMap { [UInt8($0.count)] + $0 }
    }
}
