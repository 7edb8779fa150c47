// SPDX-License-Identifier: GPL-2.0-or-later

/// The value of a managed object, by the types of SMIv2 (RFC 2578 section 7.1) that our tables use.
package enum ManagedValue: Hashable, Sendable {
    case integer(Int32)
    /// Unsigned32 and Gauge32 share a tag.
    case gauge(UInt32)
    case counter(UInt32)
    case counter64(UInt64)
    case octets([UInt8])
    case object(ObjectIdentifier)
    /// Hundredths of a second.
    case ticks(UInt32)
    /// The old type for IPv4 addresses, which the MIBs of VRRP version 2 use.
    case address(UInt32)

    /// DisplayString of RFC 2579.
    package static func text(_ text: String) -> ManagedValue { .octets(Array(text.utf8)) }

    /// TruthValue of RFC 2579: 1 is true, 2 is false.
    package static func truth(_ value: Bool) -> ManagedValue { .integer(value ? 1 : 2) }
}

/// One object with its value.
package struct ManagedObject: Hashable, Sendable {
    package var name: ObjectIdentifier
    package var value: ManagedValue

    package init(_ name: ObjectIdentifier, _ value: ManagedValue) {
        self.name = name
        self.value = value
    }
}

/// What is sent to managers without being asked for (RFC 3416 section 4.2.6).
package struct ManagedNotification: Hashable, Sendable {
    /// What happened: the value of snmpTrapOID.
    package var identity: ObjectIdentifier
    package var objects: [ManagedObject]

    package init(_ identity: ObjectIdentifier, _ objects: [ManagedObject]) {
        self.identity = identity
        self.objects = objects
    }
}
