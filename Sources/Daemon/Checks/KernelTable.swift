// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Health
package import Linux
package import Netlink

/// The kernel's table of services: read as a whole, changed by edits that leave many at a time.
package final class KernelTable {
    /// Why there is no IPVS to be had.
    package struct Missing: Error, CustomStringConvertible {
        package var reason: String
        package var description: String { reason }
    }

    private let family: UInt16
    private let query: KernelQuery
    private let socket: NetlinkSocket
    private var pending = 0
    private var drained: (() -> Void)?

    /// Called for an edit that the kernel did not take.
    package var refused: (ServiceEdit, Refusal) -> Void = { _, _ in }

    /// Finds IPVS, which the kernel loads when asked for it by name if it has it as a module.
    package init(_ loop: EventLoop) throws(Missing) {
        do throws(SystemError) {
            query = try KernelQuery(.generic)
            guard let number = query.genericFamily("IPVS") else {
                throw SystemError(call: "IPVS", code: 2)
            }
            family = number
            socket = try NetlinkSocket(.generic)
            try socket.attach(to: loop)
        } catch {
            throw Missing(
                reason: error.call == "IPVS"
                    ? "this kernel has no IPVS (module ip_vs): virtual servers are not programmed, checks still run"
                    : "IPVS cannot be reached: \(error)"
            )
        }
    }

    /// What the kernel holds now.
    package func read() throws(SystemError) -> ServiceTable {
        var table = ServiceTable()
        let services = try query.list(IPVSRequest(.listServices, family: family)) { message throws(MalformedMessage) in
            try IPVSService(message)
        }
        for service in services {
            guard let key = ServiceKey(service.name) else { continue }
            table.add(key, ServiceConfiguration(service))
            let servers = try query.list(IPVSRequest(.listDestinations(service.name), family: family)) {
                message throws(MalformedMessage) in try IPVSDestination(message, of: service.name.family)
            }
            for server in servers {
                table.set(ServerKey(server.address, port: server.port), of: key, ServerConfiguration(server))
            }
        }
        return table
    }

    /// Queues an edit; it leaves with others at the end of the loop's turn.
    package func apply(_ edit: ServiceEdit) {
        pending += 1
        socket.request(IPVSRequest(IPVSRequest.Command(edit), family: family)) { [unowned self] refusal in
            pending -= 1
            if let refusal { refused(edit, refusal) }
            if pending == 0 { tellDrained() }
        }
    }

    package func setTimeouts(tcp: UInt32?, tcpAfterFIN: UInt32?, udp: UInt32?) {
        guard tcp != nil || tcpAfterFIN != nil || udp != nil else { return }
        send(.setTimeouts(tcp: tcp, tcpAfterFIN: tcpAfterFIN, udp: udp))
    }

    /// Empties the whole table, foreign services included.
    package func flush() { send(.flush) }

    private func send(_ command: IPVSRequest.Command) {
        pending += 1
        socket.request(IPVSRequest(command, family: family)) { [unowned self] _ in
            pending -= 1
            if pending == 0 { tellDrained() }
        }
    }

    /// Calls back once the kernel has answered to all edits.
    package func whenDone(_ done: @escaping () -> Void) {
        guard pending > 0 else { return done() }
        drained = done
    }

    private func tellDrained() {
        let done = drained
        drained = nil
        done?()
    }
}

// MARK: - Between the core's terms and the kernel's

extension ServiceKey {
    var name: IPVSServiceName {
        switch self {
        case .address(let address, let port, let transport): .address(address, port: port, protocol: transport.rawValue)
        case .mark(let mark, let family): .mark(mark, family)
        }
    }

    /// Nil for a protocol that we do not know; such a service is not ours.
    init?(_ name: IPVSServiceName) {
        switch name {
        case .address(let address, let port, let number):
            guard let transport = TransportProtocol(rawValue: number) else { return nil }
            self = .address(address, port: port, transport)
        case .mark(let mark, let family): self = .mark(mark, family)
        }
    }
}

extension ServiceConfiguration {
    init(_ service: IPVSService) {
        self.init(
            scheduler: service.scheduler, flags: ServiceFlags(rawValue: service.flags), timeout: service.timeout,
            granularity: service.granularity, engine: service.engine
        )
    }
}

extension ServerConfiguration {
    init(_ server: IPVSDestination) {
        let forwarding: Forwarding
        switch server.forwarding {
        case 2:
            forwarding = .tunnel(
                Tunnel(
                    kind: Tunnel.Kind(rawValue: server.tunnelType) ?? .ipip, port: server.tunnelPort,
                    checksum: Tunnel.Checksum(rawValue: server.tunnelFlags) ?? .none
                )
            )
        case 3: forwarding = .direct
        // A local node was asked for as something else; the kernel found out that the address is its own.
        default: forwarding = .nat
        }
        self.init(
            weight: server.weight, forwarding: forwarding, upperThreshold: server.upperThreshold,
            lowerThreshold: server.lowerThreshold
        )
    }
}

extension IPVSRequest.Command {
    init(_ edit: ServiceEdit) {
        switch edit {
        case .addService(let key, let configuration): self = .addService(IPVSService(key, configuration))
        case .changeService(let key, let configuration): self = .changeService(IPVSService(key, configuration))
        case .removeService(let key): self = .removeService(key.name)
        case .addServer(let key, let server, let configuration):
            self = .addDestination(key.name, IPVSDestination(server, configuration))
        case .changeServer(let key, let server, let configuration):
            self = .changeDestination(key.name, IPVSDestination(server, configuration))
        case .removeServer(let key, let server): self = .removeDestination(key.name, server.address, port: server.port)
        }
    }
}

extension IPVSService {
    fileprivate init(_ key: ServiceKey, _ configuration: ServiceConfiguration) {
        self.init(
            name: key.name, scheduler: configuration.scheduler, flags: configuration.flags.rawValue,
            timeout: configuration.timeout, granularity: configuration.granularity, engine: configuration.engine
        )
    }
}

extension IPVSDestination {
    fileprivate init(_ server: ServerKey, _ configuration: ServerConfiguration) {
        self.init(
            address: server.address, port: server.port, forwarding: 0, weight: configuration.weight,
            upperThreshold: configuration.upperThreshold, lowerThreshold: configuration.lowerThreshold
        )
        switch configuration.forwarding {
        case .nat: forwarding = 0
        case .direct: forwarding = 3
        case .tunnel(let tunnel):
            forwarding = 2
            tunnelType = tunnel.kind.rawValue
            tunnelPort = tunnel.port
            tunnelFlags = tunnel.checksum.rawValue
        }
    }
}
