// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Support
import Testing

/// A mistyped character in a configuration yields a finding on its line, or leaves the settings as they were.
@Suite struct TypoTests {
    private let lines = [
        "global_defs {", "    router_id edge1", "    vrrp_garp_master_delay 3", "    vrrp_garp_interval 0.001",
        "    max_auto_priority 20", "    vrrp_version 3", "    vrrp_mcast_group4 224.0.0.18", "    enable_traps",
        "    vrrp_strict off", "    vrrp_priority -5", "    umask 022", "    lvs_flush_on_stop VS", "    json_version 2",
        "    dynamic_interfaces allow_if_changes", "    vrrp_rx_bufs_policy MTU", "}", "use_pid_dir", "child_wait_time 7",
    ]
    private static let table = Table(GlobalSettings.rows)

    @Test(arguments: 0..<200)
    func aTypoInAKeywordIsFound(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let line = Int.random(in: 0..<lines.count, using: &generator)
        guard let word = lines[line].split(separator: " ").first, word != "}" else { return }
        var typed = Array(word.utf8)
        let place = Int.random(in: 0..<typed.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: typed[place] = UInt8(ascii: "q")
        case 1: typed.remove(at: place)
        case 2: typed.insert(UInt8(ascii: "z"), at: place)
        default: typed.swapAt(place, (place + 1) % typed.count)
        }
        guard typed != Array(word.utf8) else { return }
        var changed = lines
        changed[line] = String(decoding: typed, as: UTF8.self) + lines[line].trimmingPrefix { $0 == " " }.dropFirst(word.count)
        let before = read(lines)
        let after = read(changed)
        #expect(before.found.isEmpty)
        #expect(
            after.found.contains { $0.position?.line == line + 1 && $0.severity == .error } || after.settings == before.settings,
            "seed \(seed): \(changed[line])"
        )
        let known = after.found.first?.help?.contains("'\(word)'") ?? false
        #expect(known || typed.count < 3 || after.settings == before.settings, "seed \(seed): \(changed[line]) \(after.found)")
    }

    private func read(_ lines: [String]) -> (settings: GlobalSettings, found: [Diagnostic]) {
        var reader = Reader(surroundings: Surroundings(), text: lines.joined(separator: "\n"))
        var settings = GlobalSettings()
        reader.readRoot(by: Self.table, into: &settings)
        return (settings, reader.diagnostics)
    }
}
