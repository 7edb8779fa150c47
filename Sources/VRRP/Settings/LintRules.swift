// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

// Hints: what is legal and runs, and still seldom what was meant. They never change a verdict.

extension RouterCase {
    static let lintRules: [Rule<RouterCase>] = [
        Rule("address-outside-subnet") { router, settling in
            guard let own = router.settings.interface else { return }
            for address in router.draft.addresses + router.draft.excludedAddresses {
                guard !address.entry.address.isLinkLocal else { continue }
                let interface = address.entry.interface ?? own
                let networks = settling.surroundings.interfaceAddresses(interface).filter {
                    $0.address.family == address.entry.address.family && !$0.address.isLinkLocal
                }
                guard !networks.isEmpty, !networks.contains(where: { $0.contains(address.entry.address) }) else { continue }
                settling.report(
                    .hint, at: address.place, "\(address.entry.address) is in none of the networks of \(interface)",
                    help: "hosts there will not ask for it by ARP unless a route leads to it"
                )
            }
        },
        Rule("cleartext-password") { router, settling in
            guard case .password = router.settings.authentication else { return }
            settling.report(
                .hint, at: router.draft.place(of: "authentication"), "the password is sent in clear: it keeps out mistakes, not attackers", help: "see auth_hmac"
            )
        },
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
                settling.report(.hint, at: router.place(of: tracker.object), reason, help: "lower the priority, or leave out the weight to make failure a fault")
            }
        },
        { router, trackers, settling in
            settling.rule = "nopreempt-with-weight"
            guard !router.settings.preempts, let first = trackers.first(where: { $0.weight != 0 }) else { return }
            settling.report(
                .hint, at: router.place(of: first.object), "with nopreempt a lower priority makes no backup take over: '\(first.object.name)' cannot move the addresses",
                help: "leave out the weight, so that failure is a fault"
            )
        },
    ]

    /// Why a weight cannot change the election, if it cannot.
    private func reasonWithoutEffect(_ tracker: Tracker) -> String? {
        if case .file = tracker.object { return nil }
        if isOwner { return "the priority of an owner (255) never changes: '\(tracker.object.name)' cannot move the addresses" }
        let priority = Int(settings.priority)
        if tracker.weight > 0, priority == 254 {
            return "priority 254 cannot rise: '\(tracker.object.name)' up or down makes no difference"
        }
        if tracker.weight < 0, priority == 1 {
            return "priority 1 cannot fall: '\(tracker.object.name)' up or down makes no difference"
        }
        return nil
    }
}
