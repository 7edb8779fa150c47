// SPDX-License-Identifier: GPL-2.0-or-later

import SNMP

/// KEEPALIVED-MIB: where its tables are.
enum KeepalivedMIB {
    static let root: ObjectIdentifier = [1, 3, 6, 1, 4, 1, 9586, 100, 5]
    static let global = root.appending(1)
    static let mail = global.appending(3)
    static let vrrp = root.appending(2)
    static let check = root.appending(3)

    /// The notifications of virtual routers and of virtual servers.
    static let vrrpTraps = vrrp.appending(10, 0)
    static let checkTraps = check.appending(5, 0)
}

extension ManagedValue {
    /// enabled(1), disabled(2), as most switches of the MIB.
    static func enabled(_ value: Bool) -> ManagedValue { .integer(value ? 1 : 2) }

    static func number(_ value: Int) -> ManagedValue { .integer(Int32(clamping: value)) }
    static func count(_ value: Int) -> ManagedValue { .gauge(UInt32(clamping: value)) }
}
