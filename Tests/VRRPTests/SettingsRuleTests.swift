// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Testing
import VRRP

/// What a rule finds in a bad configuration, and a neighbouring good one in which it finds nothing.
struct RuleCase: Sendable, CustomTestStringConvertible {
    var rule: String
    var severity: Diagnostic.Severity
    var line: Int
    var consequence = Diagnostic.Consequence.none
    var bad: String
    var good: String

    var testDescription: String { "\(rule), line \(line)" }
}

private func instance(_ lines: String, _ addresses: String = "192.0.2.100/24") -> String {
    "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n\(addresses)\n}\n\(lines)\n}\n"
}

private func two(_ first: String, _ second: String, _ rest: String) -> String {
    "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.9\n}\n\(first)\n}\n"
        + "vrrp_instance B {\ninterface eth0\nvirtual_router_id 2\nvirtual_ipaddress { 192.0.2.8\n}\n\(second)\n}\n\(rest)\n"
}

private let peers = "unicast_peer {\n192.0.2.2\n}\n"

@Suite struct SettingsRuleTests {
    static let identity: [RuleCase] = [
        RuleCase(
            rule: "router-id-missing", severity: .error, line: 1, consequence: .fatal,
            bad: "vrrp_instance A {\ninterface eth0\nvirtual_ipaddress { 192.0.2.9\n}\n}", good: instance("")),
        RuleCase(
            rule: "native-ipv6-with-ipv4", severity: .error, line: 7, bad: instance("native_ipv6"),
            good: instance("native_ipv6", "fe80::9")),
        RuleCase(
            rule: "version-for-ipv6", severity: .error, line: 7, bad: instance("version 2", "fe80::9"),
            good: instance("version 3", "fe80::9")),
        RuleCase(
            rule: "interface-missing", severity: .error, line: 1, consequence: .fatal,
            bad: "vrrp_instance A {\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.9\n}\n}",
            good:
                "vrrp_instance A {\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.9\n}\nunicast_src_ip 192.0.2.1\n\(peers)}"
        ),
        RuleCase(
            rule: "interface-missing", severity: .error, line: 2, consequence: .fatal,
            bad: "vrrp_instance A {\ninterface lo\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.9\n}\n}",
            good: instance("")),
        RuleCase(
            rule: "interface-missing", severity: .error, line: 2, consequence: .fatal,
            bad: "vrrp_instance A {\ninterface eth7\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.9\n}\n}",
            good:
                "global_defs {\ndynamic_interfaces\n}\nvrrp_instance A {\ninterface eth7\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.9\n}\n}"
        ),
        RuleCase(
            rule: "vrf-beside-interface", severity: .warning, line: 7, bad: instance("vrf blue"),
            good:
                "vrrp_instance A {\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.9\n}\nvrf blue\nunicast_src_ip 192.0.2.1\n\(peers)}"
        ),
    ]

    static let addresses: [RuleCase] = [
        RuleCase(
            rule: "address-of-other-family", severity: .error, line: 6, bad: instance("", "192.0.2.9\nfd00::1"),
            good: instance("virtual_ipaddress_excluded {\nfd00::1\n}")),
        RuleCase(
            rule: "address-interface-missing", severity: .error, line: 5, consequence: .fatal,
            bad: instance("", "192.0.2.9 dev eth7"), good: instance("", "192.0.2.9 dev eth1")),
        RuleCase(
            rule: "duplicate-address", severity: .warning, line: 6,
            bad: instance("", "192.0.2.9\n192.0.2.9/24 dev eth0"),
            good: instance("", "192.0.2.9\n192.0.2.9/24 dev eth1")),
        RuleCase(
            rule: "duplicate-address", severity: .warning, line: 8,
            bad: instance("virtual_ipaddress_excluded {\n192.0.2.100\n}"),
            good: instance("virtual_ipaddress_excluded {\n192.0.2.101\n}")),
        RuleCase(
            rule: "no-addresses", severity: .warning, line: 1,
            bad: "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n}",
            good: "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nno_virtual_ipaddress\n}"),
        RuleCase(
            rule: "no-addresses", severity: .error, line: 1, consequence: .fatal,
            bad: "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nversion 3\n}",
            good: "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nversion 3\nno_virtual_ipaddress\n}"),
        RuleCase(
            rule: "no-addresses", severity: .error, line: 1, consequence: .fatal,
            bad: "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nstrict_mode\nno_virtual_ipaddress\n}",
            good: instance("strict_mode")),
        RuleCase(
            rule: "link-local-first", severity: .hint, line: 4, bad: instance("", "fd00::1"),
            good: instance("", "fe80::1\nfd00::1")),
        RuleCase(
            rule: "link-local-first", severity: .error, line: 4, bad: instance("strict_mode", "fd00::1"),
            good: instance("strict_mode", "fe80::1")),
        RuleCase(
            rule: "too-many-addresses", severity: .warning, line: 4,
            bad: instance("", (0..<256).map { "10.0.0.\($0)" }.joined(separator: "\n")),
            good: instance("", (0..<255).map { "10.0.0.\($0)" }.joined(separator: "\n"))),
        RuleCase(
            rule: "address-in-use", severity: .hint, line: 5, bad: instance("", "192.0.2.1/24"),
            good: instance("priority 255", "192.0.2.1/24")),
    ]

