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

    /// What is known of one thing.
    private struct Entry {
        var wanted: Item?
        var claimants = 0
        var held: Item?
        /// Whether it is to be looked at in the next settling.
        var isTouched = false
        /// Whether its addition has been told and has not been made, and whether somebody waits for it.
        var isComing = false
        var isAwaited = false
    }

    private var claims: [Int: [Item]] = [:]
    private var entries: [Item.Key: Entry] = [:]
    /// Keys touched since the last settling, each once, in the order of touching: the order in which things are added.
    private var touched: [Item.Key] = []

    package init() {}

    /// Makes these the things that a claimant wants held, in place of those it wanted before.
    package mutating func claim(_ items: [Item], by claimant: Int) {
        let before = claims[claimant] ?? []
        guard before != items else { return }
        makeRoom(for: items.count)
        for item in items {
            change(item.key) { entry in
                entry.wanted = item
                entry.claimants += 1
            }
        }
        for item in before {
            change(item.key) { entry in
                entry.claimants -= 1
                if entry.claimants == 0 { entry.wanted = nil }
            }
        }
        claims[claimant] = items.isEmpty ? nil : items
    }

    /// Notes something that is in the kernel already and ours to keep or to remove.
    package mutating func adopt(_ item: Item) {
        change(item.key) { $0.held = item }
    }

    /// Notes that something has gone without our doing. Returns whether it is still wanted; the next settling adds it again.
    package mutating func lose(_ key: Item.Key) -> Bool {
        guard let entry = entries[key], entry.held != nil else { return false }
        change(key) { $0.held = nil }
        return entry.wanted != nil
    }

    /// Forgets what has gone with something else; what is claimed of it is added when it is claimed anew.
    package mutating func forget(where isGone: (Item) -> Bool) {
        for (key, entry) in entries {
            guard let item = entry.held, isGone(item) else { continue }
            entries[key]?.held = nil
            if entry.wanted == nil, !entry.isTouched { entries[key] = nil }
        }
    }

    /// What a claimant has claimed.
    package func claims(of claimant: Int) -> [Item] { claims[claimant] ?? [] }

    /// Whether something is ours: held or about to be.
    package func holds(_ key: Item.Key) -> Bool { entries[key]?.held != nil }

    /// Whether something is to be added that ``arrive(_:)`` has not told of.
    package func isComing(_ key: Item.Key) -> Bool { entries[key]?.isComing ?? false }

    /// Waits for something that is coming. Returns false if it is there already; nil if it is not held at all.
    package mutating func expect(_ key: Item.Key) -> Bool? {
        guard let place = entries.index(forKey: key), entries.values[place].held != nil else { return nil }
        if entries.values[place].isComing { entries.values[place].isAwaited = true }
        return entries.values[place].isComing
    }

    /// Notes that something has been added. Returns whether it was awaited.
    package mutating func arrive(_ key: Item.Key) -> Bool {
        guard let place = entries.index(forKey: key) else { return false }
        defer { (entries.values[place].isComing, entries.values[place].isAwaited) = (false, false) }
        return entries.values[place].isAwaited
    }

    /// Whether nothing is held, nor about to be.
    package var isEmpty: Bool { entries.values.allSatisfy { $0.held == nil } }

    /// All that is held or about to be, in no order.
    package var holdings: [Item] { entries.values.compactMap(\.held) }

    /// What to ask of the kernel so that it holds what is wanted. From here on that counts as done.
    package mutating func settle() -> Settlement {
        var settlement = Settlement()
        for key in touched {
            guard let place = entries.index(forKey: key) else { continue }
            Self.settle(&entries.values[place], into: &settlement)
            if entries.values[place].wanted == nil { entries.remove(at: place) }
        }
        // A thousand addresses settle when the state changes, not with every advert.
        touched.removeAll(keepingCapacity: touched.count <= 64)
        return settlement
    }

    private static func settle(_ entry: inout Entry, into settlement: inout Settlement) {
        entry.isTouched = false
        switch (entry.held, entry.wanted) {
        case (nil, nil):
            break
        case (nil, let new?):
            settlement.added.append(new)
            entry.isComing = true
        case (let old?, nil):
            settlement.removed.append(old)
        case (let old?, let new?):
            guard !old.isSameInKernel(as: new) else { break }
            settlement.replaced.append(old)
            settlement.added.append(new)
            entry.isComing = true
        }
        entry.held = entry.wanted
    }

    /// Thousands at once: growing step by step would copy each several times over.
    private mutating func makeRoom(for count: Int) {
        guard count > 64 else { return }
        entries.reserveCapacity(entries.count + count)
        touched.reserveCapacity(touched.count + count)
    }

    private mutating func change(_ key: Item.Key, _ body: (inout Entry) -> Void) {
        if Self.change(&entries[key, default: Entry()], body) { touched.append(key) }
    }

    /// Whether it had not been touched.
    private static func change(_ entry: inout Entry, _ body: (inout Entry) -> Void) -> Bool {
        body(&entry)
        defer { entry.isTouched = true }
        return !entry.isTouched
    }
}
