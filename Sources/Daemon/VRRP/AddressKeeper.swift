// SPDX-License-Identifier: GPL-2.0-or-later

import VRRP

/// Brings addresses into the kernel and tells the neighbours, a slice at a time, so that no advert ever waits for the rest.
///
/// A slice is at most ``slice`` address requests in one write and the announcements of the addresses that this brought. With
/// a thousand addresses the first neighbours know after one slice, not after a thousand requests; and between two slices the
/// loop does whatever else is due. What is announced once more waits until every address is there.
final class AddressKeeper {
    /// What is asked of the kernel.
    enum Change: Equatable {
        case add(AddressLedger.Holding)
        case remove(AddressLedger.Holding)
    }

    /// Address requests in one write.
    static let slice = 100

    private var ledger = AddressLedger()
    private var changes: [Change] = []
    private var nextChange = 0
    /// How many of the queued changes are additions.
    private var additions = 0
    private var announcements: [AddressLedger.Holding] = []
    private var nextAnnouncement = 0

    /// Sends requests to the kernel.
    private let transmit: (ArraySlice<Change>) -> Void
    /// Sends gratuitous ARPs and unsolicited neighbour advertisements.
    private let announce: (ArraySlice<AddressLedger.Holding>) -> Void
    /// Takes back announcements that have not left yet, and gives them, maybe with some that have.
    private let withdraw: () -> [AddressLedger.Holding]

    init(
        transmit: @escaping (ArraySlice<Change>) -> Void, announce: @escaping (ArraySlice<AddressLedger.Holding>) -> Void,
        withdraw: @escaping () -> [AddressLedger.Holding] = { [] }
    ) {
        self.transmit = transmit
        self.announce = announce
        self.withdraw = withdraw
    }

    /// Whether there is work for another ``step()``.
    var hasWork: Bool { nextChange < changes.count || nextAnnouncement < announcements.count }

    /// Whether there are requests that the kernel has not been asked yet.
    var hasChanges: Bool { nextChange < changes.count }

    /// Whether addresses are still to be asked for.
    var hasAdditions: Bool { additions > 0 }

    /// Makes these the addresses that a router wants held; effective with the next ``settle()``.
    func claim(_ holdings: [AddressLedger.Holding], by router: Int) { ledger.claim(holdings, by: router) }

    /// Whether an address is held by us, or about to be.
    func holds(_ key: AddressLedger.Key) -> Bool { ledger.holds(key) }

    func claims(of router: Int) -> [AddressLedger.Holding] { ledger.claims(of: router) }

    /// Takes an address found in the kernel as one of ours, to be kept or removed with the next ``settle()``.
    func adopt(_ holding: AddressLedger.Holding) { ledger.adopt(holding) }

    /// Forgets an interface that is gone, with what was to be done on it.
    func forget(interface: UInt32) { ledger.forget(interface: interface) }

    /// Notes that somebody else removed an address. Returns whether it was one that we want: it is added again.
    func lose(_ key: AddressLedger.Key) -> Bool {
        guard !ledger.isComing(key) else { return false }
        return ledger.lose(key)
    }

    /// Queues the requests that lead from what is held to what is claimed.
    func settle() {
        let settlement = ledger.settle()
        guard !settlement.isEmpty else { return }
        changes.reserveCapacity(changes.count + settlement.replaced.count + settlement.added.count + settlement.removed.count)
        additions += settlement.added.count
        for holding in settlement.replaced { changes.append(.remove(holding)) }
        for holding in settlement.added { changes.append(.add(holding)) }
        for holding in settlement.removed { changes.append(.remove(holding)) }
        if !settlement.removed.isEmpty { forgetAnnouncements() }
    }

    /// Drops announcements of addresses that are about to go: another router will be announcing them.
    private func forgetAnnouncements() {
        announcements.replaceSubrange(..<nextAnnouncement, with: withdraw())
        nextAnnouncement = 0
        announcements.removeAll { !ledger.holds($0.key) }
    }

    /// Announces an address, once it is there.
    func queueAnnouncement(of holding: AddressLedger.Holding) {
        if ledger.expect(holding.key) == false { announcements.append(holding) }
    }

    /// Does one slice of what is queued.
    func step() {
        if nextChange < changes.count { change() } else if nextAnnouncement < announcements.count { announceNext() }
    }

    private func change() {
        let end = min(nextChange + Self.slice, changes.count)
        let piece = changes[nextChange..<end]
        nextChange = end
        transmit(piece)
        var fresh: [AddressLedger.Holding] = []
        fresh.reserveCapacity(piece.count)
        for case .add(let holding) in piece {
            additions -= 1
            if ledger.arrive(holding.key) { fresh.append(holding) }
        }
        if !fresh.isEmpty { announce(fresh[...]) }
        if nextChange == changes.count {
            changes = []
            nextChange = 0
        }
    }

    private func announceNext() {
        let end = min(nextAnnouncement + Self.slice, announcements.count)
        announce(announcements[nextAnnouncement..<end])
        nextAnnouncement = end
        if nextAnnouncement == announcements.count {
            announcements.removeAll(keepingCapacity: announcements.count <= Self.slice)
            nextAnnouncement = 0
        }
    }
}