    static let transport: [RuleCase] = [
        RuleCase(
            rule: "source-of-other-family", severity: .error, line: 7, bad: instance("mcast_src_ip fd00::1"),
            good: instance("mcast_src_ip 192.0.2.1")),
        RuleCase(
            rule: "peer-of-other-family", severity: .error, line: 9,
            bad: instance("unicast_peer {\n192.0.2.2\nfd00::2\n}"), good: instance(peers)),
        RuleCase(
            rule: "duplicate-peer", severity: .error, line: 9, bad: instance("unicast_peer {\n192.0.2.2\n192.0.2.2\n}"),
            good: instance(peers)),
        RuleCase(
            rule: "peer-is-self", severity: .hint, line: 8, bad: instance("unicast_peer {\n192.0.2.1\n}"),
            good: instance(peers)),
        RuleCase(
            rule: "peer-is-self", severity: .hint, line: 9,
            bad: instance("unicast_src_ip 192.0.2.7\nunicast_peer {\n192.0.2.7\n}"),
            good: instance("unicast_src_ip 192.0.2.7\n" + peers)),
        RuleCase(
            rule: "peer-ttl-bounds", severity: .warning, line: 8,
            bad: instance("unicast_peer {\n192.0.2.2 min_ttl 9 max_ttl 8\n}"),
            good: instance("unicast_peer {\n192.0.2.2 min_ttl 8 max_ttl 9\n}")),
        RuleCase(
            rule: "unicast-without-peers", severity: .warning, line: 7, bad: instance("unicast_src_ip 192.0.2.1"),
            good: instance("mcast_src_ip 192.0.2.1")),
        RuleCase(
            rule: "unicast-without-peers", severity: .warning, line: 7, bad: instance("unicast_peer {\n}"),
            good: instance(peers)),
        RuleCase(
            rule: "unicast-ttl-without-peers", severity: .error, line: 7, bad: instance("unicast_ttl 9"),
            good: instance("unicast_ttl 9\n" + peers)),
        RuleCase(
            rule: "multicast-group", severity: .error, line: 7, bad: instance("mcast_dst_ip 192.0.2.1"),
            good: instance("mcast_dst_ip 224.0.0.99")),
        RuleCase(
            rule: "multicast-group", severity: .error, line: 7, bad: instance("mcast_dst_ip ff05::12", "fe80::1"),
            good: instance("mcast_dst_ip ff02::99", "fe80::1")),
        RuleCase(
            rule: "checksum-form", severity: .hint, line: 7, bad: instance("old_unicast_checksum\n" + peers),
            good: instance("old_unicast_checksum\nversion 3\n" + peers)),
    ]

