// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Testing
import VRRP

/// Value lines: addresses, routes, rules.
@Suite struct SettingsLineTests {
    private func addresses(_ lines: String) -> Reading { Reading("static_ipaddress {\n\(lines)\n}\n") }
    private func routes(_ lines: String) -> Reading { Reading("static_routes {\n\(lines)\n}\n") }
    private func rules(_ lines: String) -> Reading { Reading("static_rules {\n\(lines)\n}\n") }

    // MARK: Addresses

    @Test func `an address takes all its options`() {
        let reading = addresses(
            "192.0.2.9/24 dev eth1 scope link brd + label eth1:vip home mngtmpaddr noprefixroute autojoin no_track preferred_lft 60"
        )
        #expect(reading.findings.isEmpty)
        var expected = AddressEntry(prefix("192.0.2.9/24"))
        expected.interface = "eth1"
        expected.scope = 253
        expected.broadcast = ip("192.0.2.255")
        expected.label = "eth1:vip"
        expected.flags = [.home, .managesTemporary, .noPrefixRoute, .autojoin]
        expected.isUntracked = true
        expected.preferredLifetime = 60
        #expect(reading.settings.staticAddresses == [expected])
    }

    @Test func `an IPv6 address has no detection of duplicates unless -nodad, and a host address is deprecated`() {
        let entries = addresses(
            "2001:db8::1 dev eth0\n2001:db8::2/64 dev eth0 -nodad\n2001:db8::3 dev eth0 preferred_lft forever"
        ).settings.staticAddresses
        #expect(entries.map(\.flags) == [.withoutDuplicateDetection, [], .withoutDuplicateDetection])
        #expect(entries.map(\.preferredLifetime) == [0, nil, nil])
    }

    @Test func `broadcasts are computed from the prefix`() {
        let entries = addresses("10.1.2.3/16 dev eth0 brd -\n10.1.2.3/16 dev eth1 broadcast 10.1.9.9").settings
            .staticAddresses
        #expect(entries.map(\.broadcast) == [ip("10.1.0.0"), ip("10.1.9.9")])
        let tooLong = addresses("10.1.2.3/31 dev eth0 brd +")
        #expect(tooLong.faults == ["2 error no-room-for-broadcast"])
        #expect(tooLong.settings.staticAddresses.map(\.broadcast) == [nil])
    }

    @Test(arguments: [
        ("nonsense dev eth0", "not-an-address", 0),
        ("dev eth0 10.0.0.1", "not-an-address", 0),
        ("10.0.0.1/33 dev eth0", "bad-prefix-length", 1),
        ("10.0.0.1/24 dev eth0 dev eth1", "repeated-option", 1),
        ("10.0.0.1/24 dev eth0 label averyveryverylonglabel", "too-long", 0),
        ("10.0.0.1/24 dev eth0 brd 2001:db8::1", "wrong-family", 0),
        ("2001:db8::9 dev eth0 brd +", "wrong-family", 0),
        ("10.0.0.1/24 dev eth0 peer 10.0.0.2", "prefix-with-peer", 1),
        ("10.0.0.1/24 dev eth0 scope foo", "unknown-name", 1),
        ("10.0.0.1/24 dev eth0 use_vmac", "unknown-option", 1),
        ("10.0.0.1/24 dev", "missing-value", 1),
        ("10.0.0.1/24 dev eth0 preferred_lft soon", "not-a-number", 1),
    ]) func `a bad address is reported`(line: String, code: String, kept: Int) {
        let reading = addresses(line)
        #expect(reading.finding(code)?.position?.line == 2)
        #expect(reading.faults.count == 1)
        #expect(reading.settings.staticAddresses.count == kept)
    }

    @Test func `an unknown option of an address is skipped, and the nearest is named`() {
        let reading = Reading.router("virtual_ipaddress_excluded {\n 192.0.2.101 no_trak dev eth1 use_vmac\n}")
        #expect(reading.finding("unknown-option")?.help == "did you mean 'no_track'?")
        #expect(reading.router.excludedAddresses.first?.interface == "eth1")
        #expect(reading.router.excludedAddresses.first?.usesVirtualMAC == true)
    }

