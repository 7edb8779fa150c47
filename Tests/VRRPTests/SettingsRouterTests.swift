// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Testing
import VRRP

@Suite struct SettingsRouterTests {
    @Test func `a plain router gets the documented defaults`() {
        let reading = Reading.router("")
        #expect(reading.findings.isEmpty)
        var expected = RouterSettings(name: "VI_1")
        expected.routerID = 51
        expected.interface = "eth0"
        expected.addresses = [AddressEntry(prefix("192.0.2.100/24"))]
        expected.requiredInterfaces = ["eth0"]
        #expect(reading.router == expected)
        #expect(reading.router.priority == 100)
        #expect(reading.router.version == .v2)
        #expect(reading.router.advertInterval == .seconds(1))
        #expect(reading.router.downTimerAdverts == 3)
        #expect(reading.router.announcements.delay == .seconds(5))
        #expect(reading.router.transport == .multicast(group: ip("224.0.0.18")))
    }

    @Test func `every keyword of the election arrives`() {
        let reading = Reading.router(
            """
            state BACKUP
            priority 150
            advert_int 2
            nopreempt
            down_timer_adverts 5
            timer_expired_backup 120
            lower_prio_no_advert
            higher_prio_send_advert yes
            skip_check_adv_addr
            version 2
            debug 3
            dont_track_primary
            kernel_rx_buf_size 65536
            """
        )
        #expect(reading.findings.isEmpty)
        let router = reading.router
        #expect(router.priority == 150)
        #expect(!router.startsAsMaster)
        #expect(router.advertInterval == .seconds(2))
        #expect(!router.preempts)
        #expect(router.downTimerAdverts == 5)
        #expect(router.timerExpiredBackup == 120)
        #expect(router.ignoresLowerPriority)
        #expect(router.advertisesToHigherPriority)
        #expect(router.skipsAddressCheck)
        #expect(router.debug == 3)
        #expect(router.requiredInterfaces.isEmpty)
        #expect(router.receiveBuffer == 65536)
    }

    @Test func `a bare timer_expired_backup means 254 and preempt takes nopreempt back`() {
        #expect(Reading.router("nopreempt\ntimer_expired_backup").router.timerExpiredBackup == 254)
        #expect(Reading.router("nopreempt\nthread_timer_expired 7").router.timerExpiredBackup == 7)
        #expect(Reading.router("nopreempt\npreempt").router.preempts)
    }

    @Test func `skip_check_adv_addr off is off`() {
        let reading = Reading.router(
            "skip_check_adv_addr false", before: "global_defs {\n vrrp_skip_check_adv_addr\n}\n")
        #expect(!reading.router.skipsAddressCheck)
        #expect(Reading.router("", before: "global_defs {\n vrrp_skip_check_adv_addr\n}\n").router.skipsAddressCheck)
    }

    @Test func `a state that is neither MASTER nor BACKUP is BACKUP`() {
        let reading = Reading.router("state SLAVE")
        #expect(reading.faults == ["7 error unknown-value"])
        #expect(!reading.router.startsAsMaster)
        #expect(Reading.router("state MASTER\nstate BACKUP\npriority 50").faults == ["8 error state-conflict"])
    }

    @Test func `priority defaults to 255 for a master and to 100 where it cannot be read`() {
        #expect(Reading.router("state MASTER").router.priority == 255)
        let reading = Reading.router("state MASTER\npriority 300")
        #expect(reading.router.priority == 100)
        #expect(reading.faults == ["8 error out-of-range"])
        #expect(Reading.router("priority HIGH").faults == ["7 error not-a-number"])
    }

    @Test func `announcement keywords override the global ones`() {
        let globals =
            "global_defs {\n vrrp_garp_master_delay 7\n vrrp_garp_master_repeat 2\n vrrp_garp_lower_prio_repeat 9\n}\n"
        let inherited = Reading.router("", before: globals).router.announcements
        #expect(inherited.delay == .seconds(7))
        #expect(inherited.repeats == 2)
        #expect(inherited.lowerPriorityDelay == .seconds(7))
        #expect(inherited.lowerPriorityRepeats == 9)
        let own = Reading.router(
            """
            garp_master_delay 1
            garp_master_repeat 0
            garp_master_refresh 60
            garp_master_refresh_repeat 2
            garp_lower_prio_delay 3
            garp_lower_prio_repeat 4
            garp_extra_if all 30
            """, before: globals
        )
        #expect(own.faults == ["13 warning out-of-range"])
        var expected = AnnouncementSettings()
        expected.delay = .seconds(1)
        expected.repeats = 1
        expected.refresh = .seconds(60)
        expected.refreshRepeats = 2
        expected.lowerPriorityDelay = .seconds(3)
        expected.lowerPriorityRepeats = 4
        expected.extraInterfaces = .seconds(30)
        expected.includesAllExtraInterfaces = true
        #expect(own.router.announcements == expected)
    }