    static let election: [RuleCase] = [
        RuleCase(
            rule: "owner-as-backup", severity: .hint, line: 7, bad: instance("state BACKUP\npriority 255"),
            good: instance("state MASTER\npriority 255")),
        RuleCase(
            rule: "owner-by-default", severity: .hint, line: 7, bad: instance("state MASTER"),
            good: instance("state MASTER\npriority 200")),
        RuleCase(
            rule: "nopreempt-as-master", severity: .warning, line: 8,
            bad: instance("state MASTER\nnopreempt\npriority 100"),
            good: instance("state BACKUP\nnopreempt\npriority 100")),
        RuleCase(
            rule: "nopreempt-as-master", severity: .warning, line: 7, bad: instance("nopreempt\npriority 255"),
            good: instance("nopreempt\npriority 254")),
        RuleCase(
            rule: "preempt-delay-unused", severity: .warning, line: 8, bad: instance("nopreempt\npreempt_delay 5"),
            good: instance("preempt_delay 5")),
        RuleCase(
            rule: "preempt-delay-unused", severity: .warning, line: 8, bad: instance("strict_mode\npreempt_delay 5"),
            good: instance("strict_mode\npreempt_delay 0")),
        RuleCase(
            rule: "preempt-delay-unused", severity: .warning, line: 7,
            bad: instance("preempt_delay 5\nstate MASTER\npriority 9"),
            good: instance("preempt_delay 5\nstate BACKUP\npriority 9")),
        RuleCase(
            rule: "advert-interval", severity: .warning, line: 7, bad: instance("advert_int 1.5"),
            good: instance("advert_int 1.5\nversion 3")),
        RuleCase(
            rule: "advert-interval", severity: .warning, line: 7, bad: instance("advert_int 41\nversion 3"),
            good: instance("advert_int 41")),
        RuleCase(
            rule: "timer-expired-with-preempt", severity: .warning, line: 7, bad: instance("timer_expired_backup 5"),
            good: instance("timer_expired_backup 5\nnopreempt")),
        RuleCase(
            rule: "owner-ignores-adverts", severity: .hint, line: 7, bad: instance("owner_ignore_adverts"),
            good: instance("owner_ignore_adverts\npriority 255")),
        RuleCase(
            rule: "strict-unicast", severity: .error, line: 8, consequence: .fatal,
            bad: instance("strict_mode\n" + peers), good: instance(peers)),
        RuleCase(
            rule: "strict-down-timer", severity: .warning, line: 7, bad: instance("down_timer_adverts 4\nstrict_mode"),
            good: instance("down_timer_adverts 4")),
        RuleCase(
            rule: "strict-lower-priority", severity: .warning, line: 7,
            bad: instance("lower_prio_no_advert off\nstrict_mode"), good: instance("lower_prio_no_advert off")),
        RuleCase(
            rule: "strict-higher-priority", severity: .warning, line: 7,
            bad: instance("higher_prio_send_advert\nstrict_mode"), good: instance("higher_prio_send_advert")),
        RuleCase(
            rule: "strict-announcements", severity: .warning, line: 7,
            bad: instance("garp_lower_prio_repeat 4\nstrict_mode"), good: instance("garp_lower_prio_repeat 4")),
        RuleCase(
            rule: "strict-not-accepting", severity: .hint, line: 7, bad: instance("strict_mode"),
            good: instance("strict_mode\naccept")),
    ]

    static let authentication: [RuleCase] = [
        RuleCase(
            rule: "authentication-unused", severity: .warning, line: 7,
            bad: instance("authentication {\nauth_type PASS\nauth_pass x\n}\nversion 3"),
            good: instance("authentication {\nauth_type PASS\nauth_pass x\n}")),
        RuleCase(
            rule: "authentication-unused", severity: .warning, line: 7,
            bad: instance("authentication {\nauth_type PASS\nauth_pass x\n}\nstrict_mode"),
            good: instance("strict_mode")),
        RuleCase(
            rule: "authentication-unused", severity: .warning, line: 7,
            bad: instance("authentication {\nauth_type PASS\n}"),
            good: instance("authentication {\nauth_type AH\nauth_pass x\n}")),
        RuleCase(
            rule: "header-as-master", severity: .warning, line: 7,
            bad: instance("state MASTER\npriority 150\nauthentication {\nauth_type AH\nauth_pass x\n}"),
            good: instance("state MASTER\npriority 150\nauthentication {\nauth_type PASS\nauth_pass x\n}")),
        RuleCase(
            rule: "authentication-without-type", severity: .hint, line: 7,
            bad: instance("authentication {\nauth_pass x\n}"),
            good: instance("authentication {\nauth_type PASS\nauth_pass x\n}")),
        RuleCase(
            rule: "signing-key-missing", severity: .error, line: 7, consequence: .fatal,
            bad: instance("auth_hmac {\nkey 1 01234567890123456789012345678901\nactive_key 2\n}"),
            good: instance("auth_hmac {\nkey 1 01234567890123456789012345678901\nactive_key 1\n}")),
        RuleCase(
            rule: "strict-signing-mode", severity: .warning, line: 7,
            bad: instance(
                "auth_hmac {\nkey 1 01234567890123456789012345678901\nactive_key 1\nmode permissive\n}\nstrict_mode"),
            good: instance("auth_hmac {\nkey 1 01234567890123456789012345678901\nactive_key 1\nmode permissive\n}")),
    ]

