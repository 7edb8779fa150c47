// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux

/// A connection to a mail server with the conversation over it. Never blocks; each step of the server has the timeout to itself.
final class MailLine {
    /// What became of it.
    enum Event {
        case connected
        /// Ready for a mail: `begin` is expected.
        case idle
        case delivered
        case refused(String)
        /// The connection is of no more use; the mail under way was not taken.
        case broken(String)
        case finished
    }

    private let loop: EventLoop
    private let socket: Socket
    private let timeout: Interval
    private let told: (Event, Instant) -> Void
    private var conversation: MailConversation
    private var registration: EventLoop.Registration?
    private var timer: EventLoop.TimerID?
    private var isConnected = false
    private var unsent: ArraySlice<UInt8> = []

    init(
        _ loop: EventLoop, to server: IPAddress, port: UInt16, timeout: Interval, _ conversation: MailConversation,
        _ told: @escaping (Event, Instant) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.timeout = timeout
        self.conversation = conversation
        self.told = told
        socket = try Socket(server.family, .stream)
        _ = try socket.connect(to: SocketAddress(server, port: port))
        registration = try loop.add(socket.descriptor, .writable) { [unowned self] now in ready(now) }
        arm()
    }

    /// Looks whether a mail can be begun.
    func proceed() { if conversation.isIdle { told(.idle, .now) } }

    /// Begins with this mail, or ends the talk if there is none.
    func begin(_ text: [UInt8]?) { take(text.map { conversation.begin($0) } ?? conversation.quit(), .now) }

    /// Ends the connection at once.
    func hangUp() {
        if let registration { loop.remove(registration) }
        registration = nil
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func arm() {
        if let timer { loop.cancel(timer) }
        timer = loop.after(timeout) { [unowned self] now in
            timer = nil
            end(.broken(isConnected ? "does not answer in time" : "cannot be reached in time"), now)
        }
    }

    private func end(_ event: Event, _ now: Instant) {
        guard registration != nil else { return }
        hangUp()
        told(event, now)
    }

    private func ready(_ now: Instant) {
        if !isConnected {
            if let error = socket.pendingError { return end(.broken("cannot be reached - \(error.reason)"), now) }
            isConnected = true
            arm()
            watch(.readable, now)
            return told(.connected, now)
        }
        if !unsent.isEmpty { write(now) }
        if registration != nil { read(now) }
    }

    private func read(_ now: Instant) {
        do throws(SystemError) {
            let bytes = try socket.descriptor.read(limit: 4_096)
            guard !bytes.isEmpty else { return take(conversation.close(), now) }
            take(conversation.receive(bytes), now)
        } catch {
            if !error.wouldBlock { end(.broken("cannot be read from - \(error.reason)"), now) }
        }
    }

    private func take(_ steps: [MailConversation.Step], _ now: Instant) {
        for step in steps where registration != nil {
            switch step {
            case .send(let bytes): unsent += bytes
            case .delivered: told(.delivered, now)
            case .refused(let reason): told(.refused(reason), now)
            case .broken(let reason): return end(.broken(reason), now)
            case .finished: return end(.finished, now)
            }
        }
        guard registration != nil else { return }
        arm()
        if !unsent.isEmpty { write(now) }
        if registration != nil, conversation.isIdle { told(.idle, now) }
    }

    private func write(_ now: Instant) {
        do throws(SystemError) {
            while !unsent.isEmpty { unsent = unsent.dropFirst(try socket.descriptor.write(some: unsent)) }
            watch(.readable, now)
        } catch {
            guard error.wouldBlock else { return end(.broken("cannot be written to - \(error.reason)"), now) }
            watch([.readable, .writable], now)
        }
    }

    private func watch(_ interest: EventLoop.Interest, _ now: Instant) {
        guard let registration else { return }
        do throws(SystemError) {
            try loop.modify(registration, interest)
        } catch {
            end(.broken("cannot be watched - \(error.reason)"), now)
        }
    }
}
