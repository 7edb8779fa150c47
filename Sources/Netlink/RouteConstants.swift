// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// Types of routing messages (RTM_*).
public enum RouteMessage {
    public static let newLink: UInt16 = 16
    public static let deleteLink: UInt16 = 17
    public static let getLink: UInt16 = 18
    public static let newAddress: UInt16 = 20
    public static let deleteAddress: UInt16 = 21
    public static let getAddress: UInt16 = 22
    public static let newRoute: UInt16 = 24
    public static let deleteRoute: UInt16 = 25
    public static let getRoute: UInt16 = 26
    public static let newRule: UInt16 = 32
    public static let deleteRule: UInt16 = 33
    public static let getRule: UInt16 = 34
}

/// Multicast groups of routing news (RTNLGRP_*).
public enum RouteGroup: Int32, CaseIterable, Sendable {
    case link = 1
    case neighbour = 3
    case ipv4Address = 5
    case ipv4Route = 7
    case ipv4Rule = 8
    case ipv6Address = 9
    case ipv6Route = 11
    case ipv6Rule = 19
}

extension AddressFamily {
    /// AF_INET or AF_INET6.
    public var netlinkNumber: UInt8 { self == .ipv4 ? 2 : 10 }

    public init?(netlinkNumber: UInt8) {
        switch netlinkNumber {
        case 2: self = .ipv4
        case 10: self = .ipv6
        default: return nil
        }
    }
}

/// Attributes of addresses (IFA_*).
enum AddressAttribute {
    static let address: UInt16 = 1
    static let local: UInt16 = 2
    static let label: UInt16 = 3
    static let broadcast: UInt16 = 4
    static let cacheInfo: UInt16 = 6
    static let flags: UInt16 = 8
    static let `protocol`: UInt16 = 11
}

/// Attributes of links (IFLA_*).
enum LinkAttribute {
    static let address: UInt16 = 1
    static let name: UInt16 = 3
    static let mtu: UInt16 = 4
    static let link: UInt16 = 5
    static let master: UInt16 = 10
    static let operationalState: UInt16 = 16
    static let info: UInt16 = 18
    static let familySpecific: UInt16 = 26
    static let group: UInt16 = 27
    static let extendedMask: UInt16 = 29
    static let infoKind: UInt16 = 1
    static let infoData: UInt16 = 2
    static let macvlanMode: UInt16 = 1
    static let ipvlanMode: UInt16 = 1
    static let ipvlanFlags: UInt16 = 2
    static let inet6AddressGeneration: UInt16 = 8
    static let vrfTable: UInt16 = 1
}

/// Attributes of routes (RTA_*) and their metrics (RTAX_*).
enum RouteAttribute {
    static let destination: UInt16 = 1
    static let source: UInt16 = 2
    static let outputInterface: UInt16 = 4
    static let gateway: UInt16 = 5
    static let priority: UInt16 = 6
    static let preferredSource: UInt16 = 7
    static let metrics: UInt16 = 8
    static let multipath: UInt16 = 9
    static let flow: UInt16 = 11
    static let table: UInt16 = 15
    static let via: UInt16 = 18
    static let preference: UInt16 = 20
    static let encapsulationType: UInt16 = 21
    static let encapsulation: UInt16 = 22
    static let expires: UInt16 = 23
    static let ttlPropagate: UInt16 = 26
}

/// Attributes of routing rules (FRA_*).
enum RuleAttribute {
    static let destination: UInt16 = 1
    static let source: UInt16 = 2
    static let inputInterface: UInt16 = 3
    static let goto: UInt16 = 4
    static let priority: UInt16 = 6
    static let mark: UInt16 = 10
    static let flow: UInt16 = 11
    static let tunnelID: UInt16 = 12
    static let suppressInterfaceGroup: UInt16 = 13
    static let suppressPrefixLength: UInt16 = 14
    static let table: UInt16 = 15
    static let markMask: UInt16 = 16
    static let outputInterface: UInt16 = 17
    static let masterDevice: UInt16 = 19
    static let userRange: UInt16 = 20
    static let `protocol`: UInt16 = 21
    static let ipProtocol: UInt16 = 22
    static let sourcePorts: UInt16 = 23
    static let destinationPorts: UInt16 = 24
}
