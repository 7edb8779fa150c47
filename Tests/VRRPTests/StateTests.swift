// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Testing
import VRRP

/// What state files say, against bytes that keepalived 2.2.7 wrote for the same configuration.
struct StateTests {
    private static let configuration = """
        vrrp_instance A {
          interface eth0
          virtual_router_id 51
          version 3
          advert_int 0.5
          track_interface {
            eth1
          }
          notify_master "/etc/k/notify.sh m"
          notify_backup "/etc/k/notify.sh b"
          notify_fault "/etc/k/notify.sh f"
          notify_stop "/etc/k/notify.sh s"
          notify "/etc/k/notify.sh any"
          notify_master_rx_lower_pri "/etc/k/notify.sh rx"
          smtp_alert
          virtual_ipaddress {
            10.90.9.1/24 dev eth0 label eth0:1
            10.90.9.2 brd 10.90.9.255 scope link
            10.90.9.3/32
          }
          virtual_ipaddress_excluded {
            10.91.9.1/24 dev eth1
            fd00:90::99/64
          }
          virtual_routes {
            10.71.0.0/16 via 10.90.0.200 dev eth0 metric 5
            src 10.90.9.1 10.72.0.0/16 via 10.90.0.201 dev eth0 table 100 no_track
          }
          virtual_rules {
            from 10.90.9.0/24 table 100 priority 1000
            to 10.90.9.0/24 lookup main priority 1001
          }
        }

        """

    /// The routers of the configuration as masters, their addresses in the kernel.
    private static func master(_ change: (inout Bench) -> Void = { _ in }) -> VRRPSnapshot {
        let reading = Reading(configuration)
        var bench = Bench(reading.settings)
        bench.handle(.link("eth0", isUp: true))
        bench.handle(.link("eth1", isUp: true))
        bench.handle(.start)
        bench.run(.seconds(4))
        change(&bench)
        var around = SnapshotSurroundings(clock: CalendarClock(instant: bench.now, nanoseconds: 1_795_698_560_000_000_000))
        for (index, name) in ["eth0", "eth1"].enumerated() {
            let held = bench.router.announcedAddresses.filter { ($0.interface ?? "eth0") == name }.map(\.prefix)
            around.interfaces.append(
                InterfaceSnapshot(
                    index: UInt32(index + 2), name: name, flags: 0x1043, isUp: true, mtu: 1500, type: 1, addresses: held))
        }
        for entry in bench.transitions { around.history.note(entry.1, at: entry.at) }
        return bench.routers.snapshot(in: around)
    }

