// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Testing
import VRRP

@testable import Daemon

/// What leaves the keeper, in order: requests as "+address" and "-address", announcements as "!address".
private final class Wire {
    var sent: [String] = []
    /// Announced, and taken back by another process before they left.
    var withdrawn: [AddressLedger.Holding] = []
    lazy var keeper = AddressKeeper(
        transmit: { [unowned self] changes in
            for change in changes {
                switch change {
                case .add(let holding): sent.append("+\(holding.entry.address)")
                case .remove(let holding): sent.append("-\(holding.entry.address)")
                }
            }
        },
        announce: { [unowned self] holdings in sent += holdings.map { "!\($0.entry.address)" } },
        withdraw: { [unowned self] in
            defer { withdrawn = [] }
            return withdrawn
        })

    func take() -> [String] {
        defer { sent.removeAll() }
        return sent
    }

    /// One on which a router with so many addresses has just become master: the first of them are there.
    static func becomingMaster(of count: Int) -> (wire: Wire, holdings: [AddressLedger.Holding]) {
        let (wire, all) = (Wire(), holdings(0..<count))
        wire.keeper.claim(all, by: 0)
        wire.keeper.settle()
        for holding in all { wire.keeper.queueAnnouncement(of: holding) }
        wire.keeper.step()
        return (wire, all)
    }
}

private func holdings(_ range: Range<Int>) -> [AddressLedger.Holding] {
    range.map { AddressLedger.Holding(AddressEntry(IPPrefix(.v4(0x0a00_0000 + UInt32($0)), length: 32)), on: 2) }
}

struct AddressKeeperTests {
    @Test("Neighbours hear of the first addresses before the last are added")
    func slices() {
        let (wire, _) = Wire.becomingMaster(of: 250)
        let first = wire.take()
        #expect(first.count == 200)
        #expect(first.prefix(100).allSatisfy { $0.hasPrefix("+") } && first.suffix(100).allSatisfy { $0.hasPrefix("!") })
        var steps = 1
        while wire.keeper.hasWork {
            wire.keeper.step()
            steps += 1
        }
        #expect(steps == 3)
        #expect(wire.take().filter { $0.hasPrefix("!") }.count == 150)
    }

    @Test("An address is announced only where it is held, and only once it is there")
    func order() {
        let wire = Wire()
        let one = holdings(1..<2)
        wire.keeper.queueAnnouncement(of: one[0])
        #expect(!wire.keeper.hasWork)
        wire.keeper.claim(one, by: 0)
        wire.keeper.settle()
        wire.keeper.queueAnnouncement(of: one[0])
        wire.keeper.step()
        #expect(wire.take() == ["+10.0.0.1", "!10.0.0.1"])
        wire.keeper.queueAnnouncement(of: one[0])
        wire.keeper.step()
        #expect(wire.take() == ["!10.0.0.1"])
    }

    @Test("A router that gives up before its addresses were announced announces none of them")
    func givenUp() {
        let (wire, _) = Wire.becomingMaster(of: 150)
        _ = wire.take()
        wire.keeper.claim([], by: 0)
        wire.keeper.settle()
        while wire.keeper.hasWork { wire.keeper.step() }
        let rest = wire.take()
        #expect(rest.allSatisfy { !$0.hasPrefix("!") })
        #expect(rest.filter { $0.hasPrefix("-") }.count == 150)
    }

    @Test("What is announced once more waits until all are there")
    func againLater() {
        let (wire, all) = Wire.becomingMaster(of: 300)
        for holding in all { wire.keeper.queueAnnouncement(of: holding) }
        while wire.keeper.hasChanges { wire.keeper.step() }
        #expect(wire.take().filter { $0.hasPrefix("!") } == all.map { "!\($0.entry.address)" })
        while wire.keeper.hasWork { wire.keeper.step() }
        #expect(wire.take() == all.prefix(100).map { "!\($0.entry.address)" })
    }

    @Test("When one router gives up, announcements of another that were taken back with its own are made after all")
    func takenBack() {
        let wire = Wire()
        let (mine, others) = (holdings(0..<2), holdings(2..<4))
        wire.keeper.claim(mine, by: 0)
        wire.keeper.claim(others, by: 1)
        wire.keeper.settle()
        for holding in mine + others { wire.keeper.queueAnnouncement(of: holding) }
        wire.keeper.step()
        _ = wire.take()
        wire.withdrawn = mine + others
        wire.keeper.claim([], by: 0)
        wire.keeper.settle()
        while wire.keeper.hasWork { wire.keeper.step() }
        #expect(wire.take() == ["-10.0.0.0", "-10.0.0.1", "!10.0.0.2", "!10.0.0.3"])
    }
}
