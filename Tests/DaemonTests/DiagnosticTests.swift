// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Testing

@testable import Daemon
@testable import fuzz

/// What is said of typical mistakes, in a configuration as a whole: which line, how grave, under which code.
@Suite struct DiagnosticTests {
    /// Text, then the findings it must yield, `line severity code` each; others may be there too.
    private static let mistakes: [(text: String, findings: [String])] = [
        ("global_defs {\n router_id a\n}\n}\n", ["4 error extra-brace"]),
        ("vrrp_instance A\n interface eth0\n}\n", ["1 error missing-brace"]),
        ("{\n a\n}\n", ["1 error unexpected-brace"]),
        ("global_defs {\n {\n x\n }\n}\n", ["2 error unexpected-brace"]),
        ("global_defs {\n router_id a\n", ["1 error unclosed-block"]),
        ("vrrp_instnace A {\n interface eth0\n}\nglobal_defs {\n routr_id a\n}\n", ["1 error unknown-keyword", "5 error unknown-keyword"]),
        ("vrrp_script s {\n script \"/bin/true\n}\n", ["2 error unterminated-quote"]),
        ("\u{feff}global_defs {\n routr_id a\n}\n", ["1 error byte-order-mark", "2 error unknown-keyword"]),
        ("$A=1\n$A=$A$A\nrouter_id $A\n", ["3 error endless-substitution"]),
        ("~SEQ(A,1,9999999) ~SEQ(B,1,9999999) x\n", ["1 error too-much-expansion"]),
        ("virtual_server_group g {\n}\n", ["1 error bad-group"]),
        ("virtual_server_group g {\n 192.0.2.7-3 80\n}\n", ["2 error bad-group-entry"]),
        ("virtual_server_group g {\n 192.0.2.7 80\n}\nvirtual_server_group g {\n 192.0.2.8 80\n}\n", ["4 warning duplicate-group"]),
        (service("group nobody"), ["1 hint unknown-group"]),
        (service("192.0.2.1 80") + service("192.0.2.1 80"), ["8 hint duplicate-virtual-server"]),
        (service("192.0.2.1 80", "alpha"), ["1 hint alpha-without-check"]),
        (
            service("192.0.2.1 80", "delay_loop 2", server: "TCP_CHECK {\nconnect_timeout 9\n}"),
            ["6 hint timeout-above-interval"]
        ),
        (service("192.0.2.1 80", server: "MISC_CHECK {\nmisc_path missing\n}"), ["8 hint check-removed"]),
        (service("fwmark 3", server: "TCP_CHECK {\n}"), ["6 hint check-without-port"]),
        (
            service("192.0.2.1 80", "lb_kind TUN type gre remcsum").replacing("lb_kind NAT", with: ""),
            ["2 warning tunnel-checksum"]
        ),
        ("vrrp_script s {\n script \"/bin/true\"\n}\n", ["2 warning script-security-off"]),
        ("vrrp_script s {\n script \"/tmp/x\"\n}\n", ["2 warning script-insecure"]),
        ("vrrp_script s {\n script \"true\"\n}\n", ["2 hint script-without-path"]),
        ("global_defs {\n enable_script_security\n}\nvrrp_script s {\n script \"/bin/true\"\n}\n", ["5 error no-script-user"]),
        ("global_defs {\n smtp_server nowhere.example\n}\n", ["2 error unknown-host"]),
        ("global_defs {\n vrrp_mcast_group4 192.0.2.1\n}\n", ["2 error not-multicast"]),
        ("static_routes {\n blackhole 192.0.2.0/24\n}\n", ["2 hint route-not-tracked"]),
        ("static_routes {\n 192.0.2.0/24 no_track\n}\n", ["2 hint route-without-way"]),
        ("$M= \\\nglobal_defs { \\\n routr_id a \\\n}\n\n$M\n", ["3 error unknown-keyword"]),
        (
            "vrrp_instance A {\n interface eth0\n virtual_router_id 7\n unicast_peer {\n 192.0.2.8\n }\n virtual_ipaddress {\n 192.0.2.9\n }\n}\n"
                + "vrrp_instance B {\n interface eth0\n virtual_router_id 8\n unicast_peer {\n 192.0.2.8\n 192.0.2.7\n }\n}\n",
            ["16 hint asymmetric-peers"]
        ),
    ]

