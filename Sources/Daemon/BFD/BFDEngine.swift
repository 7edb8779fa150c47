// SPDX-License-Identifier: GPL-2.0-or-later

package import BFD
package import Basics
import Crypto
package import Linux

/// Runs BFD sessions on the sockets of this machine.
///
/// Each session sends from a socket of its own, since its source port must stay the same and be its alone (RFC 5881
/// section 4). A socket that cannot be made, or that has lost its route, is made anew for the next packet.
package final class BFDEngine {
    /// Told of each state that trackers are to know, by the name of its session.
    package typealias Report = (_ session: SessionSettings, SessionReport, Instant) -> Void

    package private(set) var sessions: Sessions
    private let loop: EventLoop
    private let logger: Logger
    private let logsDetail: Bool
    private let report: Report
    private let buffer = DatagramBuffer(largest: 128, count: 64)
    private var receivers: [ReceiverKind: BFDListener] = [:]
    private var senders: [Int: BFDSender] = [:]
    /// A session that ends in the same breath has something to say still.
    private var names: [Int: String] = [:]
    /// Sessions whose socket could not be made, and were said to be so.
    private var faulty: Set<Int> = []
    private var actions: [Action] = []
    private var writer = ByteWriter(capacity: 64)
    private var whenEmpty: (() -> Void)?
    private var retry: EventLoop.TimerID?
    private var lastRejection: (second: Int64, kind: Rejection)?

    fileprivate struct ReceiverKind: Hashable {
        var family: AddressFamily
        var isMultihop: Bool
    }

    /// - Parameter seed: makes what is random the same each time (`random_seed`); nil for tests and ordinary life.
    package init(loop: EventLoop, logger: Logger, logsDetail: Bool, seed: UInt32? = nil, report: @escaping Report) {
        self.loop = loop
        self.logger = logger
        self.logsDetail = logsDetail
        self.report = report
        var generator = RandomNumbers(seed: seed)
        sessions = Sessions(
            random: { generator.next() }, digests: Self.digests, interfaceIndex: { Linux.interfaceIndex(of: $0) }
        )
        loop.addDeadlines(
            next: { [unowned self] in sessions.nextDeadline },
            reached: { [unowned self] now in
                // A listener at rest may hold what disproves a timeout.
                for listener in receivers.values { listener.drain(at: now) }
                change { sessions, actions in sessions.advance(to: now, into: &actions) }
            }
        )
    }

    /// Numbers of the system, or such that a seed repeats (SplitMix64).
    private struct RandomNumbers {
        var state: UInt64?

        init(seed: UInt32?) { state = seed.map(UInt64.init) }

        mutating func next() -> UInt64 {
            guard let last = state else { return UInt64.random(in: 0...UInt64.max) }
            let next = last &+ 0x9e37_79b9_7f4a_7c15
            state = next
            var word = (next ^ (next >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
    }

    /// libcrypto is loaded by the first packet of an authenticated session, not before.
    private static var digests: Digests {
        var md5: Digester?
        var sha1: Digester?
        return Digests { message, digest in
            if md5 == nil { md5 = Digester(.md5) }
            digest.removeAll(keepingCapacity: true)
            md5?.digest(message, into: &digest)
        } sha1: { message, digest in
            if sha1 == nil { sha1 = Digester(.sha1) }
            digest.removeAll(keepingCapacity: true)
            sha1?.digest(message, into: &digest)
        }
    }

    /// Runs exactly these sessions from now on; those that stay the same feel nothing.
    package func configure(_ settings: [SessionSettings], at now: Instant) {
        openReceivers(for: settings)
        change { sessions, actions in sessions.reconfigure(to: settings, at: now, into: &actions) }
        closeReceivers()
    }

    /// Takes leave of all neighbours, then calls `done`; after three seconds at the latest.
    package func stop(at now: Instant, done: @escaping () -> Void) {
        whenEmpty = done
        change { sessions, actions in sessions.stop(at: now, into: &actions) }
        loop.after(.seconds(3)) { [unowned self] _ in finish() }
    }

    private func finish() {
        let done = whenEmpty
        whenEmpty = nil
        done?()
    }

    // MARK: Actions

    private func change(_ body: (inout Sessions, inout [Action]) -> Void) {
        body(&sessions, &actions)
        perform()
    }

    private func perform() {
        for action in actions {
            switch action {
            case .open(let index): names[index] = sessions[index]?.settings.name
            case .configureSocket(let index): setHops(index)
            case .send(let index, let packet): send(packet, index)
            case .report(let index, let state): tell(index, state)
            case .notice(let index, let notice): log(notice, index)
            case .close(let index):
                senders[index] = nil
                names[index] = nil
                faulty.remove(index)
            }
        }
        actions.removeAll(keepingCapacity: true)
        if whenEmpty != nil, sessions.isEmpty { finish() }
    }

    private func tell(_ index: Int, _ state: SessionReport) {
        guard let session = sessions[index] else { return }
        report(session.settings, state, Instant.now)
    }

    private func log(_ notice: Notice, _ index: Int) {
        let severity: Severity
        switch notice.weight {
        case .warning: severity = .warning
        case .information: severity = .info
        case .detail:
            guard logsDetail else { return }
            severity = .info
        }
        for line in notice.lines(name: names[index] ?? "?") { logger.log(severity, line) }
    }

    // MARK: Sending

    private func send(_ packet: ControlPacket, _ index: Int) {
        guard let sender = sender(for: index) else { return }
        writer.removeAll()
        sessions.encode(packet, of: index, into: &writer)
        do throws(SystemError) {
            try sender.send(writer.bytes)
        } catch {
            complain(error, index)
            if error.isStaleRoute { senders[index] = nil }
        }
    }

    private func sender(for index: Int) -> BFDSender? {
        if let sender = senders[index] { return sender }
        for _ in 0..<8 {
            guard let session = sessions[index] else { return nil }
            let identity = session.settings.identity
            do throws(SystemError) {
                let sender = try BFDSender(
                    to: identity.neighbor, from: identity.source, port: session.sourcePort,
                    interface: identity.interface,
                    isMultihop: identity.isMultihop, hops: session.settings.hops.sent
                )
                senders[index] = sender
                if faulty.remove(index) != nil { logger.log(.info, "(\(session.settings.name)) Sending again") }
                return sender
            } catch {
                guard error.isTaken else {
                    complain(error, index)
                    return nil
                }
                sessions.drawPort(for: index)
            }
        }
        return nil
    }

    /// Says once what keeps a session from sending.
    private func complain(_ error: SystemError, _ index: Int) {
        guard error.isStaleRoute || error.isDenied, faulty.insert(index).inserted else { return }
        logger.log(.error, "(\(names[index] ?? "?")) Unable to send - \(error)")
    }

    private func setHops(_ index: Int) {
        guard let hops = sessions[index]?.settings.hops.sent else { return }
        do throws(SystemError) {
            try senders[index]?.setHops(hops)
        } catch {
            senders[index] = nil
        }
    }

    // MARK: Receiving

    private func openReceivers(for settings: [SessionSettings]) {
        var isMissing = false
        for session in settings {
            let kind = ReceiverKind(session.identity)
            if receivers[kind] != nil { continue }
            do throws(SystemError) {
                let receiver = try BFDReceiver(kind.family, isMultihop: kind.isMultihop, buffer: buffer)
                receivers[kind] = try BFDListener(receiver, loop: loop) { [unowned self] now in
                    drain(receiver, at: now)
                }
            } catch {
                logger.log(.error, "Unable to receive on BFD port \(kind.isMultihop ? 4784 : 3784) - \(error)")
                isMissing = true
            }
        }
        if let retry { loop.cancel(retry) }
        retry = isMissing ? loop.after(.seconds(1)) { [unowned self] _ in openReceivers(for: settings) } : nil
    }

    /// Closes what no session needs any more.
    private func closeReceivers() {
        let needed = Set(sessions.all.map { ReceiverKind($0.settings.identity) })
        receivers = receivers.filter { needed.contains($0.key) }
    }

    /// Takes in what waits, and says how much that was.
    private func drain(_ receiver: BFDReceiver, at now: Instant) -> Int {
        var count = 0
        do throws(SystemError) {
            try receiver.receive { datagram in
                count += 1
                take(datagram, receiver, at: now)
            }
        } catch {
            logger.log(.error, "Unable to receive BFD packets - \(error)")
        }
        perform()
        return count
    }

    private func take(_ datagram: Datagram, _ receiver: BFDReceiver, at now: Instant) {
        guard let source = datagram.source else { return }
        let arrival = Arrival(
            datagram.payload, from: source, to: datagram.destination, interface: datagram.interface,
            hops: datagram.hopLimit ?? 0, isMultihop: receiver.isMultihop
        )
        do throws(Rejection) {
            try sessions.receive(arrival, at: now, into: &actions)
        } catch {
            noteRejection(error, from: source)
        }
    }

    private func noteRejection(_ rejection: Rejection, from source: IPAddress) {
        guard logsDetail else { return }
        // A flood of bad packets must not become a flood of lines.
        let second = Instant.now.nanoseconds / 1_000_000_000
        if let last = lastRejection, last.second == second, last.kind == rejection { return }
        lastRejection = (second, rejection)
        logger.log(.info, "Discarding BFD packet from \(source) (\(rejection))")
    }

}

extension BFDEngine.ReceiverKind {
    fileprivate init(_ identity: SessionSettings.Identity) {
        self.init(family: identity.neighbor.family, isMultihop: identity.isMultihop)
    }
}
