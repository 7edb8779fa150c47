// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Foundation
import Glibc
import Health
import Linux
import Testing

import Daemon

/// Needs a kernel with IPVS: run by `scripts/with-ipvs`.
private let hasIPVS = ProcessInfo.processInfo.environment["KEEPALIVED_WITH_IPVS"] != nil

/// The checkers over a real kernel, with a loop that the test turns.
private final class Rig {
    let loop: EventLoop
    let processes: ChildProcesses
    private(set) var checkers: Checkers?
    private(set) var log: [String] = []
    private(set) var reports: [String] = []

    init() throws {
        Signal.brokenPipe.ignore()
        loop = try EventLoop()
        processes = ChildProcesses(loop: loop)
        checkers = Checkers(
            loop: loop, processes: processes, launcher: ScriptLauncher(origin: SchedulingOrigin()),
            outlets: Checkers.Outlets(
                log: { [unowned self] in log.append($0) }, run: { _, _ in },
                report: { [unowned self] in reports.append($0.line) }, mail: { _ in }
            )
        )
    }

    func start(_ text: String) throws {
        checkers?.start(try settings(text), at: Instant.now)
        turn(.milliseconds(300))
    }

    func reload(_ text: String) throws {
        checkers?.reload(try settings(text), at: Instant.now)
        turn(.milliseconds(300))
    }

    func stop() {
        var isDone = false
        checkers?.stop(keepsTable: false) { isDone = true }
        wait(.seconds(10)) { isDone }
        #expect(isDone)
    }

    func turn(_ time: Interval) { wait(time) { false } }

    @discardableResult
    func wait(_ limit: Interval, until isDone: () -> Bool) -> Bool {
        let end = Instant.now + limit
        while !isDone(), Instant.now < end { loop.turn(until: min(end, Instant.now + .milliseconds(50))) }
        return isDone()
    }

    private func settings(_ text: String) throws -> HealthSettings {
        var reader = Reader(surroundings: Surroundings(), text: text)
        var draft = HealthDraft()
        reader.readRoot(by: Table(HealthDraft.rows), into: &draft)
        return draft.settle(
            with: GlobalSettings(), files: ["F": CheckFileFacts(path: "/run/f", weight: 1, isReversed: false)],
            sessions: [], &reader
        )
    }
}

/// Not Foundation's `Process`: that waits for daemons which a command leaves behind, too.
private func shell(_ command: String) -> String {
    guard let pipe = popen("{ \(command); } 2>&1", "re") else { return "" }
    var text: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&room, 1, room.count, pipe)
        guard count > 0 else { break }
        text += room[0..<count]
    }
    pclose(pipe)
    return String(decoding: text, as: UTF8.self)
}

private func table() -> [String] { shell("ipvsadm -Sn").split(separator: "\n").map(String.init) }

