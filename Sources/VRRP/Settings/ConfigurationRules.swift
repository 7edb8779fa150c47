// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// All routers together: what must not meet.
package struct RoutersCase: Sendable {
    package var routers: [RouterCase]

    package init(_ routers: [RouterCase]) { self.routers = routers }

    package static let rules: [Rule<RoutersCase>] = [
        Rule("router-id-taken") { all, settling in
            var seen: [Clash: String] = [:]
            for router in all.routers where router.settings.routerID != 0 {
                let clash = Clash(router.settings)
                guard let other = seen[clash] else {
                    seen[clash] = router.settings.name
                    continue
                }
                settling.report(
                    .error, at: router.draft.place(of: "virtual_router_id"),
                    """
                    '\(router.settings.name)' and '\(other)' both have the virtual_router_id \
                    \(router.settings.routerID) on \(router.settings.interface ?? "no interface")
                    """,
                    help: "give each its own, the same on all machines", consequence: .fatal
                )
            }
        },
        Rule("address-in-two-routers") { all, settling in
            var seen: [Held: String] = [:]
            for router in all.routers {
                for address in router.draft.addresses + router.draft.excludedAddresses {
                    let held = Held(
                        address: address.entry.address, interface: address.entry.interface ?? router.settings.interface)
                    if let other = seen[held], other != router.settings.name {
                        settling.report(
                            .hint, at: address.place,
                            "'\(other)' holds \(address.entry.address) on the same interface too")
                    }
                    seen[held] = router.settings.name
                }
            }
        },
        Rule("asymmetric-peers") { all, settling in
            var seen: [Link: (router: String, peers: Set<IPAddress>)] = [:]
            for router in all.routers where !router.draft.peers.isEmpty {
                let link = Link(interface: router.settings.interface, family: router.settings.family)
                let peers = Set(router.draft.peers.map(\.address))
                guard let other = seen[link] else {
                    seen[link] = (router.settings.name, peers)
                    continue
                }
                guard let single = peers.symmetricDifference(other.peers).min() else { continue }
                let place = router.draft.peers.first { $0.address == single }?.place ?? router.draft.place(of: "unicast_peer")
                let lister = peers.contains(single) ? router.settings.name : other.router
                settling.report(
                    .hint, at: place,
                    """
                    '\(router.settings.name)' and '\(other.router)' have different peers on \
                    \(router.settings.interface ?? "one interface"): only '\(lister)' lists \(single)
                    """,
                    help: "a router that is not listed everywhere becomes master beside another: let all list each other"
                )
            }
        },
        Rule("virtual-interface-name-taken") { all, settling in
            var names = InterfaceNames(settling.globals.vrrp)
            for index in all.routers.indices {
                guard let made = all.routers[index].settings.virtualInterface, made.hasGivenName else { continue }
                if names.take(made.name) { continue }
                let draft = all.routers[index].draft
                settling.report(
                    .error, at: draft.places["use_vmac"] ?? draft.place(of: "use_ipvlan"),
                    "the interface name '\(made.name)' is used by another router",
                    help: "give each router's interface its own name", consequence: .fatal
                )
            }
            for index in all.routers.indices {
                let settings = all.routers[index].settings
                guard let made = settings.virtualInterface, !made.hasGivenName else { continue }
                let name = names.make(names.prefix, settings.routerID, settings.family)
                all.routers[index].settings.virtualInterface?.name = name
            }
            for index in all.routers.indices { all.routers[index].settings.makeAddressInterfaces(&names) }
        },
    ]

    /// Two routers with the same cannot be told apart on the wire.
    private struct Clash: Hashable {
        var identity: RouterSettings.Identity

        init(_ settings: RouterSettings) {
            identity = settings.identity
            if case .multicast(let group, _) = identity.reach {
                identity.reach = .multicast(group: group, onVirtualMAC: false)
            }
        }
    }

    private struct Link: Hashable {
        var interface: String?
        var family: AddressFamily
    }

    private struct Held: Hashable {
        var address: IPAddress
        var interface: String?
    }
}
