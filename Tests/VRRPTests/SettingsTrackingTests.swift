// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import Testing
import VRRP

@Suite struct SettingsTrackingTests {
    private static let definitions = """
        vrrp_script chk {
         script "/usr/bin/check -a 'b c'"
         interval 2.5
         timeout 1
         weight -20 reverse
         rise 2
         fall 3
         user nobody nogroup
         init_fail
        }
        vrrp_track_process web {
         process /usr/bin/nginx -g daemon
         param_match initial
         weight 5
         quorum 2
         quorum_max 9
         delay 0.5
         fork_delay 1
        }
        track_file load {
         file /run/load
         weight 3 reverse
         init_file 7 overwrite
        }

        """

    @Test func `scripts, processes and files are defined`() {
        let reading = Reading.router(
            "track_script {\n chk\n}\ntrack_process {\n web\n}\ntrack_file {\n load\n}", before: Self.definitions
        )
        #expect(reading.faults.isEmpty)
        let script = reading.settings.scripts.first
        #expect(script?.command.path == "/usr/bin/check")
        #expect(script?.command.identity == ScriptIdentity(user: 65534, group: 65534))
        #expect(script?.interval == .milliseconds(2500))
        #expect(script?.timeout == .seconds(1))
        #expect(script?.weight == -20)
        #expect(script?.isReversed == true)
        #expect(script?.rise == 2)
        #expect(script?.fall == 3)
        #expect(script?.startsAsFailed == true)
        var process = TrackProcessSettings(name: "web")
        process.program = "/usr/bin/nginx"
        process.parameters = ["-g", "daemon"]
        process.parameterMatch = .initial
        process.matchesCommandLine = true
        process.weight = 5
        process.quorum = 2
        process.quorumMaximum = 9
        process.terminateDelay = .milliseconds(500)
        process.forkDelay = .seconds(1)
        #expect(reading.settings.trackProcesses == [process])
        var file = TrackFileSettings(name: "load")
        file.path = "/run/load"
        file.weight = 3
        file.isReversed = true
        file.initialValue = 7
        file.overwrites = true
        #expect(reading.settings.trackFiles == [file])
        #expect(
            reading.router.trackers == [
                Tracker(.script("chk"), weight: -20, isReversed: true), Tracker(.process("web"), weight: 5),
                Tracker(.file("load"), weight: 3, isReversed: true),
            ]
        )
    }

    @Test func `a line's own weight counts before that of the definition`() {
        let reading = Reading.router(
            "track_script {\n chk weight 10 noreverse\n}\ntrack_interface {\n eth1 weight -30 reverse\n}\ntrack_bfd {\n hop\n}",
            before: Self.definitions, sessions: ["hop": TrackedSession(neighbor: ip("192.0.2.1"), weight: OwnWeight(weight: 9))]
        )
        #expect(reading.faults.isEmpty)
        #expect(
            reading.router.trackers == [
                Tracker(.script("chk"), weight: 10), Tracker(.interface("eth1"), weight: -30, isReversed: true),
                Tracker(.bfd("hop"), weight: 9),
            ]
        )
    }

    @Test func `the timeout of a script is its interval unless said`() {
        let reading = Reading.router(
            "track_script {\n s\n}", before: "vrrp_script s {\n script /bin/true\n interval 7\n}\n")
        #expect(reading.settings.scripts.first?.timeout == .seconds(7))
    }

    @Test func `quorum_max 0 means that the program must not run`() {
        let reading = Reading.router(
            "track_process {\n p\n}", before: "vrrp_track_process p {\n process p\n quorum_max 0\n}\n")
        #expect(reading.settings.trackProcesses.first?.quorum == 0)
        #expect(reading.settings.trackProcesses.first?.quorumMaximum == 0)
    }

    @Test func `what nobody tracks is left out`() {
        let reading = Reading.router("", before: Self.definitions)
        #expect(reading.settings.scripts.isEmpty)
        #expect(reading.settings.trackFiles.isEmpty)
        #expect(reading.settings.trackProcesses.isEmpty)
    }

    @Test(arguments: [
        ("eth1 weight 254", "out-of-range", 253), ("eth1 weight -254", "out-of-range", -253),
        ("eth1 weight 300", "out-of-range", 0),
        ("eth1 weight", "missing-value", 0), ("eth1 foo", "unknown-option", 0), ("eth1 weight x", "not-a-number", 0),
    ]) func `a bad weight is reported`(line: String, code: String, weight: Int) {
        let reading = Reading.router("track_interface {\n \(line)\n}")
        #expect(reading.faults.count == 1)
        #expect(reading.finding(code)?.position?.line == 8)
        #expect(reading.router.trackers == [Tracker(.interface("eth1"), weight: weight)])
    }

    @Test(arguments: [
        ("vrrp_script", "script /bin/true\nweight 300", "out-of-range"),
        ("vrrp_script", "script /bin/true\nrise 0", "out-of-range"),
        ("vrrp_script", "script /bin/true\nweight 5 revers", "unknown-option"),
        ("vrrp_track_process", "process p\nweight 5\nweight 6", "duplicate"),
        ("vrrp_track_process", "process p\nquorum 5\nquorum_max 3", "quorum-above-maximum"),
        ("vrrp_track_process", "process p\ndelay 4000", "out-of-range"),
        ("vrrp_track_process", "process p\nparam_match foo", "unknown-value"),
        ("track_file", "file /run/x\nweight 5\nweight 6", "duplicate"),
        ("vrrp_track_file", "file /run/x\ninit_file 300", "out-of-range"),
    ]) func `bad definitions are reported`(block: String, lines: String, code: String) {
        let reading = Reading("\(block) x {\n\(lines)\n}\n")
        #expect(reading.faults.count == 1)
        #expect(reading.finding(code) != nil)
    }

    @Test func `names of blocks are one word and unique, and a bad block is skipped whole`() {
        let reading = Reading(
            """
            vrrp_instance A B {
             nonsense 1
            }
            vrrp_sync_group {
             group { A
             }
            }
            track_file f { file /run/f
            }
            vrrp_track_file f { file /run/f
            }
            vrrp_script {
             script /bin/true
            }
            """
        )
        #expect(
            reading.faults == [
                "1 error needs-one-name", "4 error needs-one-name", "10 error duplicate", "12 error needs-one-name",
            ])
        #expect(reading.diagnostics.map(\.consequence).contains(.missingParameter))
    }

    @Test func `sync groups collect routers, trackers and scripts`() {
        let routers = ["A", "B"].enumerated().map {
            "vrrp_instance \($1) {\n interface eth0\n virtual_router_id \($0 + 1)\n virtual_ipaddress { 192.0.2.\($0 + 10)\n }\n}\n"
        }.joined()
        let reading = Reading(
            routers
                + "vrrp_sync_group G {\n group {\n A B\n }\n track_interface {\n eth1 weight 5\n }\n notify_master /bin/true\n notify_priority_changes\n smtp_alert\n sync_group_tracking_weight\n}\n"
        )
        #expect(reading.faults.isEmpty)
        let group = reading.settings.syncGroups.first
        #expect(group?.routers == ["A", "B"])
        #expect(group?.trackers == [Tracker(.interface("eth1"), weight: 5)])
        #expect(group?.notify.master?.path == "/bin/true")
        #expect(group?.notify.sendsMail == true)
        #expect(group?.allowsDifferentWeights == true)
        #expect(reading.settings.routers.map(\.syncGroup) == ["G", "G"])
        #expect(reading.settings.routers.map(\.notify.reportsPriority) == [true, true])
    }

    @Test("A member's own trackers with a weight, as 2.2.7 keeps them", arguments: [
        ("track_interface {\n eth1 weight 4\n}", Tracker(.interface("eth1"), weight: 4)),
        ("track_file {\n one\n}", Tracker(.file("one"))),
        ("track_file {\n one weight 2\n}", nil),
        ("track_file {\n load\n}", nil),
        ("track_script {\n chk weight 0 noreverse\n}", Tracker(.script("chk"))),
        ("track_script {\n chk weight 5\n}", nil),
        ("track_process {\n web\n}", Tracker(.process("web"), weight: 5)),
        ("track_bfd {\n s weight 5\n}", nil),
    ] as [(String, Tracker?)])
    func weightsInGroup(line: String, kept: Tracker?) {
        let member = "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 192.0.2.10\n }\n\(line)\n}\n"
        let other = "vrrp_instance B {\n interface eth0\n virtual_router_id 2\n virtual_ipaddress {\n 192.0.2.11\n }\n}\n"
        let definitions = Self.definitions + "track_file one {\n file /run/one\n}\n"
        let text = definitions + member + other + "vrrp_sync_group G {\n group {\n A B\n }\n}\n"
        let reading = Reading(text, sessions: ["s": TrackedSession(neighbor: ip("192.0.2.1"), weight: OwnWeight(weight: 0))])
        #expect(reading.router.trackers == (kept.map { [$0] } ?? []))
    }

    @Test func `interface lists and announcement groups are read`() {
        let reading = Reading(
            """
            garp_group {
             garp_interval 0.5
             interfaces { eth0 eth1
             }
            }
            linkbeat_interfaces {
             eth0
             eth1 MII
            }
            interface_up_down_delays {
             eth0 1.5 2
             eth1 3
            }
            """
        )
        #expect(reading.findings.isEmpty)
        #expect(reading.settings.garpGroups.map(\.interfaces) == [["eth0", "eth1"]])
        #expect(reading.settings.garpGroups.first?.garpInterval == .milliseconds(500))
        #expect(reading.settings.linkPolling == ["eth0": .automatic, "eth1": .mii])
        var first = LinkDelays()
        first.down = .milliseconds(1500)
        first.up = .seconds(2)
        var second = LinkDelays()
        second.down = .seconds(3)
        #expect(reading.settings.linkDelays == ["eth0": first, "eth1": second])
    }

    @Test func `static entries follow track groups`() {
        let reading = Reading(
            """
            track_group T {
             group { VI_1
             }
            }
            static_ipaddress {
             10.0.0.1/24 dev eth0 track_group T
            }
            static_routes {
             10.9.0.0/16 dev eth0 track_group T
            }
            static_rules {
             iif eth0 table 5 preference 1 track_group T
            }
            vrrp_instance VI_1 {
             interface eth0
             virtual_router_id 1
             virtual_ipaddress { 192.0.2.9
             }
            }
            """
        )
        #expect(reading.findings.isEmpty)
        #expect(reading.settings.trackGroups.first?.routers == ["VI_1"])
        #expect(reading.settings.staticAddresses.first?.trackGroup == "T")
        #expect(reading.settings.staticRoutes.first?.trackGroup == "T")
        #expect(reading.settings.staticRules.first?.trackGroup == "T")
    }
}

/// `track_group`: routers that follow static entries.
@Suite struct TrackGroupTests {
    @Test func `the routers of a group require the interfaces of its static entries`() {
        let reading = Reading(
            """
            track_group G {
             group {
              A
              C
             }
            }
            static_ipaddress {
             198.51.100.9/32 dev eth1 track_group G
            }
            static_routes {
             203.0.113.0/24 via 192.0.2.9 dev lo track_group G
            }
            static_rules {
             from 203.0.113.0/24 table 7 iif eth0 preference 9
            }
            vrrp_instance A {
             interface eth0
             virtual_router_id 1
            }
            vrrp_instance B {
             interface eth0
             virtual_router_id 2
            }
            vrrp_instance C {
             interface eth1
             virtual_router_id 3
            }
            """)
        #expect(
            reading.settings.routers.map(\.requiredInterfaces) == [["eth0", "eth1", "lo"], ["eth0"], ["eth1", "lo"]],
            "\(reading.findings)")
    }
}
