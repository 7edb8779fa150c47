// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Netlink
import Testing

/// Requests, byte for byte as iproute2 6.1 sends them (recorded with strace), whatever the order of attributes.
struct GoldenRequestTests {
    struct Recorded: CustomTestStringConvertible, Sendable {
        let command: String
        let bytes: [UInt8]
        let ours: [UInt8]

        init(_ command: String, _ request: some NetlinkRequest, _ hex: String) {
            self.command = command
            bytes = NetlinkTests.bytes(hex)
            var buffer = MessageBuffer()
            request.write(into: &buffer, sequence: 0x6b01_6cd6)
            ours = buffer.bytes
        }

        var testDescription: String { command }
    }

    @Test(arguments: recorded)
    func sameRequestAsIproute2(_ recorded: Recorded) throws {
        #expect(try Canonical(recorded.ours) == Canonical(recorded.bytes))
    }

    static let recorded: [Recorded] = [
        Recorded(
            "ip addr add 10.1.1.50/24 dev d0 brd 10.1.1.255 label d0:vip scope link",
            AddressRequest(.add, address("10.1.1.50", 24, broadcast: IPAddress("10.1.1.255"), label: "d0:vip", scope: 253)),
            """
            3c00000014000506d66c016b00000000021800fd03000000080002000a010132
            080004000a0101ff0b00030064303a7669700000080001000a010132
            """
        ),
        Recorded(
            "ip addr add 2001:db8::50/64 dev d0 nodad home mngtmpaddr noprefixroute preferred_lft 0",
            AddressRequest(.add, address("2001:db8::50", 64, flags: [.withoutDuplicateDetection, .home, .managesTemporary, .noPrefixRoute], preferredLifetime: 0)),
            """
            5c00000014000506d66c016b000000000a400000030000001400020020010db8
            00000000000000000000005008000800120300001400010020010db800000000
            00000000000000501400060000000000ffffffff0000000000000000
            """
        ),
        Recorded(
            "ip addr add 10.2.2.1 peer 10.2.2.2/32 dev d0",
            AddressRequest(.add, address("10.2.2.1", 32, peer: IPAddress("10.2.2.2"))),
            """
            2800000014000506d66c016b000000000220000003000000080002000a020201
            080001000a020202
            """
        ),
        Recorded(
            "ip addr del 10.1.1.50/24 dev d0",
            AddressRequest(.delete, address("10.1.1.50", 24)),
            """
            2800000015000500d66c016b000000000218000003000000080002000a010132
            080001000a010132
            """
        ),
        Recorded(
            "ip route add 10.5.0.0/16 via 10.1.1.1 dev d0 src 10.1.1.5 table 100 metric 7 proto 18 onlink tos 0x10 mtu lock 1400 advmss 1300 initcwnd 10 features ecn congctl cubic quickack 1 realms 3/4",
            RouteRequest(.add, route("10.5.0.0", 16) {
            $0.hop = Route.Hop(gateway: IPAddress("10.1.1.1"), interface: 3)
            $0.hop.isOnLink = true
            $0.hop.realms = (source: 3, destination: 4)
            $0.source = IPAddress("10.1.1.5")
            $0.table = 100
            $0.metric = 7
            $0.protocol = 18
            $0.tos = 0x10
            $0.metrics = [
                .number(2, 1400), .number(8, 1300), .number(11, 10), .number(12, 1), .congestionControl("cubic"), .number(15, 1),
                .number(1, 4),
            ]
        }),
            """
            8c00000018000506d66c016b0000000002100010641200010400000008000100
            0a050000080005000a010101080007000a010105080006000700000008000b00
            0400030008000400030000004000080008000200780500000800080014050000
            08000b000a00000008000c00010000000900100063756269637f000008000f00
            010000000800010004000000
            """
        ),
        Recorded(
            "ip route add 10.6.0.0/16 nexthop via 10.1.1.1 dev d0 weight 3 nexthop via 10.1.1.2 dev d0 onlink",
            RouteRequest(.add, route("10.6.0.0", 16) {
            $0.hops = [
                Route.Hop(gateway: IPAddress("10.1.1.1"), interface: 3), Route.Hop(gateway: IPAddress("10.1.1.2"), interface: 3),
            ]
            $0.hops[0].weight = 3
            $0.hops[1].isOnLink = true
        }),
            """
            4800000018000506d66c016b0000000002100000fe0300010000000008000100
            0a060000240009001000000203000000080005000a0101011000040003000000
            080005000a010102
            """
        ),
        Recorded(
            "ip route add 10.7.0.0/16 via inet6 fe80::1 dev d0",
            RouteRequest(.add, route("10.7.0.0", 16) {
            $0.hop = Route.Hop(gateway: IPAddress("fe80::1"), interface: 3)
        }),
            """
            4400000018000506d66c016b0000000002100000fe0300010000000008000100
            0a070000160012000a00fe800000000000000000000000000001000008000400
            03000000
            """
        ),
        Recorded(
            "ip -6 route add 2001:db8:5::/48 via fe80::1 dev d0 pref high expires 100 from 2001:db8:9::/48",
            RouteRequest(.add, route("2001:db8:5::", 48) {
            $0.hop = Route.Hop(gateway: IPAddress("fe80::1"), interface: 3)
            $0.preference = 1
            $0.expires = 100
            $0.from = prefix("2001:db8:9::", 48)
        }),
            """
            7000000018000506d66c016b000000000a303000fe0300010000000014000100
            20010db800050000000000000000000014000500fe8000000000000000000000
            00000001050014000100000008001700640000001400020020010db800090000
            00000000000000000800040003000000
            """
        ),
        Recorded(
            "ip route add blackhole 10.8.0.0/16",
            RouteRequest(.add, route("10.8.0.0", 16) { $0.type = 6 }),
            """
            2400000018000506d66c016b0000000002100000fe0300060000000008000100
            0a080000
            """
        ),
        Recorded(
            "ip route del 10.8.0.0/16",
            RouteRequest(.delete, route("10.8.0.0", 16) {
            $0.type = 0
            $0.protocol = 0
        }),
            """
            2400000019000500d66c016b0000000002100000fe00ff000000000008000100
            0a080000
            """
        ),
        Recorded(
            "ip route add 10.9.0.0/16 encap ip id 7 dst 10.1.1.9 src 10.1.1.5 ttl 9 tos 4 dev d0",
            RouteRequest(.add, route("10.9.0.0", 16) {
            $0.hop = Route.Hop(interface: 3)
            $0.hop.encapsulation = .ip(tunnel("10.1.1.9", "10.1.1.5"))
        }),
            """
            6400000018000506d66c016b0000000002100000fe03fd010000000008000100
            0a090000300016800c0001000000000000000007080002000a01010908000300
            0a0101050500040009e101000500050004e10100060015000200000008000400
            03000000
            """
        ),
        Recorded(
            "ip -6 route add 2001:db8:7::/48 encap ip6 id 7 dst 2001:db8::9 src 2001:db8::5 hoplimit 9 tc 4 dev d0",
            RouteRequest(.add, route("2001:db8:7::", 48) {
            $0.hop = Route.Hop(interface: 3)
            $0.hop.encapsulation = .ip6(tunnel("2001:db8::9", "2001:db8::5"))
        }),
            """
            8800000018000506d66c016b000000000a300000fe0300010000000014000100
            20010db8000700000000000000000000480016800c0001000000000000000007
            1400020020010db80000000000000000000000091400030020010db800000000
            00000000000000050500040009c0010005000500040000000600150004000000
            0800040003000000
            """
        ),
        Recorded(
            "ip route add 10.10.0.0/16 encap mpls 100/200 via 10.1.1.1 dev d0",
            RouteRequest(.add, route("10.10.0.0", 16) {
            $0.hop = Route.Hop(gateway: IPAddress("10.1.1.1"), interface: 3)
            $0.hop.encapsulation = .mpls(labels: [100, 200])
        }),
            """
            4c00000018000506d66c016b0000000002100000fe0300010000000008000100
            0a0a0000100016800c00010000064000000c8100060015000100010008000500
            0a0101010800040003000000
            """
        ),
        Recorded(
            "ip rule add not from 10.1.0.0/16 to 10.2.0.0/16 iif d0 oif d1 fwmark 1/0xff tos 0x10 pref 100 lookup 1000 suppress_prefixlength 3 suppress_ifgroup 2 protocol 18 ipproto tcp sport 1-2 dport 80-81 uidrange 1-5",
            RuleRequest(.add, rule(.table(1000), 100) {
            $0.isInverted = true
            $0.from = prefix("10.1.0.0", 16)
            $0.to = prefix("10.2.0.0", 16)
            $0.inputInterface = "d0"
            $0.outputInterface = "d1"
            $0.mark = 1
            $0.markMask = 0xff
            $0.tos = 0x10
            $0.suppressPrefixLength = 3
            $0.suppressInterfaceGroup = 2
            $0.protocol = 18
            $0.ipProtocol = 6
            $0.sourcePorts = 1...2
            $0.destinationPorts = 80...81
            $0.users = 1...5
        }),
            """
            9800000020000506d66c016b0000000002101010000000010200000008000200
            0a010000080001000a0200000700030064300000070011006431000008000a00
            0100000008001000ff000000080006006400000008000f00e803000008000e00
            0300000008000d00020000000500150012000000050016000600000008001700
            0100020008001800500051000c0014000100000005000000
            """
        ),
        Recorded(
            "ip rule add pref 101 l3mdev",
            RuleRequest(.add, rule(.masterDevice, 101) { _ in }),
            """
            2c00000020000506d66c016b0000000002000000000000010000000008000600
            650000000500130001000000
            """
        ),
        Recorded(
            "ip rule add from 10.3.0.0/16 pref 102 goto 200",
            RuleRequest(.add, rule(.goto(200), 102) { $0.from = prefix("10.3.0.0", 16) }),
            """
            3400000020000506d66c016b0000000002001000000000020000000008000200
            0a030000080006006600000008000400c8000000
            """
        ),
        Recorded(
            "ip rule add from 10.3.0.0/16 pref 103 blackhole",
            RuleRequest(.add, rule(.blackhole, 103) { $0.from = prefix("10.3.0.0", 16) }),
            """
            2c00000020000506d66c016b0000000002001000000000060000000008000200
            0a0300000800060067000000
            """
        ),
        Recorded(
            "ip rule add tun_id 77 pref 104 lookup 10",
            RuleRequest(.add, rule(.table(10), 104) { $0.tunnelID = 77 }),
            """
            3000000020000506d66c016b00000000020000000a000001000000000c000c00
            000000000000004d0800060068000000
            """
        ),
        Recorded(
            "ip link add vrrp.7 link d0 type macvlan mode private",
            LinkRequest.addMacvlan(name: "vrrp.7", parent: 3, hardware: nil, group: nil),
            """
            5000000010000506d66c016b0000000000000000000000000000000000000000
            08000500030000000b000300767272702e3700001c0012000b0001006d616376
            6c616e000c0002000800010001000000
            """
        ),
        Recorded(
            "ip link add vrrp.8 link d0 address 00:00:5e:00:01:08 group 5 type macvlan mode private",
            LinkRequest.addMacvlan(name: "vrrp.8", parent: 3, hardware: .virtualRouter(8, .ipv4), group: 5),
            """
            6400000010000506d66c016b0000000000000000000000000000000000000000
            0a00010000005e000108000008001b000500000008000500030000000b000300
            767272702e3800001c0012000b0001006d6163766c616e000c00020008000100
            01000000
            """
        ),
        Recorded(
            "ip link add ipv.8 link d0 type ipvlan mode l2 bridge",
            LinkRequest.addIPVLAN(name: "ipv.8", parent: 3, flags: .bridge, group: nil),
            """
            5800000010000506d66c016b0000000000000000000000000000000000000000
            08000500030000000a0003006970762e38000000240012000a0001006970766c
            616e00001400020006000100000000000600020000000000
            """
        ),
        Recorded(
            "ip link set vrrp.8 up",
            LinkRequest.setUp(index: 5),
            """
            2000000010000500d66c016b0000000000000000050000000100000001000000
            """
        ),
        Recorded(
            "ip link set vrrp.8 addrgenmode none",
            LinkRequest.setNoLinkLocalAddress(index: 5),
            """
            3000000010000500d66c016b0000000000000000050000000000000000000000
            10001a000c000a000500080001000000
            """
        ),
        Recorded(
            "ip link set vrrp.8 group 7",
            LinkRequest.setGroup(index: 5, 7),
            """
            2800000010000500d66c016b0000000000000000050000000000000000000000
            08001b0007000000
            """
        ),
        Recorded(
            "ip link set vrrp.8 nomaster",
            LinkRequest.setMaster(index: 5, nil),
            """
            2800000010000500d66c016b0000000000000000050000000000000000000000
            08000a0000000000
            """
        ),
        Recorded(
            "ip link set vrrp.8 down",
            LinkRequest.setDown(index: 5),
            """
            2000000010000500d66c016b0000000000000000050000000000000001000000
            """
        ),
        Recorded(
            "ip link set vrrp.8 mtu 1400",
            LinkRequest.setMTU(index: 5, 1400),
            """
            2800000010000500d66c016b0000000000000000050000000000000000000000
            0800040078050000
            """
        ),
        Recorded(
            "ip link del vrrp.8",
            LinkRequest.delete(index: 5),
            """
            2000000011000500d66c016b0000000000000000050000000000000000000000
            """
        ),
    ]
}
