// SPDX-License-Identifier: GPL-2.0-or-later

extension VRRPSettings {
    /// Has the routers of a `track_group` require the interfaces of the static entries that name it. An entry that somebody
    /// deletes is put back, which fails while its interface is down: that is what its routers are in FAULT for.
    mutating func requireInterfacesOfStatics() {
        for group in trackGroups {
            let names = interfacesOfStatics(in: group.name)
            for index in routers.indices where group.routers.contains(routers[index].name) {
                for name in names where !routers[index].requiredInterfaces.contains(name) {
                    routers[index].requiredInterfaces.append(name)
                }
            }
        }
    }

    private func interfacesOfStatics(in group: String) -> [String] {
        let addresses = staticAddresses.filter { $0.trackGroup == group }.map(\.interface)
        let routes = staticRoutes.filter { $0.trackGroup == group }
            .flatMap { [$0.interface] + $0.nextHops.map(\.interface) }
        let rules = staticRules.filter { $0.trackGroup == group }.flatMap { [$0.inputInterface, $0.outputInterface] }
        return (addresses + routes + rules).compactMap { $0 }
    }
}
