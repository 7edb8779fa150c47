// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// A route to add or remove, with all that `ip route` can say of one that keepalived can.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |    Family     |  Dst. Length  |  Src. Length  |      TOS      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |     Table     |   Protocol    |     Scope     |     Type      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                             Flags                             |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct Route: Hashable, Sendable {
    /// Length 0 for the default route.
    public var destination: IPPrefix
    /// RTN_*: 1 unicast, 6 blackhole, 7 unreachable, 8 prohibit, 9 throw.
    public var type: UInt8 = 1
    /// Preferred source.
    public var source: IPAddress?
    /// IPv6 only: for packets from this prefix.
    public var from: IPPrefix?
    public var hop = Hop()
    public var tos: UInt8 = 0
    public var table: UInt32 = 254
    public var `protocol`: UInt8 = 18
    /// Nil: what `ip route` would choose for the type.
    public var scope: UInt8?
    public var metric: UInt32?
    /// Seconds; IPv6 only.
    public var expires: UInt32?
    /// ICMPV6_ROUTER_PREF_*: 0 medium, 1 high, 3 low; IPv6 only.
    public var preference: UInt8?
    public var propagatesTTL: Bool?
    /// RTAX_* numbers and their values, in the kernel's units.
    public var metrics: [Metric] = []
    /// Several hops that share the packets, in place of `hop`.
    public var hops: [Hop] = []

    public init(_ destination: IPPrefix) { self.destination = destination }

    public var family: AddressFamily { destination.address.family }

    /// One way to go.
    public struct Hop: Hashable, Sendable {
        /// May be of the other family.
        public var gateway: IPAddress?
        public var interface: UInt32?
        /// 1...256, among several hops.
        public var weight: Int = 1
        public var isOnLink = false
        public var encapsulation: Encapsulation?
        /// Source and destination realm.
        public var realms: (source: UInt16, destination: UInt16)?

        public init(gateway: IPAddress? = nil, interface: UInt32? = nil) {
            self.gateway = gateway
            self.interface = interface
        }

        public static func == (left: Hop, right: Hop) -> Bool { left.key == right.key }
        public func hash(into hasher: inout Hasher) { hasher.combine(key) }

        private var key: Key {
            Key(
                gateway: gateway, interface: interface, weight: weight, isOnLink: isOnLink, encapsulation: encapsulation,
                flow: flow
            )
        }

        private struct Key: Hashable {
            let gateway: IPAddress?
            let interface: UInt32?
            let weight: Int
            let isOnLink: Bool
            let encapsulation: Encapsulation?
            let flow: UInt32?
        }

        var flow: UInt32? { realms.map { UInt32($0.source) << 16 | UInt32($0.destination) } }
    }

    /// One value of RTA_METRICS.
    public enum Metric: Hashable, Sendable {
        case number(UInt16, UInt32)
        /// RTAX_CC_ALGO.
        case congestionControl(String)
    }

    /// What packets are wrapped in (LWTUNNEL_ENCAP_*).
    public enum Encapsulation: Hashable, Sendable {
        /// The outermost label first, 20 bits each.
        case mpls(labels: [UInt32])
        case ip(Tunnel)
        case ip6(Tunnel)
        case ila(locator: UInt64)
    }

    /// The outer header of LWTUNNEL_ENCAP_IP and LWTUNNEL_ENCAP_IP6; what is nil is left to the kernel.
    public struct Tunnel: Hashable, Sendable {
        public var id: UInt64?
        public var destination: IPAddress?
        public var source: IPAddress?
        public var tos: UInt8?
        public var ttl: UInt8?
        public var flags: UInt16?

        public init() {}
    }
}

/// Adds or removes a route.
public struct RouteRequest: NetlinkRequest, Sendable {
    /// What becomes of the route.
    public enum Operation: Sendable {
        /// Refused with EEXIST if there is one of the same destination, TOS and metric.
        case add
        /// Put before, or after, others of the same destination; what keepalived and `ip route prepend` and `append` do.
        case prepend, append
        case replace
        case delete
    }

    public var operation: Operation
    public var route: Route

    public init(_ operation: Operation, _ route: Route) {
        self.operation = operation
        self.route = route
    }

    /// RTM_NEWROUTE or RTM_DELROUTE, to be acknowledged: `rtmsg`, then the attributes.
    public func write(into buffer: inout MessageBuffer, sequence: UInt32) {
        let flags: MessageFlags =
            switch operation {
            case .add: [.request, .acknowledge, .create, .exclusive]
            case .prepend: [.request, .acknowledge, .create]
            case .append: [.request, .acknowledge, .create, .append]
            case .replace: [.request, .acknowledge, .create, .replace]
            case .delete: [.request, .acknowledge]
            }
        let type = operation == .delete ? RouteMessage.deleteRoute : RouteMessage.newRoute
        buffer.message(type, flags, sequence: sequence) { buffer in
            writeHeader(into: &buffer)
            if route.destination.length > 0 { buffer.attribute(RouteAttribute.destination, route.destination.address) }
            if let from = route.from { buffer.attribute(RouteAttribute.source, from.address) }
            if let source = route.source { buffer.attribute(RouteAttribute.preferredSource, source) }
            if let metric = route.metric { buffer.attribute(RouteAttribute.priority, metric) }
            if route.table > 255 { buffer.attribute(RouteAttribute.table, route.table) }
            if let seconds = route.expires { buffer.attribute(RouteAttribute.expires, seconds) }
            if let preference = route.preference { buffer.attribute(RouteAttribute.preference, preference) }
            if let propagates = route.propagatesTTL { buffer.attribute(RouteAttribute.ttlPropagate, UInt8(propagates ? 1 : 0)) }
            if !route.metrics.isEmpty { writeMetrics(into: &buffer) }
            if route.hops.isEmpty { writeSingleHop(into: &buffer) } else { writeHops(into: &buffer) }
        }
    }