@Suite(.serialized, .enabled(if: hasIPVS)) struct IPVSTests {
    private static let checks = """
        virtual_server 10.1.0.1 80 {
          delay_loop 1
          warmup 0
          lb_algo rr
          lb_kind DR
          protocol TCP
          retry 1
          delay_before_retry 0.2
          real_server 10.0.0.1 80 {
            weight 3
            TCP_CHECK {
              connect_port 8101
              connect_timeout 1
            }
          }
          real_server 10.0.0.2 80 {
            inhibit_on_failure
            FILE_CHECK {
              track_file F
              weight 0
            }
          }
        }
        """

    @Test func aFailingServerLeavesTheKernelsTableAndComesBack() throws {
        try "0".write(toFile: "/run/f", atomically: true, encoding: .utf8)
        var listener: Linux.Socket? = try Linux.Socket(.ipv4, .stream)
        try listener?.allowSamePort()
        try listener?.bind(to: SocketAddress(.v4(0), port: 8101))
        try listener?.listen()
        let rig = try Rig()
        try rig.start(Self.checks)
        #expect(rig.wait(.seconds(3)) { rig.log.contains("TCP connection to [10.0.0.1]:tcp:80 success.") })
        #expect(
            table() == [
                "-A -t 10.1.0.1:80 -s rr", "-a -t 10.1.0.1:80 -r 10.0.0.1:80 -g -w 3",
                "-a -t 10.1.0.1:80 -r 10.0.0.2:80 -g -w 1",
            ])
        try "1".write(toFile: "/run/f", atomically: false, encoding: .utf8)
        listener = nil
        #expect(
            rig.wait(.seconds(4)) { rig.log.contains("Removing service [10.0.0.1]:tcp:80 from VS [10.1.0.1]:tcp:80") })
        rig.turn(.milliseconds(100))
        #expect(rig.log.contains("TCP_CHECK on service [10.0.0.1]:tcp:80 failed after 1 retries."))
        #expect(table() == ["-A -t 10.1.0.1:80 -s rr", "-a -t 10.1.0.1:80 -r 10.0.0.2:80 -g -w 0"])
        _ = shell("ipvsadm -D -t 10.1.0.1:80; ipvsadm -A -t 10.1.0.1:80 -s wlc; ipvsadm -a -t 10.1.0.1:80 -r 10.0.0.77")
        rig.checkers?.reconcile()
        rig.turn(.milliseconds(200))
        #expect(table() == ["-A -t 10.1.0.1:80 -s rr", "-a -t 10.1.0.1:80 -r 10.0.0.2:80 -g -w 0"])
        let again = try Linux.Socket(.ipv4, .stream)
        try again.allowSamePort()
        try again.bind(to: SocketAddress(.v4(0), port: 8101))
        try again.listen()
        #expect(rig.wait(.seconds(4)) { rig.log.contains("Adding service [10.0.0.1]:tcp:80 to VS [10.1.0.1]:tcp:80") })
        rig.turn(.milliseconds(100))
        #expect(table().contains("-a -t 10.1.0.1:80 -r 10.0.0.1:80 -g -w 3"))
        rig.stop()
        #expect(table().isEmpty)
    }

    /// The same file by Debian's keepalived and by us: the same table after the start, after a reload, and after the stop.
    @Test(arguments: IPVSConfigurations.all) func theTableIsThatOfUpstream(
        configuration: IPVSConfigurations.Pair
    ) throws {
        let theirs = Self.upstream(configuration)
        let rig = try Rig()
        try rig.start(configuration.first)
        let first = table()
        #expect(first == theirs.first)
        try rig.reload(configuration.second)
        if configuration.isUpstreamRight {
            #expect(table().sorted() == theirs.second.sorted())
        } else {
            #expect(
                !table().contains { $0.contains("10.2.0.1:80") || $0.contains("-f 9") }, "what left the group is gone")
        }
        rig.stop()
        #expect(table().isEmpty)
        #expect(!first.isEmpty, "nothing was compared")
    }

    private static func upstream(_ pair: IPVSConfigurations.Pair) -> (first: [String], second: [String]) {
        let path = "/run/theirs.conf"
        try? pair.first.write(toFile: path, atomically: true, encoding: .utf8)
        _ = shell(
            "keepalived -C -f \(path) -p /run/theirs.pid -c /run/theirs-c.pid >/dev/null 2>&1 </dev/null; for i in $(seq 60); do ipvsadm -Sn | grep -q . && break; sleep 0.05; done; sleep 0.3"
        )
        let first = table()
        try? pair.second.write(toFile: path, atomically: true, encoding: .utf8)
        _ = shell("kill -HUP $(cat /run/theirs.pid); sleep 0.7")
        let second = table()
        _ = shell(
            "kill $(cat /run/theirs.pid); for i in $(seq 60); do [ -e /run/theirs.pid ] || break; sleep 0.1; done; ipvsadm -C"
        )
        return (first, second)
    }
}

/// Pairs of configurations, the second to be loaded after the first.
enum IPVSConfigurations {
    struct Pair: CustomTestStringConvertible, Sendable {
        var name: String
        var first: String
        var second: String
        /// Keepalived 2.2.7 leaves services in the kernel that a reload took out of a group.
        var isUpstreamRight = true
        var testDescription: String { name }
    }

    private static func service(_ head: String, _ lines: String, servers: String) -> String {
        "virtual_server \(head) {\n\(lines)\n\(servers)\n}\n"
    }

    private static let two = "real_server 10.0.0.1 80 {\nweight 2\n}\nreal_server 10.0.0.2 80 {\n}"

    static let all: [Pair] = schedulers + kinds + others

    private static let schedulers: [Pair] = [
        "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "fo", "ovf", "sed", "nq",
    ].map {
        Pair(
            name: $0, first: service("10.1.0.1 80", "lb_algo \($0)\nlb_kind DR\nprotocol TCP", servers: two),
            second: service("10.1.0.1 80", "lb_algo wrr\nlb_kind NAT\nprotocol TCP", servers: two)
        )
    }

    private static let kinds: [Pair] = [
        "NAT", "DR", "TUN", "TUN type gue port 5000", "TUN type gue port 5000 csum", "TUN type gue port 5000 remcsum",
        "TUN type gre",
        "TUN type gre csum",
    ].map {
        Pair(
            name: $0, first: service("10.1.0.1 80", "lb_algo rr\nlb_kind \($0)\nprotocol UDP", servers: two),
            second: service(
                "10.1.0.1 80", "lb_algo rr\nlb_kind \($0)\nprotocol UDP",
                servers: "real_server 10.0.0.2 80 {\nweight 7\n}")
        )
    }

    private static func same(_ name: String, _ text: String) -> Pair { Pair(name: name, first: text, second: text) }

