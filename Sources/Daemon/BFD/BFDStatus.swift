// SPDX-License-Identifier: GPL-2.0-or-later

package import BFD
package import Basics
package import Linux

/// The state of a session, as the BFD process tells the others.
package struct BFDStatus: Equatable, Sendable {
    package var name: String
    package var report: SessionReport
    /// When the session came into this state.
    package var since: Instant
    /// For one who heard that the session was up: the BFD process itself has seen it fail. Not part of the message.
    package var isFailure = false

    package init(name: String, report: SessionReport, since: Instant) {
        self.name = name
        self.report = report
        self.since = since
    }

    /// The message on the channel: a letter, the state, the instant in nanoseconds, the name.
    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 48)
        writer.write(UInt8(ascii: "S"))
        writer.write(report.rawValue)
        writer.write(since.nanoseconds)
        writer.write(name.utf8)
        return writer.bytes
    }

    /// Nil for a message that is something else.
    package init?(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let kind = try? reader.read(UInt8.self), kind == UInt8(ascii: "S"),
            let report = (try? reader.read(UInt8.self)).flatMap(SessionReport.init(rawValue:)),
            let since = try? reader.read(Int64.self)
        else { return nil }
        self.init(
            name: String(decoding: reader.remaining, as: UTF8.self), report: report, since: Instant(nanoseconds: since)
        )
    }

    /// For those who only track up and down; nil where nothing is known yet.
    package var isUp: Bool? {
        switch report {
        case .untested: nil
        case .up: true
        case .down, .adminDown: false
        }
    }

    /// As upstream's log line names the state.
    package var word: String { report == .up ? "Up" : "Down" }

    /// "Received BFD event: instance N is in state Up (delivered in 37 usec)".
    package func line(receivedAt now: Instant) -> String {
        "Received BFD event: instance \(name) is in state \(word) (delivered in \((now - since).microseconds) usec)"
    }
}

/// What a receiver asks for when it begins: the state of every session.
enum BFDRequest {
    static let everything = [UInt8(ascii: "?")]
}

/// Tells one other process of the states of sessions, so that the newest state of each always arrives.
///
/// What the channel has no room for is remembered by session: a later state replaces an earlier one, so nothing grows
/// and nothing is lost, however long the reader sleeps. A reader that begins, also one that was started again, asks for
/// all.
package final class BFDPublisher {
    private let loop: EventLoop
    private let channel: MessageChannel
    private var registration: EventLoop.Registration?
    private var statuses: [String: BFDStatus] = [:]
    /// Names of sessions whose newest state has not been sent, in the order in which they changed.
    private var pending: [String] = []

    package init(loop: EventLoop, channel: MessageChannel) throws(SystemError) {
        self.loop = loop
        self.channel = channel
        registration = try loop.add(channel.descriptor) { [unowned self] _ in serve() }
    }

    /// Tells of a session's new state.
    package func publish(_ status: BFDStatus) {
        statuses[status.name] = status
        if !pending.contains(status.name) { pending.append(status.name) }
        flush()
    }

    /// Tells of a session that was not told of before.
    package func publishIfUnknown(_ status: BFDStatus) {
        if statuses[status.name] == nil { publish(status) }
    }

    /// Forgets sessions that are not among these; their trackers go with the same reload.
    package func keep(_ names: Set<String>) {
        statuses = statuses.filter { names.contains($0.key) }
        pending.removeAll { !names.contains($0) }
    }

    private func serve() {
        do throws(SystemError) {
            while let message = try channel.receive(limit: 16) {
                guard !message.bytes.isEmpty else { return end() }
                if message.bytes == BFDRequest.everything { pending = statuses.keys.sorted() }
            }
            flush()
        } catch {
            end()
        }
    }

    private func flush() {
        var sent = 0
        defer { pending.removeFirst(sent) }
        for name in pending {
            guard let status = statuses[name] else { continue }
            do throws(SystemError) {
                try channel.send(status.bytes)
                sent += 1
            } catch {
                if !error.wouldBlock { end() }
                break
            }
        }
        wait(forRoom: sent < pending.count)
    }

    private func wait(forRoom: Bool) {
        guard let registration else { return }
        try? loop.modify(registration, forRoom ? [.readable, .writable] : .readable)
    }

    /// Nobody holds the other end any more.
    private func end() {
        if let registration { loop.remove(registration) }
        registration = nil
    }
}

