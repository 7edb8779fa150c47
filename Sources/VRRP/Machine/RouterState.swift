// SPDX-License-Identifier: GPL-2.0-or-later

/// The states of RFC 9568 section 6.4, and keepalived's FAULT. The numbers are those of the JSON dump and of SNMP.
package enum RouterState: UInt8, Hashable, Sendable {
    /// Not started, or waiting for the first results of its scripts.
    case initialize = 0
    case backup = 1
    case master = 2
    /// Something it needs is missing: it takes no part in elections.
    case fault = 3

    /// The word that log lines and notify scripts use.
    package var word: String {
        switch self {
        case .initialize: "INIT"
        case .backup: "BACKUP"
        case .master: "MASTER"
        case .fault: "FAULT"
        }
    }
}
