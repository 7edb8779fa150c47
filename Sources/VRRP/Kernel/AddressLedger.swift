// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// Which virtual addresses this host should hold, and which it holds: a ``ClaimLedger`` that knows what the kernel minds about
/// addresses.
package struct AddressLedger {
    /// What makes two addresses in the kernel different ones.
    package struct Key: Hashable, Sendable {
        package var prefix: IPPrefix
        /// Index of the interface.
        package var interface: UInt32

        package init(_ prefix: IPPrefix, on interface: UInt32) {
            self.prefix = prefix
            self.interface = interface
        }

        /// A thousand at once are looked for: what differs between them in as few steps as it takes.
        package func hash(into hasher: inout Hasher) {
            switch prefix.address {
            case .v4(let word): hasher.combine(UInt64(word) << 32 | UInt64(interface))
            case .v6(let high, let low):
                hasher.combine(high)
                hasher.combine(low ^ UInt64(interface))
            }
        }
    }

    /// An address with all its options, on an interface.
    package struct Holding: Claimable {
        package var entry: AddressEntry
        package var interface: UInt32

        package init(_ entry: AddressEntry, on interface: UInt32) {
            self.entry = entry
            self.interface = interface
        }

        package var key: Key { Key(entry.prefix, on: interface) }
    }

    package typealias Settlement = ClaimLedger<Holding>.Settlement

    private var ledger = ClaimLedger<Holding>()

    package init() {}

    /// Makes these the addresses that a claimant wants held, in place of those it wanted before; none when it is no master.
    package mutating func claim(_ holdings: [Holding], by claimant: Int) { ledger.claim(holdings, by: claimant) }

    /// Notes an address that is in the kernel already and ours to keep or to remove.
    package mutating func adopt(_ holding: Holding) { ledger.adopt(holding) }

    /// Notes that an address has gone without our doing. Returns whether it is still wanted; the next settling adds it again.
    package mutating func lose(_ key: Key) -> Bool { ledger.lose(key) }

    /// Forgets everything held on an interface that has gone; what is claimed there is added when it is claimed anew.
    package mutating func forget(interface: UInt32) { ledger.forget { $0.interface == interface } }

    /// What a claimant has claimed.
    package func claims(of claimant: Int) -> [Holding] { ledger.claims(of: claimant) }

    /// Whether an address is ours: held or about to be.
    package func holds(_ key: Key) -> Bool { ledger.holds(key) }

    /// Whether an address is to be added that ``arrive(_:)`` has not told of.
    package func isComing(_ key: Key) -> Bool { ledger.isComing(key) }

    /// Waits for an address that is coming. Returns false if it is there already; nil if it is not held at all.
    package mutating func expect(_ key: Key) -> Bool? { ledger.expect(key) }

    /// Notes that an address has been added. Returns whether it was awaited.
    package mutating func arrive(_ key: Key) -> Bool { ledger.arrive(key) }

    /// What to ask of the kernel so that it holds what is wanted. From here on that counts as done.
    package mutating func settle() -> Settlement {
        var settlement = ledger.settle()
        separatePrefixes(&settlement)
        return settlement
    }

    /// IPv6 refuses an address that it has with another prefix length, so there the old one goes first.
    private func separatePrefixes(_ settlement: inout Settlement) {
        guard !settlement.removed.isEmpty, !settlement.added.isEmpty else { return }
        let wholeAddress = { (holding: Holding) in Key(IPPrefix(holding.entry.address, length: 128), on: holding.interface) }
        let added = Set(settlement.added.filter { $0.entry.address.family == .ipv6 }.map(wholeAddress))
        guard !added.isEmpty else { return }
        let clashes = { (holding: Holding) in added.contains(wholeAddress(holding)) }
        settlement.replaced += settlement.removed.filter(clashes)
        settlement.removed.removeAll(where: clashes)
    }
}
