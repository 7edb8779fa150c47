// SPDX-License-Identifier: GPL-2.0-or-later

/// Something that routers want the kernel to hold: an address, a route, a rule.
package protocol Claimable: Hashable, Sendable {
    associatedtype Key: Hashable & Sendable

    /// What makes two of them different things in the kernel.
    var key: Key { get }

    /// Whether the kernel's part of both is the same, so that nothing has to be asked of it.
    func isSameInKernel(as other: Self) -> Bool
}

extension Claimable {
    /// Equal in everything, unless the kind of thing knows better.
    package func isSameInKernel(as other: Self) -> Bool { self == other }
}

/// What this host should hold of one kind of thing, and what it holds.
///
/// Claimants (the places of routers; negative numbers for entries that belong to none) claim and release whole lists;
/// ``settle()`` then tells the shortest way from what is held to what is wanted. What moves from one claimant to another
/// between two settlings is therefore neither removed nor added, and what was found in the kernel at the start (a predecessor
/// died) is kept if it is wanted.
package struct ClaimLedger<Item: Claimable> {
    /// The requests that make the kernel hold what is wanted; to be sent in the order of the members.
    package struct Settlement: Equatable, Sendable {
        /// Things whose options changed, which the kernel can only do by taking them away first.
        package var replaced: [Item]
        package var added: [Item]
        package var removed: [Item]

        package init(replaced: [Item] = [], added: [Item] = [], removed: [Item] = []) {
            self.replaced = replaced
            self.added = added
            self.removed = removed
        }

        package var isEmpty: Bool { replaced.isEmpty && added.isEmpty && removed.isEmpty }
    }

    private var claims: [Int: [Item]] = [:]
    private var wanted: [Item.Key: (item: Item, claimants: Int)] = [:]
    private var held: [Item.Key: Item] = [:]
    /// Keys touched since the last settling, each once, in the order of touching: the order in which things are added.
    private var touched: [Item.Key] = []
    private var isTouched: Set<Item.Key> = []

    package init() {}

    /// Makes these the things that a claimant wants held, in place of those it wanted before.
    package mutating func claim(_ items: [Item], by claimant: Int) {
        let before = claims[claimant] ?? []
        guard before != items else { return }
        makeRoom(for: items.count)
        for item in items {
            let key = item.key
            let claimants = wanted[key]?.claimants ?? 0
            wanted[key] = (item, claimants + 1)
            touch(key)
        }
        for item in before { drop(item.key) }
        claims[claimant] = items.isEmpty ? nil : items
    }

    /// Notes something that is in the kernel already and ours to keep or to remove.
    package mutating func adopt(_ item: Item) {
        held[item.key] = item
        touch(item.key)
    }

    /// Notes that something has gone without our doing. Returns whether it is still wanted; the next settling adds it again.
    package mutating func lose(_ key: Item.Key) -> Bool {
        guard held.removeValue(forKey: key) != nil else { return false }
        touch(key)
        return wanted[key] != nil
    }

    /// Forgets what has gone with something else; what is claimed of it is added when it is claimed anew.
    package mutating func forget(where isGone: (Item) -> Bool) {
        for (key, item) in held where isGone(item) { held[key] = nil }
    }

    /// What a claimant has claimed.
    package func claims(of claimant: Int) -> [Item] { claims[claimant] ?? [] }

    /// Whether something is ours: held or about to be.
    package func holds(_ key: Item.Key) -> Bool { held[key] != nil }

    /// All that is held or about to be, in no order.
    package var holdings: Dictionary<Item.Key, Item>.Values { held.values }

    /// What to ask of the kernel so that it holds what is wanted. From here on that counts as done.
    package mutating func settle() -> Settlement {
        var settlement = Settlement()
        for key in touched {
            switch (held[key], wanted[key]?.item) {
            case (nil, nil):
                break
            case (nil, let new?):
                settlement.added.append(new)
                held[key] = new
            case (let old?, nil):
                settlement.removed.append(old)
                held[key] = nil
            case (let old?, let new?):
                held[key] = new
                guard !old.isSameInKernel(as: new) else { break }
                settlement.replaced.append(old)
                settlement.added.append(new)
            }
        }
        // A thousand addresses settle when the state changes, not with every advert.
        let isFew = touched.count <= 64
        touched.removeAll(keepingCapacity: isFew)
        isTouched.removeAll(keepingCapacity: isFew)
        return settlement
    }

    /// Thousands at once: growing step by step would copy each several times over.
    private mutating func makeRoom(for count: Int) {
        guard count > 64 else { return }
        wanted.reserveCapacity(wanted.count + count)
        held.reserveCapacity(held.count + count)
        touched.reserveCapacity(touched.count + count)
        isTouched.reserveCapacity(touched.count + count)
    }

    private mutating func drop(_ key: Item.Key) {
        guard var entry = wanted[key] else { return }
        entry.claimants -= 1
        wanted[key] = entry.claimants > 0 ? entry : nil
        touch(key)
    }

    private mutating func touch(_ key: Item.Key) {
        if isTouched.insert(key).inserted { touched.append(key) }
    }
}
