// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

// What the kernel's interface to IPVS is about (include/uapi/linux/ip_vs.h), under the kernel's own terms: numbers as the
// kernel has them, no judgement.

/// What names a service: an address with port and protocol, or a firewall mark with an address family.
package enum IPVSServiceName: Hashable, Sendable {
    case address(IPAddress, port: UInt16, protocol: UInt8)
    case mark(UInt32, AddressFamily)

    package var family: AddressFamily {
        switch self {
        case .address(let address, _, _): address.family
        case .mark(_, let family): family
        }
    }
}

/// A service with all that can be set.
package struct IPVSService: Hashable, Sendable {
    package var name: IPVSServiceName
    package var scheduler: String
    /// IP_VS_SVC_F_*.
    package var flags: UInt32
    /// Seconds of persistence; 0 without.
    package var timeout: UInt32
    /// An IPv4 mask, or an IPv6 prefix length.
    package var granularity: UInt32
    /// The persistence engine; empty: none.
    package var engine: String

    package init(
        name: IPVSServiceName, scheduler: String, flags: UInt32, timeout: UInt32, granularity: UInt32, engine: String
    ) {
        self.name = name
        self.scheduler = scheduler
        self.flags = flags
        self.timeout = timeout
        self.granularity = granularity
        self.engine = engine
    }
}

/// A real server ("destination") of a service.
package struct IPVSDestination: Hashable, Sendable {
    package var address: IPAddress
    package var port: UInt16
    /// 0 masquerading, 1 local node, 2 tunnel, 3 direct routing.
    package var forwarding: UInt32
    package var weight: UInt32
    package var upperThreshold: UInt32
    package var lowerThreshold: UInt32
    /// 0 IPIP, 1 GUE, 2 GRE.
    package var tunnelType: UInt8
    package var tunnelPort: UInt16
    package var tunnelFlags: UInt16
    /// As the kernel counts them; never sent.
    package var activeConnections: UInt32 = 0
    package var inactiveConnections: UInt32 = 0

    package init(
        address: IPAddress, port: UInt16, forwarding: UInt32, weight: UInt32, upperThreshold: UInt32 = 0,
        lowerThreshold: UInt32 = 0, tunnelType: UInt8 = 0, tunnelPort: UInt16 = 0, tunnelFlags: UInt16 = 0
    ) {
        self.address = address
        self.port = port
        self.forwarding = forwarding
        self.weight = weight
        self.upperThreshold = upperThreshold
        self.lowerThreshold = lowerThreshold
        self.tunnelType = tunnelType
        self.tunnelPort = tunnelPort
        self.tunnelFlags = tunnelFlags
    }
}

/// The connection synchronisation daemon of one side.
package struct IPVSSyncDaemon: Hashable, Sendable {
    package enum Side: UInt32, Hashable, Sendable { case master = 1, backup = 2 }

    package var side: Side
    package var interface: String
    package var id: UInt32
    package var maximumLength: UInt16?
    package var group: IPAddress?
    package var port: UInt16?
    package var timeToLive: UInt8?

    package init(side: Side, interface: String, id: UInt32) {
        self.side = side
        self.interface = interface
        self.id = id
    }
}
