// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// Which virtual addresses this host should hold, and which it holds.
///
/// Routers claim and release whole lists; ``settle()`` then tells the shortest way from what is held to what is wanted. An
/// address that moves from one router to another between two settlings is therefore neither removed nor added, and one that was
/// found in the kernel at the start (a predecessor died) is kept if it is wanted.
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
    }

    /// An address with all its options, on an interface.
    package struct Holding: Hashable, Sendable {
        package var entry: AddressEntry
        package var interface: UInt32

        package init(_ entry: AddressEntry, on interface: UInt32) {
            self.entry = entry
            self.interface = interface
        }

        package var key: Key { Key(entry.prefix, on: interface) }
    }

    /// The requests that make the kernel hold what is wanted; to be sent in the order of the members.
    package struct Settlement: Equatable, Sendable {
        /// Addresses whose options changed, which the kernel can only do by taking them away first.
        package var replaced: [Holding]
        package var added: [Holding]
        package var removed: [Holding]

        package init(replaced: [Holding] = [], added: [Holding] = [], removed: [Holding] = []) {
            self.replaced = replaced
            self.added = added
            self.removed = removed
        }

        package var isEmpty: Bool { replaced.isEmpty && added.isEmpty && removed.isEmpty }
    }

    private var claims: [Int: [Holding]] = [:]
    private var wanted: [Key: (holding: Holding, claimants: Int)] = [:]
    private var held: [Key: Holding] = [:]
    /// Keys touched since the last settling, each once, in the order of touching: the order in which addresses are added.
    private var touched: [Key] = []
    private var isTouched: Set<Key> = []

    package init() {}

    /// Makes these the addresses that a router wants held, in place of those it wanted before; none when it is no master.
    package mutating func claim(_ holdings: [Holding], by router: Int) {
        let before = claims[router] ?? []
        guard before != holdings else { return }
        makeRoom(for: holdings.count)
        for holding in holdings {
            let key = holding.key
            if let claimants = wanted[key]?.claimants {
                wanted[key] = (holding, claimants + 1)
            } else {
                wanted[key] = (holding, 1)
            }
            touch(key)
        }
        for holding in before { drop(holding.key) }
        claims[router] = holdings.isEmpty ? nil : holdings
    }

    /// Notes an address that is in the kernel already and ours to keep or to remove.
    package mutating func adopt(_ holding: Holding) {
        held[holding.key] = holding
        touch(holding.key)
    }

    /// Notes that an address has gone without our doing. Returns whether it is still wanted; the next settling adds it again.
    package mutating func lose(_ key: Key) -> Bool {
        guard held.removeValue(forKey: key) != nil else { return false }
        touch(key)
        return wanted[key] != nil
    }

    /// Forgets everything held on an interface that has gone; what is claimed there is added when it is claimed anew.
    package mutating func forget(interface: UInt32) {
        for key in held.keys where key.interface == interface { held[key] = nil }
    }

    /// What a router has claimed.
    package func claims(of router: Int) -> [Holding] { claims[router] ?? [] }

    /// Whether an address is ours: held or about to be.
    package func holds(_ key: Key) -> Bool { held[key] != nil }

    /// What to ask of the kernel so that it holds what is wanted. From here on that counts as done.
    package mutating func settle() -> Settlement {
        var settlement = Settlement()
        for key in touched {
            switch (held[key], wanted[key]?.holding) {
            case (nil, nil):
                break
            case (nil, let new?):
                settlement.added.append(new)
                held[key] = new
            case (let old?, nil):
                settlement.removed.append(old)
                held[key] = nil
            case (let old?, let new?) where old != new:
                settlement.replaced.append(old)
                settlement.added.append(new)
                held[key] = new
            case (.some, .some):
                break
            }
        }
        // A thousand addresses settle when the state changes, not with every advert.
        let isFew = touched.count <= 64
        touched.removeAll(keepingCapacity: isFew)
        isTouched.removeAll(keepingCapacity: isFew)
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

    private mutating func drop(_ key: Key) {
        guard var entry = wanted[key] else { return }
        entry.claimants -= 1
        wanted[key] = entry.claimants > 0 ? entry : nil
        touch(key)
    }

    /// Thousands at once: growing step by step would copy each several times over.
    private mutating func makeRoom(for count: Int) {
        guard count > 64 else { return }
        wanted.reserveCapacity(wanted.count + count)
        held.reserveCapacity(held.count + count)
        touched.reserveCapacity(touched.count + count)
        isTouched.reserveCapacity(touched.count + count)
    }

    private mutating func touch(_ key: Key) {
        if isTouched.insert(key).inserted { touched.append(key) }
    }
}
