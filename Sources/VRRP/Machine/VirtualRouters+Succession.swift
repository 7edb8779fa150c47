// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

/// Who is master without an election, since it or a router with its addresses was, up to now.
extension VirtualRouters {
    private struct Spot: Hashable {
        var prefix: IPPrefix
        var interface: String?
    }

    /// Of a sync group all go on as masters, or none: were one not master before, its rival may be alive.
    mutating func keepTogether() {
        for group in groups.indices { keepTogether(group) }
    }

    private mutating func keepTogether(_ group: Int) {
        let members = groups[group].members
        let all = members.allSatisfy { routers[$0]?.succession != nil || routers[$0]?.state == .master }
        guard !all else { return }
        for member in members { routers[member]?.succession = nil }
    }

    /// Has those that a reload brings with addresses of a master that it takes away succeed to that one: nobody is left without
    /// the address for an election of a router against itself.
    mutating func passOn(from leaving: [Int]) {
        var names: [Spot: String] = [:]
        for place in leaving {
            guard let router = routers[place], router.state == .master else { continue }
            for spot in spots(of: router) { names[spot] = router.settings.name }
        }
        guard !names.isEmpty else { return }
        for place in newcomers {
            guard let router = routers[place] else { continue }
            if let name = spots(of: router).lazy.compactMap({ names[$0] }).first {
                routers[place]?.succession = .inherited(from: name)
            }
        }
    }

    private func spots(of router: VirtualRouter) -> [Spot] {
        router.announcedAddresses.map { Spot(prefix: $0.prefix, interface: $0.interface ?? router.settings.interface) }
    }

    /// A router that a reload brought has heard of its source address, and takes part.
    mutating func welcome(_ place: Int, at now: Instant) {
        guard newcomers.remove(place) != nil, started != nil else { return }
        if groupOfPlace[place] >= 0 { keepTogether(groupOfPlace[place]) }
        startIfReady(place, at: now)
    }
}
