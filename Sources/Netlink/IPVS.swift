// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// The kernel's load balancer, as generic netlink knows it (linux/ip_vs.h).
public enum IPVS {
    /// The name of the generic netlink family; the kernel gives its number out at run time.
    public static let familyName = "IPVS"
    static let version: UInt8 = 1

    /// What requests a virtual service takes in: packets to an address and port, or those with a firewall mark.
    public enum Match: Hashable, Sendable {
        /// `protocol` is 6, 17 or 132.
        case address(IPAddress, port: UInt16, protocol: UInt16)
        case mark(UInt32, AddressFamily)

        public var family: AddressFamily {
            switch self {
            case .address(let address, _, _): address.family
            case .mark(_, let family): family
            }
        }
    }

    /// A virtual service.
    public struct Service: Hashable, Sendable {
        public var match: Match
        /// "rr", "wlc", "mh", ...; at most 15 bytes.
        public var scheduler: String
        public var flags: ServiceFlags = []
        /// How long a client stays with its server, in seconds; counts when `flags` say persistent.
        public var persistence: UInt32 = 0
        /// Clients of one network of that prefix length count as one.
        public var granularity: Int
        /// Takes persistence from the contents, such as "sip".
        public var persistenceEngine: String?

        public init(_ match: Match, scheduler: String) {
            self.match = match
            self.scheduler = scheduler
            granularity = match.family.bits
        }
    }

    /// IP_VS_SVC_F_*.
    public struct ServiceFlags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let persistent = ServiceFlags(rawValue: 0x01)
        /// Set by the kernel.
        public static let hashed = ServiceFlags(rawValue: 0x02)
        /// UDP: each packet is scheduled by itself.
        public static let onePacket = ServiceFlags(rawValue: 0x04)
        /// sh-fallback, mh-fallback.
        public static let fallback = ServiceFlags(rawValue: 0x08)
        /// sh-port, mh-port.
        public static let port = ServiceFlags(rawValue: 0x10)
        public static let scheduler3 = ServiceFlags(rawValue: 0x20)
    }

    /// IP_VS_CONN_F_*: how packets get to a real server.
    public enum Forwarding: UInt32, Sendable { case masquerade, localNode, tunnel, directRoute, bypass }

    /// IP_VS_CONN_F_TUNNEL_TYPE_* with what each needs.
    public enum Tunnel: Hashable, Sendable {
        case ipip
        case gue(port: UInt16, flags: UInt16)
        case gre(flags: UInt16)
    }

    /// A real server of a service.
    public struct Destination: Hashable, Sendable {
        public var address: IPAddress
        public var port: UInt16
        public var forwarding: Forwarding
        /// 0 gives it no new connections.
        public var weight: UInt32
        /// Connections from which on it gets no new ones, and below which it gets them again; 0 sets no limit.
        public var upperThreshold: UInt32 = 0
        public var lowerThreshold: UInt32 = 0
        public var tunnel: Tunnel = .ipip

        public init(_ address: IPAddress, port: UInt16, forwarding: Forwarding, weight: UInt32) {
            self.address = address
            self.port = port
            self.forwarding = forwarding
            self.weight = weight
        }
    }

    /// The process that copies connections between directors.
    public struct SyncDaemon: Hashable, Sendable {
        /// Which end of the copying it is (IP_VS_STATE_MASTER sends, IP_VS_STATE_BACKUP receives); one of each may run.
        public enum State: UInt32, Sendable { case master = 1, backup = 2 }

        public var state: State
        public var interface: String
        /// 0...255; a backup with 0 accepts all.
        public var syncID: UInt32
        /// Nil leaves these to the kernel.
        public var largestPacket: UInt16?
        public var group: IPAddress?
        public var port: UInt16?
        public var timeToLive: UInt8?

        public init(_ state: State, interface: String, syncID: UInt32) {
            self.state = state
            self.interface = interface
            self.syncID = syncID
        }
    }

    /// How long idle connections are remembered, in seconds; nil leaves a value as it is.
    public struct Timeouts: Hashable, Sendable {
        public var tcp: UInt32?
        public var tcpFinal: UInt32?
        public var udp: UInt32?

        public init(tcp: UInt32? = nil, tcpFinal: UInt32? = nil, udp: UInt32? = nil) {
            self.tcp = tcp
            self.tcpFinal = tcpFinal
            self.udp = udp
        }
    }
}
