// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Support
import Testing
import VRRP

struct AddressLedgerTests {
    static func holding(_ text: String, _ length: Int = 32, on interface: UInt32 = 2, label: String? = nil) -> AddressLedger.Holding {
        var entry = AddressEntry(IPPrefix(IPAddress(text) ?? .v4(0), length: length))
        entry.label = label
        return AddressLedger.Holding(entry, on: interface)
    }

    @Test("What is claimed is added once, what is released is removed once")
    func claimAndRelease() {
        var ledger = AddressLedger()
        let both = [Self.holding("10.0.0.1"), Self.holding("10.0.0.2")]
        ledger.claim(both, by: 0)
        let settlement1 = ledger.settle()
        #expect(settlement1 == .init(added: both))
        let settlement2 = ledger.settle()
        #expect(settlement2.isEmpty)
        ledger.claim([], by: 0)
        let settlement3 = ledger.settle()
        #expect(settlement3 == .init(removed: both))
        let settlement4 = ledger.settle()
        #expect(settlement4.isEmpty)
    }

    @Test("A reload that adds one address writes only that one")
    func oneMore() {
        var ledger = AddressLedger()
        let first = Self.holding("10.0.0.1"), second = Self.holding("10.0.0.2")
        ledger.claim([first], by: 0)
        _ = ledger.settle()
        ledger.claim([first, second], by: 0)
        let settlement5 = ledger.settle()
        #expect(settlement5 == .init(added: [second]))
    }

    @Test("An address that moves between routers is not touched in the kernel")
    func moves() {
        var ledger = AddressLedger()
        let address = Self.holding("10.0.0.1")
        ledger.claim([address], by: 0)
        _ = ledger.settle()
        ledger.claim([], by: 0)
        ledger.claim([address], by: 1)
        let settlement6 = ledger.settle()
        #expect(settlement6.isEmpty)
        ledger.claim([address], by: 2)
        ledger.claim([], by: 1)
        let settlement7 = ledger.settle()
        #expect(settlement7.isEmpty)
        #expect(ledger.holds(address.key))
    }

    @Test("A changed option takes the address away and adds it again")
    func changed() {
        var ledger = AddressLedger()
        ledger.claim([Self.holding("10.0.0.1")], by: 0)
        _ = ledger.settle()
        ledger.claim([Self.holding("10.0.0.1", label: "eth0:1")], by: 0)
        let settlement8 = ledger.settle()
        #expect(settlement8 == .init(replaced: [Self.holding("10.0.0.1")], added: [Self.holding("10.0.0.1", label: "eth0:1")]))
    }

    @Test("A wider IPv4 prefix is added before the old goes; IPv6 cannot hold both")
    func prefixes() {
        var ledger = AddressLedger()
        ledger.claim([Self.holding("10.0.0.1", 24), Self.holding("fd00::1", 64)], by: 0)
        _ = ledger.settle()
        ledger.claim([Self.holding("10.0.0.1", 16), Self.holding("fd00::1", 48)], by: 0)
        let expected = AddressLedger.Settlement(
            replaced: [Self.holding("fd00::1", 64)],
            added: [Self.holding("10.0.0.1", 16), Self.holding("fd00::1", 48)],
            removed: [Self.holding("10.0.0.1", 24)])
        let settlement9 = ledger.settle()
        #expect(settlement9 == expected)
    }

    @Test("A predecessor's address is kept where wanted and removed where not")
    func adoption() {
        var ledger = AddressLedger()
        let kept = Self.holding("10.0.0.1"), left = Self.holding("10.0.0.2")
        ledger.adopt(kept)
        ledger.adopt(left)
        ledger.claim([kept], by: 0)
        let settlement10 = ledger.settle()
        #expect(settlement10 == .init(removed: [left]))
    }

    @Test("A stolen address is added again, one we removed ourselves is not")
    func lost() {
        var ledger = AddressLedger()
        let address = Self.holding("10.0.0.1")
        ledger.claim([address], by: 0)
        _ = ledger.settle()
        let isStolen = ledger.lose(address.key)
        #expect(isStolen)
        let settlement11 = ledger.settle()
        #expect(settlement11 == .init(added: [address]))
        ledger.claim([], by: 0)
        _ = ledger.settle()
        let isMissed = ledger.lose(address.key)
        #expect(!isMissed)
        let settlement12 = ledger.settle()
        #expect(settlement12.isEmpty)
    }

    @Test("Random claims lead to what a plain set says", arguments: 1...20)
    func oracle(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ledger = AddressLedger()
        var kernel: Set<AddressLedger.Key> = []
        var claims: [Int: Set<Int>] = [:]
        for _ in 0..<300 {
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let router = Int.random(in: 0..<4, using: &random)
                let wanted = Set((0..<6).filter { _ in Bool.random(using: &random) })
                claims[router] = wanted
                ledger.claim(wanted.sorted().map { Self.holding("10.0.0.\($0)") }, by: router)
            }
            let settlement = ledger.settle()
            for holding in settlement.replaced + settlement.removed {
                let wasThere = kernel.remove(holding.key) != nil
                #expect(wasThere, "seed \(seed)")
            }
            for holding in settlement.added {
                let isNew = kernel.insert(holding.key).inserted
                #expect(isNew, "seed \(seed)")
            }
            let expected = Set(claims.values.joined().map { Self.holding("10.0.0.\($0)").key })
            #expect(kernel == expected, "seed \(seed)")
        }
    }
}