    @Test func `static addresses go to the default interface`() {
        #expect(addresses("10.0.0.1/24").settings.staticAddresses.first?.interface == "eth0")
        let reading = Reading("global_defs {\n default_interface eth1\n}\nstatic_ipaddress {\n 10.0.0.1/24\n}\n")
        #expect(reading.settings.staticAddresses.first?.interface == "eth1")
    }

    // MARK: Routes

    @Test func `a route takes its options`() {
        let reading = routes(
            "blackhole 10.9.0.0/16 src 192.0.2.1 via 192.0.2.254 dev eth0 onlink tos 0x10 table office protocol static no_track scope site metric 7 realms 3/4 append vrf eth1"
        )
        #expect(reading.faults.isEmpty)
        var expected = RouteEntry(prefix("10.9.0.0/16"))
        expected.type = 6
        expected.source = ip("192.0.2.1")
        expected.gateway = ip("192.0.2.254")
        expected.interface = "eth0"
        expected.isOnLink = true
        expected.tos = 16
        expected.table = 100
        expected.proto = 4
        expected.isUntracked = true
        expected.scope = 200
        expected.metric = 7
        expected.realms = Realms(source: 3, destination: 4)
        expected.placement = .append
        expected.vrf = "eth1"
        #expect(reading.settings.staticRoutes == [expected])
    }

    @Test func `a route takes its metrics and locks`() {
        let reading = routes(
            "10.0.0.0/8 dev eth0 mtu lock 1400 hoplimit 9 advmss 1000 rtt 1s rttvar 300ms reordering 4 window 5 cwnd lock 6 ssthresh 7 rto_min lock 250ms initcwnd 8 initrwnd 9 features ecn quickack 1 congctl lock cubic fastopen_no_cookie 1"
        )
        #expect(reading.findings.isEmpty)
        var expected = RouteEntry.Metrics()
        expected.mtu = 1400
        expected.hopLimit = 9
        expected.advertisedMSS = 1000
        expected.roundTripTime = 8000
        expected.roundTripVariance = 1200
        expected.reordering = 4
        expected.window = 5
        expected.congestionWindow = 6
        expected.slowStartThreshold = 7
        expected.minimumTimeout = 250
        expected.initialCongestionWindow = 8
        expected.initialReceiveWindow = 9
        expected.features = 1
        expected.quickAcknowledgement = 1
        expected.congestionControl = "cubic"
        expected.fastOpenWithoutCookie = 1
        expected.locks = [.mtu, .congestionWindow, .minimumTimeout, .congestionControl]
        #expect(reading.settings.staticRoutes.first?.metrics == expected)
    }

    @Test func `times of metrics are kept between 200 ms and 120 s`() {
        let reading = routes("10.0.0.0/8 dev eth0 rtt 102 rttvar 200s rto_min 1.5s")
        #expect(reading.faults == ["2 warning out-of-range", "2 warning out-of-range"])
        let metrics = reading.settings.staticRoutes.first?.metrics
        #expect(metrics?.roundTripTime == 1600)
        #expect(metrics?.roundTripVariance == 480_000)
        #expect(metrics?.minimumTimeout == 1500)
    }

    @Test(arguments: [
        ("default via 192.0.2.254 dev eth0", "0.0.0.0/0"),
        ("default via fe80::1 dev eth0", "::/0"),
        ("inet6 default dev eth0", "::/0"),
        ("default6 dev eth0", "::/0"),
        ("inet 10.0.0.0/8 dev eth0", "10.0.0.0/8"),
        ("to 10.0.0.0/8 dev eth0", "10.0.0.0/8"),
        ("unicast 10.0.0.1 dev eth0", "10.0.0.1/32"),
        ("0.0.0.0/0 via 192.0.2.254 dev eth0", "0.0.0.0/0"),
    ]) func `destinations are understood`(line: String, destination: String) {
        let reading = routes(line)
        #expect(reading.faults.isEmpty)
        #expect(reading.settings.staticRoutes.first?.destination == prefix(destination))
    }

