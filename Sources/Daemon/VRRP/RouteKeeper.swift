// SPDX-License-Identifier: GPL-2.0-or-later

import Netlink
import VRRP

/// Brings routes and routing rules into the kernel and takes them out, after and before the addresses that they depend on.
///
/// Several events make the kernel drop routes without a word (an interface that goes down, a preferred source that is removed),
/// and refuse them for a while (a gateway not reachable yet, an address still tentative). Asking again for a route that is there
/// is refused and changes nothing, so after such events everything held is simply asked for again.
final class RouteKeeper {
    /// What is asked of the kernel.
    enum Change: Equatable {
        case addRoute(HeldRoute)
        case removeRoute(HeldRoute)
        case addRule(HeldRule)
        case removeRule(HeldRule)

        var isAddition: Bool {
            switch self {
            case .addRoute, .addRule: true
            case .removeRoute, .removeRule: false
            }
        }
    }

    private var routes = ClaimLedger<HeldRoute>()
    private var rules = ClaimLedger<HeldRule>()
    private var queue: [Change] = []
    /// What the kernel refused; mentioned once, tried again when something about addresses or links changes.
    private var refusedRoutes: Set<HeldRoute.Key> = []
    private var refusedRules: Set<HeldRule.Key> = []
    /// Untracked ones that somebody else removed: they stay away.
    private var abandonedRoutes: Set<HeldRoute.Key> = []
    private var abandonedRules: Set<HeldRule.Key> = []
    /// Our own removals that the kernel is going to report.
    private var leaving: [Change] = []

    /// Sends a request to the kernel; its answer comes later.
    private let transmit: (Change, @escaping (Refusal?) -> Void) -> Void
    /// Does something once the news of what was just answered must have come.
    private let later: (@escaping () -> Void) -> Void
    private let log: (String) -> Void

    init(
        transmit: @escaping (Change, @escaping (Refusal?) -> Void) -> Void, later: @escaping (@escaping () -> Void) -> Void,
        log: @escaping (String) -> Void
    ) {
        self.transmit = transmit
        self.later = later
        self.log = log
    }

    /// Whether anything is held that the kernel's news could be about.
    var isInUse: Bool { !routes.isEmpty || !rules.isEmpty }

    // MARK: Claims

    /// Makes these the routes and rules that a claimant wants held; effective with the next ``settle()``.
    func claim(_ routes: [HeldRoute], _ rules: [HeldRule], by claimant: Int) {
        self.routes.claim(routes, by: claimant)
        self.rules.claim(rules, by: claimant)
    }

    /// Takes what an earlier process left in the kernel as ours, to be kept or removed with the next ``settle()``.
    func adopt(_ candidates: [HeldRoute], _ ruleCandidates: [HeldRule], from news: [KernelNews]) {
        for told in news {
            switch told {
            case .route(let facts):
                for candidate in candidates where candidate.route.matches(facts) { routes.adopt(candidate) }
            case .rule(let facts):
                for candidate in ruleCandidates where candidate.rule.matches(facts) { rules.adopt(candidate) }
            case .link, .linkRemoved, .address, .addressRemoved, .routeRemoved, .ruleRemoved:
                break
            }
        }
    }

    /// Forgets the routes of an interface that is gone, as the kernel did.
    func forget(interface: UInt32) { routes.forget { $0.route.uses(interface: interface) } }

    /// Queues the requests that lead from what is held to what is claimed: the new before the old, a rule after the routes it
    /// leads to.
    func settle() {
        var routes = self.routes.settle()
        let rules = self.rules.settle()
        Self.makeRoom(&routes)
        queue += routes.replaced.map(Change.removeRoute)
        queue += routes.added.map(Change.addRoute)
        queue += rules.added.map(Change.addRule)
        queue += rules.removed.map(Change.removeRule)
        queue += routes.removed.map(Change.removeRoute)
    }

    /// A route that is not to be added beside another has to wait until our own at its place is gone.
    private static func makeRoom(_ settlement: inout ClaimLedger<HeldRoute>.Settlement) {
        let exclusive = Set(settlement.added.filter { $0.placement == .add }.map(\.slot))
        guard !exclusive.isEmpty else { return }
        settlement.replaced += settlement.removed.filter { exclusive.contains($0.slot) }
        settlement.removed.removeAll { exclusive.contains($0.slot) }
    }

