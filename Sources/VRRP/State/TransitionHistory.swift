// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// The last transitions of every router with their causes; what is older is forgotten.
package struct TransitionHistory: Sendable {
    /// How many of a router are kept.
    package static let depth = 8

    private var byPlace: [[PastTransition]] = []

    package init() {}

    /// Remembers a transition. A router that left the configuration is forgotten with its last one.
    package mutating func note(_ transition: Transition, at now: Instant) {
        while byPlace.count <= transition.router { byPlace.append([]) }
        guard transition.cause != .removed else { return byPlace[transition.router] = [] }
        let past = PastTransition(at: now, from: transition.from, to: transition.to, cause: transition.cause)
        if byPlace[transition.router].count == Self.depth { byPlace[transition.router].removeFirst() }
        byPlace[transition.router].append(past)
    }

    /// The oldest first.
    package subscript(place: Int) -> [PastTransition] { byPlace.indices.contains(place) ? byPlace[place] : [] }
}
