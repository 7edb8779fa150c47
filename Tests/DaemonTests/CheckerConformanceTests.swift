// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Daemon
import Glibc
import Health
import Linux
import Testing

/// What every checker has to get right, whatever it speaks: the table says how an attempt must end.
@Suite(.serialized) struct CheckerConformanceTests {
    /// How servers treat checkers.
    enum Scenario: String, CaseIterable {
        /// Nobody is there.
        case refused
        /// There is no way there.
        case unreachable
        /// Alive, but too slow to be of use.
        case slow
        /// Connected, and no word.
        case silent
        /// Another protocol's words.
        case lying
        /// An answer that never ends.
        case endless
        /// The check is changed while the attempt is under way.
        case reconfigured
    }

    enum Subject: String, CaseIterable {
        case tcp, http, https, smtp, dns, udp, ping, misc
    }

    /// In which way an attempt ended.
    enum Verdict {
        case passed, noConnection, timeout, wrong
    }

    struct Row: CustomTestStringConvertible {
        var subject: Subject
        var scenario: Scenario
        /// Any of these; nil: the scenario does not apply.
        var allowed: Set<Verdict>
        var testDescription: String { "\(subject.rawValue), \(scenario.rawValue)" }
    }

    static let rows: [Row] = Subject.allCases.flatMap { subject in
        Scenario.allCases.compactMap { scenario in
            allowed(subject, scenario).map { Row(subject: subject, scenario: scenario, allowed: $0) }
        }
    }

    private static func allowed(_ subject: Subject, _ scenario: Scenario) -> Set<Verdict>? {
        switch (subject, scenario) {
        // A connection is all that TCP_CHECK asks for, and the loopback always answers a ping.
        case (.tcp, .slow), (.tcp, .silent), (.tcp, .lying), (.tcp, .endless), (_, .reconfigured): [.passed]
        case (.ping, .refused), (.ping, .slow), (.ping, .silent), (.ping, .lying), (.ping, .endless): nil
        case (.misc, .refused), (.misc, .unreachable), (.misc, .lying): [.wrong]
        case (.misc, _): [.timeout]
        case (_, .refused), (_, .unreachable): [.noConnection]
        case (_, .silent): [.timeout]
        case (.dns, .lying): [.timeout, .wrong]
        case (_, .lying): [.wrong]
        case (.https, .slow), (.https, .endless): [.timeout, .wrong]
        case (_, .slow): [.timeout]
        case (_, .endless): [.timeout, .wrong]
        }
    }

    private let loop: EventLoop
    private let processes: ChildProcesses

    init() throws {
        Signal.brokenPipe.ignore()
        loop = try EventLoop()
        processes = ChildProcesses(loop: loop)
    }

    @Test(arguments: rows) func everyCheckerEndsAsItMust(row: Row) throws {
        if row.subject == .ping, getuid() != 0 { return }
        var ended: [(id: CheckID, attempt: UInt32, outcome: ProbeOutcome)] = []
        let engine = ProbeEngine(
            loop: loop, processes: processes, launcher: ScriptLauncher(origin: SchedulingOrigin()), log: { _ in }
        ) { id, attempt, outcome, _ in ended.append((id, attempt, outcome)) }
        let peer = try Bystander(row.subject, row.scenario, loop)
        if row.scenario == .reconfigured {
            begin(engine, 1, row.subject, .silent, port: peer.port)
            // These two would have ended by then.
            if row.subject != .tcp, row.subject != .ping { turn(.milliseconds(60)) { false } }
            engine.abandon(CheckID(0))
            #expect(engine.runningCount == 0)
            begin(engine, 2, row.subject, .refused, port: peer.port, isGood: true)
        } else {
            begin(engine, 1, row.subject, row.scenario, port: peer.port)
        }
        turn(.seconds(4)) { !ended.isEmpty }
        turn(.milliseconds(50)) { false }
        #expect(ended.count == 1, "one attempt, one verdict: \(ended)")
        #expect(engine.runningCount == 0 && engine.waitingCount == 0)
        guard let last = ended.last else { return }
        #expect(last.attempt == (row.scenario == .reconfigured ? 2 : 1))
        #expect(row.allowed.contains(Self.verdict(last.outcome)), "\(last.outcome)")
    }

