// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

// Hints: what is legal and runs, and still seldom what was meant. They never change a verdict.

extension RouterCase {
    static let lintRules: [Rule<RouterCase>] = [
        Rule("address-outside-subnet") { router, settling in
            guard let own = router.settings.interface else { return }
            var outside: [String: [AddressDraft]] = [:]
            for address in router.draft.addresses + router.draft.excludedAddresses {
                let interface = address.entry.interface ?? own
                if settling.isOutsideNetworks(address.entry.address, of: interface) {
                    outside[interface, default: []].append(address)
                }
            }
            for (interface, addresses) in outside.sorted(by: { $0.key < $1.key }) {
                let more = addresses.count > 1 ? " and \(addresses.count - 1) more" : ""
                settling.report(
                    .hint, at: addresses[0].place,
                    "\(addresses[0].entry.address)\(more): in none of the networks of \(interface)",
                    help: "hosts there will not ask for it by ARP unless a route leads to it"
                )
            }
        }
    ]

    /// Hints about trackers, once they are known: with those of the sync group.
    func lintTrackers(_ all: [Tracker], _ settling: inout Settling) {
        RouterCase.trackerLints.forEach { $0(self, all, &settling) }
    }

    private typealias TrackerLint = @Sendable (RouterCase, [Tracker], inout Settling) -> Void

    private static let trackerLints: [TrackerLint] = [
        { router, trackers, settling in
            settling.rule = "weight-without-effect"
            for tracker in trackers where tracker.weight != 0 {
                guard let reason = router.reasonWithoutEffect(tracker) else { continue }
                settling.report(
                    .hint, at: router.place(of: tracker.object), reason,
                    help: "lower the priority, or leave out the weight to make failure a fault")
            }
        },
        { router, trackers, settling in
            settling.rule = "nopreempt-with-weight"
            guard !router.settings.preempts, let first = trackers.first(where: { $0.weight != 0 }) else { return }
            settling.report(
                .hint, at: router.place(of: first.object),
                """
                with nopreempt a lower priority makes no backup take over: '\(first.object.name)' cannot move the \
                addresses
                """,
                help: "leave out the weight, so that failure is a fault"
            )
        },
    ]

    /// Why a weight cannot change the election, if it cannot.
    private func reasonWithoutEffect(_ tracker: Tracker) -> String? {
        if case .file = tracker.object { return nil }
        let name = tracker.object.name
        if isOwner { return "the priority of an owner (255) never changes: '\(name)' cannot move the addresses" }
        let effect = tracker.isReversed ? -tracker.weight : tracker.weight
        let up = clamped(tracker.weight > 0 ? effect : 0)
        let down = clamped(tracker.weight < 0 ? effect : 0)
        if up == down { return "the priority is \(up) whether '\(name)' is up or down: it cannot move the addresses" }
        if abs(up - down) == 1 {
            return
                """
                the priority is \(up) with '\(name)' up and \(down) with it down: no other priority lies between, \
                so it moves the addresses by luck only
                """
        }
        return nil
    }

    /// The priority with a weight added; 255 is for owners and 0 for those who leave.
    private func clamped(_ weight: Int) -> Int { min(254, max(1, Int(settings.priority) + weight)) }
}

extension Settling {
    /// Whether the interface has networks of the address's family, and none that it lies in.
    func isOutsideNetworks(_ address: IPAddress, of interface: String) -> Bool {
        guard !address.isLinkLocal else { return false }
        let networks = surroundings.interfaceAddresses(interface).filter {
            $0.address.family == address.family && !$0.address.isLinkLocal
        }
        return !networks.isEmpty && !networks.contains { $0.contains(address) }
    }
}
