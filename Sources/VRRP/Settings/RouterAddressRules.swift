// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouterCase {
    /// Which addresses the router holds, and which of them it advertises.
    static let addressRules: [Rule<RouterCase>] = [
        Rule("address-of-other-family") { router, settling in
            let family = router.settings.family
            for address in router.draft.addresses where address.entry.address.family != family {
                settling.report(
                    .error, at: address.place,
                    "\(address.entry.prefix) is not of the family of the router's first address and is ignored",
                    help: "list it in virtual_ipaddress_excluded, or give it a router of its own"
                )
            }
            router.draft.addresses.removeAll { $0.entry.address.family != family }
        },
        Rule("address-interface-missing") { router, settling in
            let what = "an address of '\(router.draft.name)'"
            router.draft.addresses.removeAll { !settling.accepts($0, what) }
            router.draft.excludedAddresses.removeAll { !settling.accepts($0, what) }
        },
        Rule("duplicate-address") { router, settling in
            var seen = Set<AddressKey>()
            let own = router.settings.interface
            func isNew(_ address: AddressDraft) -> Bool {
                if seen.insert(AddressKey(address.entry, own)).inserted { return true }
                settling.report(
                    .warning, at: address.place, "\(address.entry.address) is listed twice; this one is ignored")
                return false
            }
            router.settings.addresses = router.draft.addresses.filter(isNew).map(\.entry)
            router.settings.excludedAddresses = router.draft.excludedAddresses.filter(isNew).map(\.entry)
        },
        Rule("no-addresses") { router, settling in
            guard router.settings.addresses.isEmpty else { return }
            let isStrict = router.draft.isStrict ?? settling.globals.vrrp.isStrict
            guard isStrict || !router.draft.hasNoAddresses else { return }
            guard isStrict || router.settings.version == .v3 else {
                return settling.report(
                    .warning, at: router.draft.place, "'\(router.draft.name)' has no virtual address",
                    help: "add virtual_ipaddress, or no_virtual_ipaddress if that is meant"
                )
            }
            settling.report(
                .error, at: router.draft.place,
                """
                '\(router.draft.name)' has no virtual address, which \
                \(isStrict ? "strict mode" : "version 3") asks for
                """,
                help: isStrict
                    ? "add virtual_ipaddress" : "add virtual_ipaddress, or no_virtual_ipaddress if that is meant",
                consequence: .fatal
            )
        },
        Rule("link-local-first") { router, settling in
            guard router.settings.family == .ipv6, let first = router.settings.addresses.first,
                !first.address.isLinkLocal
            else { return }
            let isStrict = router.draft.isStrict ?? settling.globals.vrrp.isStrict
            settling.report(
                isStrict ? .error : .hint, at: router.draft.place(of: "virtual_ipaddress"),
                "the first IPv6 address should be the router's link-local one (RFC 9568 section 5.2.9)",
                help: "put an address of fe80::/10 first, the same on all routers"
            )
        },
        Rule("too-many-addresses") { router, settling in
            let limit = router.addressLimit(
                mtu: router.settings.interface.flatMap(settling.surroundings.interfaceMTU) ?? 1500)
            let count = router.settings.addresses.count
            guard count > limit else { return }
            router.settings.excludedAddresses =
                Array(router.settings.addresses[limit...]) + router.settings.excludedAddresses
            router.settings.addresses.removeLast(count - limit)
            settling.report(
                .warning, at: router.draft.place(of: "virtual_ipaddress"),
                "an advert has room for \(limit) addresses, not for \(count); the rest is held but not advertised",
                help: "move addresses to virtual_ipaddress_excluded, the same on all routers"
            )
        },
        Rule("address-in-use") { router, settling in
            guard let interface = router.settings.interface else { return }
            let taken = settling.surroundings.interfaceAddresses(interface).map(\.address)
            guard !router.isOwner, router.draft.priority != 255 else { return }
            for address in router.draft.addresses where taken.contains(address.entry.address) {
                settling.report(
                    .hint, at: address.place, "\(address.entry.address) is an address of \(interface) already",
                    help: "a router that owns the address has priority 255; otherwise choose another address"
                )
            }
        },
    ]

    /// How many addresses fit an advert: at most 255, and the packet must not be fragmented.
    func addressLimit(mtu: Int) -> Int {
        let trailer = draft.trailer != nil && draft.trailer?.mode != .receiveOnly ? 28 : 0
        let isIPv4 = settings.family == .ipv4
        let authentication = settings.version == .v2 ? 8 + (draft.authentication?.kind == .header ? 24 : 0) : 0
        let room = mtu - (isIPv4 ? 20 : 40) - 8 - authentication - trailer
        return min(255, max(0, room / (isIPv4 ? 4 : 16)))
    }
}

/// Where an address is put: the same one twice on an interface makes no sense, on two interfaces it may.
private struct AddressKey: Hashable {
    var address: IPAddress
    var interface: String?

    init(_ entry: AddressEntry, _ own: String?) {
        address = entry.address
        interface = entry.interface ?? own
    }
}

extension Settling {
    fileprivate mutating func accepts(_ address: AddressDraft, _ what: String) -> Bool {
        guard let interface = address.entry.interface else { return true }
        return hasInterface(interface, at: address.place, for: what)
    }
}
