// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Testing

@testable import SNMP

/// What a manager that walks the tree sees.
@Suite struct ManagedObjectsTests {
    static let objects = ManagedObjects([
        ManagedObject([1, 3, 10], .integer(-1)),
        ManagedObject([1, 3, 9, 2], .text("nine")),
        ManagedObject([1, 3, 9], .gauge(9)),
        ManagedObject([1, 4], .counter64(.max)),
    ])

    @Test("a walk visits every object once, a parent before its children, 9 before 10")
    func walk() {
        var names: [ObjectIdentifier] = []
        var name: ObjectIdentifier = [1]
        while let next = Self.objects.next(after: name) {
            names.append(next.name)
            name = next.name
        }
        #expect(names == [[1, 3, 9], [1, 3, 9, 2], [1, 3, 10], [1, 4]])
    }

    @Test("GET finds exactly the name that was asked for")
    func get() {
        #expect(Self.objects[[1, 3, 9]] == .gauge(9))
        #expect(Self.objects[[1, 3]] == nil)
        #expect(Self.objects[[1, 5]] == nil)
        #expect(ManagedObjects()[[1]] == nil)
    }

    @Test("a name between two objects leads to the one behind it")
    func between() {
        #expect(Self.objects.next(after: [1, 3, 9, 1, 7])?.name == [1, 3, 9, 2])
        #expect(Self.objects.next(after: [1, 4]) == nil)
    }

    @Test("cells of a table stand by column, then by row")
    func table() {
        var writer = TableWriter()
        for row: UInt32 in [2, 1] {
            writer.row(of: [1, 5], [row])
            writer.cell(3, .truth(row == 1))
            writer.cell(2, .gauge(row))
            writer.cell(4, nil)
        }
        writer.scalar([1, 2], .ticks(7))
        #expect(
            ManagedObjects(writer.objects).all == [
                ManagedObject([1, 2, 0], .ticks(7)),
                ManagedObject([1, 5, 1, 2, 1], .gauge(1)), ManagedObject([1, 5, 1, 2, 2], .gauge(2)),
                ManagedObject([1, 5, 1, 3, 1], .integer(1)), ManagedObject([1, 5, 1, 3, 2], .integer(2)),
            ])
    }

    @Test("what one process writes the other reads")
    func roundTrip() throws {
        let all = ManagedObjects([
            ManagedObject([1, 1], .integer(.min)), ManagedObject([1, 2], .gauge(.max)), ManagedObject([1, 3], .counter(1)),
            ManagedObject([1, 4], .counter64(.max)), ManagedObject([1, 5], .text("")), ManagedObject([1, 6], .object([1, 3])),
            ManagedObject([1, 7], .ticks(100)), ManagedObject([1, 8], .address(0x7f00_0001)),
        ])
        #expect(try ManagedObjects(bytes: all.bytes) == all)
        let notification = ManagedNotification([1, 9], all.all)
        #expect(try ManagedNotification(bytes: notification.bytes[...]) == notification)
    }

    @Test("half an object is refused")
    func truncated() {
        let bytes = Self.objects.bytes
        for count in 1..<bytes.count where (try? ManagedObjects(bytes: Array(bytes.prefix(count)))) != nil {
            #expect(count == Self.wholePrefix(bytes, count), "a prefix was read that ends inside an object")
        }
        #expect(throws: ByteReader.Truncated.self) { try ManagedObjects(bytes: [2, 0, 0]) }
        #expect(throws: ByteReader.Truncated.self) { try ManagedObjects(bytes: [0, 99]) }
    }

    private static func wholePrefix(_ bytes: [UInt8], _ count: Int) -> Int {
        var reader = ByteReader(bytes)
        var used = 0
        while used < count, (try? ManagedObject(from: &reader)) != nil { used = bytes.count - reader.count }
        return used
    }
}