/// Hears of the states of sessions in the VRRP and the checker process.
///
/// A BFD process that was started again begins with untested sessions. What was known before holds on for a while, so
/// that its restart is no failure of the neighbours; a session that is not up again by then counts as down.
package final class BFDSubscriber {
    /// Time for a new BFD process to find the neighbour again: a handshake at a packet a second.
    package static let patience = Interval.seconds(5)

    private let loop: EventLoop
    private let channel: MessageChannel
    private let patience: Interval
    private var registration: EventLoop.Registration?
    private let handler: (BFDStatus, Instant) -> Void
    private var known: [String: SessionReport] = [:]
    private var timers: [String: EventLoop.TimerID] = [:]

    /// Calls the handler for the state of every session now, and for each change from then on.
    package init(
        loop: EventLoop, channel: MessageChannel, patience: Interval = BFDSubscriber.patience,
        handler: @escaping (BFDStatus, Instant) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.channel = channel
        self.patience = patience
        self.handler = handler
        registration = try loop.add(channel.descriptor) { [unowned self] now in hear(at: now) }
        do throws(SystemError) {
            try channel.send(BFDRequest.everything)
        } catch {
            // A channel full of requests holds one that was not answered yet.
            guard error.wouldBlock else { throw error }
        }
    }

    /// Hears on the channel that the process was given, with a log line for each change of a session that has been up;
    /// nil, with a log line, where that is impossible.
    package static func hearing(
        in environment: ProcessEnvironment, _ handler: @escaping (BFDStatus, Instant) -> Void
    ) -> BFDSubscriber? {
        guard let channel = environment.bfdChannels.incoming else { return nil }
        do throws(SystemError) {
            return try BFDSubscriber(loop: environment.loop, channel: channel) { [unowned environment] status, now in
                guard status.isUp != nil else { return }
                environment.log(status.line(receivedAt: now))
                handler(status, now)
            }
        } catch {
            environment.logger.log(.error, "Unable to hear of BFD sessions - \(error)")
            return nil
        }
    }

    deinit {
        if let registration { loop.remove(registration) }
        for timer in timers.values { loop.cancel(timer) }
    }

    /// Forgets sessions that are not among these, so that one of the same name begins anew.
    package func keep(_ names: Set<String>) {
        known = known.filter { names.contains($0.key) }
        for (name, timer) in timers where !names.contains(name) {
            loop.cancel(timer)
            timers[name] = nil
        }
    }

    private func hear(at now: Instant) {
        do throws(SystemError) {
            while let message = try channel.receive(limit: 256) {
                guard !message.bytes.isEmpty else { return end() }
                if let status = BFDStatus(bytes: message.bytes) { take(status, isReported: true, at: now) }
            }
        } catch {
            end()
        }
    }

    /// - Parameter isReported: the BFD process says so, it is no guess of ours.
    private func take(_ status: BFDStatus, isReported: Bool, at now: Instant) {
        let old = known[status.name]
        if status.report == .untested {
            if old == .up, timers[status.name] == nil { doubt(status.name) }
            if old != nil { return }
        } else if let timer = timers.removeValue(forKey: status.name) {
            loop.cancel(timer)
        }
        guard old != status.report else { return }
        known[status.name] = status.report
        var status = status
        status.isFailure = old == .up && status.report == .down && isReported
        handler(status, now)
    }

    /// Waits for a session that was up to be found up again.
    private func doubt(_ name: String) {
        timers[name] = loop.after(patience) { [unowned self] now in
            timers[name] = nil
            take(BFDStatus(name: name, report: .down, since: now), isReported: false, at: now)
        }
    }

    private func end() {
        if let registration { loop.remove(registration) }
        registration = nil
    }
}
