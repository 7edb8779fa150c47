// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Health
import Testing

@Suite struct LanguageTests {
    private struct Result {
        var settings: HealthSettings
        /// `line code` of warnings and errors, and hints in parentheses.
        var findings: [String]

        var first: VirtualServerSettings { settings.virtualServers[0].value }
    }

    private func read(_ text: String, global: GlobalSettings = GlobalSettings()) -> Result {
        var surroundings = Surroundings()
        surroundings.user = { $0 == "nobody" ? (65534, 65534) : nil }
        surroundings.script = { path, _, _ in path.hasPrefix("/missing") ? .missing : .usable(path: path) }
        var reader = Reader(surroundings: surroundings, text: text)
        var draft = HealthDraft()
        reader.readRoot(by: Table(HealthDraft.rows), into: &draft)
        var global = global
        global.scripts.user = .identity(ScriptIdentity(user: 7, group: 7))
        let settings = draft.settle(
            with: global, files: ["F": CheckFileFacts(path: "/f", weight: 3, isReversed: true)], sessions: ["B"],
            &reader
        )
        let findings = reader.diagnostics.map { found in
            let text = "\(found.position?.line ?? 0) \(found.code)"
            return found.severity == .hint ? "(\(text))" : text
        }
        return Result(settings: settings, findings: findings)
    }

    private func service(_ lines: String, kind: String = "DR", protocol word: String = "TCP") -> String {
        "virtual_server 10.1.0.1 80 {\nlb_algo rr\nlb_kind \(kind)\nprotocol \(word)\n\(lines)\n}\n"
    }

    private func server(_ lines: String) -> String { service("real_server 10.0.0.1 80 {\n\(lines)\n}") }

    @Test func everyLevelInherits() {
        let result = read(
            """
            virtual_server 10.1.0.1 80 {
              delay_loop 7
              retry 4
              connect_timeout 2.5
              alpha
              weight 9
              virtualhost vs.example
              lb_algo wlc
              lb_kind NAT
              protocol TCP
              real_server 10.0.0.1 8080 {
                retry 5
                TCP_CHECK {
                  retry 6
                }
                HTTP_GET {
                  connect_timeout 1
                  url {
                    path /
                  }
                }
              }
              inhibit_on_failure
            }
            """
        )
        #expect(result.findings.isEmpty)
        let server = result.first.servers[0]
        #expect(server.key == ServerKey(address("10.0.0.1"), port: 8080))
        #expect(server.weight == 9 && server.inhibitsOnFailure, "keywords behind the real server count too")
        let (tcp, http) = (server.checks[0], server.checks[1])
        #expect(tcp.timing.retries == 6 && http.timing.retries == 5)
        #expect(tcp.timing.delayLoop == .seconds(7) && tcp.timing.warmup == .seconds(7))
        #expect(tcp.timing.delayBeforeRetry == .seconds(1) && http.timing.delayBeforeRetry == .seconds(3))
        #expect(tcp.connection.timeout == .milliseconds(2500) && http.connection.timeout == .seconds(1))
        #expect(tcp.alpha)
        guard case .http(let settings) = http.kind else { return }
        #expect(settings.virtualHost == "vs.example")
    }

    @Test func checkersHaveTheirOwnDefaults() {
        let checks = read(
            server(
                "DNS_CHECK {\n}\nMISC_CHECK {\nmisc_path \"/bin/c a 'b'\"\nuser nobody\n}\nSMTP_CHECK {\n}\nUDP_CHECK {\n}\nPING_CHECK {\n}"
            )
        ).first.servers[0].checks
        #expect(checks.map(\.timing.retries) == [3, 0, 1, 1, 1])
        #expect(checks.map(\.timing.delayBeforeRetry.seconds) == [60, 1, 1, 1, 1])
        guard case .misc(let misc) = checks[1].kind else { return }
        #expect(misc.script.identity.user == 65534 && misc.timeout == .seconds(60))
    }

