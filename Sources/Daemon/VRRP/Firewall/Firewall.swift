// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import VRRP

/// Keeps packets away from addresses whose routers do not accept any, and the kernel's own chatter off virtual MACs.
///
/// An address is refused before it is there and until it is gone: entries are added by ``settle()``, ahead of the
/// addresses, and taken away by ``sweep()``, once the kernel has done what it was asked about addresses.
final class Firewall {
    /// Claimants that are no routers.
    private static let virtualInterfaces = -1

    private let environment: ProcessEnvironment
    private var ledger = ClaimLedger<FirewallEntry>()
    /// What is no longer wanted and still there.
    private var surplus: Set<FirewallEntry> = []
    private var means: (any FirewallMeans)?
    private var isUnavailable = false
    private var quiet: [QuietInterface] = []
    private let record: FirewallRecord
    /// Takes away what an earlier process left in iptables, where that is not asked for any more.
    private var remover: IPTablesFirewall?

    init(_ environment: ProcessEnvironment) {
        self.environment = environment
        record = FirewallRecord(environment.keptFiles?.firewall)
    }

    private var settings: FirewallGlobals { environment.configuration.globals.vrrp.firewall }

    /// The name of the interface with an index.
    var name: (UInt32) -> String? = { _ in nil }
    /// Addresses need not wait any longer.
    var ready: () -> Void = {}
    /// Whether everything asked for stands, so that addresses may come.
    var isReady: Bool { means?.isReady ?? true }

    /// Whether link-local addresses are told apart by the index of their interface in any case.
    var usesInterfaceIndex: Bool { settings.nftablesUsesInterfaceIndex }

    // MARK: What is wanted

    /// Makes these the entries of a router, in place of those it had.
    func claim(_ entries: [FirewallEntry], by router: Int) { ledger.claim(entries, by: router) }

    /// A virtual MAC's interface, and the one below it.
    struct QuietInterface: Equatable {
        var family: AddressFamily
        var index: UInt32
        var below: UInt32
    }

    /// Keeps the chatter of these interfaces off the network, before they go up.
    func keepQuiet(_ interfaces: [QuietInterface]) {
        guard interfaces != quiet else { return }
        claim(interfaces)
        settle()
    }

    private func claim(_ interfaces: [QuietInterface]) {
        quiet = interfaces
        let entries = interfaces.map { FirewallEntry.quiet($0.family, interface: $0.index, below: $0.below) }
        ledger.claim(entries, by: Self.virtualInterfaces)
    }

    // MARK: Doing it

    /// Begins with the entries of addresses that are there already, and without anything that an earlier process
    /// left. Without a router or a keyword that asks for a firewall nothing is touched.
    ///
    /// - Parameter possible: the entries of all addresses that routers have, as an earlier process may have made them.
    func begin(_ interfaces: [QuietInterface], isAskedFor: Bool, possible: () -> [FirewallEntry]) {
        claim(interfaces)
        let adopted = ledger.settle().added
        defer { sweepRemains() }
        guard isAskedFor || settings.nftables != nil || settings.iptables != nil || !adopted.isEmpty else { return }
        open()
        means?.begin(adopted, possible: possible)
    }

    /// Takes away what an earlier process left and the present means do not see to.
    private func sweepRemains() {
        let left = record.left
        guard !left.isEmpty else { return }
        do throws(SystemError) {
            let own = (means as? NFTablesFirewall)?.name
            for name in left.tables where name != own { try NFTablesFirewall.removeTables(name) }
            record.present.tables.formIntersection(own.map { [$0] } ?? [])
            guard !(means is IPTablesFirewall), !left.rules.isEmpty || !left.sets.isEmpty else { return }
            let rules = IPTablesRules(chains: FirewallGlobals.Chains(input: "INPUT", output: nil), ipsets: .disabled)
            remover = try IPTablesFirewall(rules, environment, record) { _ in nil }
            remover?.begin([], possible: { [] })
        } catch {
            environment.log("What an earlier process left of the firewall cannot be taken away: \(error)")
        }
    }

    /// Other settings after a reload.
    func configure() { means?.reconfigure(to: settings) }

    /// Adds what is wanted and not there yet.
    func settle() {
        let settlement = ledger.settle()
        guard !settlement.isEmpty else { return }
        let added = settlement.added.filter { surplus.remove($0) == nil }
        surplus.formUnion(settlement.removed)
        guard !added.isEmpty else { return }
        if means == nil {
            open()
            means?.begin(added, possible: { [] })
        } else {
            means?.add(added)
        }
    }

    /// Takes away what is no longer wanted.
    func sweep() {
        guard !surplus.isEmpty else { return }
        means?.remove(Array(surplus))
        surplus.removeAll()
    }

    /// Leaves nothing behind.
    func end(_ done: @escaping () -> Void) {
        guard let means else { return done() }
        means.removeAll(done)
    }

    private func open() {
        guard means == nil, !isUnavailable else { return }
        do throws(SystemError) {
            means = try made()
            means?.ready = { [unowned self] in ready() }
        } catch {
            isUnavailable = true
            environment.log("The firewall cannot be used: \(error); virtual addresses are not protected")
        }
    }

    /// nftables, unless iptables is asked for and there.
    private func made() throws(SystemError) -> any FirewallMeans {
        if settings.nftables == nil, let chains = settings.iptables, IPTablesFirewall.isAtHand {
            let rules = IPTablesRules(chains: chains, ipsets: settings.ipsets)
            return try IPTablesFirewall(rules, environment, record) { [unowned self] in name($0) }
        }
        let plan = NFTablesPlan(settings)
        return try NFTablesFirewall(plan, loop: environment.loop, record) { [environment] in environment.log($0) }
    }
}

/// How entries get into the kernel.
protocol FirewallMeans: AnyObject {
    /// Whether everything asked for stands; ``ready`` is called when that has taken time.
    var isReady: Bool { get }
    var ready: () -> Void { get set }
    /// Begins with these entries, and without what an earlier process left, of which these are possible.
    func begin(_ adopted: [FirewallEntry], possible: () -> [FirewallEntry])
    func add(_ more: [FirewallEntry])
    func remove(_ fewer: [FirewallEntry])
    func reconfigure(to settings: FirewallGlobals)
    func removeAll(_ done: @escaping () -> Void)
}
