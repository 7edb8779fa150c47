// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Config

/// A `track_bfd` line with `fast_failover`: when the neighbour of the session is the master and the session goes down, the
/// master down timer counts as run out (the idea of draft-ietf-rtgwg-vrrp-bfd-p2p, without its peer table: the session is
/// configured).
package struct FastFailover: Hashable, Sendable {
    /// The `bfd_instance`.
    package var session: String
    /// Where the session leads, and where adverts of that master come from.
    package var neighbor: IPAddress

    package init(session: String, neighbor: IPAddress) {
        self.session = session
        self.neighbor = neighbor
    }
}

/// A `bfd_instance` as the VRRP process sees it.
package struct TrackedSession: Equatable, Sendable {
    package var neighbor: IPAddress
    /// What it counts where `track_bfd` names no weight.
    package var weight: OwnWeight

    package init(neighbor: IPAddress, weight: OwnWeight = OwnWeight()) {
        self.neighbor = neighbor
        self.weight = weight
    }
}

extension Settling {
    /// What the lines with `fast_failover` come to. Lines about unknown sessions have been reported.
    func fastFailovers(_ lines: [TrackLine]) -> [FastFailover] {
        var failovers: [FastFailover] = []
        for line in lines where line.isFastFailover {
            guard let session = sessions[line.name], !failovers.contains(where: { $0.session == line.name }) else {
                continue
            }
            failovers.append(FastFailover(session: line.name, neighbor: session.neighbor))
        }
        return failovers
    }
}

extension RouterCase {
    /// Hints where the neighbour of a session can hardly be the source of this router's adverts.
    func lintFastFailover(_ settling: inout Settling) {
        settling.rule = "fast-failover-peer"
        for failover in settings.fastFailovers {
            guard let reason = reasonNotMaster(failover.neighbor, settling) else { continue }
            settling.report(
                .hint, at: place(of: .bfd(failover.session)),
                "fast_failover waits for \(failover.neighbor) to be the master, but \(reason)",
                help: "the neighbor_ip must be the address that the other router's adverts come from"
            )
        }
    }

    /// Why no advert will come from that address, if so.
    private func reasonNotMaster(_ neighbor: IPAddress, _ settling: Settling) -> String? {
        guard neighbor.family == settings.family else { return "adverts of this router are of the other family" }
        if settings.allAddresses.contains(where: { $0.address == neighbor }) {
            return "that is a virtual address of this router, which moves"
        }
        switch settings.transport {
        case .unicast(let unicast):
            return unicast.peers.contains { $0.address == neighbor } ? nil : "that is none of the unicast peers"
        case .multicast:
            if neighbor.family == .ipv6, !neighbor.isLinkLocal { return "IPv6 adverts come from link-local addresses" }
            guard let interface = settings.interface, settling.isOutsideNetworks(neighbor, of: interface) else {
                return nil
            }
            return "that is in none of the networks of \(interface)"
        }
    }
}