    private func writeHeader(into buffer: inout MessageBuffer) {
        let onLink: UInt32 = 4
        buffer.put(route.family.netlinkNumber)
        buffer.put(UInt8(truncatingIfNeeded: route.destination.length))
        buffer.put(UInt8(truncatingIfNeeded: route.from?.length ?? 0))
        buffer.put(route.tos)
        // RT_TABLE_UNSPEC here means: look at the attribute.
        buffer.put(UInt8(exactly: route.table) ?? 0)
        buffer.put(route.protocol)
        buffer.put(scope)
        buffer.put(route.type)
        buffer.put(route.hops.isEmpty && route.hop.isOnLink ? onLink : 0)
    }

    /// Host for local and NAT, link for what is reached without a gateway, global otherwise; when deleting, any.
    private var scope: UInt8 {
        if let scope = route.scope { return scope }
        if route.family == .ipv6 { return 0 }
        if operation == .delete { return 255 }
        switch route.type {
        case 2, 10: return 254
        case 3, 4, 5: return 253
        case 1: return route.hops.isEmpty && route.hop.gateway == nil ? 253 : 0
        default: return 0
        }
    }

    private func writeMetrics(into buffer: inout MessageBuffer) {
        let congestionControl: UInt16 = 16
        buffer.attribute(RouteAttribute.metrics) { buffer in
            for metric in route.metrics {
                switch metric {
                case .number(let type, let value): buffer.attribute(type, value)
                case .congestionControl(let name): buffer.attribute(congestionControl, name.utf8)
                }
            }
        }
    }

    private func writeSingleHop(into buffer: inout MessageBuffer) {
        writeWay(route.hop, into: &buffer)
        if let interface = route.hop.interface { buffer.attribute(RouteAttribute.outputInterface, interface) }
    }

    private func writeHops(into buffer: inout MessageBuffer) {
        buffer.attribute(RouteAttribute.multipath) { buffer in
            for hop in route.hops {
                let start = buffer.count
                buffer.put(UInt16(0))
                buffer.put(UInt8(hop.isOnLink ? 4 : 0))
                buffer.put(UInt8(clamping: hop.weight - 1))
                buffer.put(hop.interface ?? 0)
                writeWay(hop, into: &buffer)
                buffer.store(UInt16(truncatingIfNeeded: buffer.count - start), at: start)
            }
        }
    }

    private func writeWay(_ hop: Route.Hop, into buffer: inout MessageBuffer) {
        if let gateway = hop.gateway {
            if gateway.family == route.family {
                buffer.attribute(RouteAttribute.gateway, gateway)
            } else {
                buffer.attribute(RouteAttribute.via) { buffer in
                    buffer.put(UInt16(gateway.family.netlinkNumber))
                    buffer.put(gateway)
                }
            }
        }
        if let flow = hop.flow { buffer.attribute(RouteAttribute.flow, flow) }
        if let encapsulation = hop.encapsulation { buffer.write(encapsulation) }
    }
}

extension MessageBuffer {
    /// The numbers are those of linux/lwtunnel.h, linux/mpls_iptunnel.h and linux/ila.h.
    fileprivate mutating func write(_ encapsulation: Route.Encapsulation) {
        let (type, body): (UInt16, (inout MessageBuffer) -> Void) =
            switch encapsulation {
            case .mpls(let labels): (1, { $0.attribute(1) { $0.putLabels(labels) } })
            case .ip(let tunnel): (2, { $0.write(tunnel) })
            case .ila(let locator): (3, { $0.attribute(1, network: locator) })
            case .ip6(let tunnel): (4, { $0.write(tunnel) })
            }
        nested(RouteAttribute.encapsulation, body)
        attribute(RouteAttribute.encapsulationType, type)
    }

    private mutating func write(_ tunnel: Route.Tunnel) {
        if let id = tunnel.id { attribute(1, network: id) }
        if let destination = tunnel.destination { attribute(2, destination) }
        if let source = tunnel.source { attribute(3, source) }
        // The IPv6 form calls these two hop limit and traffic class; the numbers are the same.
        if let ttl = tunnel.ttl { attribute(4, ttl) }
        if let tos = tunnel.tos { attribute(5, tos) }
        if let flags = tunnel.flags { attribute(6, network: flags) }
    }

    private mutating func putLabels(_ labels: [UInt32]) {
        for (index, label) in labels.enumerated() {
            let bottom: UInt32 = index == labels.count - 1 ? 0x100 : 0
            put(((label & 0xf_ffff) << 12 | bottom).bigEndian)
        }
    }
}
