// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Netlink
import VRRP

/// An interface that routers want made, and how it differs from what is there.
struct MadeInterface: Hashable, Sendable {
    var name: String
    /// The interface below.
    var base: String
    var kind: VirtualInterface.Kind
    /// Nil: that of the interface below.
    var group: UInt32?
    /// Whether it carries IPv4 and IPv6; where it carries no IPv6 the kernel is not to speak any there.
    var hasIPv4 = false
    var hasIPv6 = false
    /// `netlink_notify_msg`.
    var notifiesPeers = false
    /// The router that it is made for, by name.
    var router: String

    /// What has to be done so that it is there.
    enum Plan: Equatable {
        /// There is no interface to put it on.
        case wait
        case make(LinkRequest)
        /// It is there, made by an earlier process or a reload ago; these are its differences.
        case keep([LinkRequest])
        /// One of the same name has another nature, which cannot be changed.
        case replace(index: UInt32)
        /// Somebody else's has that name.
        case refuse
    }

    var isMacvlan: Bool {
        switch kind {
        case .macvlan: true
        case .ipvlan: false
        }
    }

    /// Compares with the interface of that name, if there is one.
    func plan(existing: Link?, base: Link?) -> Plan {
        guard let base else { return .wait }
        guard let existing else { return .make(creation(on: base)) }
        guard existing.isOurKind else { return .refuse }
        guard existing.parent == base.index, existing.kind == (isMacvlan ? "macvlan" : "ipvlan") else {
            return .replace(index: existing.index)
        }
        var differences: [LinkRequest] = []
        if case .macvlan(let hardware) = kind, existing.hardware != hardware {
            differences.append(.setHardware(index: existing.index, hardware))
        }
        if existing.group != group ?? base.group {
            differences.append(.setGroup(index: existing.index, group ?? base.group))
        }
        return .keep(differences)
    }

    private func creation(on base: Link) -> LinkRequest {
        let group = group ?? base.group
        switch kind {
        case .macvlan(let hardware):
            return .addMacvlan(name: name, parent: base.index, hardware: hardware, group: group == 0 ? nil : group)
        case .ipvlan(let mode, _):
            let flags: LinkRequest.IPVLANFlags =
                switch mode {
                case .bridge: .bridge
                case .private: .private
                case .vepa: .vepa
                }
            return .addIPVLAN(name: name, parent: base.index, flags: flags, group: group == 0 ? nil : group)
        }
    }
}

extension Link {
    /// A macvlan of mode private or an ipvlan: what we make, and hardly anybody else.
    fileprivate var isOurKind: Bool { kind == "ipvlan" || kind == "macvlan" && macvlanMode == 1 }
}

extension MadeInterface {
    /// All that these routers want made.
    static func all(of routers: [RouterSettings]) -> [MadeInterface] { routers.flatMap(all) }

    private static func all(of router: RouterSettings) -> [MadeInterface] {
        var all: [MadeInterface] = []
        if let own = router.virtualInterface, let base = router.interface {
            var made = MadeInterface(name: own.name, base: base, kind: own.kind, group: own.group, router: router.name)
            made.hasIPv4 = router.family == .ipv4
            made.hasIPv6 = router.family == .ipv6
            made.notifiesPeers = own.notifiesPeers
            all.append(made)
        }
        for extra in router.addressInterfaces {
            var made = MadeInterface(name: extra.name, base: extra.base, kind: .macvlan(extra.hardware), router: router.name)
            made.hasIPv4 = extra.family == .ipv4
            made.hasIPv6 = extra.family == .ipv6
            all.append(made)
        }
        return all
    }
}
