// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Config
import VRRP

/// What a configuration text comes to on an invented machine.
struct Reading {
    var draft = VRRPDraft()
    var globals = GlobalSettings()
    var settings = VRRPSettings()
    var diagnostics: [Diagnostic] = []

    private struct Whole {
        var globals = GlobalSettings()
        var vrrp = VRRPDraft()
    }

    private static let table = Table(
        GlobalSettings.rows.lifted(to: \Whole.globals) + VRRPDraft.rows.lifted(to: \Whole.vrrp)
    )

    init(_ text: String, sessions: [String: TrackedSession] = [:], _ change: (inout Surroundings) -> Void = { _ in }) {
        var surroundings = Surroundings.invented
        change(&surroundings)
        var reader = Reader(surroundings: surroundings, text: text)
        var whole = Whole()
        reader.readRoot(by: Self.table, into: &whole)
        settings = whole.vrrp.settled(with: whole.globals, sessions: sessions, &reader)
        draft = whole.vrrp
        globals = whole.globals
        diagnostics = reader.diagnostics
    }

    /// `line severity code` of each finding, in the order they were made.
    var findings: [String] {
        diagnostics.map { "\($0.position?.line ?? 0) \($0.severity) \($0.code)" }
    }

    /// The findings that decide a verdict.
    var faults: [String] { findings.filter { !$0.contains(" hint ") } }

    func finding(_ code: String) -> Diagnostic? { diagnostics.first { $0.code == code } }

    /// The only router; a fresh one if there is none, so that comparisons fail instead of trapping.
    var router: RouterSettings { settings.routers.first ?? RouterSettings(name: "missing") }

    /// One router with VRID 51 on eth0 that holds 192.0.2.100, and more lines in its block.
    static func router(_ lines: String, before: String = "", sessions: [String: TrackedSession] = [:]) -> Reading {
        Reading(
            "\(before)vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n  192.0.2.100/24\n }\n\(lines)\n}\n",
            sessions: sessions
        )
    }

    /// The same without an address of its own.
    static func bare(_ lines: String, before: String = "", _ change: (inout Surroundings) -> Void = { _ in }) -> Reading
    {
        Reading("\(before)vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n\(lines)\n}\n", change)
    }
}

extension Surroundings {
    /// Interfaces eth0, eth1 and lo, users root and nobody, and any script is fit to run.
    static var invented: Surroundings {
        var surroundings = Surroundings()
        surroundings.interfaceIndex = { ["lo": 1, "eth0": 2, "eth1": 3][$0] }
        surroundings.interfaceMTU = { _ in 1500 }
        surroundings.interfaceAddresses = { name in
            switch name {
            case "eth0":
                [IPPrefix(.v4(0xc000_0201), length: 24), IPPrefix(.v6(high: 0xfe80 << 48, low: 1), length: 64)]
            case "eth1": [IPPrefix(.v4(0xc633_6401), length: 24)]
            default: []
            }
        }
        surroundings.user = { ["root": (0, 0), "nobody": (65534, 65534), "keepalived_script": (990, 990)][$0] }
        surroundings.group = { ["root": 0, "nogroup": 65534][$0] }
        surroundings.routingName = { table, name in table == "rt_tables" && name == "office" ? 100 : nil }
        surroundings.protocolNumber = { ["tcp": 6, "udp": 17][$0] }
        return surroundings
    }
}

func ip(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(0) }

func prefix(_ text: String) -> IPPrefix {
    let parts = text.split(separator: "/")
    return IPPrefix(ip(String(parts[0])), length: parts.count == 2 ? Int(parts[1]) ?? -1 : -1)
}