    static let kernel: [RuleCase] = [
        RuleCase(
            rule: "unicast-on-virtual-interface", severity: .warning, line: 12, bad: instance("use_vmac\n" + peers),
            good: instance("use_vmac\nvmac_xmit_base\n" + peers)),
        RuleCase(
            rule: "vmac-option-without-vmac", severity: .hint, line: 7, bad: instance("vmac_xmit_base"),
            good: instance("vmac_xmit_base\nuse_vmac")),
        RuleCase(
            rule: "promotion-on-virtual-interface", severity: .warning, line: 7,
            bad: instance("promote_secondaries\nuse_vmac"), good: instance("promote_secondaries")),
        RuleCase(
            rule: "route-interface-missing", severity: .error, line: 8, consequence: .fatal,
            bad: instance("virtual_routes {\n10.0.0.0/8 dev eth7\n}"),
            good: instance("virtual_routes {\n10.0.0.0/8 dev eth1\n}")),
        RuleCase(
            rule: "rule-interface-missing", severity: .error, line: 8, consequence: .fatal,
            bad: instance("virtual_rules {\niif eth7 table 5 preference 1\n}"),
            good: instance("virtual_rules {\niif eth1 table 5 preference 1\n}")),
    ]

    static let tracked: [RuleCase] = [
        RuleCase(
            rule: "script-without-command", severity: .error, line: 3, bad: "vrrp_script s {\ninterval 1\n}",
            good: "vrrp_script s {\nscript /bin/true\n}"),
        RuleCase(
            rule: "script-out-of-use", severity: .hint, line: 6,
            bad: "global_defs {\nscript_user ghost\n}\nvrrp_script s {\nscript /bin/true\n}",
            good: "vrrp_script s {\nscript /bin/true\n}"),
        RuleCase(
            rule: "unknown-user", severity: .error, line: 3, bad: "vrrp_script s {\nscript /bin/true\nuser ghost\n}",
            good: "vrrp_script s {\nscript /bin/true\nuser nobody\n}"),
        RuleCase(
            rule: "timeout-above-interval", severity: .hint, line: 3,
            bad: "vrrp_script s {\nscript /bin/true\ntimeout 3\n}",
            good: "vrrp_script s {\nscript /bin/true\ntimeout 3\ninterval 3\n}"),
        RuleCase(
            rule: "duplicate", severity: .hint, line: 4,
            bad: "vrrp_script s {\nscript /bin/true\n}\nvrrp_script s {\nscript /bin/false\n}",
            good: "vrrp_script s {\nscript /bin/true\n}\nvrrp_script t {\nscript /bin/false\n}"),
        RuleCase(
            rule: "track-file-without-path", severity: .error, line: 3, bad: "track_file f {\nweight 1\n}",
            good: "track_file f {\nfile /run/f\n}"),
        RuleCase(
            rule: "track-process-without-program", severity: .error, line: 3,
            bad: "vrrp_track_process p {\nweight 1\n}", good: "vrrp_track_process p {\nprocess p\n}"),
        RuleCase(
            rule: "tracks-own-interface", severity: .warning, line: 8, bad: instance("track_interface {\neth0\n}"),
            good: instance("track_interface {\neth1\n}")),
        RuleCase(
            rule: "interface-missing", severity: .error, line: 8, consequence: .fatal,
            bad: instance("track_interface {\neth7\n}"), good: instance("track_interface {\neth1\n}")),
        RuleCase(
            rule: "tracks-unknown", severity: .warning, line: 8, bad: instance("track_script {\ns\n}"),
            good: "vrrp_script s {\nscript /bin/true\n}\n" + instance("track_script {\ns\n}")),
        RuleCase(
            rule: "tracks-unknown", severity: .warning, line: 8,
            bad: instance("track_script {\ns\n}") + "vrrp_script s {\nscript /bin/true\n}\n",
            good: "vrrp_script s {\nscript /bin/true\n}\n" + instance("track_script {\ns\n}")),
        RuleCase(
            rule: "tracks-unknown", severity: .hint, line: 10,
            bad: "vrrp_script s {\n}\n" + instance("track_script {\ns\n}"), good: instance("")),
        RuleCase(
            rule: "tracks-unknown", severity: .warning, line: 8, bad: instance("track_bfd {\nhop\n}"),
            good: instance("")),
        RuleCase(
            rule: "duplicate-tracker", severity: .warning, line: 9,
            bad: instance("track_interface {\neth1\neth1 weight 4\n}"), good: instance("track_interface {\neth1\n}")),
        RuleCase(
            rule: "weight-without-effect", severity: .hint, line: 8,
            bad: instance("track_interface {\neth1 weight 20\n}\npriority 255"),
            good: instance("track_interface {\neth1 weight 20\n}\npriority 200")),
        RuleCase(
            rule: "weight-without-effect", severity: .hint, line: 8,
            bad: instance("track_interface {\neth1 weight 20\n}\npriority 254"),
            good: instance("track_interface {\neth1 weight -20\n}\npriority 254")),
        RuleCase(
            rule: "weight-without-effect", severity: .hint, line: 8,
            bad: instance("track_interface {\neth1 weight -1\n}"),
            good: instance("track_interface {\neth1 weight -2\n}")),
        RuleCase(
            rule: "nopreempt-with-weight", severity: .hint, line: 8,
            bad: instance("track_interface {\neth1 weight 20\n}\nnopreempt"),
            good: instance("track_interface {\neth1\n}\nnopreempt")),
        RuleCase(
            rule: "address-outside-subnet", severity: .hint, line: 5, bad: instance("", "10.0.0.1"),
            good: instance("", "192.0.2.77")),
        RuleCase(
            rule: "address-outside-subnet", severity: .hint, line: 6,
            bad: instance("", "192.0.2.9\n192.0.2.10 dev eth1"), good: instance("", "192.0.2.9\n198.51.100.9 dev eth1")),
    ]

