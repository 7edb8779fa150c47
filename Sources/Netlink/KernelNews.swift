// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// What the kernel tells of its interfaces, addresses, routes and rules, asked or unasked.
public enum KernelNews: Hashable, Sendable {
    /// New, or changed in any way.
    case link(Link)
    case linkRemoved(Link)
    case address(InterfaceAddress)
    case addressRemoved(InterfaceAddress)
    case route(RouteFacts)
    case routeRemoved(RouteFacts)
    case rule(RuleFacts)
    case ruleRemoved(RuleFacts)

    /// Nil for a message about anything else.
    public init?(_ message: Message) throws(MalformedMessage) {
        switch message.type {
        case RouteMessage.newLink:
            guard let link = try Link(message) else { return nil }
            self = .link(link)
        case RouteMessage.deleteLink:
            guard let link = try Link(message) else { return nil }
            self = .linkRemoved(link)
        case RouteMessage.newAddress:
            guard let address = try InterfaceAddress(message) else { return nil }
            self = .address(address)
        case RouteMessage.deleteAddress:
            guard let address = try InterfaceAddress(message) else { return nil }
            self = .addressRemoved(address)
        case RouteMessage.newRoute:
            guard let route = try RouteFacts(message) else { return nil }
            self = .route(route)
        case RouteMessage.deleteRoute:
            guard let route = try RouteFacts(message) else { return nil }
            self = .routeRemoved(route)
        case RouteMessage.newRule:
            guard let rule = try RuleFacts(message) else { return nil }
            self = .rule(rule)
        case RouteMessage.deleteRule:
            guard let rule = try RuleFacts(message) else { return nil }
            self = .ruleRemoved(rule)
        default:
            return nil
        }
    }
}

/// What tells one route from another, and what of it others may have changed.
public struct RouteFacts: Hashable, Sendable {
    public var family: AddressFamily
    /// Length 0 for a default route.
    public var destination: IPPrefix
    public var tos: UInt8
    public var table: UInt32
    public var `protocol`: UInt8
    public var scope: UInt8
    /// RTN_*.
    public var type: UInt8
    public var metric: UInt32?
    public var gateway: IPAddress?
    public var interface: UInt32?
    public var preferredSource: IPAddress?

    init?(_ message: Message) throws(MalformedMessage) {
        let payload = message.payload
        guard let family = AddressFamily(netlinkNumber: try payload.native(0, UInt8.self)) else { return nil }
        self.family = family
        let length = Int(try payload.native(1, UInt8.self))
        guard length <= family.bits else { throw MalformedMessage() }
        destination = IPPrefix(family == .ipv4 ? .v4(0) : .v6(high: 0, low: 0), length: length)
        tos = try payload.native(3, UInt8.self)
        table = UInt32(try payload.native(4, UInt8.self))
        `protocol` = try payload.native(5, UInt8.self)
        scope = try payload.native(6, UInt8.self)
        type = try payload.native(7, UInt8.self)
        guard payload.count >= 12 else { throw MalformedMessage() }
        var attributes = AttributeReader(payload.dropFirst(12))
        while let attribute = try attributes.next() {
            switch attribute.type {
            case RouteAttribute.destination: destination.address = attribute.address ?? destination.address
            case RouteAttribute.table: table = attribute.number() ?? table
            case RouteAttribute.priority: metric = attribute.number()
            case RouteAttribute.gateway: gateway = attribute.address
            case RouteAttribute.outputInterface: interface = attribute.number()
            case RouteAttribute.preferredSource: preferredSource = attribute.address
            default: break
            }
        }
    }
}

/// What tells one routing rule from another, as far as it is ours to watch.
public struct RuleFacts: Hashable, Sendable {
    public var family: AddressFamily
    public var preference: UInt32
    public var table: UInt32
    /// FR_ACT_*.
    public var action: UInt8
    public var `protocol`: UInt8
    public var from: IPPrefix?
    public var to: IPPrefix?

    init?(_ message: Message) throws(MalformedMessage) {
        let payload = message.payload
        guard let family = AddressFamily(netlinkNumber: try payload.native(0, UInt8.self)) else { return nil }
        self.family = family
        let toLength = Int(try payload.native(1, UInt8.self))
        let fromLength = Int(try payload.native(2, UInt8.self))
        guard toLength <= family.bits, fromLength <= family.bits else { throw MalformedMessage() }
        table = UInt32(try payload.native(4, UInt8.self))
        action = try payload.native(7, UInt8.self)
        preference = 0
        `protocol` = 0
        guard payload.count >= 12 else { throw MalformedMessage() }
        var attributes = AttributeReader(payload.dropFirst(12))
        while let attribute = try attributes.next() {
            switch attribute.type {
            case RuleAttribute.priority: preference = attribute.number() ?? 0
            case RuleAttribute.table: table = attribute.number() ?? table
            case RuleAttribute.protocol: `protocol` = attribute.number() ?? 0
            case RuleAttribute.source: from = attribute.address.map { IPPrefix($0, length: fromLength) }
            case RuleAttribute.destination: to = attribute.address.map { IPPrefix($0, length: toLength) }
            default: break
            }
        }
    }
}
