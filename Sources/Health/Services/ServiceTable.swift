// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// What the kernel is told about a service besides its key.
package struct ServiceConfiguration: Hashable, Sendable {
    /// The kernel's name of the scheduler; a foreign service may use one we do not know.
    package var scheduler: String
    package var flags: ServiceFlags
    /// Seconds a client keeps its server; 0 unless persistent.
    package var timeout: UInt32
    /// Which part of a client's address counts: an IPv4 mask, an IPv6 prefix length.
    package var granularity: UInt32
    /// The persistence engine; empty: none.
    package var engine: String

    package init(
        scheduler: String, flags: ServiceFlags = [], timeout: UInt32 = 0, granularity: UInt32, engine: String = ""
    ) {
        self.scheduler = scheduler
        self.flags = flags
        self.timeout = timeout
        self.granularity = granularity
        self.engine = engine
    }

    /// The granularity of a service that tells all clients apart.
    package static func finest(_ family: AddressFamily) -> UInt32 {
        switch family {
        case .ipv4: .max
        case .ipv6: 128
        }
    }
}

/// What the kernel is told about a real server besides its key.
package struct ServerConfiguration: Hashable, Sendable {
    package var weight: UInt32
    package var forwarding: Forwarding
    package var upperThreshold: UInt32
    package var lowerThreshold: UInt32

    package init(weight: UInt32, forwarding: Forwarding = .nat, upperThreshold: UInt32 = 0, lowerThreshold: UInt32 = 0)
    {
        self.weight = weight
        self.forwarding = forwarding
        self.upperThreshold = upperThreshold
        self.lowerThreshold = lowerThreshold
    }
}

/// One change of the kernel's table.
package enum ServiceEdit: Hashable, Sendable {
    case addService(ServiceKey, ServiceConfiguration)
    case changeService(ServiceKey, ServiceConfiguration)
    /// Takes the service's real servers along.
    case removeService(ServiceKey)
    case addServer(ServiceKey, ServerKey, ServerConfiguration)
    case changeServer(ServiceKey, ServerKey, ServerConfiguration)
    case removeServer(ServiceKey, ServerKey)
}

/// The kernel's table of services, as it is or as it should be, in a fixed order.
package struct ServiceTable: Sendable {
    /// A service with its servers.
    package struct Service: Sendable {
        package var key: ServiceKey
        package var configuration: ServiceConfiguration
        package private(set) var servers: [(key: ServerKey, configuration: ServerConfiguration)] = []
        /// Empty while the servers are few enough to be searched one by one.
        private var places: [ServerKey: Int] = [:]

        package init(key: ServiceKey, configuration: ServiceConfiguration) {
            self.key = key
            self.configuration = configuration
        }

        package subscript(server: ServerKey) -> ServerConfiguration? {
            get { place(of: server).map { servers[$0].configuration } }
            set {
                switch (place(of: server), newValue) {
                case (nil, nil):
                    break
                case (nil, let value?):
                    servers.append((server, value))
                    remember(server)
                case (let place?, let value?):
                    servers[place].configuration = value
                case (let place?, nil):
                    servers.remove(at: place)
                    places = [:]
                    if servers.count > Self.few { remember(server) }
                }
            }
        }

        private static let few = 8

        private func place(of server: ServerKey) -> Int? {
            places.isEmpty ? servers.firstIndex { $0.key == server } : places[server]
        }

        private mutating func remember(_ server: ServerKey) {
            guard servers.count > Self.few else { return }
            if places.isEmpty {
                places = Dictionary(uniqueKeysWithValues: servers.enumerated().map { ($1.key, $0) })
            } else {
                places[server] = servers.count - 1
            }
        }
    }

    package private(set) var services: [Service] = []
    private var places: [ServiceKey: Int] = [:]

    package init() {}

    package subscript(key: ServiceKey) -> Service? { places.isEmpty ? nil : places[key].map { services[$0] } }

    /// Adds a service without servers, unless there is one with this key.
    package mutating func add(_ key: ServiceKey, _ configuration: ServiceConfiguration) {
        guard places[key] == nil else { return }
        places[key] = services.count
        services.append(Service(key: key, configuration: configuration))
    }

    /// Adds a service with its servers, or the servers to the service that is there already.
    mutating func merge(_ service: Service) {
        if let place = places[service.key] {
            for server in service.servers { services[place][server.key] = server.configuration }
        } else {
            places[service.key] = services.count
            services.append(service)
        }
    }

    /// Sets a server of a service that is in the table.
    package mutating func set(_ server: ServerKey, of key: ServiceKey, _ configuration: ServerConfiguration?) {
        guard let place = places[key] else { return }
        services[place][server] = configuration
    }

    /// Does to this table what the kernel would do to its own; false if the kernel would refuse.
    @discardableResult
    package mutating func apply(_ edit: ServiceEdit) -> Bool {
        switch edit {
        case .addService(let key, let configuration):
            guard places[key] == nil else { return false }
            add(key, configuration)
        case .changeService(let key, let configuration):
            guard let place = places[key] else { return false }
            services[place].configuration = configuration
        case .removeService(let key):
            guard let place = places[key] else { return false }
            services.remove(at: place)
            places = Dictionary(uniqueKeysWithValues: services.enumerated().map { ($1.key, $0) })
        case .addServer(let key, let server, let configuration):
            guard let place = places[key], services[place][server] == nil else { return false }
            services[place][server] = configuration
        case .changeServer(let key, let server, let configuration):
            guard let place = places[key], services[place][server] != nil else { return false }
            services[place][server] = configuration
        case .removeServer(let key, let server):
            guard let place = places[key], services[place][server] != nil else { return false }
            services[place][server] = nil
        }
        return true
    }
}
