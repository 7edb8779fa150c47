// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Linux

/// A TCP connection of which only matters whether it stands. There may be thousands of these at a time, so each costs four
/// system calls: socket, connect, epoll_ctl and close.
final class ConnectProbe: Probe {
    private let loop: EventLoop
    private let socket: Socket
    private let finish: (ProbeOutcome, Instant) -> Void
    private var registration: EventLoop.Registration?
    private var timer: EventLoop.TimerID?

    init(
        _ loop: EventLoop, _ target: Target, at now: Instant, _ finish: @escaping (ProbeOutcome, Instant) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.finish = finish
        socket = try target.socket(.stream)
        // A fixed source port could not be used again for a minute if the connection ended in the usual way.
        if target.connection.sourcePort != 0 { try socket.resetOnClose() }
        _ = try socket.connect(to: target.destination(port: target.port))
        registration = try loop.add(socket.descriptor, [.writable, .once]) { [unowned self] now in answered(now) }
        timer = loop.at(now + target.connection.timeout) { [unowned self] now in
            timer = nil
            cancel()
            finish(.failed(.connectTimeout), now)
        }
    }

    func cancel() {
        if let registration { loop.remove(registration) }
        registration = nil
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func answered(_ now: Instant) {
        let hasFailed = !loop.readiness.isDisjoint(with: [.failed, .hungUp])
        if let registration { loop.forget(registration) }
        registration = nil
        cancel()
        if hasFailed, let error = socket.pendingError {
            finish(.failed(.noConnection(error.reason)), now)
        } else {
            finish(.passed, now)
        }
    }
}
