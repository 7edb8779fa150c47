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
        let key: Item.Key
        /// Whether this is a place in use.
        var isUsed = true
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
    /// What is known, at the places that ``places`` tells; things claimed together mostly lie one behind the other.
    private var entries: [Entry] = []
    private var places: [Item.Key: Int32] = [:]
    /// Places of entries that are used no more.
    private var free: [Int] = []
    /// Where the thing should be that is looked for next: a thousand are asked for in the order in which they were claimed, and
    /// most need not be looked up at all.
    private var likely = 0
    /// Places touched since the last settling, each once, in the order of touching: the order in which things are added.
    private var touched: [Int] = []

    package init() {}

    /// Makes these the things that a claimant wants held, in place of those it wanted before.
    package mutating func claim(_ items: [Item], by claimant: Int) {
        let before = claims[claimant] ?? []
        guard before != items else { return }
        makeRoom(for: items.count)
        for item in items {
            let place = touch(item.key)
            entries[place].wanted = item
            entries[place].claimants += 1
        }
        for item in before {
            let place = touch(item.key)
            entries[place].claimants -= 1
            if entries[place].claimants == 0 { entries[place].wanted = nil }
        }
        claims[claimant] = items.isEmpty ? nil : items
    }

    /// Notes something that is in the kernel already and ours to keep or to remove.
    package mutating func adopt(_ item: Item) { entries[touch(item.key)].held = item }

    /// Notes that something has gone without our doing. Returns whether it is still wanted; the next settling adds it again.
    package mutating func lose(_ key: Item.Key) -> Bool {
        guard let place = find(key), entries[place].held != nil else { return false }
        entries[touch(key)].held = nil
        return entries[place].wanted != nil
    }

    /// Forgets what has gone with something else; what is claimed of it is added when it is claimed anew.
    package mutating func forget(where isGone: (Item) -> Bool) {
        for (key, place) in places {
            let place = Int(place)
            guard let item = entries[place].held, isGone(item) else { continue }
            entries[place].held = nil
            if entries[place].wanted == nil, !entries[place].isTouched { release(place, key) }
        }
    }

    /// What a claimant has claimed.
    package func claims(of claimant: Int) -> [Item] { claims[claimant] ?? [] }

    /// Whether something is ours: held or about to be.
    package func holds(_ key: Item.Key) -> Bool { find(key).map { entries[$0].held != nil } ?? false }

    /// Whether something is to be added that ``arrive(_:)`` has not told of.
    package func isComing(_ key: Item.Key) -> Bool { find(key).map { entries[$0].isComing } ?? false }

    /// Waits for something that is coming. Returns false if it is there already; nil if it is not held at all.
    package mutating func expect(_ key: Item.Key) -> Bool? {
        guard let place = findNext(key), entries[place].held != nil else { return nil }
        if entries[place].isComing { entries[place].isAwaited = true }
        return entries[place].isComing
    }

    /// Notes that something has been added. Returns whether it was awaited.
    package mutating func arrive(_ key: Item.Key) -> Bool {
        guard let place = findNext(key) else { return false }
        defer { (entries[place].isComing, entries[place].isAwaited) = (false, false) }
        return entries[place].isAwaited
    }

    /// Whether nothing is held, nor about to be.
    package var isEmpty: Bool { places.isEmpty || entries.allSatisfy { $0.held == nil } }

    /// All that is held or about to be, in no order.
    package var holdings: [Item] { entries.compactMap(\.held) }

    /// What to ask of the kernel so that it holds what is wanted. From here on that counts as done.
    package mutating func settle() -> Settlement {
        var settlement = Settlement()
        guard !touched.isEmpty else { return settlement }
        if touched.count > Self.usual { settlement.added.reserveCapacity(touched.count) }
        for place in touched {
            Self.settle(&entries[place], into: &settlement)
            if entries[place].wanted == nil { release(place, entries[place].key) }
        }
        // A thousand addresses settle when the state changes, not with every advert.
        touched.removeAll(keepingCapacity: touched.count <= Self.usual)
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

    // MARK: Places

    /// So many at once are nothing to prepare for.
    private static var usual: Int { 64 }

    /// Thousands at once: growing step by step would copy each several times over.
    private mutating func makeRoom(for count: Int) {
        guard count > Self.usual else { return }
        entries.reserveCapacity(entries.count + count)
        places.reserveCapacity(places.count + count)
        touched.reserveCapacity(touched.count + count)
    }

    private func find(_ key: Item.Key) -> Int? { places[key].map { Int($0) } }

    /// Like ``find(_:)``, for those who ask for one after the other.
    private mutating func findNext(_ key: Item.Key) -> Int? {
        let isLikely = likely < entries.count && entries[likely].key == key && entries[likely].isUsed
        guard let place = isLikely ? likely : find(key) else { return nil }
        likely = place + 1
        return place
    }

    /// The place of something, known or not, which is to be looked at in the next settling.
    private mutating func touch(_ key: Item.Key) -> Int {
        let next = free.last ?? entries.count
        let place = Self.keep(&places[key, default: Int32(truncatingIfNeeded: next)])
        if place == entries.count {
            entries.append(Entry(key: key))
        } else if place == next {
            entries[place] = Entry(key: key)
            free.removeLast()
        }
        if !entries[place].isTouched { touched.append(place) }
        entries[place].isTouched = true
        return place
    }

    /// Has the dictionary keep what it may only have been lent.
    private static func keep(_ place: inout Int32) -> Int { Int(place) }

    private mutating func release(_ place: Int, _ key: Item.Key) {
        places[key] = nil
        entries[place].isUsed = false
        if places.isEmpty {
            (entries, free, likely) = ([], [], 0)
        } else {
            free.append(place)
        }
    }
}
