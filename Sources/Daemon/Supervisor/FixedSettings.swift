// SPDX-License-Identifier: GPL-2.0-or-later

import Config

extension GlobalSettings {
    /// What a reload cannot change, by the words of upstream's messages; empty if the new settings can be taken.
    func fixedSettings(changedBy new: GlobalSettings) -> [String] {
        let comparisons: [(String, Bool)] = [
            ("network namespace", namespace.network == new.namespace.network),
            ("IPVS network namespace", namespace.ipvs == new.namespace.ipvs),
            ("instance name", namespace.instance == new.namespace.instance),
            ("use_pid_dir", namespace.usesPIDDirectory == new.namespace.usesPIDDirectory),
            ("nftables table name", vrrp.firewall.nftables == new.vrrp.firewall.nftables),
            ("IPVS nftables table name", lvs.nftables == new.lvs.nftables),
            ("config_directory", files.temporaryDirectory == new.files.temporaryDirectory),
            ("disable_local_igmp", vrrp.disablesLocalIGMP == new.vrrp.disablesLocalIGMP),
        ]
        return comparisons.filter { !$0.1 }.map(\.0)
    }
}