    /// Written by 2.2.7, shortened to the part "data".
    private static let capturedJSON = #"""
        {"iname":"A","dont_track_primary":0,"skip_check_adv_addr":0,"strict_mode":0,"vmac_ifname":"","ifp_ifname":"eth0",\#
        "master_priority":0,"last_transition":TIME,"garp_delay":5,"garp_refresh":0,"garp_rep":5,"garp_refresh_rep":1,\#
        "garp_lower_prio_delay":5,"garp_lower_prio_rep":5,"lower_prio_no_advert":0,"higher_prio_send_advert":0,"vrid":51,\#
        "base_priority":100,"effective_priority":100,"vipset":true,"promote_secondaries":false,"adver_int":0.5,\#
        "master_adver_int":0.5,"accept":1,"nopreempt":false,"preempt_delay":0,"state":2,"wantstate":2,"version":3,\#
        "smtp_alert":true,"notify_deleted":false,"script_backup":"'\/etc\/k\/notify.sh' 'b'",\#
        "script_master":"'\/etc\/k\/notify.sh' 'm'","script_fault":"'\/etc\/k\/notify.sh' 'f'",\#
        "script_stop":"'\/etc\/k\/notify.sh' 's'","script":"'\/etc\/k\/notify.sh' 'any'",\#
        "script_master_rx_lower_pri":"'\/etc\/k\/notify.sh' 'rx'",\#
        "vips":["10.90.9.1\/24 dev eth0 scope global label eth0:1 set","10.90.9.2 brd 10.90.9.255 dev eth0 scope link set",\#
        "10.90.9.3 dev eth0 scope global set"],"evips":["10.91.9.1\/24 dev eth1 scope global set",\#
        "fd00:90::99\/64 dev eth0 scope global preferred_lft forever set"],\#
        "vroutes":["prepend 10.71.0.0\/16 via inet 10.90.0.200 dev eth0 proto 18 metric 5",\#
        "prepend 10.72.0.0\/16 src 10.90.9.1 via inet 10.90.0.201 dev eth0 table 100 proto 18 no_track"],\#
        "vrules":["from 10.90.9.0\/24 priority 1000 tos 0x0 protocol 18 lookup 100",\#
        "from all to 10.90.9.0\/24 priority 1001 tos 0x0 protocol 18 lookup 254"],"track_ifp":["eth1"],"auth_type":0}
        """#

    private static let capturedStatistics = #"""
        {"advert_rcvd":0,"advert_sent":5,"become_master":1,"release_master":0,"packet_len_err":0,\#
        "advert_interval_err":0,"ip_ttl_err":0,"invalid_type_rcvd":0,"addr_list_err":0,"invalid_authtype":0,\#
        "authtype_mismatch":0,"auth_failure":0,"auth_ext_missing":0,"auth_ext_malformed":0,\#
        "auth_ext_unknown_key":0,"auth_ext_invalid_hmac":0,"auth_ext_stale":0,"auth_ext_replay":0,\#
        "pri_zero_rcvd":0,"pri_zero_sent":0}}]
        """#

    @Test("JSON has upstream's keys in upstream's order with upstream's types")
    func json() throws {
        let text = try #require(Self.master().json(version: 1))
        let data = try #require(text.split(separator: #""data":"#).dropFirst().first?.split(separator: #","stats""#).first)
        let masked = String(data).replacing(#/"last_transition":\d+\.\d{6},/#, with: #""last_transition":TIME,"#)
        #expect(masked == Self.capturedJSON)
        let stats = try #require(text.split(separator: #""stats":"#).last)
        #expect(stats == Self.capturedStatistics + "\n")
    }

    @Test("JSON without a router is not written, version 2 wraps the array in an object")
    func versions() throws {
        #expect(Bench(VRRPSettings()).routers.snapshot(in: .init(clock: .init(instant: .zero, nanoseconds: 0))).json(version: 1) == nil)
        let text = try #require(Self.master().json(version: 2))
        #expect(text.hasPrefix(#"{"vrrp":[{"data":{"iname":"A","#))
    }

    @Test("fractions of seconds do not reach readers that expect whole ones, but those of version 2")
    func fractions() throws {
        var snapshot = Self.master()
        snapshot.routers[0].settings.announcements.delay = .milliseconds(1_500)
        #expect(try #require(snapshot.json(version: 1)).contains(#""garp_delay":1,"#))
        #expect(try #require(snapshot.json(version: 2)).contains(#""garp_delay":1.5,"#))
    }

    @Test("no password is shown")
    func passwords() throws {
        var snapshot = Self.master()
        snapshot.routers[0].settings.authentication = .password(Array("secret".utf8))
        let texts = [try #require(snapshot.json(version: 1))] + snapshot.lines { _ in "" }
        #expect(!texts.contains { $0.contains("secret") })
        #expect(texts[0].contains(#""auth_type":1,"auth_data":"********""#))
        #expect(texts.contains("   Password = ********"))
    }

    @Test("the text of an instance has upstream's keys in upstream's order")
    func text() {
        let lines = Self.master().lines { _ in "Thu Nov 26 13:09:16 2026" }
        #expect(lines.first == "------< VRRP Topology >------")
        let block = lines.drop { $0 != " VRRP Instance = A" }.dropFirst().prefix { $0.hasPrefix("  ") }
        let keys = block.filter { $0.hasPrefix("   ") && !$0.hasPrefix("    ") }.map { line in
            line.dropFirst(3).split(separator: " = ", maxSplits: 1)[0]
        }
        #expect(
            keys == [
                "VRRP Version", "State", "Flags: none", "Wantstate", "Number of config faults", "Number of tracker faults",
                "Number of track scripts init", "Last transition", "Read timeout", "Master down timer", "Interface",
                "Using src_ip", "Multicast address 224.0.0.18", "Gratuitous ARP delay", "Gratuitous ARP repeat",
                "Gratuitous ARP refresh", "Gratuitous ARP refresh repeat", "Gratuitous ARP lower priority delay",
                "Gratuitous ARP lower priority repeat", "Down timer adverts",
                "Send advert after receive lower priority advert", "Send advert after receive higher priority advert",
                "Virtual Router ID", "Priority", "Effective priority", "Total priority", "Advert interval",
                "Last advert sent", "Accept", "Preempt", "Promote_secondaries", "Virtual IP (3):", "Virtual IP Excluded :",
                "Virtual Routes :", "Virtual Rules :", "Tracked interfaces :", "Using smtp notification", "Notify deleted",
                "Backup state transition script", "Master state transition script", "Fault state transition script",
                "Stop state transition script", "Generic state transition script",
                "Master rx lower pri state transition script", "Notify priority changes", "Transitions :",
            ])
        #expect(block.contains("   Last transition = 1795698557.804687 (Thu Nov 26 13:09:16.804687 2026)"))
        #expect(block.contains("   Backup state transition script = '/etc/k/notify.sh' 'b', uid:gid 990:990"))
    }

    @Test("every transition is shown with its cause, and only the last of many")
    func history() {
        let snapshot = Self.master { bench in
            for _ in 0..<6 {
                bench.handle(.link("eth0", isUp: false))
                bench.handle(.link("eth0", isUp: true))
            }
        }
        let shown = snapshot.routers[0].transitions
        #expect(shown.count == TransitionHistory.depth)
        #expect(shown.suffix(2).map(\.cause) == [.fault(.interface("eth0")), .recovered])
        let lines = snapshot.lines { _ in "Thu Nov 26 13:09:16 2026" }
        #expect(lines.contains { $0.hasSuffix(" BACKUP to FAULT: interface eth0") })
    }

    @Test("a liveness probe finds State = FAULT only where a router is at fault")
    func liveness() {
        func isFaulty(_ snapshot: VRRPSnapshot) -> Bool {
            snapshot.lines { _ in "" }.joined(separator: "\n").contains("State = FAULT")
        }
        #expect(!isFaulty(Self.master { $0.handle(.link("eth0", isUp: false)); $0.handle(.link("eth0", isUp: true)) }))
        #expect(isFaulty(Self.master { $0.handle(.link("eth0", isUp: false)) }))
    }

    @Test("statistics are lines of whole numbers below the headings that exporters know")
    func statistics() {
        let lines = Self.master().statisticsText.split(separator: "\n").map(String.init)
        #expect(lines[0] == "VRRP Instance: A")
        let headings = lines.filter { $0.hasSuffix(":") }
        #expect(
            headings == [
                "  Advertisements:", "  Packet Errors:", "  Authentication Errors:", "  Authentication Extension Errors:",
                "  Priority Zero:",
            ])
        for line in lines.dropFirst() where !line.hasSuffix(":") {
            let words = line.split(separator: ": ")
            #expect(words.count == 2 && Int(words[1]) != nil, "\(line)")
        }
    }
}
