// SPDX-License-Identifier: GPL-2.0-or-later

import Config

/// The processes that the parent starts, in the order in which it starts them.
package enum ChildKind: UInt8, CaseIterable, Hashable, Sendable, Comparable {
    case checker, vrrp, bfd

    package static func < (left: ChildKind, right: ChildKind) -> Bool { left.rawValue < right.rawValue }

    /// As upstream's log lines call it: "Starting VRRP child process, pid=N".
    package var title: String {
        switch self {
        case .checker: "Healthcheck"
        case .vrrp: "VRRP"
        case .bfd: "BFD"
        }
    }

    /// The identity of its log lines; namespace and instance are appended to it.
    package var identity: String {
        switch self {
        case .checker: "Keepalived_healthcheckers"
        case .vrrp: "Keepalived_vrrp"
        case .bfd: "Keepalived_bfd"
        }
    }

    /// The name of the process with `process_names`.
    package var processName: String {
        switch self {
        case .checker: "keepalived_lvs"
        case .vrrp: "keepalived_vrrp"
        case .bfd: "keepalived_bfd"
        }
    }

    /// The file name of its pid file, without extension and instance.
    package var pidFileName: String {
        switch self {
        case .checker: "checkers"
        case .vrrp: "vrrp"
        case .bfd: "bfd"
        }
    }
}
