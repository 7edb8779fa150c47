// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// The kernel's load balancer, as generic netlink knows it (linux/ip_vs.h).
package enum IPVS {
    /// The name of the generic netlink family; the kernel gives its number out at run time.
    package static let familyName = "IPVS"
    static let version: UInt8 = 1

    /// What requests a virtual service takes in: packets to an address and port, or those with a firewall mark.
    package enum Match: Hashable, Sendable {
        /// `protocol` is 6, 17 or 132.
        case address(IPAddress, port: UInt16, protocol: UInt16)
        case mark(UInt32, AddressFamily)

        package var family: AddressFamily {
            switch self {
            case .address(let address, _, _): address.family
            case .mark(_, let family): family
            }
        }
    }

    /// A virtual service.
    package struct Service: Hashable, Sendable {
        package var match: Match
        /// "rr", "wlc", "mh", ...; at most 15 bytes.
        package var scheduler: String
        package var flags: ServiceFlags = []
        /// How long a client stays with its server, in seconds; counts when `flags` say persistent.
        package var persistence: UInt32 = 0
        /// Clients of one network of that prefix length count as one.
        package var granularity: Int
        /// Takes persistence from the contents, such as "sip".
        package var persistenceEngine: String?

        package init(_ match: Match, scheduler: String) {
            self.match = match
            self.scheduler = scheduler
            granularity = match.family.bits
        }
    }

    /// IP_VS_SVC_F_*.
    package struct ServiceFlags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let persistent = ServiceFlags(rawValue: 0x01)
        /// Set by the kernel.
        package static let hashed = ServiceFlags(rawValue: 0x02)
        /// UDP: each packet is scheduled by itself.
        package static let onePacket = ServiceFlags(rawValue: 0x04)
        /// sh-fallback, mh-fallback.
        package static let fallback = ServiceFlags(rawValue: 0x08)
        /// sh-port, mh-port.
        package static let port = ServiceFlags(rawValue: 0x10)
        package static let scheduler3 = ServiceFlags(rawValue: 0x20)
    }

    /// IP_VS_CONN_F_*: how packets get to a real server.
    package enum Forwarding: UInt32, Sendable { case masquerade, localNode, tunnel, directRoute, bypass }

    /// IP_VS_CONN_F_TUNNEL_TYPE_* with what each needs.
    package enum Tunnel: Hashable, Sendable {
        case ipip
        case gue(port: UInt16, flags: UInt16)
        case gre(flags: UInt16)
    }

    /// A real server of a service.
    package struct Destination: Hashable, Sendable {
        package var address: IPAddress
        package var port: UInt16
        package var forwarding: Forwarding
        /// 0 gives it no new connections.
        package var weight: UInt32
        /// Connections from which on it gets no new ones, and below which it gets them again; 0 sets no limit.
        package var upperThreshold: UInt32 = 0
        package var lowerThreshold: UInt32 = 0
        package var tunnel: Tunnel = .ipip

        package init(_ address: IPAddress, port: UInt16, forwarding: Forwarding, weight: UInt32) {
            self.address = address
            self.port = port
            self.forwarding = forwarding
            self.weight = weight
        }
    }

    /// The process that copies connections between directors.
    package struct SyncDaemon: Hashable, Sendable {
        /// Which end of the copying it is (IP_VS_STATE_MASTER sends, IP_VS_STATE_BACKUP receives); one of each may run.
        package enum State: UInt32, Sendable { case master = 1, backup = 2 }

        package var state: State
        package var interface: String
        /// 0...255; a backup with 0 accepts all.
        package var syncID: UInt32
        /// Nil leaves these to the kernel.
        package var largestPacket: UInt16?
        package var group: IPAddress?
        package var port: UInt16?
        package var timeToLive: UInt8?

        package init(_ state: State, interface: String, syncID: UInt32) {
            self.state = state
            self.interface = interface
            self.syncID = syncID
        }
    }

    /// How long idle connections are remembered, in seconds; nil leaves a value as it is.
    package struct Timeouts: Hashable, Sendable {
        package var tcp: UInt32?
        package var tcpFinal: UInt32?
        package var udp: UInt32?

        package init(tcp: UInt32? = nil, tcpFinal: UInt32? = nil, udp: UInt32? = nil) {
            self.tcp = tcp
            self.tcpFinal = tcpFinal
            self.udp = udp
        }
    }
}
