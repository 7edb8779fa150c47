// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import SNMP

/// The part `global` of the KEEPALIVED-MIB: what the configuration says for all.
enum GlobalObjects {
    static func write(_ globals: GlobalSettings, hostName: String, version: String, to table: inout TableWriter) {
        let global = KeepalivedMIB.global
        table.scalar(global.appending(1), .text(version))
        table.scalar(global.appending(2), .text(globals.routerID ?? hostName))
        write(globals.mail, to: &table)
        table.scalar(global.appending(4), .enabled(globals.snmp.sendsTraps))
        // netlink(1), polling(2)
        table.scalar(global.appending(5), .integer(globals.pollsLinks ? 2 : 1))
        table.scalar(global.appending(6), .enabled(globals.lvs.flushesAtStart))
        table.scalar(global.appending(7), .truth(true))
        table.scalar(global.appending(8), .text(globals.namespace.network ?? ""))
        table.scalar(global.appending(9), .truth(globals.dbus.isEnabled))
        table.scalar(global.appending(10), .truth(globals.vrrp.dynamicInterfaces != .no))
        table.scalar(global.appending(11), .integer(flushOnStop(globals.lvs)))
    }

    /// enabled(1), disabled(2), flushVS(3)
    private static func flushOnStop(_ settings: LVSGlobals) -> Int32 {
        switch settings.flushOnStop {
        case .no: 2
        case .everything: 1
        case .virtualServers: 3
        }
    }

    private static func write(_ mail: MailSettings, to table: inout TableWriter) {
        if let server = mail.servers.first {
            table.scalar(KeepalivedMIB.mail.appending(1), server.managedType)
            table.scalar(KeepalivedMIB.mail.appending(2), .octets(server.bytes))
        }
        table.scalar(KeepalivedMIB.mail.appending(3), .count(Int(mail.connectTimeout.seconds)))
        if let sender = mail.sender { table.scalar(KeepalivedMIB.mail.appending(4), .text(sender)) }
        for (number, recipient) in mail.recipients.enumerated() {
            table.row(of: KeepalivedMIB.mail.appending(5), [UInt32(number + 1)])
            table.cell(2, .text(recipient))
        }
        if !mail.servers.isEmpty { table.scalar(KeepalivedMIB.mail.appending(6), .gauge(UInt32(mail.port))) }
        table.scalar(KeepalivedMIB.mail.appending(7), .enabled(!mail.omitsFaults))
        for (column, value) in [(UInt32(8), mail.alerts), (9, mail.alertsVRRP), (10, mail.alertsChecker)] {
            // on(1), off(2), unset(3)
            table.scalar(KeepalivedMIB.mail.appending(column), .integer(value.map { $0 ? 1 : 2 } ?? 3))
        }
    }
}

extension IPAddress {
    /// InetAddressType of RFC 4001: ipv4(1), ipv6(2).
    var managedType: ManagedValue { .integer(family == .ipv4 ? 1 : 2) }
}
