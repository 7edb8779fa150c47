// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// Sends alert mails, one connection at a time, and never waits for it.
///
/// Mails that come together leave together. Addresses of the server are tried in turn.
final class MailSender {
    private let loop: EventLoop
    private let log: (Severity, String) -> Void
    private let logsDetail: Bool
    private var settings = MailSettings()
    private var envelope = MailEnvelope(sender: "", recipients: [], greeting: "", routerID: "")
    private var queue = MailQueue()
    private var line: MailLine?
    private var retry: EventLoop.TimerID?
    /// Which address of the server comes next.
    private var turn = 0
    private var drained: (() -> Void)?

    init(loop: EventLoop, logsDetail: Bool, log: @escaping (Severity, String) -> Void) {
        self.loop = loop
        self.logsDetail = logsDetail
        self.log = log
    }

    /// Takes over what the configuration says; mails that wait go by it.
    func configure(_ globals: GlobalSettings) {
        settings = globals.mail
        envelope = MailEnvelope(
            sender: settings.effectiveSender, recipients: settings.recipients,
            greeting: settings.greeting ?? HostNames.own, routerID: globals.routerID ?? HostNames.own)
    }

    /// Whether there is anywhere to send mails to.
    private var isPossible: Bool { !settings.servers.isEmpty && !settings.recipients.isEmpty }

    /// Sends a mail when its turn comes.
    func send(_ mail: AlertMail, at now: Instant) {
        guard isPossible else { return }
        // The count is told when mails go again.
        _ = queue.add(mail, at: now)
        proceed(at: now)
    }

    /// Calls `done` once nothing is left to send, or when the time is over.
    func drain(within limit: Interval, done: @escaping () -> Void) {
        guard line != nil || !queue.isEmpty else { return done() }
        drained = done
        loop.after(limit) { [unowned self] _ in finishDraining() }
        proceed(at: .now)
    }

    private func finishDraining() {
        guard let drained else { return }
        self.drained = nil
        line?.hangUp()
        line = nil
        drained()
    }

    // MARK: The line

    private func proceed(at now: Instant) {
        queue.expire(at: now)
        let lost = queue.takeLost()
        if lost > 0 { log(.warning, "\(lost) alert mails were given up") }
        if let line { return line.proceed() }
        guard !queue.isEmpty, isPossible else { return finishDraining() }
        if let wait = queue.retryAt, wait > now, drained == nil {
            if retry == nil {
                retry = loop.at(wait) { [unowned self] now in
                    retry = nil
                    proceed(at: now)
                }
            }
            return
        }
        connect(at: now)
    }

    private func connect(at now: Instant) {
        let address = settings.servers[turn % settings.servers.count]
        turn &+= 1
        let name = "[\(address)]:\(settings.port)"
        do throws(SystemError) {
            line = try MailLine(
                loop, to: address, port: settings.port, timeout: settings.connectTimeout,
                MailConversation(envelope)
            ) { [unowned self] event, now in take(event, name, at: now) }
        } catch {
            fail("SMTP connection ERROR to \(name) - \(error)", at: now)
        }
    }

    private func take(_ event: MailLine.Event, _ name: String, at now: Instant) {
        switch event {
        case .idle:
            queue.expire(at: now)
            line?.begin(queue.first.map { $0.text(envelope, date: Self.date) })
        case .connected:
            if logsDetail { log(.info, "Remote SMTP server \(name) connected.") }
        case .delivered:
            queue.noteSuccess()
            queue.removeFirst()
            if logsDetail { log(.info, "SMTP alert successfully sent.") }
        case .refused(let reason):
            queue.removeFirst()
            log(.warning, "Remote SMTP server \(name): \(reason)")
        case .broken(let reason):
            line = nil
            guard !queue.isEmpty else { return proceed(at: now) }
            fail("Remote SMTP server \(name) \(reason)", at: now)
        case .finished:
            line = nil
            proceed(at: now)
        }
    }

    private func fail(_ text: String, at now: Instant) {
        if queue.noteFailure(at: now) {
            log(.warning, "\(text); alert mails wait and are tried again for \(MailQueue.patience.seconds) seconds")
        }
        if drained != nil { finishDraining() } else { proceed(at: now) }
    }

    private static var date: String {
        let now = WallTime.now
        return MailDate.text(calendar: now.text, offset: now.zoneOffset)
    }
}
