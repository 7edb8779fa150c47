// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Support
import Testing

/// Random text made of what the language knows, and random changes of sensible text: reading ends, and nothing traps.
@Suite struct FuzzTests {
    private static let pieces = [
        "global_defs", "router_id", "script_user", "notify_fifo", "umask", "lvs_sync_daemon", "vrrp_version", "include a",
        "include {a,b,c}*", "includea /x", "vrrp_garp_interval", "smtp_server", "vrrp_iptables", "include_check", "$A", "${A}",
        "$A=", "$A=$A$B", "$B=${A}${A}", "$M= \\\n", "\\\n", "~SEQ(A,1,9)", "~SEQ(A,1,99999999)", "~SEQx(B,0x7fffffffffffffff)",
        "~SEQ(A,", "~LST(A,1,2)", "~LST({A,B},{1,2},{3,4})", "@main", "@^main", "@", "{", "}", "\"", "'", "\\", "#", "!", "\n", "\r\n",
        " ", "\t", "\u{0}", "${_ENV HOME}", "${_RANDOM 1 99}", "${_HASH}", "${_PWD}", "0x10", "-1", "99999999999999999999", "1.5",
        "300.0000001", "10.0.0.1/24", "::1", "\u{fe}", "net_namespace", "child_wait_time", "notification_email {",
    ]

    @Test(arguments: 0..<8)
    func randomTextEndsWithoutATrap(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<25 {
            var text = ""
            for _ in 0..<Int.random(in: 1...60, using: &generator) {
                text += Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &generator)]
                if Bool.random(using: &generator) { text += " " }
            }
            read(text)
        }
    }

    @Test(arguments: 0..<8)
    func damagedFilesEndWithoutATrap(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed &+ 1000)
        for _ in 0..<25 {
            var bytes = Array(sample.utf8)
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(contentsOf: Array("{}\"$\\\n#@~'".utf8).shuffled(using: &generator).prefix(2), at: place)
                }
            }
            read(String(decoding: bytes, as: UTF8.self))
        }
    }

    private func read(_ text: String) {
        let files = ["/etc/keepalived/keepalived.conf": text, "/etc/keepalived/a": "include a\nb", "/x": "y {"]
        var options = SourceOptions()
        options.id = "main"
        options.limits.lines = 200
        options.limits.bytes = 1 << 16
        var found: [Diagnostic] = []
        let source = Source("keepalived.conf", in: FileSystem(files: files), options, &found)
        var frozen: [UInt8] = []
        var reader = Reader(surroundings: Surroundings(), source: source) { frozen += $0 }
        var settings = GlobalSettings()
        reader.readRoot(by: table, into: &settings)
        reader.finishFreezing()
        let findings = Findings(reader.diagnostics, files: reader.files)
        var report = TextReport(findings, fileSystem: FileSystem(files: files))
        #expect(findings.json.utf8.count > 0)
        if findings.diagnostics.count < 200 { #expect(report.text().utf8.count >= findings.diagnostics.count) }
        _ = Formatter.format(Array(text.utf8))
        replay(frozen, settings)
    }

    /// What is replayed means what was read.
    private func replay(_ frozen: [UInt8], _ settings: GlobalSettings) {
        guard var items = FrozenItems(frozen) else {
            Issue.record("what was frozen cannot be replayed")
            return
        }
        var reader = Reader(surroundings: Surroundings())
        var again = GlobalSettings()
        reader.replay(&items, by: table, into: &again)
        #expect(again == settings)
    }

    private static let table = Table(GlobalSettings.rows)
    private var table: Table<GlobalSettings> { Self.table }

    private let sample = """
        $ID=edge
        global_defs {
            router_id ${ID}1   # who we are
            script_user nobody
            vrrp_garp_master_delay 3
            notification_email { a@example.org b@example.org }
            umask IRWXG|IRWXO
            max_auto_priority 20
            notify_fifo "/run/fifo" root
            vrrp_rx_bufs_policy MTU 4096
            lvs_sync_daemon eth0 inst VI_1 id 5
            @main vrrp_strict
        }
        ~SEQ(I,1,3) use_pid_dir
        $BLOCK= \\
        global_defs { \\
            vrrp_version 3 \\
        }
        $BLOCK
        include a
        """
}
