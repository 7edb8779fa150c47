// SPDX-License-Identifier: GPL-2.0-or-later

import Linux

/// The files in which processes of a daemon keep what is to be put back, taken away or waited for when they are gone, be it by a
/// kill of all of them. After an ordinary stop there are none.
struct KeptFiles {
    private let base: String

    /// Those of the daemon with this pid file: /run/keepalived.pid has /run/keepalived.settings and so on beside it.
    init(beside pidFile: String) {
        base = pidFile.hasSuffix(".pid") ? String(pidFile.dropLast(4)) : pidFile
    }

    /// Settings of the kernel as they were before.
    var settings: KeptFile { KeptFile(base + ".settings") }
    /// Rules, sets and tables of the firewall.
    var firewall: KeptFile { KeptFile(base + ".firewall") }
    /// The name of the tables that mark packets to groups of virtual servers.
    var marks: KeptFile { KeptFile(base + ".marks") }
    /// Real servers that drain.
    var drains: KeptFile { KeptFile(base + ".drains") }
}
