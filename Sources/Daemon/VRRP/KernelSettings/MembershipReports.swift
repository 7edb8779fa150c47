// SPDX-License-Identifier: GPL-2.0-or-later

import Linux

/// Reports of the kernel's about groups that do not leave the link, 224.0.0.18 among them (`disable_local_igmp`).
final class MembershipReports {
    private static let path = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports"
    private let originals: OriginalSettings

    init(_ originals: OriginalSettings) { self.originals = originals }

    /// Has the kernel send none until ``restore()``.
    func disable(log: (String) -> Void) {
        do throws(SystemError) {
            try originals.change(Self.path, to: 0)
        } catch {
            log("disable_local_igmp: cannot write \(Self.path): \(error)")
        }
    }

    func restore() { originals.restore(Self.path) }
}
