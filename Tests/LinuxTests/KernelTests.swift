// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Glibc
import Linux
import Netlink
import Testing

/// Netlink with the kernel of this machine, in a network of the test's own.
struct KernelTests {
    private func prefix(_ text: String, _ length: Int) throws -> IPPrefix {
        IPPrefix(try #require(IPAddress(text)), length: length)
    }

    @Test func addressesComeAndGoAndAreTold() throws {
        try TestNetwork.use {
            let (left, _) = try TestNetwork.cable()
            let loop = try EventLoop()
            let commands = try NetlinkSocket()
            let listener = try NetlinkSocket(groups: [.link, .ipv4Address, .ipv6Address])
            try commands.attach(to: loop)
            try listener.attach(to: loop)
            var told: [KernelNews] = []
            listener.news = { news, _ in told.append(news) }
            let ipv4 = InterfaceAddress(
                try prefix("192.0.2.1", 24), interface: left, broadcast: IPAddress("192.0.2.255"), label: "left:vip"
            )
            let ipv6 = InterfaceAddress(
                try prefix("2001:db8::1", 128), interface: left, flags: [.withoutDuplicateDetection], preferredLifetime: 0
            )
            var answers = 0
            for address in [ipv4, ipv6] {
                commands.request(AddressRequest(.add, address)) { refusal in
                    #expect(refusal == nil)
                    answers += 1
                }
            }
            var again: Refusal?
            commands.request(AddressRequest(.add, ipv4)) { again = $0 }
            loop.run { again != nil && answers == 2 }
            #expect(again?.alreadyExists == true)
            loop.run { told.count { if case .address = $0 { true } else { false } } >= 2 }

            let query = try KernelQuery()
            let listed = try query.list(.addresses(nil)).compactMap { news in
                if case .address(let address) = news, address.interface == left { address } else { nil }
            }
            let held = try #require(listed.first { $0.prefix == ipv4.prefix })
            #expect(held.label == "left:vip" && held.broadcast == ipv4.broadcast && held.protocol == 0x12)
            let other = try #require(listed.first { $0.prefix == ipv6.prefix })
            #expect(other.preferredLifetime == 0 && other.flags.contains(.deprecated) && !other.flags.contains(.tentative))

            var gone = false
            commands.request(AddressRequest(.delete, ipv4)) { refusal in gone = refusal == nil }
            loop.run { gone && told.contains { if case .addressRemoved = $0 { true } else { false } } }
            #expect(try query.perform(AddressRequest(.delete, ipv4))?.isMissing == true)
        }
    }

    @Test func aThousandAddressesAreAddedWithoutALoss() throws {
        try TestNetwork.use {
            let (left, _) = try TestNetwork.cable()
            let loop = try EventLoop()
            let commands = try NetlinkSocket()
            try commands.attach(to: loop)
            var done = 0
            var refused: [Refusal] = []
            let start = Instant.now
            for number in 0..<1_000 {
                let address = IPPrefix(.v4(0x0a00_0001 + UInt32(number)), length: 32)
                commands.request(AddressRequest(.add, InterfaceAddress(address, interface: left))) { refusal in
                    done += 1
                    if let refusal { refused.append(refusal) }
                }
            }
            loop.run(within: .seconds(10)) { done == 1_000 }
            print("1,000 addresses: \((Instant.now - start).microseconds) microseconds")
            #expect(refused.isEmpty)
            #expect(commands.underWay == 0)
            #expect(try KernelQuery().list(.addresses(.ipv4)).count >= 1_000)
        }
    }

    @Test func linksGoUpAndDownAndAreTold() throws {
        try TestNetwork.use {
            let (left, right) = try TestNetwork.cable()
            let loop = try EventLoop()
            let listener = try NetlinkSocket(groups: [.link])
            try listener.attach(to: loop)
            var usable: Bool?
            listener.news = { news, _ in
                if case .link(let link) = news, link.index == left { usable = link.isUsable }
            }
            let query = try KernelQuery()
            #expect(try query.perform(LinkRequest.setDown(index: right)) == nil)
            loop.run { usable == false }
            #expect(try query.perform(LinkRequest.setUp(index: right)) == nil)
            loop.run { usable == true }
            let links = try query.list(.links).compactMap { if case .link(let link) = $0 { link } else { nil } }
            let found = try #require(links.first { $0.index == left })
            #expect(found.name == "left" && found.kind == "veth" && found.parent == right && found.hardware != nil)
            #expect(found.mtu == 1500 && found.operationalState == .up)
            let carrier = try LinkQuery()
            #expect(try carrier.hasCarrier("left", by: .ethtool))
        }
    }

    @Test func aVirtualInterfaceIsMadeQuietAndRemoved() throws {
        try TestNetwork.use {
            let (left, _) = try TestNetwork.cable()
            let query = try KernelQuery()
            let add = LinkRequest.addMacvlan(name: "vrrp.51", parent: left, hardware: .virtualRouter(51, .ipv4), group: nil)
            #expect(try query.perform(add) == nil)
            let index = if_nametoindex("vrrp.51")
            #expect(try query.perform(LinkRequest.setNoLinkLocalAddress(index: index)) == nil)
            #expect(try query.perform(LinkRequest.setUp(index: index)) == nil)
            let addresses = try query.list(.addresses(.ipv6)).filter {
                if case .address(let address) = $0 { address.interface == index } else { false }
            }
            #expect(addresses.isEmpty)
            #expect(try query.perform(LinkRequest.delete(index: index)) == nil)
            #expect(if_nametoindex("vrrp.51") == 0)
        }
    }

    @Test func routesAndRulesAreTakenBackAsTheyWereMade() throws {
        try TestNetwork.use {
            let (left, _) = try TestNetwork.cable()
            let query = try KernelQuery()
            let own = InterfaceAddress(try prefix("10.1.1.5", 24), interface: left)
            #expect(try query.perform(AddressRequest(.add, own)) == nil)
            var route = Route(try prefix("10.5.0.0", 16))
            route.hop = Route.Hop(gateway: IPAddress("10.1.1.1"), interface: left)
            route.table = 1_000
            route.metric = 7
            route.metrics = [.number(2, 1_400), .number(1, 4)]
            var paths = Route(try prefix("10.6.0.0", 16))
            paths.hops = [
                Route.Hop(gateway: IPAddress("10.1.1.1"), interface: left), Route.Hop(gateway: IPAddress("10.1.1.2"), interface: left),
            ]
            var blackhole = Route(try prefix("2001:db8:9::", 48))
            blackhole.type = 6
            for route in [route, paths, blackhole] {
                #expect(try query.perform(RouteRequest(.add, route)) == nil)
                #expect(try query.perform(RouteRequest(.add, route))?.alreadyExists == true)
            }
            let routes = try query.list(.routes(.ipv4)).compactMap { if case .route(let facts) = $0 { facts } else { nil } }
            let found = try #require(routes.first { $0.destination == route.destination })
            #expect(found.table == 1_000 && found.metric == 7 && found.protocol == 18 && found.interface == left)
            for route in [route, paths, blackhole] { #expect(try query.perform(RouteRequest(.delete, route)) == nil) }

            var rule = Rule(.ipv4, .table(1_000), preference: 100)
            rule.from = try prefix("10.3.0.0", 16)
            rule.mark = 1
            rule.markMask = 0xff
            rule.destinationPorts = 80...81
            rule.ipProtocol = 6
            #expect(try query.perform(RuleRequest(.add, rule)) == nil)
            let rules = try query.list(.rules(.ipv4)).compactMap { if case .rule(let facts) = $0 { facts } else { nil } }
            let held = try #require(rules.first { $0.preference == 100 })
            #expect(held.table == 1_000 && held.protocol == 18 && held.from == rule.from)
            #expect(try query.perform(RuleRequest(.delete, rule)) == nil)
        }
    }

    /// So many changes at once that the kernel has no room to tell them all.
    @Test func lostNewsIsToldAsALoss() throws {
        try TestNetwork.use {
            let (left, _) = try TestNetwork.cable()
            let loop = try EventLoop()
            let listener = try NetlinkSocket(groups: [.ipv4Address], receiveBuffer: 4_096)
            let query = try KernelQuery()
            for number in 0..<200 {
                let address = IPPrefix(.v4(0x0a00_0001 + UInt32(number)), length: 32)
                #expect(try query.perform(AddressRequest(.add, InterfaceAddress(address, interface: left))) == nil)
            }
            try listener.attach(to: loop)
            var isLost = false
            listener.lost = { _ in isLost = true }
            loop.run { isLost }
        }
    }

    /// What a process adds itself it need not be told; all else it must be.
    @Test func additionsOfOnesOwnAreNoNews() throws {
        try TestNetwork.use {
            let (left, _) = try TestNetwork.cable()
            let loop = try EventLoop()
            let own = try NetlinkBatch(.route), others = try NetlinkBatch(.route)
            let listener = try NetlinkSocket(groups: [.ipv4Address, .ipv6Address])
            try listener.ignoreAdditions(by: own)
            try listener.attach(to: loop)
            var told: Set<String> = []
            listener.news = { news, _ in
                switch news {
                case .address(let address): told.insert("+\(address.prefix.address)")
                case .addressRemoved(let address): told.insert("-\(address.prefix.address)")
                default: break
                }
            }
            func address(_ text: String) throws -> InterfaceAddress {
                InterfaceAddress(
                    try prefix(text, text.contains(":") ? 128 : 32), interface: left, flags: [.withoutDuplicateDetection])
            }
            func change(_ batch: NetlinkBatch, _ operation: AddressRequest.Operation, _ text: String) throws {
                batch.add(AddressRequest(operation, try address(text)))
                batch.submit()
            }
            try change(own, .add, "192.0.2.1")
            try change(others, .add, "192.0.2.2")
            try change(own, .add, "2001:db8::1")
            try change(own, .delete, "192.0.2.2")
            try change(others, .delete, "192.0.2.1")
            // The link-local address of the cable may be among them.
            let wanted: Set = ["+192.0.2.2", "+2001:db8::1", "-192.0.2.2", "-192.0.2.1"]
            loop.run { told.isSuperset(of: wanted) }
            #expect(!told.contains("+192.0.2.1"))
        }
    }

    @Test func theKernelsWordsComeWithARefusal() throws {
        try TestNetwork.use {
            let (left, _) = try TestNetwork.cable()
            var address = InterfaceAddress(try prefix("192.0.2.1", 24), interface: left)
            address.scope = 1
            address.prefix.length = 99
            let refusal = try KernelQuery().perform(AddressRequest(.add, address))
            #expect(refusal?.code == EINVAL && refusal?.text?.isEmpty == false)
        }
    }
}