    static let groups: [RuleCase] = [
        RuleCase(
            rule: "group-member-unknown", severity: .warning, line: 18,
            bad: two("", "", "vrrp_sync_group G {\ngroup {\nA\nX\nB\n}\n}"),
            good: two("", "", "vrrp_sync_group G {\ngroup {\nA\nB\n}\n}")),
        RuleCase(
            rule: "group-member-taken", severity: .warning, line: 19,
            bad: two("", "", "vrrp_sync_group G {\ngroup {\nA\nB\nA\n}\n}"),
            good: two("", "", "vrrp_sync_group G {\ngroup {\nA\nB\n}\n}")),
        RuleCase(
            rule: "group-too-small", severity: .warning, line: 15,
            bad: two("", "", "vrrp_sync_group G {\ngroup {\nA\n}\n}"),
            good: two("", "", "vrrp_sync_group G {\ngroup {\nA\nB\n}\n}")),
        RuleCase(rule: "group-too-small", severity: .warning, line: 3, bad: "vrrp_sync_group G {\n\n}\n", good: ""),
        RuleCase(
            rule: "tracked-by-group-too", severity: .warning, line: 7,
            bad: two(
                "track_interface {\neth1\n}", "", "vrrp_sync_group G {\ngroup {\nA\nB\n}\ntrack_interface {\neth1\n}\n}"
            ), good: two("track_interface {\neth1\n}", "", "vrrp_sync_group G {\ngroup {\nA\nB\n}\n}")),
        RuleCase(
            rule: "weight-in-group", severity: .warning, line: 7,
            bad: two("track_interface {\neth1 weight 5\n}", "", "vrrp_sync_group G {\ngroup {\nA\nB\n}\n}"),
            good: two(
                "track_interface {\neth1 weight 5\n}", "",
                "vrrp_sync_group G {\ngroup {\nA\nB\n}\nsync_group_tracking_weight\n}")),
        RuleCase(
            rule: "router-id-taken", severity: .error, line: 10, consequence: .fatal,
            bad: two("", "virtual_router_id 1", "").replacing("virtual_router_id 2\n", with: "virtual_router_id 1\n")
                .replacing("\nvirtual_router_id 1\n}\n", with: "\n\n}\n"), good: two("", "", "")),
        RuleCase(
            rule: "address-in-two-routers", severity: .hint, line: 11,
            bad: two("", "", "").replacing("192.0.2.8", with: "192.0.2.9"), good: two("", "", "")),
        RuleCase(
            rule: "asymmetric-peers", severity: .hint, line: 18,
            bad: two(peers, "unicast_peer {\n192.0.2.2\n192.0.2.3\n}", ""), good: two(peers, peers, "")),
        RuleCase(
            rule: "virtual-interface-name-taken", severity: .error, line: 13, consequence: .fatal,
            bad: two("use_vmac x", "use_vmac x", ""), good: two("use_vmac x", "use_vmac y", "")),
        RuleCase(
            rule: "group-member-unknown", severity: .warning, line: 2, bad: "track_group T {\ngroup { X\n}\n}\n",
            good: ""),
        RuleCase(rule: "empty-group", severity: .warning, line: 1, bad: "track_group T {\n}\n", good: ""),
        RuleCase(
            rule: "track-group-unknown", severity: .warning, line: 2,
            bad: "static_ipaddress {\n10.0.0.1 dev eth0 track_group T\n}",
            good: "static_ipaddress {\n10.0.0.1 dev eth0\n}"),
        RuleCase(
            rule: "static-interface-missing", severity: .error, line: 2, consequence: .fatal,
            bad: "static_ipaddress {\n10.0.0.1 dev eth7\n}", good: "static_ipaddress {\n10.0.0.1 dev eth1\n}"),
        RuleCase(
            rule: "garp-group-incomplete", severity: .warning, line: 3, bad: "garp_group {\ninterface eth0\n}",
            good: "garp_group {\ninterface eth0\ngarp_interval 1\n}"),
        RuleCase(
            rule: "garp-group-incomplete", severity: .warning, line: 7,
            bad:
                "garp_group {\ninterface eth0\ngarp_interval 1\n}\ngarp_group {\ngarp_interval 1\ninterface eth0\ninterface eth1\n}",
            good: "garp_group {\ninterface eth0\ngarp_interval 1\n}\ngarp_group {\ngarp_interval 1\ninterface eth1\n}"),
        RuleCase(
            rule: "polled-interface-missing", severity: .error, line: 2, consequence: .fatal,
            bad: "linkbeat_interfaces {\neth7\n}", good: "linkbeat_interfaces {\neth0\n}"),
        RuleCase(
            rule: "delayed-interface-missing", severity: .error, line: 2, bad: "interface_up_down_delays {\neth7 1\n}",
            good: "interface_up_down_delays {\neth0 1\n}"),
        RuleCase(
            rule: "rule-without-preference", severity: .warning, line: 2,
            bad: "static_rules {\nfrom 10.0.0.1 table 5\n}",
            good: "static_rules {\nfrom 10.0.0.1 table 5 preference 3\n}"),
    ]

