// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Daemon
import Foundation
import Health
import Linux
import Testing

@Suite(.serialized) struct ProbeTests {
    private let loop: EventLoop
    private let processes: ChildProcesses

    init() throws {
        Signal.brokenPipe.ignore()
        loop = try EventLoop()
        processes = ChildProcesses(loop: loop)
    }

    /// Runs one attempt to its end.
    private func run(
        _ kind: CheckKind, port: UInt16 = 0, timeout: Interval = .milliseconds(300),
        longest: Interval = .milliseconds(600),
        change: (inout CheckSettings) -> Void = { _ in }
    ) -> ProbeOutcome? {
        var outcome: ProbeOutcome?
        let engine = ProbeEngine(
            loop: loop, processes: processes, launcher: ScriptLauncher(origin: SchedulingOrigin()), log: { _ in }
        ) { _, _, result, _ in outcome = result }
        var settings = CheckSettings(kind)
        settings.connection.timeout = timeout
        settings.timing.delayLoop = longest
        change(&settings)
        engine.begin(
            CheckID(0), attempt: 1, step: 0, settings, ServerKey(.v4(0x7f00_0001), port: port), at: Instant.now)
        let end = Instant.now + .seconds(5)
        while outcome == nil, Instant.now < end { loop.turn(until: Instant.now + .milliseconds(20)) }
        #expect(engine.runningCount == 0)
        return outcome
    }

    private func http(_ change: (inout HTTPCheckSettings.URL) -> Void = { _ in }) -> CheckKind {
        var settings = HTTPCheckSettings()
        var url = HTTPCheckSettings.URL(path: "/")
        change(&url)
        settings.urls = [url]
        return .http(settings)
    }

    /// A port where nobody listens.
    private func closedPort() throws -> UInt16 {
        let socket = try Linux.Socket(.ipv4, .stream)
        try socket.bind(to: SocketAddress(.v4(0x7f00_0001)))
        return socket.localAddress?.port ?? 1
    }

    @Test func refused() throws {
        let port = try closedPort()
        for kind in [
            CheckKind.tcp, .smtp(SMTPCheckSettings()), http(), .udp(UDPCheckSettings()), .dns(DNSCheckSettings()),
        ] {
            guard case .failed(.noConnection)? = run(kind, port: port) else {
                Issue.record("\(kind.keyword) took a closed port for a server")
                continue
            }
        }
    }

    @Test func silentServersTimeOut() throws {
        let peer = try Peer(loop) { _ in [] }
        #expect(run(.tcp, port: peer.port) == .passed)
        #expect(run(.smtp(SMTPCheckSettings()), port: peer.port) == .failed(.readTimeout))
        #expect(run(http(), port: peer.port) == .failed(.readTimeout))
    }

    @Test func dripsAndFloodsEnd() throws {
        let header = Array("HTTP/1.0 200 OK\r\n\r\n".utf8)
        var sent = 0
        let flood = try Peer(loop) { piece in
            sent += 1
            return piece == nil ? [] : header + [UInt8](repeating: 65, count: 1000)
        }
        #expect(run(http(), port: flood.port) == .failed(.readTimeout), "it never closes")
        let early = try Peer(loop) { $0 == nil ? [] : nil }
        #expect(run(http(), port: early.port) == .failed(.closedEarly))
        let garbage = try Peer(loop) { _ in Array("what?\r\n".utf8) }
        guard case .failed(.malformed)? = run(http(), port: garbage.port) else {
            Issue.record("garbage passes"); return
        }
        guard case .failed(.malformed)? = run(.smtp(SMTPCheckSettings()), port: garbage.port) else {
            Issue.record("garbage passes"); return
        }
    }

    @Test func smtpAndHTTPServersPass() throws {
        let smtp = try Peer(loop) { piece in
            guard let piece else { return Array("220-one\r\n220 two\r\n".utf8) }
            return Array(piece.starts(with: "HELO".utf8) ? "250 hello\r\n".utf8 : "221 bye\r\n".utf8)
        }
        #expect(run(.smtp(SMTPCheckSettings()), port: smtp.port) == .passed)
        let web = try Peer(loop) { $0 == nil ? [] : Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhallo".utf8) }
        #expect(run(http(), port: web.port) == .passed)
        var pattern = BodyPattern("HAL+O$")
        #expect(run(http { $0.pattern = pattern }, port: web.port) == .failed(.pattern(path: "/")))
        pattern.options = ["caseless"]
        #expect(run(http { $0.pattern = pattern }, port: web.port) == .passed)
        pattern.minimumOffset = 1
        #expect(run(http { $0.pattern = pattern }, port: web.port) == .failed(.pattern(path: "/")))
    }

    @Test func aFixedSourcePortCanBeUsedAgainAtOnce() throws {
        let peer = try Peer(loop) { _ in [] }
        let port = try closedPort()
        for _ in 0..<3 {
            #expect(run(.tcp, port: peer.port) { $0.connection.sourcePort = port } == .passed)
        }
    }

    @Test func pingOfTheLoopback() throws {
        guard getuid() == 0 else { return }
        #expect(run(.ping) == .passed)
    }

    @Test func scripts() throws {
        func script(_ text: String, timeout: Interval = .seconds(2), dynamic: Bool = false) -> CheckKind {
            let identity = ScriptIdentity(user: getuid(), group: getgid())
            var misc = MiscCheckSettings(
                script: Script(path: "/bin/sh", arguments: ["sh", "-c", text], identity: identity))
            misc.timeout = timeout
            misc.isDynamic = dynamic
            return .misc(misc)
        }
        #expect(run(script("exit 0")) == .passed)
        #expect(run(script("exit 7")) == .failed(.exited(status: 7)))
        #expect(run(script("exit 7", dynamic: true)) == .passedWithWeight(5))
        #expect(run(script("exit 1", dynamic: true)) == .failed(.exited(status: 1)))
        #expect(run(script("kill -9 $$")) == .failed(.killed(signal: 9)))
        #expect(run(script("sleep 60", timeout: .milliseconds(200))) == .failed(.scriptTimeout))
    }

    @Test func tls() throws {
        let folder = NSTemporaryDirectory() + "keepalived-tls-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try closedPort()
        let make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=x -days 2"
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/bin/sh")
        server.arguments = [
            "-c",
            "cd \(folder) && \(make) 2>/dev/null && exec openssl s_server -quiet -WWW -accept \(port) -key k.pem -cert c.pem",
        ]
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        defer {
            server.terminate()
            server.waitUntilExit()
        }
        try "hallo".write(toFile: folder + "/page", atomically: true, encoding: .utf8)
        var settings = HTTPCheckSettings()
        settings.isSecure = true
        settings.virtualHost = "www.example.com"
        settings.sendsServerName = true
        var url = HTTPCheckSettings.URL(path: "/page")
        url.pattern = BodyPattern("hallo")
        settings.urls = [url]
        var outcome: ProbeOutcome?
        for _ in 0..<100 {
            outcome = run(.http(settings), port: port, timeout: .seconds(2), longest: .seconds(2))
            if outcome == .passed { break }
            loop.turn(until: Instant.now + .milliseconds(50))
        }
        #expect(outcome == .passed)
        let plain = try Peer(loop) { _ in Array("HTTP/1.0 200 OK\r\n\r\nhallo".utf8) }
        guard case .failed(.handshake)? = run(.http(settings), port: plain.port) else {
            Issue.record("plain text passes for TLS"); return
        }
    }
}
