// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

// How objects pass from the process that knows them to the one that speaks to the SNMP master. All numbers are big-endian.
//
//     +--------+----------------+-----+------------------+
//     | parts  | part (4 bytes) | tag | value            |   an object; a notification is its identity (parts, part ...)
//     | 1 byte | ... parts      | 1   | by the tag       |   followed by objects
//     +--------+----------------+-----+------------------+
//
// tag 2 integer (4) · 66 gauge (4) · 65 counter (4) · 70 counter64 (8) · 67 ticks (4) · 64 address (4) ·
//     4 octets (length 4, bytes) · 6 object (parts 1, part 4 ...): the tags of BER, as in RFC 3416.

extension ManagedObject {
    /// Appends the object.
    package func write(to writer: inout ByteWriter) {
        name.write(to: &writer)
        value.write(to: &writer)
    }

    /// Reads one object off the front.
    package init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        name = try ObjectIdentifier(from: &reader)
        value = try ManagedValue(from: &reader)
    }
}

extension ManagedObjects {
    /// All objects, one after the other.
    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: all.count * 64)
        for object in all { object.write(to: &writer) }
        return writer.bytes
    }

    package init(bytes: [UInt8]) throws(ByteReader.Truncated) {
        self.init(try readObjects(ByteReader(bytes)))
    }
}

extension ManagedNotification {
    package var bytes: [UInt8] {
        var writer = ByteWriter()
        identity.write(to: &writer)
        for object in objects { object.write(to: &writer) }
        return writer.bytes
    }

    package init(bytes: ArraySlice<UInt8>) throws(ByteReader.Truncated) {
        var reader = ByteReader(bytes)
        identity = try ObjectIdentifier(from: &reader)
        objects = try readObjects(reader)
    }
}

private func readObjects(_ start: ByteReader) throws(ByteReader.Truncated) -> [ManagedObject] {
    var reader = start
    var objects: [ManagedObject] = []
    while reader.count > 0 { objects.append(try ManagedObject(from: &reader)) }
    return objects
}

extension ObjectIdentifier {
    func write(to writer: inout ByteWriter) {
        precondition(parts.count <= 128, "The name of a managed object has at most 128 parts.")
        writer.write(UInt8(parts.count))
        for part in parts { writer.write(part) }
    }

    init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        let count = try reader.read(UInt8.self)
        parts = []
        for _ in 0..<count { parts.append(try reader.read()) }
    }
}

extension ManagedValue {
    private enum Tag: UInt8 {
        case integer = 2
        case octets = 4
        case object = 6
        case address = 64
        case counter = 65
        case gauge = 66
        case ticks = 67
        case counter64 = 70
    }

    func write(to writer: inout ByteWriter) {
        switch self {
        case .integer(let value): writer.write(Tag.integer.rawValue); writer.write(UInt32(bitPattern: value))
        case .gauge(let value): writer.write(Tag.gauge.rawValue); writer.write(value)
        case .counter(let value): writer.write(Tag.counter.rawValue); writer.write(value)
        case .counter64(let value): writer.write(Tag.counter64.rawValue); writer.write(value)
        case .ticks(let value): writer.write(Tag.ticks.rawValue); writer.write(value)
        case .address(let value): writer.write(Tag.address.rawValue); writer.write(value)
        case .object(let value): writer.write(Tag.object.rawValue); value.write(to: &writer)
        case .octets(let bytes):
            writer.write(Tag.octets.rawValue)
            writer.write(UInt32(bytes.count))
            writer.write(bytes)
        }
    }

    init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        guard let tag = Tag(rawValue: try reader.read()) else { throw ByteReader.Truncated() }
        switch tag {
        case .integer: self = .integer(Int32(bitPattern: try reader.read()))
        case .gauge: self = .gauge(try reader.read())
        case .counter: self = .counter(try reader.read())
        case .counter64: self = .counter64(try reader.read())
        case .ticks: self = .ticks(try reader.read())
        case .address: self = .address(try reader.read())
        case .object: self = .object(try ObjectIdentifier(from: &reader))
        case .octets: self = .octets(Array(try reader.read(bytes: Int(try reader.read(UInt32.self)))))
        }
    }
}
