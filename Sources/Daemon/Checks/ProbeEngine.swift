// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Health
package import Linux

/// One attempt of a checker that is under way.
protocol Probe: AnyObject {
    /// Gives everything back; no result is told any more.
    func cancel()
}

/// Carries out the attempts that the core asks for, none of which ever blocks, and tells how they ended.
///
/// Only so many attempts are under way at once, normally one for each checker: what comes beyond waits for its turn, and its
/// timeout begins with the turn.
package final class ProbeEngine {
    package typealias Report = (CheckID, _ attempt: UInt32, ProbeOutcome, Instant) -> Void

    /// An attempt as the core asks for it.
    struct Order {
        var id: CheckID
        var attempt: UInt32
        var step: Int
        var settings: CheckSettings
        var server: ServerKey
    }

    /// Descriptors for everything that is not an attempt.
    private static let otherDescriptors = 256

    let loop: EventLoop
    let processes: ChildProcesses
    let launcher: ScriptLauncher
    private let report: Report
    private let log: (String) -> Void
    private var running: [CheckID: any Probe] = [:]
    /// The attempts of TCP_CHECK, of which there are by far the most.
    private lazy var connections = ConnectionAttempts(loop: loop) { [unowned self] slot, attempt, end, now in
        report(CheckID(slot), attempt, ProbeOutcome(end), now)
        startNext(at: now)
    }
    private var waiting: [Order] = []
    private var waitingHead = 0
    private var mostAtOnce = 512
    private var pingSequence: UInt16 = 0
    private var queryIDs = SystemRandomNumberGenerator()
    private let expressions: RegularExpressions
    /// Nil until there is a connection that needs it, or if there is no OpenSSL.
    private var tls: TLSContext?
    /// The SSL block.
    package var tlsFiles = TLSContext.Files() {
        didSet { tls = nil }
    }

    package init(
        loop: EventLoop, processes: ChildProcesses, launcher: ScriptLauncher, log: @escaping (String) -> Void,
        report: @escaping Report
    ) {
        expressions = RegularExpressions(log: log)
        self.log = log
        self.loop = loop
        self.processes = processes
        self.launcher = launcher
        self.report = report
    }

    /// Lets every checker be under way at once if the system gives that many descriptors.
    package func makeRoom(for count: Int) {
        guard count > mostAtOnce else { return }
        do throws(SystemError) {
            try Privileges.allowDescriptors(count + Self.otherDescriptors)
            mostAtOnce = count
        } catch {
            log("no room for \(count) checks at a time, some wait for others: \(error)")
        }
    }

    /// How many attempts are under way.
    package var runningCount: Int { running.count + connections.count }
    /// How many wait until others have ended.
    package var waitingCount: Int { waiting.count - waitingHead }

    /// Begins an attempt, or queues it; its result is reported once.
    package func begin(
        _ id: CheckID, attempt: UInt32, step: Int, _ settings: CheckSettings, _ server: ServerKey, at now: Instant
    ) {
        let order = Order(id: id, attempt: attempt, step: step, settings: settings, server: server)
        if runningCount < mostAtOnce { start(order, at: now) } else { waiting.append(order) }
    }

    /// As above for a TCP_CHECK that says no more than where to connect to; false: it has to begin in the usual way.
    ///
    /// There may be thousands of these a second, so nothing is copied or kept for them but a socket.
    func connect(_ id: CheckID, attempt: UInt32, _ peer: PlainConnection, at now: Instant) -> Bool {
        guard runningCount < mostAtOnce else { return false }
        do throws(SystemError) {
            try connections.begin(
                id.slot, number: attempt, Socket(peer.address.family, .stream),
                to: SocketAddress(peer.address, port: peer.port), until: now + peer.timeout
            )
            return true
        } catch {
            return false
        }
    }

    /// Ends an attempt, without a result.
    package func abandon(_ id: CheckID) {
        if let probe = running.removeValue(forKey: id) {
            probe.cancel()
            startNext(at: .now)
        } else if connections.abandon(id.slot) {
            startNext(at: .now)
        } else {
            waiting[waitingHead...].removeAll { $0.id == id }
        }
    }

    /// Ends all attempts, without results.
    package func abandonAll() {
        waiting.removeAll()
        waitingHead = 0
        for probe in running.values { probe.cancel() }
        running.removeAll()
        connections.abandonAll()
    }

    private func startNext(at now: Instant) {
        guard !waiting.isEmpty else { return }
        while runningCount < mostAtOnce, waitingHead < waiting.count {
            let order = waiting[waitingHead]
            waitingHead += 1
            start(order, at: now)
        }
        if waitingHead == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            waitingHead = 0
        }
    }

    private func start(_ order: Order, at now: Instant) {
        do {
            if case .tcp = order.settings.kind { return try connect(order, at: now) }
            running[order.id] = try probe(order)
        } catch {
            // Told from the loop, never from inside the call that asked for the attempt.
            running[order.id] = Stillborn(loop) { [unowned self] now in
                end(order, .failed(.noConnection(error.reason)), at: now)
            }
        }
    }

    private func end(_ order: Order, _ outcome: ProbeOutcome, at now: Instant) {
        guard running.removeValue(forKey: order.id) != nil else { return }
        report(order.id, order.attempt, outcome, now)
        startNext(at: now)
    }

    private func context() throws(SystemError) -> TLSContext {
        if let tls { return tls }
        do {
            let made = try TLSContext(tlsFiles)
            tls = made
            return made
        } catch {
            log("TLS cannot be used: \(error.reason)")
            throw SystemError(call: "TLS", code: 2)
        }
    }

    private func connect(_ order: Order, at now: Instant) throws(SystemError) {
        let target = Target(order)
        let socket = try target.streamSocket()
        try connections.begin(
            order.id.slot, number: order.attempt, socket, to: target.destination(port: target.port),
            until: now + target.connection.timeout
        )
    }

    private func probe(_ order: Order) throws(SystemError) -> any Probe {
        let finish: (ProbeOutcome, Instant) -> Void = { [unowned self] outcome, now in end(order, outcome, at: now) }
        let target = Target(order)
        switch order.settings.kind {
        case .smtp(let smtp):
            return try StreamProbe(loop, target, SMTPConversation(smtp), finish)
        case .http(let http):
            let talk = HTTPConversation(
                http, step: order.step, endpoint: (target.address, target.port), matcher: expressions.match
            )
            guard http.isSecure else { return try StreamProbe(loop, target, talk, finish) }
            return try StreamProbe(
                loop, target, talk, tls: (try context(), http.serverName(step: order.step), talk.isStrict), finish)
        case .udp(let udp):
            return try DatagramProbe(
                loop, target, UDPConversation(udp), silence: udp.reply == nil ? .passed : .failed(.readTimeout), finish)
        case .dns(let dns):
            let talk = DNSConversation(dns, id: UInt16.random(in: 0...UInt16.max, using: &queryIDs))
            return try DatagramProbe(loop, target, talk, silence: .failed(.readTimeout), finish)
        case .ping:
            pingSequence &+= 1
            let talk = PingConversation(
                isIPv6: target.address.family == .ipv6, identifier: UInt16(truncatingIfNeeded: Processes.own),
                sequence: pingSequence
            )
            return try DatagramProbe(loop, target, talk, isPing: true, silence: .failed(.readTimeout), finish)
        case .misc(let misc):
            return try ScriptProbe(self, misc, finish)
        case .tcp, .file, .bfd:
            preconditionFailure("A checker that is a connection, or is told its result, is asked for a probe.")
        }
    }
}