    private static let others: [Pair] = [
        same(
            "flags of sh",
            service("10.1.0.1 80", "lb_algo sh\nsh-port\nsh-fallback\nlb_kind DR\nprotocol TCP", servers: two)),
        same(
            "flags of mh",
            service("10.1.0.1 80", "lb_algo mh\nmh-port\nmh-fallback\nlb_kind DR\nprotocol TCP", servers: two)),
        same(
            "raw flags",
            service("10.1.0.1 80", "lb_algo rr\nflag-1\nflag-2\nflag-3\nlb_kind DR\nprotocol TCP", servers: two)),
        same(
            "one packet",
            service("10.1.0.1 53", "lb_algo rr\nops\nlb_kind DR\nprotocol UDP", servers: "real_server 10.0.0.1 {\n}")),
        same(
            "persistent",
            service(
                "10.1.0.1 80",
                "lb_algo rr\nlb_kind DR\nprotocol TCP\npersistence_timeout 100\npersistence_granularity 255.255.255.0",
                servers: two)),
        same(
            "persistent, bare",
            service("10.1.0.1 80", "lb_algo rr\nlb_kind DR\nprotocol TCP\npersistence_timeout", servers: two)),
        same(
            "engine",
            service(
                "10.1.0.1 5060",
                "lb_algo rr\nlb_kind NAT\nprotocol UDP\npersistence_timeout 60\npersistence_engine sip", servers: two)),
        same(
            "all ports",
            service("10.1.0.1", "lb_algo rr\nlb_kind DR\nprotocol TCP", servers: "real_server 10.0.0.1 {\n}")),
        same(
            "IPv6",
            service("fd00:1::1 80", "lb_algo rr\nlb_kind DR\nprotocol TCP", servers: "real_server fd00::5 80 {\n}")),
        same(
            "IPv6 persistent",
            service(
                "fd00:1::1 80",
                "lb_algo rr\nlb_kind DR\nprotocol TCP\npersistence_timeout 60\npersistence_granularity 64",
                servers: "real_server fd00::5 80 {\n}")),
        same(
            "IPv6 over IPv4",
            service("fd00:1::1 80", "lb_algo rr\nlb_kind TUN\nprotocol TCP", servers: "real_server 10.0.0.5 80 {\n}")),
        same("mark", service("fwmark 7", "lb_algo rr\nlb_kind DR", servers: "real_server 10.0.0.1 {\n}")),
        same(
            "IPv6 mark",
            service("fwmark 7", "lb_algo rr\nlb_kind DR\nip_family inet6", servers: "real_server fd00::5 {\n}")),
        same("SCTP", service("10.1.0.1 80", "lb_algo rr\nlb_kind NAT\nprotocol SCTP", servers: two)),
        same(
            "thresholds",
            service(
                "10.1.0.1 80", "lb_algo rr\nlb_kind DR\nprotocol TCP",
                servers: "real_server 10.0.0.1 80 {\nuthreshold 100\nlthreshold 50\nweight 0\n}")),
        same(
            "other port by NAT",
            service("10.1.0.1 80", "lb_algo rr\nlb_kind NAT\nprotocol TCP", servers: "real_server 10.0.0.1 8080 {\n}")),
        same(
            "sorry server",
            service(
                "10.1.0.1 80", "lb_algo rr\nlb_kind DR\nprotocol TCP\nalpha\nsorry_server 10.0.0.9 80",
                servers: "real_server 10.0.0.1 80 {\nTCP_CHECK {\nwarmup 30\n}\n}")),
        same(
            "sorry server inhibited",
            service(
                "10.1.0.1 80",
                "lb_algo rr\nlb_kind DR\nprotocol TCP\nsorry_server 10.0.0.9 80\nsorry_server_inhibit\nsorry_server_lvs_method NAT",
                servers: two)),
        same(
            "alpha and inhibit",
            service(
                "10.1.0.1 80", "lb_algo rr\nlb_kind DR\nprotocol TCP\nalpha\ninhibit_on_failure",
                servers: "real_server 10.0.0.1 80 {\nTCP_CHECK {\nwarmup 30\n}\n}")),
        Pair(
            name: "group",
            first: "virtual_server_group G {\n10.2.0.1-3 80\n10.2.1.0/30 81\nfwmark 9\n}\n"
                + service("group G", "lb_algo sh\nlb_kind TUN\nprotocol UDP", servers: "real_server 10.0.0.1 80 {\n}"),
            second: "virtual_server_group G {\n10.2.0.2-4 80\n10.2.1.0/30 81\n}\n"
                + service("group G", "lb_algo sh\nlb_kind TUN\nprotocol UDP", servers: "real_server 10.0.0.1 80 {\n}"),
            isUpstreamRight: false
        ),
        Pair(
            name: "services come and go",
            first: service("10.1.0.1 80", "lb_algo rr\nlb_kind DR\nprotocol TCP", servers: two)
                + service("10.1.0.2 80", "lb_algo rr\nlb_kind DR\nprotocol TCP", servers: two),
            second: service(
                "10.1.0.2 80", "lb_algo wlc\nlb_kind DR\nprotocol TCP\npersistence_timeout 60", servers: two)
                + service("10.1.0.3 80", "lb_algo rr\nlb_kind DR\nprotocol TCP", servers: two)
        ),
    ]
}
