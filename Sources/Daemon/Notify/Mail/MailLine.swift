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

    private let link: StreamLink
    private let timeout: Interval
    private let told: (Event, Instant) -> Void
    private var conversation: MailConversation

    init(
        _ loop: EventLoop, to server: IPAddress, port: UInt16, timeout: Interval, _ conversation: MailConversation,
        _ told: @escaping (Event, Instant) -> Void
    ) throws(SystemError) {
        self.timeout = timeout
        self.conversation = conversation
        self.told = told
        link = try StreamLink(loop, Socket(server.family, .stream), to: SocketAddress(server, port: port))
        link.ready = { [unowned self] now in ready(now) }
        link.silent = { [unowned self] now in
            end(.broken(link.isConnected ? "does not answer in time" : "cannot be reached in time"), now)
        }
        arm()
    }

    /// Looks whether a mail can be begun.
    func proceed() { if conversation.isIdle { told(.idle, .now) } }

    /// Begins with this mail, or ends the talk if there is none.
    func begin(_ text: [UInt8]?) { take(text.map { conversation.begin($0) } ?? conversation.quit(), .now) }

    /// Ends the connection at once.
    func hangUp() { link.close() }

    private func arm() { link.arm(until: .now + timeout) }

    private func end(_ event: Event, _ now: Instant) {
        guard link.isOpen else { return }
        hangUp()
        told(event, now)
    }

    private func ready(_ now: Instant) {
        if !link.isConnected {
            if let error = link.conclude() { return end(.broken("cannot be reached - \(error.reason)"), now) }
            arm()
            flush(now)
            return told(.connected, now)
        }
        if !link.unsent.isEmpty { flush(now) }
        if link.isOpen { read(now) }
    }

    private func read(_ now: Instant) {
        do throws(SystemError) {
            let bytes = try link.socket.descriptor.read(limit: 4_096)
            guard !bytes.isEmpty else { return take(conversation.close(), now) }
            take(conversation.receive(bytes), now)
        } catch {
            if !error.wouldBlock { end(.broken("cannot be read from - \(error.reason)"), now) }
        }
    }

    private func take(_ steps: [MailConversation.Step], _ now: Instant) {
        for step in steps where link.isOpen {
            switch step {
            case .send(let bytes): link.unsent += bytes
            case .delivered: told(.delivered, now)
            case .refused(let reason): told(.refused(reason), now)
            case .broken(let reason): return end(.broken(reason), now)
            case .finished: return end(.finished, now)
            }
        }
        guard link.isOpen else { return }
        arm()
        if !link.unsent.isEmpty { flush(now) }
        if link.isOpen, conversation.isIdle { told(.idle, now) }
    }

    private func flush(_ now: Instant) {
        do throws(SystemError) {
            try link.flush()
        } catch {
            end(.broken("cannot be written to - \(error.reason)"), now)
        }
    }
}
