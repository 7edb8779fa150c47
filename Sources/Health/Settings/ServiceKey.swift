// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// The transport protocols that IPVS balances.
package enum TransportProtocol: UInt8, Hashable, Sendable {
    case tcp = 6
    case udp = 17
    case sctp = 132

    /// The word in log lines and FIFO lines.
    package var word: String {
        switch self {
        case .tcp: "tcp"
        case .udp: "udp"
        case .sctp: "sctp"
        }
    }
}

/// What tells one service of the kernel's table from another.
package enum ServiceKey: Hashable, Sendable {
    /// Port 0 takes all ports (persistent services only).
    case address(IPAddress, port: UInt16, TransportProtocol)
    /// Packets that carry this firewall mark, one service for each address family.
    case mark(UInt32, AddressFamily)

    package var family: AddressFamily {
        switch self {
        case .address(let address, _, _): address.family
        case .mark(_, let family): family
        }
    }
}

/// What tells one real server of a service from another.
package struct ServerKey: Hashable, Sendable {
    package var address: IPAddress
    /// 0 where the service has none (marks, all ports).
    package var port: UInt16

    package init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}

/// The schedulers of Linux 6.x under the names the kernel knows them by.
package enum Scheduler: String, Hashable, Sendable, CaseIterable {
    case rr, wrr, lc, wlc, lblc, sh, mh, dh, fo, ovf, lblcr, sed, nq, twos
}

/// The flags of a service that change how its scheduler or its connections work (`IP_VS_SVC_F_*`).
package struct ServiceFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Clients keep their server. Set by the kernel's interface together with the timeout.
    package static let persistent = ServiceFlags(rawValue: 0x0001)
    /// Says that the kernel holds the service in its table; only ever read.
    package static let hashed = ServiceFlags(rawValue: 0x0002)
    /// Each UDP packet is scheduled on its own.
    package static let onePacket = ServiceFlags(rawValue: 0x0004)
    /// `sh-fallback`, `mh-fallback`: an unavailable server's share goes to others.
    package static let first = ServiceFlags(rawValue: 0x0008)
    /// `sh-port`, `mh-port`: the source port is part of the hash.
    package static let second = ServiceFlags(rawValue: 0x0010)
    package static let third = ServiceFlags(rawValue: 0x0020)

    package static let fallback = first
    package static let port = second
    /// What a configuration decides; the rest is the kernel's own.
    package static let configurable: ServiceFlags = [.persistent, .onePacket, .first, .second, .third]
}

/// How packets reach a real server.
package enum Forwarding: Hashable, Sendable {
    /// Address translation: the answers pass through the director.
    case nat
    /// Direct routing: the server holds the virtual address itself.
    case direct
    case tunnel(Tunnel)

    /// The word of `lb_kind` and `lvs_method`.
    package var word: String {
        switch self {
        case .nat: "NAT"
        case .direct: "DR"
        case .tunnel: "TUN"
        }
    }
}

/// How a tunnelled packet is wrapped.
package struct Tunnel: Hashable, Sendable {
    /// The outer header, under the numbers of the kernel.
    package enum Kind: UInt8, Hashable, Sendable {
        case ipip = 0
        case gue = 1
        case gre = 2
    }

    /// The checksum of the outer header (gue and gre).
    package enum Checksum: UInt16, Hashable, Sendable {
        case none = 0
        case full = 1
        /// Remote checksum offload (gue only).
        case remote = 2
    }

    package var kind = Kind.ipip
    /// The UDP port of gue; 0 for the others.
    package var port: UInt16 = 0
    package var checksum = Checksum.none

    package init(kind: Kind = .ipip, port: UInt16 = 0, checksum: Checksum = .none) {
        self.kind = kind
        self.port = port
        self.checksum = checksum
    }
}
