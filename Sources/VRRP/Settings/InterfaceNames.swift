// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// Names for the interfaces that are made, no two alike.
struct InterfaceNames {
    /// What names of routers' own interfaces, and of those of addresses elsewhere, begin with.
    let prefix: String
    let addressPrefix: String
    private var taken: Set<String> = []

    init(_ globals: VRRPGlobals) {
        prefix = globals.virtualMACPrefix ?? "vrrp"
        addressPrefix = globals.virtualMACAddressPrefix ?? prefix
    }

    /// Whether nobody had the name before.
    mutating func take(_ name: String) -> Bool { taken.insert(name).inserted }

    /// `vrrp.51` for the first to ask; after that `vrrp6.51` for IPv6, and `vrrp1.51`, `vrrp2.51` ... for others. Upstream
    /// names them just so. Cut to the 15 bytes that an interface may be called.
    mutating func make(_ prefix: String, _ id: UInt8, _ family: AddressFamily) -> String {
        var numbers = [""] + (1...999).map(String.init)
        if family == .ipv6 { numbers.insert("6", at: 1) }
        let names = numbers.lazy.map { String(decoding: "\(prefix)\($0).\(id)".utf8.prefix(15), as: UTF8.self) }
        let name = names.first { !taken.contains($0) } ?? prefix
        taken.insert(name)
        return name
    }
}

extension RouterSettings {
    /// Makes up the interfaces for addresses that do not go on the router's own ones, one for each interface below and family.
    mutating func makeAddressInterfaces(_ names: inout InterfaceNames) {
        for entry in allAddresses where needsInterface(entry) {
            guard let base = entry.interface ?? interface else { continue }
            let family = entry.address.family
            guard !isForOwn(entry), !addressInterfaces.contains(where: { $0.base == base && $0.family == family }) else { continue }
            addressInterfaces.append(
                AddressInterface(
                    name: names.make(names.addressPrefix, routerID, family), base: base, family: family,
                    hardware: .virtualRouter(routerID, family)))
        }
    }
}

extension VRRPSettings {
    /// Takes the interfaces that we make ourselves from what routers require and track: that of a virtual MAC is down while its
    /// router is backup, so that waiting for it would be waiting for ever.
    mutating func forgetMadeInterfaces() {
        let made = Set(routers.flatMap(\.madeInterfaces))
        guard !made.isEmpty else { return }
        for index in routers.indices {
            routers[index].requiredInterfaces.removeAll { made.contains($0) }
            routers[index].trackers.removeAll { $0.isInterface(among: made) }
        }
        for index in syncGroups.indices { syncGroups[index].trackers.removeAll { $0.isInterface(among: made) } }
    }

    /// Lets interfaces whose names were made up keep the names they have: with one of two routers gone the other would be
    /// called as the first was, and an interface cannot be renamed while it is in use.
    package mutating func keepNames(of old: VRRPSettings, _ globals: VRRPGlobals) {
        var before: [RouterSettings.Identity: RouterSettings] = [:]
        for router in old.routers { before[router.identity] = router }
        var names = InterfaceNames(globals)
        for router in routers where router.virtualInterface?.hasGivenName ?? false {
            _ = names.take(router.virtualInterface?.name ?? "")
        }
        var isKept = Set<String>()
        for router in routers {
            guard let old = before[router.identity] else { continue }
            for name in router.madeUpNames(of: old) where names.take(name) { isKept.insert(name) }
        }
        for index in routers.indices { routers[index].keepOwnName(of: before[routers[index].identity], isKept, &names) }
        for index in routers.indices { routers[index].keepNames(of: before[routers[index].identity], isKept, &names) }
    }
}

extension RouterSettings {
    /// Those of the names of before that were made up and whose interfaces are still wanted.
    fileprivate func madeUpNames(of old: RouterSettings) -> [String] {
        var names: [String] = []
        if let mine = virtualInterface, let theirs = old.virtualInterface, !mine.hasGivenName, !theirs.hasGivenName {
            names.append(theirs.name)
        }
        for made in addressInterfaces { names += [old.like(made)?.name].compactMap { $0 } }
        return names
    }

    fileprivate func like(_ made: AddressInterface) -> AddressInterface? {
        addressInterfaces.first { $0.base == made.base && $0.family == made.family && $0.hardware == made.hardware }
    }

    fileprivate mutating func keepOwnName(of old: RouterSettings?, _ isKept: Set<String>, _ names: inout InterfaceNames) {
        guard let made = virtualInterface, !made.hasGivenName else { return }
        if let name = old?.virtualInterface?.name, isKept.contains(name) {
            virtualInterface?.name = name
        } else {
            let name = names.make(names.prefix, routerID, family)
            virtualInterface?.name = name
        }
    }

    fileprivate mutating func keepNames(of old: RouterSettings?, _ isKept: Set<String>, _ names: inout InterfaceNames) {
        for index in addressInterfaces.indices {
            let made = addressInterfaces[index]
            if let name = old?.like(made)?.name, isKept.contains(name) {
                addressInterfaces[index].name = name
            } else {
                addressInterfaces[index].name = names.make(names.addressPrefix, routerID, made.family)
            }
        }
    }
}

extension Tracker {
    fileprivate func isInterface(among names: Set<String>) -> Bool {
        if case .interface(let name) = object { return names.contains(name) }
        return false
    }
}