    @Test func `vrrp_min_garp reduces what nobody set`() {
        let announcements = Reading.router("", before: "global_defs {\n vrrp_min_garp\n}\n").router.announcements
        #expect(announcements.repeats == 1)
        #expect(announcements.delay == .zero)
        #expect(
            Reading.router("garp_master_repeat 3", before: "global_defs {\n vrrp_min_garp\n}\n").router.announcements
                .repeats == 3)
    }

    @Test func `unicast peers with bounds check the source`() {
        let reading = Reading.router(
            """
            unicast_src_ip 192.0.2.1
            unicast_peer {
             192.0.2.2
             192.0.2.3 min_ttl 254 max_ttl 255
            }
            unicast_ttl 64
            """
        )
        #expect(reading.faults.isEmpty)
        var peers = [UnicastPeer(ip("192.0.2.2")), UnicastPeer(ip("192.0.2.3"))]
        peers[1].ttl = 254...255
        var unicast = Unicast()
        unicast.peers = peers
        unicast.checksSource = true
        unicast.ttl = 64
        #expect(reading.router.transport == .unicast(unicast))
        #expect(reading.router.source == ip("192.0.2.1"))
    }

    @Test func `old_unicast_checksum and v3_checksum_as_v2 choose the checksum`() {
        let peers = "version 3\nunicast_peer {\n 192.0.2.2\n}\n"
        #expect(Reading.router(peers).router.checksum == .pseudoHeader)
        #expect(Reading.router(peers).router.adaptsChecksum)
        #expect(Reading.router(peers + "old_unicast_checksum").router.checksum == .multicastPseudoHeader)
        #expect(!Reading.router(peers + "old_unicast_checksum never").router.adaptsChecksum)
        #expect(Reading.router("version 3\nv3_checksum_as_v2").router.checksum == .messageOnly)
        #expect(Reading.router("old_unicast_checksum always").faults.first == "7 error unknown-value")
    }

    @Test func `authentication becomes eight bytes`() {
        let pass = Reading.router("authentication {\n auth_type PASS\n auth_pass secret\n}")
        #expect(pass.router.authentication == .password(Array("secret".utf8) + [0, 0]))
        let long = Reading.router("authentication {\n auth_type AH\n auth_pass cluster_api_vip\n}")
        #expect(long.router.authentication == .authenticationHeader(key: Array("cluster_".utf8)))
        #expect(long.faults == ["9 warning password-truncated"])
        #expect(
            Reading.router("authentication {\n auth_type PASS|AH\n auth_pass x\n}").faults == ["8 error unknown-value"])
    }

    @Test func `auth_hmac takes keys as text, hex and file`() {
        let hex = String(repeating: "0f", count: 32)
        let reading = Reading(
            """
            vrrp_instance VI_1 {
             interface eth0
             virtual_router_id 51
             virtual_ipaddress { 192.0.2.100/24
             }
             advert_int 10
             auth_hmac {
              key 1 hex:\(hex)
              key 2 file:/etc/keepalived/key
              key 3 \(String(repeating: "k", count: 40))
              key 3 \(String(repeating: "l", count: 40))
              key 4 short
              active_key 2
              mode receive-only
              anti_replay monotonic
             }
            }
            """
        ) { $0.contents = { $0 == "/etc/keepalived/key" ? Array(repeating: 7, count: 33) + [0x0a] : nil } }
        #expect(reading.faults == ["11 error duplicate", "12 error bad-key"])
        guard case .trailer(let trailer) = reading.router.authentication else {
            Issue.record("not signed")
            return
        }
        #expect(trailer.keys[1] == Array(repeating: 0x0f, count: 32))
        #expect(trailer.keys[2] == Array(repeating: 7, count: 33))
        #expect(trailer.keys[3]?.first == UInt8(ascii: "k"))
        #expect(trailer.keys[4] == nil)
        #expect(trailer.activeKey == 2)
        #expect(trailer.mode == .receiveOnly)
        #expect(trailer.replayProtection == .monotonic)
        #expect(trailer.timeWindow == .seconds(30))
    }

    @Test func `virtual interfaces get their names and addresses`() {
        #expect(
            Reading.router("use_vmac").router.virtualInterface
                == VirtualInterface(.macvlan(.virtualRouter(51, .ipv4)), name: "vrrp.51")
        )
        var named = VirtualInterface(.macvlan(MACAddress("02:00:00:00:00:33") ?? .broadcast), name: "vip0")
        named.hasGivenName = true
        named.group = 7
        named.notifiesPeers = true
        #expect(
            Reading.router("use_vmac vip0 02:00:00:00:00 netlink_notify_msg group 7").router.virtualInterface == named)
        #expect(Reading.router("use_vmac 00:00:5e:00:01:09").faults == ["7 error bad-mac"])
        #expect(Reading.router("use_vmac 01:00:00:00:00:09").faults == ["7 error bad-mac"])
        let ipvlan = Reading.router("use_ipvlan vepa name iv0 192.0.2.9/24")
        var vepa = VirtualInterface(.ipvlan(mode: .vepa, address: prefix("192.0.2.9/24")), name: "iv0")
        vepa.hasGivenName = true
        #expect(ipvlan.router.virtualInterface == vepa)
        #expect(ipvlan.router.source == ip("192.0.2.9"))
    }

    @Test func `interfaces are named alike for both families and never twice`() {
        let reading = Reading(
            ["192.0.2.9", "fe80::9", "198.51.100.9"].enumerated().map {
                "vrrp_instance V\($0) {\n interface \($0 == 2 ? "eth1" : "eth0")\n virtual_router_id 3\n virtual_ipaddress {\n \($1)\n }\n use_vmac\n}\n"
            }.joined()
        )
        #expect(reading.settings.routers.map(\.virtualInterface?.name) == ["vrrp.3", "vrrp6.3", "vrrp1.3"])
    }

    @Test func `notify scripts keep their user, and the first of a kind wins`() {
        let reading = Reading.router(
            """
            notify_master "/etc/notify.sh master now" nobody
            notify_master "/etc/other.sh"
            notify_backup /etc/notify.sh
            notify /etc/notify.sh
            notify_deleted
            smtp_alert
            """
        )
        #expect(reading.faults == ["8 error duplicate"])
        let notify = reading.router.notify
        #expect(notify.master?.arguments == ["/etc/notify.sh", "master", "now"])
        #expect(notify.master?.identity == ScriptIdentity(user: 65534, group: 65534))
        #expect(notify.backup?.identity == ScriptIdentity(user: 990, group: 990))
        #expect(notify.any != nil)
        #expect(notify.deleted == nil)
        #expect(notify.reportsDeletion)
        #expect(notify.sendsMail)
    }

    @Test func `a missing notify script is a hint only, as its router runs all the same`() {
        let reading = Reading(
            "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress { 192.0.2.9\n }\n notify /nowhere\n}"
        ) {
            $0.script = { _, _, _ in .missing }
        }
        #expect(reading.faults.isEmpty)
        #expect(reading.router.notify.any == nil)
    }

    @Test func `identity tells routers apart as a reload does`() {
        let plain = Reading.router("").router
        let renamed = Reading(
            "vrrp_instance Other {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress { 192.0.2.7\n }\n priority 7\n}"
        ).router
        #expect(plain.identity == renamed.identity)
        #expect(plain.identity != Reading.router("use_vmac").router.identity)
        #expect(plain.identity != Reading.router("unicast_peer {\n 192.0.2.2\n}").router.identity)
        #expect(plain.identity != Reading.router("mcast_dst_ip 224.0.0.19").router.identity)
    }

    @Test func `skew and down interval follow the version`() {
        var router = Reading.router("priority 156").router
        #expect(router.skewTime(for: .seconds(4)) == .microseconds(390_625))
        router.version = .v3
        #expect(router.skewTime(for: .seconds(4)) == .microseconds(1_562_500))
        #expect(router.downInterval(for: .seconds(4)) == .microseconds(13_562_500))
    }
}
