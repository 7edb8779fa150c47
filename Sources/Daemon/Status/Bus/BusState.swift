// SPDX-License-Identifier: GPL-2.0-or-later

import VRRP

/// The state of an instance as the message bus and SNMP know it: those of the machine, and two ways of leaving.
enum BusState: UInt8 {
    case initialize = 0
    case backup = 1
    case master = 2
    case fault = 3
    case deleted = 97
    case stopped = 98

    init(_ state: RouterState) {
        switch state {
        case .initialize: self = .initialize
        case .backup: self = .backup
        case .master: self = .master
        case .fault: self = .fault
        }
    }

    /// What a transition leads to.
    init(_ transition: Transition) {
        switch (transition.to, transition.cause) {
        case (.initialize, .removed): self = .deleted
        case (.initialize, .stop): self = .stopped
        default: self.init(transition.to)
        }
    }

    /// The word in the property `State`.
    var word: String {
        switch self {
        case .initialize: "Init"
        case .backup: "Backup"
        case .master: "Master"
        case .fault: "Fault"
        case .deleted: "Deleted"
        case .stopped: "Stop"
        }
    }

    /// VrrpState of the KEEPALIVED-MIB: init(0), backup(1), master(2), fault(3), shutdown(5), deleted(6).
    var managed: Int32 {
        switch self {
        case .initialize, .backup, .master, .fault: Int32(rawValue)
        case .stopped: 5
        case .deleted: 6
        }
    }
}