/// Where a probe connects to and from where.
struct Target {
    let address: IPAddress
    let port: UInt16
    let connection: ConnectionSettings
    /// The longest that an attempt may last, whatever the peer does.
    let longest: Interval

    init(_ order: ProbeEngine.Order) {
        connection = order.settings.connection
        address = connection.address ?? order.server.address
        port = connection.port ?? order.server.port
        longest = max(connection.timeout, order.settings.timing.delayLoop)
    }

    /// A socket bound as the settings say, not connected yet.
    func socket(_ kind: Socket.Kind) throws(SystemError) -> Socket {
        let socket = try Socket(address.family, kind)
        if connection.mark != 0 { try socket.setMark(connection.mark) }
        if let interface = connection.interface { try socket.bind(toInterface: interface) }
        if connection.source != nil || connection.sourcePort != 0 {
            if connection.sourcePort != 0 { try socket.allowSamePort() }
            try socket.bind(to: SocketAddress(connection.source ?? address.family.any, port: connection.sourcePort))
        }
        return socket
    }

    /// As above, for TCP.
    func streamSocket() throws(SystemError) -> Socket {
        let socket = try socket(.stream)
        // A fixed source port could not be used again for a minute if the connection ended in the usual way.
        if connection.sourcePort != 0 { try socket.resetOnClose() }
        return socket
    }

    func destination(port: UInt16) -> SocketAddress { SocketAddress(address, port: port) }
}

extension AddressFamily {
    fileprivate var any: IPAddress {
        switch self {
        case .ipv4: .v4(0)
        case .ipv6: .v6(high: 0, low: 0)
        }
    }
}

/// An attempt that failed before it began.
private final class Stillborn: Probe {
    private let loop: EventLoop
    private let timer: EventLoop.TimerID

    init(_ loop: EventLoop, _ told: @escaping (Instant) -> Void) {
        self.loop = loop
        timer = loop.after(.zero, told)
    }

    func cancel() { loop.cancel(timer) }
}

extension ProbeOutcome {
    fileprivate init(_ end: ConnectionAttempts.End) {
        switch end {
        case .stands: self = .passed
        case .failed(let error): self = .failed(.noConnection(error.reason))
        case .late: self = .failed(.connectTimeout)
        }
    }
}

extension HTTPCheckSettings {
    /// The name to send in the handshake; nil: none.
    fileprivate func serverName(step: Int) -> String? {
        guard sendsServerName else { return nil }
        let url = step < urls.count ? urls[step].virtualHost : nil
        return serverName ?? url ?? virtualHost
    }
}