    @Test func equalCheckersAreKeptOnce() {
        let servers = (1...9).map { "real_server 10.0.0.\($0) 80 {\nTCP_CHECK {\nretry 2\n}\n}" }.joined(
            separator: "\n")
        let found = read(service(servers)).first.servers
        let places = Set(found.map { $0.checks.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } })
        #expect(found.count == 9 && places.count == 1)
        #expect(MemoryLayout<RealServerSettings>.stride <= 64)
        #expect(MemoryLayout<CheckState>.stride <= 32)
    }

    /// Each case was run through keepalived 2.2.7 -t: what it reports, we report, on the line it means.
    @Test(arguments: [
        ("real_server 10.0.0.1 80 {\n}\nreal_server 10.0.0.1 80 {\n}", ["7 duplicate-server"]),
        ("hysteresis 1\nreal_server 10.0.0.1 80 {\n}", ["1 hysteresis-too-high"]),
        ("quorum 3\nreal_server 10.0.0.1 80 {\n}", ["1 quorum-too-high"]),
        ("ops\nreal_server 10.0.0.1 80 {\n}", ["1 one-packet"]),
        ("sh-port\nhashed\nflag-1\nreal_server 10.0.0.1 80 {\n}", ["5 scheduler-flag", "6 scheduler-flag"]),
        (
            "sorry_server_inhibit\nsorry_server_lvs_method NAT\nreal_server 10.0.0.1 80 {\n}",
            ["5 no-sorry-server", "6 no-sorry-server"]
        ),
        ("real_server fe80::1 80 {\n}", ["6 family-mismatch", "7 no-real-servers"]),
        ("lb_kind TUN type gue\nreal_server 10.0.0.1 80 {\n}", ["5 tunnel-port"]),
        ("real_server 10.0.0.1 80 {\nlvs_method FOO\n}", ["6 unknown-value"]),
        ("real_server 10.0.0.1 8080 {\n}", ["5 port-mismatch"]),
        ("sorry_server 10.0.0.9 81\nreal_server 10.0.0.1 {\n}", ["5 port-mismatch"]),
        ("real_server 10.0.0.3 99999 {\n}\nreal_server 10.0.0.1 80 {\n}", ["5 out-of-range"]),
        ("persistence_timeout 0\nreal_server 10.0.0.1 80 {\n}", ["5 out-of-range"]),
        ("persistence_granularity 64\nreal_server 10.0.0.1 80 {\n}", ["5 bad-granularity"]),
        ("alpha\nreal_server 10.0.0.1 80 {\n}", ["(1 alpha-without-check)"]),
        ("sh-port", ["5 scheduler-flag", "6 no-real-servers"]),
        (
            "real_server 10.0.0.1 80 {\nretry 0\ndelay_loop 0\nweight -1\n}",
            ["6 out-of-range", "7 out-of-range", "8 out-of-range"]
        ),
    ]) func findingsOfVirtualServers(lines: String, findings: [String]) {
        #expect(read(service(lines)).findings == findings)
    }

    @Test(arguments: [
        ("HTTP_GET {\n}", ["7 no-urls"]),
        ("HTTP_GET {\nurl {\ndigest 00\n}\n}", ["8 bad-digest", "9 no-path", "10 no-urls"]),
        ("TCP_CHECK {\nbindto fe80::1\n}", ["6 bind-family"]),
        ("TCP_CHECK {\nconnect_ip fe80::2\n}", ["8 link-local-without-interface"]),
        (
            "UDP_CHECK {\npayload 01zz\nrequire_reply 0x\nmin_reply_length 9\nmax_reply_length 4\n}",
            ["7 not-hex", "6 reply-length"]
        ),
        ("DNS_CHECK {\ntype XX\nname a..b\n}", ["7 unknown-value", "8 bad-domain"]),
        ("MISC_CHECK {\n}", ["7 missing-script"]),
        ("MISC_CHECK {\nmisc_path /missing/x\n}", ["(7 script-missing)", "(8 check-removed)"]),
        ("FILE_CHECK {\ntrack_file none\n}", ["7 unknown-track-file"]),
        ("FILE_CHECK {\n}", ["7 missing-track-file"]),
        ("BFD_CHECK {\nname none\n}", ["7 unknown-bfd-instance"]),
        ("BFD_CHECK {\nname B\n}", []),
        ("SMTP_CHECK {\nhelo_name a\nhelo_name b\n}", ["8 duplicate"]),
        ("SMTP_CHECK {\nhost {\nconnect_ip 10.0.0.7\n}\n}", []),
        (
            "HTTP_GET {\nnb_get_retry 3\nurl {\npath /\nstatus_code 200 700 2x 300-200\n}\n}",
            ["7 deprecated", "10 bad-status-code", "10 bad-status-code", "10 bad-status-code"]
        ),
        ("notify_up /bin/a\nnotify_up /bin/b", ["7 duplicate"]),
    ]) func findingsOfRealServers(lines: String, findings: [String]) {
        #expect(read(server(lines)).findings == findings)
    }

    @Test func whatIsMissingIsFilledIn() {
        let result = read("virtual_server 10.1.0.1 {\nreal_server 10.0.0.1 {\n}\n}")
        #expect(
            result.findings == ["1 protocol-missing", "1 scheduler-missing", "1 forwarding-missing", "1 port-missing"])
        #expect(result.first.name == "[10.1.0.1]:udp:0" && result.first.persistence?.timeout == 360)
    }

    @Test func anEntryWithoutAPortMakesAGroupPersistent() {
        let result = read(
            """
            virtual_server_group G {
              10.2.0.1 80
              10.2.0.2
            }
            virtual_server group G {
              lb_algo rr
              lb_kind NAT
              protocol TCP
              real_server 10.0.0.1 {
              }
            }
            """
        )
        #expect(result.findings == ["5 port-missing"])
        #expect(result.first.persistence?.timeout == 360)
    }

    @Test func marksHaveNeitherPortsNorProtocol() {
        let result = read(
            "virtual_server fwmark 3 {\nlb_algo rr\nlb_kind DR\nprotocol TCP\nha_suspend\nsorry_server 10.0.0.9 5\nreal_server 10.0.0.1 80 {\n}\n}"
        )
        #expect(result.findings == ["1 protocol-ignored", "7 port-ignored", "6 port-ignored", "1 ha-suspend"])
        #expect(result.first.services == [.mark(3, .ipv4)])
        #expect(result.first.name(of: result.first.servers[0].key) == "[10.0.0.1]:none:0")
    }

    @Test func groupsHoldAddressesRangesNetworksAndMarks() {
        let result = read(
            """
            virtual_server group G {
              lb_algo rr
              lb_kind NAT
              protocol UDP
              real_server 10.0.0.1 {
              }
            }
            virtual_server group G {
              lb_algo rr
              lb_kind NAT
              protocol TCP
              real_server 10.0.0.1 {
              }
            }
            virtual_server_group G {
              10.2.0.1-3 80
              10.2.1.0/31 81
              10.2.0.3-10.2.0.4 80
              fwmark 9
              10.2.0.1/24
              10.2.0.1-300 80
              10.2.0.5-3 80
              fwmark x
            }
            virtual_server group missing {
              lb_algo rr
              lb_kind NAT
              protocol UDP
              real_server 10.0.0.1 80 {
              }
            }
            virtual_server_group E {
            }
            """
        )
        #expect(
            result.findings == [
                "20 bad-group-entry", "21 bad-group-entry", "22 bad-group-entry", "23 not-a-number", "32 bad-group",
                "(25 unknown-group)",
            ]
        )
        #expect(result.settings.virtualServers.map(\.name) == ["[G]:0", "[G]:1"])
        #expect(
            result.first.services == ["10.2.0.1", "10.2.0.2", "10.2.0.3"].map { .address(address($0), port: 80, .udp) }
                + ["10.2.1.0", "10.2.1.1"].map { .address(address($0), port: 81, .udp) }
                + [.address(address("10.2.0.4"), port: 80, .udp), .mark(9, .ipv4)]
        )
        #expect(read("virtual_server_group D {\n10.2.0.1 80\n2001:db8::1 80\nfwmark 7\n}").findings == ["1 bad-group"])
        #expect(read("virtual_server_group D {\n2001:db8::8-1f 80\n2001:db8::/126\n}").findings.isEmpty)
    }

    @Test func mailAndLoggingFollowTheGlobals() {
        let plain = read(server("TCP_CHECK {\n}"))
        #expect(!plain.first.sendsMail && plain.first.servers[0].sendsMail)
        var global = GlobalSettings()
        global.mail.alerts = true
        global.mail.alertsChecker = false
        global.lvs.logsAllFailures = true
        let quiet = read(server("TCP_CHECK {\n}"), global: global)
        #expect(
            !quiet.first.sendsMail && !quiet.first.servers[0].sendsMail
                && quiet.first.servers[0].checks[0].logsAllFailures)
        #expect(read(server("smtp_alert on"), global: global).first.servers[0].sendsMail)
    }

    @Test func filesLendTheirWeight() {
        func file(_ text: String) -> FileCheckSettings? {
            let check = read(server("FILE_CHECK {\ntrack_file F\n\(text)\n}")).first.servers[0].checks.first
            guard case .file(let file)? = check?.kind else { return nil }
            return file
        }
        #expect(file("") == FileCheckSettings(name: "F", weight: 3, isReversed: true))
        #expect(file("weight -5 noreverse") == FileCheckSettings(name: "F", weight: -5, isReversed: false))
    }
}
