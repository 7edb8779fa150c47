// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config
package import Health
package import Linux
package import Netlink

/// The kernel's table of services: changed by edits that leave many at a time, read when others may have changed it.
package final class KernelTable {
    /// Why there is no IPVS to be had.
    package struct Missing: Error, CustomStringConvertible {
        package var reason: String
        package var description: String { reason }
    }

    private let family: UInt16
    private let query: KernelQuery
    private let batch: NetlinkBatch
    /// The edits of the batch that has not left yet, and the number of the first.
    private var edits: [ServiceEdit] = []
    private var firstEdit: UInt32 = 0

    /// Called for an edit that the kernel did not take.
    package var refused: (ServiceEdit, Refusal) -> Void = { _, _ in }

    /// Finds IPVS, which the kernel loads when asked for it by name if it has it as a module. `buffer` is what the configuration
    /// says of the receive buffer (`lvs_netlink_cmd_rcv_bufs`).
    package init(_ buffer: BufferSettings = BufferSettings()) throws(Missing) {
        do throws(SystemError) {
            query = try KernelQuery(.generic)
            guard let number = query.genericFamily(IPVS.familyName) else {
                throw SystemError(call: "IPVS", code: SystemError.noSuchEntry)
            }
            family = number
            if let size = buffer.size, size > 0 {
                batch = try NetlinkBatch(receiveBuffer: Int(size), isForced: buffer.isForced)
            } else {
                batch = try NetlinkBatch()
            }
        } catch {
            throw Missing(
                reason: error.call == "IPVS"
                    ? "this kernel has no IPVS (module ip_vs): virtual servers are not programmed, checks still run"
                    : "IPVS cannot be reached: \(error)"
            )
        }
        batch.refused = { [unowned self] number, refusal in refuse(number, refusal) }
    }

    // MARK: Reading

    /// What the kernel holds now.
    package func read() throws(SystemError) -> ServiceTable {
        var table = ServiceTable()
        for service in try services() { try add(service, to: &table) }
        return table
    }

    /// The services without their servers; those of protocols that we do not know are left out.
    func services() throws(SystemError) -> [IPVS.Service] {
        try query.list(IPVSRequest(.listServices, family: family)) { message throws(MalformedMessage) in
            guard case .service(let service, _) = try IPVSNews(message), ServiceKey(service.match) != nil else { return nil }
            return service
        }
    }

    /// Adds a service to a table, with the servers that it has now.
    func add(_ service: IPVS.Service, to table: inout ServiceTable) throws(SystemError) {
        guard let key = ServiceKey(service.match) else { return }
        table.add(key, ServiceConfiguration(service))
        let request = IPVSRequest(.listDestinations(of: service.match), family: family)
        let servers = try query.list(request) { message throws(MalformedMessage) -> IPVS.Destination? in
            guard case .destination(let server, _, _) = try IPVSNews(message, family: key.family) else { return nil }
            return server
        }
        // The kernel's list begins with the newest.
        for server in servers.reversed() {
            table.set(ServerKey(server.address, port: server.port), of: key, ServerConfiguration(server))
        }
    }

    /// The connections that a drain waits for. Only TCP and SCTP tell when one has ended; of others those count, too, that have
    /// been silent.
    func connections(of service: ServiceKey) throws(SystemError) -> ConnectionCounts {
        let request = IPVSRequest(.listDestinations(of: service.match), family: family)
        let found = try query.list(request) { message throws(MalformedMessage) -> (ServerKey, UInt32)? in
            let news = try IPVSNews(message, family: service.family)
            guard case .destination(let server, let connections, _) = news else { return nil }
            let count = service.countsSilent ? connections.active &+ connections.inactive : connections.active
            return (ServerKey(server.address, port: server.port), count)
        }
        return ConnectionCounts(found, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Changing

    /// Adds an edit; those that were added leave together with `submit`, or when they are many.
    package func apply(_ edit: ServiceEdit) {
        if edits.isEmpty { firstEdit = batch.count }
        edits.append(edit)
        batch.add(IPVSRequest(IPVSRequest.Command(edit), family: family))
        if batch.isEmpty { edits.removeAll(keepingCapacity: true) }
    }

    /// Has the kernel make the edits that were added.
    package func submit() {
        batch.submit()
        edits.removeAll(keepingCapacity: true)
    }

    private func refuse(_ number: UInt32, _ refusal: Refusal) {
        let place = Int(number &- firstEdit)
        if edits.indices.contains(place) { refused(edits[place], refusal) }
    }

    /// Sets the timeouts of connections in seconds; nil or 0 leaves the kernel's.
    package func setTimeouts(tcp: UInt32?, tcpAfterFIN: UInt32?, udp: UInt32?) -> String? {
        guard tcp != nil || tcpAfterFIN != nil || udp != nil else { return nil }
        return ask(.setTimeouts(IPVS.Timeouts(tcp: tcp, tcpFinal: tcpAfterFIN, udp: udp)))
    }

    /// Empties the whole table, foreign services included.
    package func flush() -> String? { ask(.flush) }

    /// Starts or stops a daemon that copies connections.
    package func start(_ daemon: IPVS.SyncDaemon) -> String? { ask(.startDaemon(daemon)) }
    package func stop(_ state: IPVS.SyncDaemon.State) -> String? { ask(.stopDaemon(state)) }

    /// The daemons that run.
    package func daemons() throws(SystemError) -> [IPVS.SyncDaemon] {
        try query.list(IPVSRequest(.listDaemons, family: family)) { message throws(MalformedMessage) in
            guard case .daemon(let daemon) = try IPVSNews(message) else { return nil }
            return daemon
        }
    }

    /// Has something done at once; nil, or why it was not.
    private func ask(_ command: IPVSRequest.Command) -> String? {
        do {
            return try query.perform(IPVSRequest(command, family: family)).map {
                $0.text ?? SystemError(call: "", code: $0.code).reason
            }
        } catch {
            return "\(error)"
        }
    }
}

extension ServiceKey {
    /// Whether the kernel counts all connections of the service among the inactive ones.
    fileprivate var countsSilent: Bool {
        if case .address(_, _, .udp) = self { true } else { false }
    }
}
