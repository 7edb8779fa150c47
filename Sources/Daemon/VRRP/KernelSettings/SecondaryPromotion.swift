// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import VRRP

/// `promote_secondaries`: when the first address of a subnet is removed from an interface the others stay.
final class SecondaryPromotion {
    private let originals: OriginalSettings
    private let log: (String) -> Void
    /// Interfaces that could not be set, and have been mentioned.
    private var failed: Set<String> = []

    init(_ originals: OriginalSettings, log: @escaping (String) -> Void) {
        self.originals = originals
        self.log = log
    }

    private static func path(_ interface: String) -> String { KernelSettings.path(of: interface, .ipv4, "promote_secondaries") }

    /// Sets what these routers ask for, on the interfaces that are there, and puts back what nobody asks for any more.
    func settle(_ routers: [RouterSettings]) {
        var wanted: Set<String> = []
        for router in routers where router.promotesSecondaries {
            guard let interface = router.interface, wanted.insert(interface).inserted else { continue }
            do throws(SystemError) {
                try originals.change(Self.path(interface), to: 1)
            } catch {
                guard failed.insert(interface).inserted else { continue }
                log("(\(router.name)) cannot set promote_secondaries on \(interface): \(error)")
            }
        }
        for interface in originals.interfaces(.ipv4, "promote_secondaries") where !wanted.contains(interface) {
            originals.restore(Self.path(interface))
        }
    }
}
