// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import Netlink

/// The firewall's entries in nftables, in tables of our own.
///
/// What changes is a batch of its own: the kernel does the whole of it or nothing. When it refuses one, somebody has
/// been at the tables; then they are made anew from what is to be in them, and so they are when somebody else empties
/// them.
final class NFTablesFirewall: FirewallMeans {
    private let socket: FilterSocket
    private let loop: EventLoop
    private let log: (String) -> Void
    private let record: FirewallRecord
    var ready: () -> Void = {}
    private var plan: NFTablesPlan
    private var parts: Set<NFTablesPlan.Part> = []
    private var entries: Set<FirewallEntry> = []
    /// The kernel refused even to make the tables anew: said once, and tried again with each change.
    private var isBroken = false
    private var repairIsScheduled = false

    /// How long to gather news of a stranger's changes before the tables are made anew; twice as long each time while
    /// he goes on, for it may be another keepalived that wants a table of this name.
    private var patience = NFTablesFirewall.leastPatience
    private var lastRepair: Instant?
    private static let leastPatience = Interval.milliseconds(20)
    private static let mostPatience = Interval.seconds(60)

    init(
        _ plan: NFTablesPlan, loop: EventLoop, _ record: FirewallRecord, log: @escaping (String) -> Void
    ) throws(SystemError) {
        self.plan = plan
        self.record = record
        self.loop = loop
        self.log = log
        socket = try FilterSocket()
        socket.news = { [unowned self] news, _ in note(news) }
        socket.lost = { [unowned self] _ in scheduleRepair() }
    }

    /// That of its tables.
    var name: String { plan.name }

    /// Takes tables of that name away, whether they are there or not.
    static func removeTables(_ name: String) throws(SystemError) {
        let plan = NFTablesPlan(name: name, priority: 0, countsPackets: false)
        _ = try FilterSocket().perform(NFTablesBatch(plan.removal))
    }

    /// What is asked of the kernel is done when the call returns.
    var isReady: Bool { true }

    /// Puts tables with these entries in place of those that an earlier process may have left.
    func begin(_ adopted: [FirewallEntry], possible: () -> [FirewallEntry]) {
        entries = Set(adopted)
        parts = NFTablesPlan.parts(of: entries)
        replace()
        do throws(SystemError) {
            try socket.watch(on: loop)
        } catch {
            log("nftables: cannot hear of changes that others make: \(error)")
        }
    }

    func add(_ more: [FirewallEntry]) {
        entries.formUnion(more)
        let needed = NFTablesPlan.parts(of: more)
        if isBroken || !needed.isSubset(of: parts) {
            parts.formUnion(needed)
            replace()
        } else {
            perform(plan.addition(more))
        }
    }

    func remove(_ fewer: [FirewallEntry]) {
        entries.subtract(fewer)
        if isBroken { replace() } else { perform(plan.deletion(fewer)) }
    }

    /// Other settings for the same tables.
    func reconfigure(to settings: FirewallGlobals) {
        var other = NFTablesPlan(settings)
        other.name = plan.name
        guard other != plan else { return }
        plan = other
        replace()
    }

    func removeAll(_ done: @escaping () -> Void) {
        entries = []
        parts = []
        _ = socket.perform(NFTablesBatch(plan.removal))
        record.present.tables.remove(plan.name)
        done()
    }

    private func perform(_ commands: [NFTablesBatch.Command]) {
        guard socket.perform(NFTablesBatch(commands)) != nil else { return }
        replace()
    }

    private func replace() {
        record.present.tables.insert(plan.name)
        let refusal = socket.perform(NFTablesBatch(plan.replacement(parts, entries)))
        defer { isBroken = refusal != nil }
        if parts.isEmpty { record.present.tables.remove(plan.name) }
        guard let refusal, !isBroken else { return }
        log("nftables: cannot make the table \(plan.name): \(refusal.reason); virtual addresses are not protected")
    }

    // MARK: What others do

    private func note(_ news: NFTablesNews) {
        guard news.table.name == plan.name, parts.contains(where: { $0.family == news.table.family }) else { return }
        scheduleRepair()
    }

    private func scheduleRepair() {
        guard !repairIsScheduled, !parts.isEmpty else { return }
        repairIsScheduled = true
        let isQuiet = lastRepair.map { Instant.now - $0 > patience + .seconds(1) } ?? true
        patience = isQuiet ? Self.leastPatience : min(patience * 2, Self.mostPatience)
        loop.after(patience) { [weak self] now in
            guard let self else { return }
            repairIsScheduled = false
            lastRepair = now
            guard !parts.isEmpty else { return }
            log("nftables: the table \(plan.name) was changed by someone else; making it again")
            replace()
        }
    }
}
