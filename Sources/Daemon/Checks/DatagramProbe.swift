// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Linux

/// One datagram out, one in: UDP, DNS and ICMP echo. The socket is connected, so that only the peer's answers come in, and
/// ICMP errors come as errors of the socket.
final class DatagramProbe: Probe {
    private let loop: EventLoop
    private let socket: Socket
    private let hasHeader: Bool
    private let finish: (ProbeOutcome, Instant) -> Void
    private var talk: any Conversation
    private var registration: EventLoop.Registration?
    private var timer: EventLoop.TimerID?

    /// `silence` is what it means if nothing comes in time.
    init(
        _ loop: EventLoop, _ target: Target, _ talk: any Conversation, isPing: Bool = false, silence: ProbeOutcome,
        _ finish: @escaping (ProbeOutcome, Instant) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.talk = talk
        self.finish = finish
        let isIPv6 = target.address.family == .ipv6
        hasHeader = isPing && !isIPv6
        socket = try target.socket(isPing ? .raw(protocol: isIPv6 ? 58 : 1) : .datagram)
        _ = try socket.connect(to: target.destination(port: isPing ? 0 : target.port))
        registration = try loop.add(socket.descriptor) { [unowned self] now in receive(now) }
        if case .send(let bytes) = self.talk.open() { _ = try socket.descriptor.write(some: bytes) }
        timer = loop.after(target.connection.timeout) { [unowned self] now in
            timer = nil
            done(silence, now)
        }
    }

    deinit { cancel() }

    func cancel() {
        if let registration { loop.remove(registration) }
        registration = nil
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func done(_ outcome: ProbeOutcome, _ now: Instant) {
        cancel()
        finish(outcome, now)
    }

    /// At most a few at a time: a peer may send without end.
    private func receive(_ now: Instant) {
        for _ in 0..<16 where registration != nil {
            let bytes: [UInt8]
            do {
                bytes = try socket.descriptor.read()
            } catch {
                if error.wouldBlock { return }
                return done(.failed(.noConnection(error.reason)), now)
            }
            var message = bytes[...]
            if hasHeader { message = message.dropFirst((Int(message.first ?? 0) & 15) << 2) }
            switch talk.receive(message) {
            case .wait, .send: continue
            case .finish(let outcome, _): return done(outcome, now)
            }
        }
    }
}
