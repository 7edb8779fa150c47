// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Config

/// What a virtual server listens to.
package enum VirtualServerTarget: Hashable, Sendable {
    case address(IPAddress, port: UInt16)
    case mark(UInt32)
    /// All entries of a `virtual_server_group`.
    case group(String)
}

/// One virtual server, everything inherited filled in.
package struct VirtualServerSettings: Hashable, Sendable {
    package var target: VirtualServerTarget
    /// Which of several virtual servers on one group this is, from 0; part of its name.
    package var groupOrdinal = 0
    /// Nil for marks: they have none.
    package var transport: TransportProtocol?
    package var family = AddressFamily.ipv4
    /// The services of the kernel that this virtual server consists of, those of a group in its order.
    package var services: [ServiceKey] = []
    package var scheduler = Scheduler.wlc
    package var flags = ServiceFlags()
    @Seldom package var persistence: Persistence?
    /// How servers are reached that say nothing themselves.
    package var forwarding = Forwarding.nat
    /// The weight of alive servers that makes the service usable.
    package var quorum: UInt32 = 1
    /// How far beyond the quorum the weight must go to change the state back.
    package var hysteresis: UInt32 = 0
    /// That of servers that name none.
    package var weight: UInt32 = 1
    @Seldom package var quorumUp: Script?
    @Seldom package var quorumDown: Script?
    /// Servers are down until their first check succeeds.
    package var alpha = false
    /// The down scripts run when the daemon stops.
    package var omega = false
    package var inhibitsOnFailure = false
    /// Checkers rest while the address is not on this machine.
    package var suspends = false
    /// How long a server that a reload takes away may keep its connections; zero: it goes at once.
    package var drainTimeout = Interval.zero
    package var sendsMail = false
    /// What the virtual server's own `smtp_alert` says.
    var mailSaid: Bool?
    @Seldom package var virtualHost: String?
    @Seldom package var snmpName: String?
    @Seldom package var sorryServer: SorryServerSettings?
    package var servers: [RealServerSettings] = []
    /// As said for all checkers, for the dumps.
    package var timing = CheckTiming()
    package var connectTimeout = Interval.seconds(5)

    package init(_ target: VirtualServerTarget) { self.target = target }

    /// Clients that keep their server.
    package struct Persistence: Hashable, Sendable {
        /// Seconds, 1...2678400.
        package var timeout: UInt32 = 360
        /// Which part of a client's address names the client: a mask for IPv4, a prefix length for IPv6.
        package var granularity: UInt32
        /// A module that looks into the packets, such as `sip`.
        package var engine: String?

        package init(timeout: UInt32 = 360, granularity: UInt32, engine: String? = nil) {
            self.timeout = timeout
            self.granularity = granularity
            self.engine = engine
        }
    }

    /// What stays the same when a virtual server is changed by a reload.
    package var identity: Identity { Identity(target: target, transport: transport, family: family) }

    /// What a virtual server listens to, whatever else is said about it.
    package struct Identity: Hashable, Sendable {
        package var target: VirtualServerTarget
        package var transport: TransportProtocol?
        package var family: AddressFamily
    }
}

/// A named list of addresses and marks that are served alike.
package struct VirtualServerGroupSettings: Hashable, Sendable {
    /// One line of a group.
    package enum Entry: Hashable, Sendable {
        /// All addresses from `first` to `last`, both included; port 0 is none.
        case addresses(first: IPAddress, last: IPAddress, port: UInt16)
        /// The family is nil where the line names none: that of the real servers counts.
        case mark(UInt32, AddressFamily?)
    }

    package var name: String
    package var entries: [Entry] = []

    package init(name: String) { self.name = name }

    /// The most services one group may stand for: a range beyond that is a mistake, and would not end.
    package static let greatestCount = 65_536

    /// The services of the entries, in order, each once.
    package func services(_ transport: TransportProtocol?, markFamily: AddressFamily) -> [ServiceKey] {
        var seen = Set<ServiceKey>()
        var result: [ServiceKey] = []
        func add(_ key: ServiceKey) {
            if seen.insert(key).inserted { result.append(key) }
        }
        for entry in entries {
            switch entry {
            case .mark(let mark, let family):
                add(.mark(mark, family ?? markFamily))
            case .addresses(let first, let last, let port):
                guard let transport else { continue }
                var address = first
                while result.count < Self.greatestCount {
                    add(.address(address, port: port, transport))
                    guard address < last, let next = address.successor else { break }
                    address = next
                }
            }
        }
        return result
    }
}

extension IPAddress {
    /// The address after this one; nil after the last.
    package var successor: IPAddress? {
        switch self {
        case .v4(let word):
            word == .max ? nil : .v4(word + 1)
        case .v6(let high, .max):
            high == .max ? nil : .v6(high: high + 1, low: 0)
        case .v6(let high, let low):
            .v6(high: high, low: low + 1)
        }
    }
}