    @Test func `encapsulations are typed`() {
        var tunnel = Encapsulation.Tunnel()
        tunnel.id = 5
        tunnel.destination = ip("192.0.2.7")
        tunnel.ttl = 9
        var tunnel6 = Encapsulation.Tunnel()
        tunnel6.destination = ip("2001:db8::7")
        tunnel6.ttl = 8
        let reading = routes(
            """
            10.1.0.0/16 dev eth0 encap ip id 5 dst 192.0.2.7 ttl 9 metric 3
            10.2.0.0/16 dev eth0 encap ip6 dst 2001:db8::7 hoplimit 8
            10.3.0.0/16 dev eth0 encap mpls 100/0x10
            10.4.0.0/16 dev eth0 encap ila 2001:0:0:1
            """
        )
        #expect(reading.findings.isEmpty)
        #expect(
            reading.settings.staticRoutes.map(\.encapsulation) == [
                .ip(tunnel), .ip6(tunnel6), .mpls(labels: [100, 16]), .ila(0x2001_0000_0000_0001),
            ]
        )
        #expect(reading.settings.staticRoutes.first?.metric == 3)
    }

    @Test func `next hops share a route`() {
        let reading = routes(
            "10.0.0.0/8 metric 5 nexthop via 192.0.2.2 dev eth0 weight 3 onlink nexthop via inet 198.51.100.2 dev eth1 realms 7"
        )
        #expect(reading.findings.isEmpty)
        var first = RouteEntry.NextHop()
        first.gateway = ip("192.0.2.2")
        first.interface = "eth0"
        first.weight = 3
        first.isOnLink = true
        var second = RouteEntry.NextHop()
        second.gateway = ip("198.51.100.2")
        second.interface = "eth1"
        second.realms = Realms(destination: 7)
        #expect(reading.settings.staticRoutes.first?.nextHops == [first, second])
        #expect(reading.settings.staticRoutes.first?.isUntracked == false)
    }

    @Test(arguments: [
        ("dev eth0", "no-destination", 0),
        ("10.0.0.0/8 via 2001:db8::1 dev eth0", "mixed-families", 0),
        ("10.0.0.0/8 dev eth0 protocol 5", "tracked-protocol", 1),
        ("10.0.0.0/8 dev eth0 table nosuch", "unknown-name", 1),
        ("10.0.0.0/8 dev eth0 table 99999999999", "out-of-range", 1),
        ("10.0.0.0/8 dev eth0 metric x", "not-a-number", 1),
        ("10.0.0.0/8 dev eth0 expires 10", "wrong-family", 1),
        ("10.0.0.0/8 dev eth0 encap mpls 1/2/3", "bad-mpls-labels", 1),
        ("10.0.0.0/8 dev eth0 encap ip ttl 4", "incomplete-encapsulation", 1),
        ("10.0.0.0/8 dev eth0 encap foo 1", "unknown-value", 1),
        ("10.0.0.0/8 dev eth0 encap ila 1:2", "bad-locator", 1),
        ("10.0.0.0/8 dev eth0 as to 192.0.2.1", "unsupported", 1),
        ("10.0.0.0/8 dev eth0 quickack 2", "out-of-range", 1),
        ("10.0.0.0/8 dev eth0 features tcp", "unknown-value", 1),
        ("10.0.0.0/8 dev eth0 track", "unknown-option", 1),
    ]) func `a bad route is reported`(line: String, code: String, kept: Int) {
        let reading = routes(line)
        #expect(reading.finding(code)?.position?.line == 2)
        #expect(!reading.faults.isEmpty)
        #expect(reading.settings.staticRoutes.count == kept)
    }

    // MARK: Rules

    @Test func `a rule takes its options`() {
        let reading = rules(
            "not from 10.1.0.0/16 to 10.2.0.0/16 tos 0x10 fwmark 5/0xff iif eth0 oif eth1 tunnel-id 9 uidrange 10-20 ipproto tcp sport 80-90 dport 443 realms 3/4 suppress_prefixlength 0 sup_group 6 preference 0x10 no_track protocol 4 type lookup office"
        )
        #expect(reading.findings.isEmpty)
        var expected = RuleEntry(family: .ipv4, action: .table(100), preference: 16)
        expected.isInverted = true
        expected.from = prefix("10.1.0.0/16")
        expected.to = prefix("10.2.0.0/16")
        expected.tos = 16
        expected.mark = 5
        expected.markMask = 255
        expected.inputInterface = "eth0"
        expected.outputInterface = "eth1"
        expected.tunnelID = 9
        expected.users = 10...20
        expected.ipProtocol = 6
        expected.sourcePorts = 80...90
        expected.destinationPorts = 443...443
        expected.realms = Realms(source: 3, destination: 4)
        expected.suppressPrefixLength = 0
        expected.suppressInterfaceGroup = 6
        expected.proto = 4
        expected.isUntracked = true
        #expect(reading.settings.staticRules == [expected])
    }

    @Test func `family words stand alone and actions are known`() {
        let reading = rules(
            "inet6 blackhole preference 1\ninet from all goto 50 preference 2\nl3mdev priority 3\nnop order 4\nprohibit preference 5\nunreachable preference 6"
        )
        #expect(reading.findings.isEmpty)
        #expect(
            reading.settings.staticRules.map(\.action) == [
                .blackhole, .goto(50), .l3mdev, .nop, .prohibit, .unreachable,
            ])
        #expect(reading.settings.staticRules.map(\.family) == [.ipv6, .ipv4, .ipv4, .ipv4, .ipv4, .ipv4])
        #expect(reading.settings.staticRules.map(\.preference) == [1, 2, 3, 4, 5, 6])
    }

    @Test func `rules without a preference get one each, from 16384 downwards in the order of the file`() {
        let reading = Reading(
            "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress { 192.0.2.9\n }\n virtual_rules {\n from 10.0.0.1 table 5\n }\n}\nstatic_rules {\n from 10.0.0.2 table 5\n}\n"
        )
        #expect(reading.faults == ["7 warning rule-without-preference", "11 warning rule-without-preference"])
        #expect(reading.router.rules.map(\.preference) == [16384])
        #expect(reading.settings.staticRules.map(\.preference) == [16383])
    }

    @Test(arguments: [
        ("from 10.0.0.1 preference 1", "no-action", 0),
        ("table 5 nop preference 1", "second-action", 0),
        ("goto 5 preference 100", "goto-backwards", 0),
        ("table 0 preference 1", "out-of-range", 0),
        ("from fd00::1 to 10.0.0.1 table 5 preference 1", "mixed-families", 0),
        ("to 192.168.100./24 table 1 preference 1", "not-an-address", 0),
        ("table 5 sport 9-8 preference 1", "not-a-range", 1),
        ("table 5 uidrange 5x preference 1", "not-a-range", 1),
        ("table 5 protocol 9 preference 1", "tracked-protocol", 1),
        ("nop suppress_prefixlength 1 preference 1", "table-only", 1),
        ("table 5 preference 1 track", "unknown-option", 1),
        ("table 5 preference 1 track_group G", "track-group-without-interface", 1),
    ]) func `a bad rule is reported`(line: String, code: String, kept: Int) {
        let reading = rules(line)
        #expect(reading.finding(code)?.position?.line == 2)
        #expect(!reading.faults.isEmpty)
        #expect(reading.settings.staticRules.count == kept)
    }

    @Test func `numbers in C notation`() {
        #expect(CNumber.read("0x1F") == 31)
        #expect(CNumber.read("017") == 15)
        #expect(CNumber.read("0") == 0)
        #expect(CNumber.read("18446744073709551615") == .max)
        for text in ["", "0x", "-1", "+1", "08", "18446744073709551616", "1 ", "0x-1"] {
            #expect(CNumber.read(text) == nil)
        }
    }
}
