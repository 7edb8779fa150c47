// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// The last transitions of every router with their causes; what is older is forgotten.
package struct TransitionHistory: Sendable {
    /// How many of a router are kept.
    package static let depth = 8

    private var byPlace: [Int: [PastTransition]] = [:]

    package init() {}

    /// Remembers a transition. A router that left the configuration is forgotten with its last one.
    package mutating func note(_ transition: Transition, at now: Instant) {
        guard transition.cause != .removed else {
            byPlace[transition.router] = nil
            return
        }
        let past = PastTransition(at: now, from: transition.from, to: transition.to, cause: transition.cause)
        var known = byPlace.removeValue(forKey: transition.router) ?? []
        if known.count == Self.depth { known.removeFirst() }
        known.append(past)
        byPlace[transition.router] = known
    }

    /// The oldest first.
    package subscript(place: Int) -> [PastTransition] { byPlace[place] ?? [] }
}
