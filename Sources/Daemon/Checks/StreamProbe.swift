// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Linux

/// A TCP connection, and a conversation over it.
///
/// The timeout is for the connection to stand, then for the handshake of TLS, and after that for each silence; the whole attempt has a limit too, so that a
/// peer that sends a byte now and then is judged as well.
final class StreamProbe: Probe {
    private let loop: EventLoop
    private let link: StreamLink
    private let timeout: Interval
    private let end: Instant
    private let finish: (ProbeOutcome, Instant) -> Void
    private var talk: any Conversation
    private let tls: TLSConnection?
    private var hasShakenHands = false

    init(
        _ loop: EventLoop, _ target: Target, _ talk: any Conversation,
        tls settings: (context: TLSContext, name: String?, isStrict: Bool)? = nil,
        _ finish: @escaping (ProbeOutcome, Instant) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.talk = talk
        self.finish = finish
        timeout = target.connection.timeout
        end = Instant.now + target.longest
        let socket = try target.streamSocket()
        let peer = endpointName(target.address, port: target.port)
        let descriptor = socket.descriptor
        tls = settings.flatMap {
            TLSConnection($0.context, on: descriptor, peer: peer, name: $0.name, isStrict: $0.isStrict)
        }
        link = try StreamLink(loop, socket, to: target.destination(port: target.port))
        link.ready = { [unowned self] now in ready(now) }
        link.silent = { [unowned self] now in
            done(.failed(link.isConnected && isReady ? .readTimeout : .connectTimeout), now)
        }
        arm()
    }

    func cancel() { link.close() }

    private func arm() { link.arm(until: min(.now + timeout, end)) }

    private func done(_ outcome: ProbeOutcome, _ now: Instant) {
        cancel()
        finish(outcome, now)
    }

    private func ready(_ now: Instant) {
        guard link.isConnected else { return connected(now) }
        guard isReady else { return shakeHands(now) }
        if !link.unsent.isEmpty, loop.readiness.contains(.writable) { send(now) }
        if link.isOpen, !loop.readiness.isDisjoint(with: [.readable, .hungUp, .failed]) { receive(now) }
    }

    /// Whether the conversation may begin, as far as TLS goes.
    private var isReady: Bool { tls == nil || hasShakenHands }

    private func connected(_ now: Instant) {
        if let error = link.conclude() { return done(.failed(.noConnection(error.reason)), now) }
        arm()
        if tls == nil { begin(now) } else { shakeHands(now) }
    }

    private func shakeHands(_ now: Instant) {
        switch tls?.handshake() {
        case .done?:
            hasShakenHands = true
            begin(now)
        case .wantsRead?: watch(.readable, now)
        case .wantsWrite?: watch(.writable, now)
        case .failed(let words)?: done(.failed(.handshake(words)), now)
        case .closed?, .bytes?, nil: done(.failed(.handshake("closed")), now)
        }
    }

    private func begin(_ now: Instant) {
        watch(.readable, now)
        take(talk.open(), now)
    }

    private func watch(_ interest: EventLoop.Interest, _ now: Instant) {
        do throws(SystemError) {
            try link.watch(interest)
        } catch {
            done(.failed(.readFailed(error.reason)), now)
        }
    }

    private func take(_ turn: Turn, _ now: Instant) {
        switch turn {
        case .wait:
            break
        case .send(let bytes):
            link.unsent += bytes
            send(now)
        case .finish(let outcome, let last):
            if !last.isEmpty { _ = try? link.socket.descriptor.write(some: last) }
            if outcome.isSuccess { tls?.keepSession() }
            done(outcome, now)
        }
    }

    private func send(_ now: Instant) {
        guard tls == nil else { return sendByTLS(now) }
        do throws(SystemError) {
            try link.flush()
        } catch {
            done(.failed(.writeFailed(error.reason)), now)
        }
    }

    private func sendByTLS(_ now: Instant) {
        guard !link.unsent.isEmpty else { return watch(.readable, now) }
        switch tls?.write(Array(link.unsent)) {
        case .done?:
            link.unsent = []
            watch(.readable, now)
        case .wantsRead?: watch(.readable, now)
        case .wantsWrite?: watch([.readable, .writable], now)
        case .failed(let words)?: done(.failed(.writeFailed(words)), now)
        case .closed?, .bytes?, nil: done(.failed(.closedEarly), now)
        }
    }

    /// As below, through TLS.
    private func receiveByTLS(_ now: Instant) {
        for _ in 0..<16 where link.isOpen {
            switch tls?.read(limit: 16_384) {
            case .bytes(let bytes)?:
                arm()
                take(talk.receive(bytes[...]), now)
            case .wantsRead?: return watch(.readable, now)
            case .wantsWrite?: return watch([.readable, .writable], now)
            case .closed?: return ended(cleanly: true, now)
            case .failed?: return ended(cleanly: false, now)
            case .done?, nil: return ended(cleanly: false, now)
            }
        }
    }

    private func ended(cleanly: Bool, _ now: Instant) {
        take(talk.close(cleanly: cleanly), now)
        // The peer is done, and the conversation still waits: nothing more can come.
        if link.isOpen { done(.failed(.closedEarly), now) }
    }

    /// At most a quarter of a megabyte at a time: others want their turn too.
    private func receive(_ now: Instant) {
        guard tls == nil else { return receiveByTLS(now) }
        for _ in 0..<16 {
            let bytes: [UInt8]
            do {
                bytes = try link.socket.descriptor.read(limit: 16_384)
            } catch {
                if error.wouldBlock { return }
                return done(.failed(.readFailed(error.reason)), now)
            }
            guard !bytes.isEmpty else { return ended(cleanly: true, now) }
            arm()
            take(talk.receive(bytes[...]), now)
            guard link.isOpen, bytes.count == 16_384 else { return }
        }
    }
}
