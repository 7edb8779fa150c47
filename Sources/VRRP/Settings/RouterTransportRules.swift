// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouterCase {
    /// Where adverts come from and go to.
    static let transportRules: [Rule<RouterCase>] = [
        Rule("source-of-other-family") { router, settling in
            router.settings.tracksSource = router.draft.tracksSource
            guard let source = router.draft.source else {
                router.settings.tracksSource = false
                return
            }
            guard source.family == router.settings.family else {
                return settling.report(
                    .error, at: router.sourcePlace,
                    "the source address \(source) is not of the family of the virtual addresses and is ignored"
                )
            }
            router.settings.source = source
        },
        Rule("peer-of-other-family") { router, settling in
            let family = router.settings.family
            for peer in router.draft.peers where peer.address.family != family {
                settling.report(
                    .error, at: peer.place,
                    "the peer \(peer.address) is not of the family of the virtual addresses and is ignored")
            }
            router.draft.peers.removeAll { $0.address.family != family }
        },
        Rule("duplicate-peer") { router, settling in
            var seen = Set<IPAddress>()
            router.draft.peers.removeAll { peer in
                if seen.insert(peer.address).inserted { return false }
                settling.report(.error, at: peer.place, "the peer \(peer.address) is listed twice; this one is ignored")
                return true
            }
        },
        Rule("peer-is-self") { router, settling in
            var own = [router.settings.source].compactMap { $0 }
            if let interface = router.settings.interface {
                own += settling.surroundings.interfaceAddresses(interface).map(\.address)
            }
            for peer in router.draft.peers where own.contains(peer.address) {
                settling.report(
                    .hint, at: peer.place, "the peer \(peer.address) is this machine itself",
                    help: "list the other routers, and this one in their lists"
                )
            }
        },
        Rule("peer-ttl-bounds") { router, settling in
            for peer in router.draft.peers where peer.minimumTTL ?? 0 > peer.maximumTTL ?? 255 {
                settling.report(.warning, at: peer.place, "min_ttl is above max_ttl; both are ignored")
            }
        },
        Rule("unicast-without-peers") { router, settling in
            guard router.draft.peers.isEmpty else {
                return router.settings.transport = .unicast(router.unicast(settling))
            }
            let words = [
                "unicast_peer", "unicast_src_ip", "check_unicast_src", "unicast_fault_no_peer", "old_unicast_checksum",
            ]
            guard let word = words.first(where: { router.draft.places[$0] != nil }) else { return }
            if router.draft.faultsWithoutPeers { router.settings.transport = .unicast(router.unicast(settling)) }
            settling.report(
                .warning, at: router.draft.place(of: word),
                """
                '\(word)' is about unicast, but there are no peers; \
                \(router.draft.faultsWithoutPeers ? "the router is in fault" : "multicast is used")
                """,
                help: "add unicast_peer, or write mcast_src_ip for the source of multicast"
            )
        },
        Rule("unicast-ttl-without-peers") { router, settling in
            guard router.draft.unicastTTL != nil, router.draft.peers.isEmpty else { return }
            settling.report(
                .error, at: router.draft.place(of: "unicast_ttl"),
                "'unicast_ttl' has no meaning without peers and is ignored")
        },
        Rule("multicast-group") { router, settling in
            guard !router.settings.transport.isUnicast else { return }
            let globals = settling.globals.vrrp
            var group = router.settings.family == .ipv4 ? globals.multicastGroup4 : globals.multicastGroup6
            if let own = router.draft.group {
                if own.family == router.settings.family, own.isMulticast, own.family == .ipv4 || own.isLinkScopeGroup {
                    group = own
                } else {
                    settling.report(
                        .error, at: router.draft.place(of: "mcast_dst_ip"),
                        "\(own) is not a group that adverts can be sent to; \(group) is used",
                        help: router.settings.family == .ipv4
                            ? "write an IPv4 multicast address" : "write a group of ff02::/16"
                    )
                }
            }
            router.settings.transport = .multicast(group: group)
        },
        Rule("checksum-form") { router, settling in
            if router.draft.messageOnlyChecksum ?? settling.globals.vrrp.checksumV3LikeV2 {
                router.settings.checksum = .messageOnly
                router.settings.adaptsChecksum = false
            }
            guard let old = router.draft.oldChecksum else { return }
            router.settings.adaptsChecksum = false
            if old == .always { router.settings.checksum = .multicastPseudoHeader }
            if router.settings.version == .v2 || router.settings.family == .ipv6 || !router.settings.transport.isUnicast
            {
                settling.report(
                    .hint, at: router.draft.place(of: "old_unicast_checksum"),
                    "'old_unicast_checksum' is for unicast and version 3 over IPv4 and has no effect")
            }
        },
    ]

    private var sourcePlace: Place { draft.places["unicast_src_ip"] ?? draft.place(of: "mcast_src_ip") }

    private func unicast(_ settling: Settling) -> Unicast {
        var unicast = Unicast()
        unicast.peers = draft.peers.map { peer in
            var settled = UnicastPeer(peer.address)
            let bounds = (peer.minimumTTL ?? 0, peer.maximumTTL ?? 255)
            if bounds.0 <= bounds.1 { settled.ttl = bounds.0...bounds.1 }
            return settled
        }
        let hasBounds = draft.peers.contains { $0.minimumTTL != nil || $0.maximumTTL != nil }
        unicast.checksSource = draft.checksSource || hasBounds || settling.globals.vrrp.checksUnicastSource
        unicast.ttl = draft.unicastTTL
        unicast.faultsWithoutPeers = draft.faultsWithoutPeers
        return unicast
    }
}

extension IPAddress {
    /// A group of ff02::/16, which does not leave the link.
    fileprivate var isLinkScopeGroup: Bool {
        switch self {
        case .v4: false
        case .v6(let high, _): high >> 48 == 0xff02
        }
    }
}