    static let all = identity + addresses + transport + election + authentication + kernel + tracked + groups

    @Test(arguments: all) func `finds what is bad and leaves the neighbour alone`(_ rule: RuleCase) {
        let bad = Reading(rule.bad)
        let found = bad.diagnostics.filter { $0.code == rule.rule }
        #expect(found.map { $0.position?.line } == [rule.line], "\(bad.findings)")
        #expect(found.first?.severity == rule.severity)
        #expect(found.first?.consequence == rule.consequence)
        let good = Reading(rule.good)
        #expect(good.finding(rule.rule) == nil, "\(good.findings)")
    }

    /// Rules that settle values and find nothing.
    static let silent: Set<String> = [
        "address-check", "announcements", "virtual-interface", "required-interfaces", "plain-values", "notify-scripts",
        "group-scripts", "group-membership",
    ]

    @Test func `every rule has its test`() {
        let names =
            RouterCase.rules.map(\.name) + RoutersCase.rules.map(\.name) + GroupsCase.rules.map(\.name)
            + GroupsCase.trackingRules.map(\.name)
            + StaticsCase.rules.map(\.name) + ScriptCase.rules.map(\.name) + TrackFileCase.rules.map(\.name)
            + TrackProcessCase.rules.map(\.name)
        let tested = Set(Self.all.map(\.rule))
        #expect(names.filter { !tested.contains($0) && !Self.silent.contains($0) } == [])
        #expect(Self.silent.filter { tested.contains($0) } == [])
    }