    private static func service(_ target: String, _ lines: String = "", server: String = "") -> String {
        "virtual_server \(target) {\n\(lines)\nlb_kind NAT\nlb_algo rr\nreal_server 192.0.2.2 {\n\(server)\n}\n}\n"
            .replacing("real_server 192.0.2.2 {\n\n}", with: "real_server 192.0.2.2 80 {\n}")
    }

    @Test(arguments: mistakes)
    func isFound(_ mistake: (text: String, findings: [String])) {
        let found = Trial(Array(mistake.text.utf8)).reading.findings.diagnostics.map {
            "\($0.position?.line ?? 0) \($0.severity) \($0.code)"
        }
        for finding in mistake.findings { #expect(found.contains(finding), "\(mistake.text): \(found)") }
    }

    @Test("a missing '}' is looked for where the indentation points to")
    func missingBrace() {
        let text = """
            vrrp_instance A {
                authentication {
                    auth_type PASS

                virtual_ipaddress {
                    192.0.2.9
                }
            }
            global_defs {
            }
            """
        let diagnostics = Trial(Array(text.utf8)).reading.findings.diagnostics
        #expect(diagnostics.first { $0.code == "unclosed-block" }?.position?.line == 2)
        let lost = diagnostics.first { $0.position?.line == 5 }
        #expect(lost?.help == "'virtual_ipaddress' belongs in 'vrrp_instance': is a '}' missing before it?")
    }

    @Test("a script that others could change: which part of its path, and what to do")
    func insecureScript() {
        let found = Trial(Array("vrrp_script s {\n script \"/tmp/x\"\n}\n".utf8)).reading.findings.diagnostics
        let finding = found.first { $0.code == "script-insecure" }
        #expect(finding?.message.contains("'/tmp'") ?? false)
        #expect(finding?.help?.contains("chmod") ?? false)
    }

    @Test("a mistake in the lines of a definition is shown there, with the place of its use")
    func definition() {
        let text = Array("$M= \\\nglobal_defs { \\\n routr_id a \\\n}\n\n$M\n".utf8)
        var report = TextReport(Trial(text).reading.findings, fileSystem: InventedMachine.files(text))
        let said = report.text()
        #expect(said.contains("In the lines of 'M', used at /k/main.conf:6:\n/k/main.conf:3:2: error: 'routr_id'"), "\(said)")
        #expect(said.contains("    3 |  routr_id a \\\n      |  ^~~~~~~~\n"), "\(said)")
    }

    @Test("what is skipped in the lines of a definition is told at its use")
    func skippedDefinition() {
        let text = "$M= \\\n router_id a \\\n router_id b\n\nglobal_def {\n $M\n}\n"
        let finding = Trial(Array(text.utf8)).reading.findings.diagnostics.first { $0.code == "unknown-keyword" }
        #expect(finding?.notes.map(\.position.line) == [6, 7])
    }

    @Test("a mistake in a definition is one, however often a sequence uses it")
    func repeatedDefinition() {
        let text = "$M= \\\nglobal_defs { \\\n routr_id a \\\n}\n\n~SEQ(N,1,50) $M\n$M\n"
        let found = Trial(Array(text.utf8)).reading.findings.diagnostics.filter { $0.code == "unknown-keyword" }
        #expect(found.count == 2)
    }

    @Test("random_seed makes random numbers the same each time, which upstream only says")
    func seed() {
        func router(_ seed: String) -> String? {
            Trial(Array("global_defs {\n\(seed)\n router_id r${_RANDOM 1 1000000000}\n}\n".utf8)).reading.configuration.globals.routerID
        }
        #expect(router("random_seed 7") == router("random_seed 7"))
        #expect(router("random_seed 7") != router("random_seed 8"))
        #expect(router("random_seed 7") != router(""))
    }

    @Test("a word as long as a file is not said in full")
    func longWord() {
        let text = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
        let found = Trial(text).reading.findings.diagnostics
        #expect(found.count == 1)
        #expect((found.first?.message.utf8.count ?? .max) < 500)
    }
}
