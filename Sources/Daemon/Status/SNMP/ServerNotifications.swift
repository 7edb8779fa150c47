// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Health
import SNMP

/// What managers are told of when real servers come and go and virtual servers gain and lose their quorum.
enum ServerNotifications {
    /// realServerStateChange or virtualServerQuorumStateChange; nil for what is no longer configured.
    static func notification(_ report: Report, of servers: VirtualServers, name: String) -> ManagedNotification? {
        switch report {
        case .server(let server, let service, let isUp):
            guard let row = servers.services.firstIndex(where: { $0.name == service }) else { return nil }
            let settings = servers.services[row].settings
            guard let place = settings.servers.firstIndex(where: { settings.name(of: $0.key) == server }) else { return nil }
            return self.server(servers.services[row], UInt32(row + 1), place, isUp: isUp, name: name)
        case .virtualServer(let service, let isUp):
            guard let row = servers.services.firstIndex(where: { $0.name == service }) else { return nil }
            return quorum(servers.services[row], UInt32(row + 1), isMet: isUp, name: name)
        }
    }

    private static func server(
        _ service: VirtualServer, _ row: UInt32, _ place: Int, isUp: Bool, name: String
    ) -> ManagedNotification {
        let key = service.settings.servers[place].key
        // A sorry server has the first row.
        let index = [row, UInt32(place + 1) + (service.settings.sorryServer == nil ? 0 : 1)]
        let entry = KeepalivedMIB.check.appending(4, 1)
        let objects = [
            ManagedObject(entry.appending([3] + index), key.address.managedType),
            ManagedObject(entry.appending([4] + index), key.address.managed),
            ManagedObject(entry.appending([5] + index), .gauge(UInt32(key.port))),
            ManagedObject(entry.appending([6] + index), .integer(isUp ? 1 : 2)),
        ]
        return ManagedNotification(
            KeepalivedMIB.checkTraps.appending(1), objects + target(of: service, row) + counts(of: service, row, name))
    }

    private static func quorum(_ service: VirtualServer, _ row: UInt32, isMet: Bool, name: String) -> ManagedNotification {
        let entry = KeepalivedMIB.check.appending(3, 1)
        let objects = [
            ManagedObject(entry.appending(23, row), .integer(isMet ? 1 : 2)),
            ManagedObject(entry.appending(22, row), .gauge(service.settings.quorum)),
        ]
        return ManagedNotification(
            KeepalivedMIB.checkTraps.appending(2), target(of: service, row) + objects + counts(of: service, row, name))
    }

    /// Which virtual server it is: type, what it listens to, protocol.
    private static func target(of service: VirtualServer, _ row: UInt32) -> [ManagedObject] {
        var table = TableWriter()
        table.row(of: KeepalivedMIB.check.appending(3), [row])
        ServerObjects.writeTarget(of: service.settings, to: &table)
        return table.objects
    }

    private static func counts(of service: VirtualServer, _ row: UInt32, _ name: String) -> [ManagedObject] {
        let entry = KeepalivedMIB.check.appending(3, 1)
        return [
            ManagedObject(entry.appending(21, row), .count(service.servers.count(where: \.isAlive))),
            ManagedObject(entry.appending(20, row), .count(service.servers.count)),
            ManagedObject(KeepalivedMIB.global.appending(2, 0), .text(name)),
        ]
    }
}
