// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// A virtual router on its way from what the file says to what holds.
package struct RouterCase: Sendable {
    package var draft: RouterDraft
    package var settings: RouterSettings

    package init(_ draft: RouterDraft) {
        self.draft = draft
        settings = RouterSettings(name: draft.name)
    }

    /// The router's priority lies where the file says it, or follows from its state.
    var isOwner: Bool { settings.priority == 255 }

    /// The rules in the order they build upon each other.
    package static let rules: [Rule<RouterCase>] =
        identityRules + addressRules + transportRules + electionRules + strictRules + authenticationRules
        + announcementRules
        + kernelRules + notifyRules + lintRules
}

// MARK: - Which router it is

extension RouterCase {
    static let identityRules: [Rule<RouterCase>] = [
        Rule("router-id-missing") { router, settling in
            guard let id = router.draft.routerID else {
                return settling.report(
                    .error, at: router.draft.place, "'\(router.draft.name)' has no virtual_router_id",
                    help: "give it a number from 1 to 255",
                    consequence: .fatal
                )
            }
            router.settings.routerID = id
        },
        Rule("native-ipv6-with-ipv4") { router, settling in
            let first =
                router.draft.addresses.first?.entry.address ?? router.draft.source ?? router.draft.peers.first?.address
            router.settings.family = first?.family ?? (router.draft.isNativeIPv6 ? .ipv6 : .ipv4)
            guard router.draft.isNativeIPv6, router.settings.family == .ipv4 else { return }
            settling.report(
                .error, at: router.draft.place(of: "native_ipv6"),
                "'native_ipv6' has no meaning beside IPv4 addresses and is ignored")
        },
        Rule("version-for-ipv6") { router, settling in
            let standard: ProtocolVersion = settling.globals.vrrp.version == 3 ? .v3 : .v2
            guard router.settings.family == .ipv6 else {
                return router.settings.version = router.draft.version ?? standard
            }
            router.settings.version = .v3
            guard router.draft.version == .v2 else { return }
            settling.report(
                .error, at: router.draft.place(of: "version"), "IPv6 needs version 3, which is used",
                help: "write 'version 3'")
        },
        Rule("interface-missing") { router, settling in
            router.settings.vrf = router.draft.vrf
            guard let name = router.draft.interface else {
                guard !(!router.draft.peers.isEmpty && router.draft.source != nil) else { return }
                return settling.report(
                    .error, at: router.draft.place, "'\(router.draft.name)' has no interface", help: "add 'interface <ifname>'",
                    consequence: .fatal
                )
            }
            guard !settling.surroundings.isLoopback(name) else {
                return settling.report(
                    .error, at: router.draft.place(of: "interface"), "'\(name)' is a loopback, which cannot carry adverts",
                    help: "name an interface with peers on its link",
                    consequence: .fatal
                )
            }
            if settling.hasInterface(name, at: router.draft.place(of: "interface"), for: "'\(router.draft.name)'") {
                router.settings.interface = name
            }
        },
        Rule("vrf-beside-interface") { router, settling in
            guard router.draft.vrf != nil, router.draft.interface != nil else { return }
            router.settings.vrf = nil
            settling.report(
                .warning, at: router.draft.place(of: "vrf"), "'vrf' is for routers without an interface and is ignored")
        },
    ]
}