    // MARK: What is used instead

    @Test func `what cannot be used is replaced by what the message says`() {
        #expect(Reading(instance("version 2", "fe80::9")).router.version == .v3)
        #expect(Reading(instance("advert_int 1.5")).router.advertInterval == .seconds(2))
        #expect(Reading(instance("advert_int 41\nversion 3")).router.advertInterval == .centiseconds(4095))
        #expect(Reading(instance("advert_int 0.014\nversion 3")).router.advertInterval == .centiseconds(1))
        #expect(Reading(instance("nopreempt\nstate MASTER\npriority 9")).router.preempts)
        #expect(Reading(instance("nopreempt\npreempt_delay 5")).router.preemptDelay == .zero)
        #expect(Reading(instance("unicast_src_ip 192.0.2.1")).router.transport == .multicast(group: ip("224.0.0.18")))
        #expect(Reading(instance("unicast_fault_no_peer")).router.transport.isUnicast)
        #expect(Reading(instance("unicast_ttl 9")).router.transport == .multicast(group: ip("224.0.0.18")))
        #expect(Reading(instance("strict_mode")).router.accepts == false)
        #expect(Reading(instance("no_accept")).router.accepts == false)
        #expect(Reading(instance("strict_mode\npriority 255")).router.accepts)
        #expect(Reading(instance("priority 255")).router.ownerIgnoresAdverts == false)
        #expect(Reading(instance("priority 255\nstrict_mode")).router.ownerIgnoresAdverts)
        #expect(
            Reading(instance("priority 255\nowner_ignore_adverts off\nstrict_mode")).router.ownerIgnoresAdverts == false
        )
    }

    @Test("V3-13 addresses beyond the MTU are held without being advertised")
    func addressesBeyondTheMTU() {
        let text = instance("version 3", (1...100).map { "fe80::\($0)" }.joined(separator: "\n"))
        let router = Reading(text) { $0.interfaceMTU = { _ in 1280 } }.router
        #expect(router.addresses.count == 77)
        #expect(router.excludedAddresses.count == 23)
        #expect(router.excludedAddresses.first?.address == ip("fe80::78"))
    }

    @Test func `interfaces of tracked addresses, routes and rules are required`() {
        let router = Reading(
            instance(
                "virtual_routes {\n10.0.0.0/8 dev eth1\n}\nvirtual_rules {\niif eth1 table 5 preference 1\n}\ndont_track_primary",
                "192.0.2.100\n192.0.2.101 dev eth0"
            )
        ).router
        #expect(router.requiredInterfaces == ["eth1"])
        #expect(Reading(instance("", "192.0.2.100 dev eth1 no_track")).router.requiredInterfaces == ["eth0"])
    }

    @Test func `hints change no verdict`() {
        let text = Self.all.filter { $0.severity == .hint }.map(\.bad)
        for hinted in text {
            let status = Findings(Reading(hinted).diagnostics.filter { $0.severity == .hint }, files: []).testStatus
            #expect(status == 0)
        }
    }
}