    /// Sends what is queued; additions, and what stands with them, only once the addresses they may need are there.
    func send(addressesAreThere: Bool) {
        guard !queue.isEmpty, addressesAreThere || !queue.contains(where: \.isAddition) else { return }
        let changes = queue
        queue.removeAll(keepingCapacity: true)
        for change in changes { request(change) }
    }

    // MARK: Requests

    private func request(_ change: Change) {
        if !change.isAddition { leaving.append(change) }
        transmit(change) { [weak self] refusal in self?.take(refusal, of: change) }
    }

    private func take(_ refusal: Refusal?, of change: Change) {
        switch change {
        case .addRoute(let held):
            note(refusal, of: held.key, in: &refusedRoutes) { "cannot add route to \(held.route.destination): \($0)" }
        case .addRule(let held):
            note(refusal, of: held.key, in: &refusedRules) { "cannot add rule \(held.rule.preference): \($0)" }
        case .removeRoute(let held):
            refusedRoutes.remove(held.key)
            abandonedRoutes.remove(held.key)
            complain(refusal, of: change) { "cannot remove route to \(held.route.destination): \($0)" }
        case .removeRule(let held):
            refusedRules.remove(held.key)
            abandonedRules.remove(held.key)
            complain(refusal, of: change) { "cannot remove rule \(held.rule.preference): \($0)" }
        }
    }

    private func note<Key: Hashable>(
        _ refusal: Refusal?, of key: Key, in refused: inout Set<Key>, _ text: (String) -> String
    ) {
        guard let refusal, !refusal.alreadyExists else {
            refused.remove(key)
            return
        }
        if refused.insert(key).inserted { log(text(refusal.reason)) }
    }

    private func complain(_ refusal: Refusal?, of change: Change, _ text: (String) -> String) {
        guard let refusal else { return later { [weak self] in self?.stopExpecting(change) } }
        stopExpecting(change)
        if !refusal.isMissing { log(text(refusal.reason)) }
    }

    private func stopExpecting(_ change: Change) {
        if let place = leaving.firstIndex(of: change) { leaving.remove(at: place) }
    }

    /// Asks again for what is held, or only for what was refused.
    func reassert(onlyRefused: Bool) {
        for held in routes.holdings where !onlyRefused || refusedRoutes.contains(held.key) {
            if !abandonedRoutes.contains(held.key) { request(.addRoute(held)) }
        }
        for held in rules.holdings where !onlyRefused || refusedRules.contains(held.key) {
            if !abandonedRules.contains(held.key) { request(.addRule(held)) }
        }
    }

    // MARK: News

    /// Takes in that a route or rule was removed, and puts back what is ours if it was not us.
    func note(_ news: KernelNews) {
        switch news {
        case .routeRemoved(let facts):
            if forgetLeaving(where: { if case .removeRoute(let held) = $0 { held.route.matches(facts) } else { false } }) { return }
            for held in routes.holdings where held.route.matches(facts) {
                if held.isUntracked {
                    abandonedRoutes.insert(held.key)
                } else {
                    log("route to \(held.route.destination) was removed by someone else; adding it again")
                    request(.addRoute(held))
                }
            }
        case .ruleRemoved(let facts):
            if forgetLeaving(where: { if case .removeRule(let held) = $0 { held.rule.matches(facts) } else { false } }) { return }
            for held in rules.holdings where held.rule.matches(facts) {
                if held.isUntracked {
                    abandonedRules.insert(held.key)
                } else {
                    log("rule \(held.rule.preference) was removed by someone else; adding it again")
                    request(.addRule(held))
                }
            }
        case .link, .linkRemoved, .address, .addressRemoved, .route, .rule:
            break
        }
    }

    private func forgetLeaving(where matches: (Change) -> Bool) -> Bool {
        guard let place = leaving.firstIndex(where: matches) else { return false }
        leaving.remove(at: place)
        return true
    }
}