    private func begin(
        _ engine: ProbeEngine, _ attempt: UInt32, _ subject: Subject, _ scenario: Scenario, port: UInt16,
        isGood: Bool = false
    ) {
        // A checker that is told to look elsewhere is told so by the port: a connection alone is good everywhere.
        let kind = isGood && subject != .misc && subject != .ping ? .tcp : Self.kind(subject, scenario, isGood: isGood)
        var settings = CheckSettings(kind)
        settings.connection.timeout = .milliseconds(150)
        settings.timing.delayLoop = .milliseconds(300)
        // No broadcast is sent without leave: the kernel says so at once.
        let target = scenario == .unreachable ? IPAddress.v4(0xffff_ffff) : .v4(0x7f00_0001)
        let good = isGood ? (try? Peer(loop) { _ in [] }) : nil
        if let good { kept.peers.append(good) }
        engine.begin(
            CheckID(0), attempt: attempt, step: 0, settings, ServerKey(target, port: good?.port ?? port), at: Instant.now)
    }

    private final class Kept { var peers: [Peer] = [] }
    private let kept = Kept()

    private static func kind(_ subject: Subject, _ scenario: Scenario, isGood: Bool) -> CheckKind {
        switch subject {
        case .tcp: return .tcp
        case .ping: return .ping
        case .smtp: return .smtp(SMTPCheckSettings())
        case .dns: return .dns(DNSCheckSettings())
        case .udp:
            var settings = UDPCheckSettings()
            settings.reply = ReplyPattern(bytes: [1], mask: [0xff])
            return .udp(settings)
        case .http, .https:
            var settings = HTTPCheckSettings()
            settings.isSecure = subject == .https
            settings.urls = [HTTPCheckSettings.URL(path: "/")]
            settings.urls[0].pattern = BodyPattern("nothing like it")
            return .http(settings)
        case .misc:
            let text =
                switch scenario {
                case _ where isGood: "exit 0"
                case .refused: "exit 1"
                case .unreachable: "exec /nowhere/at/all"
                case .lying: "kill -TERM $$"
                case .slow, .silent, .reconfigured: "sleep 60"
                case .endless: "yes"
                }
            let identity = ScriptIdentity(user: getuid(), group: getgid())
            var misc = MiscCheckSettings(script: Script(path: "/bin/sh", arguments: ["sh", "-c", text], identity: identity))
            misc.timeout = .milliseconds(200)
            return .misc(misc)
        }
    }

    private static func verdict(_ outcome: ProbeOutcome) -> Verdict {
        switch outcome {
        case .passed, .passedWithWeight: .passed
        case .failed(.noConnection): .noConnection
        case .failed(.connectTimeout), .failed(.readTimeout), .failed(.scriptTimeout): .timeout
        case .failed: .wrong
        }
    }

    private func turn(_ limit: Interval, until isDone: () -> Bool) {
        let end = Instant.now + limit
        while !isDone(), Instant.now < end { loop.turn(until: min(end, Instant.now + .milliseconds(10))) }
    }

    /// The server of a scenario: it does not matter what it should speak.
    private final class Bystander {
        private var peer: Peer?
        private var datagrams: DatagramPeer?
        private var closed: Linux.Socket?
        let port: UInt16

        init(_ subject: Subject, _ scenario: Scenario, _ loop: EventLoop) throws {
            guard scenario != .refused, scenario != .unreachable else {
                let socket = try Linux.Socket(.ipv4, subject == .dns || subject == .udp ? .datagram : .stream)
                try socket.bind(to: SocketAddress(.v4(0x7f00_0001)))
                port = socket.localAddress?.port ?? 1
                // Only a stream socket that does not listen refuses.
                closed = subject == .dns || subject == .udp ? nil : socket
                return
            }
            if subject == .dns || subject == .udp {
                let datagrams = try DatagramPeer(loop, delay: scenario == .slow ? .milliseconds(400) : .zero) { bytes in
                    switch scenario {
                    case .slow: [bytes]
                    case .lying: [Array("what?".utf8)]
                    case .endless: Array(repeating: Array("what?".utf8), count: 300)
                    case .refused, .unreachable, .silent, .reconfigured: []
                    }
                }
                self.datagrams = datagrams
                port = datagrams.port
                return
            }
            let peer = try Peer(loop, drip: scenario == .slow, flood: scenario == .endless) { piece in
                switch scenario {
                case .lying: Array("what?\r\n".utf8)
                case .slow, .endless: piece == nil ? Self.beginning(subject) : []
                case .refused, .unreachable, .silent, .reconfigured: []
                }
            }
            self.peer = peer
            port = peer.port
        }

        private static func beginning(_ subject: Subject) -> [UInt8] {
            switch subject {
            case .http: Array("HTTP/1.0 200 OK\r\n\r\n".utf8)
            case .smtp: Array("220-".utf8)
            case .tcp, .https, .dns, .udp, .ping, .misc: []
            }
        }
    }
}
