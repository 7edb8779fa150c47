// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux

/// Waits for packets, and for many at a time where there are many.
///
/// Thousands of packets a second, each waking the process, would cost more than all that is done with them. So a
/// listener that is woken twice within half a millisecond looks at its socket every millisecond from then on, until it
/// finds hardly anything.
final class BFDListener {
    private static let busyGap = Interval.microseconds(500)
    private static let rest = Interval.milliseconds(1)

    private let receiver: BFDReceiver
    private let loop: EventLoop
    private let take: (Instant) -> Int
    private var registration: EventLoop.Registration?
    private var lastWaking = Instant.zero
    /// Runs while the listener looks by itself and is not woken.
    private var timer: EventLoop.TimerID?

    /// `take` empties the socket and says how many packets there were.
    init(_ receiver: BFDReceiver, loop: EventLoop, take: @escaping (Instant) -> Int) throws(SystemError) {
        self.receiver = receiver
        self.loop = loop
        self.take = take
        registration = try loop.add(receiver.descriptor) { [unowned self] now in wake(at: now) }
    }

    deinit {
        if let timer { loop.cancel(timer) }
        if let registration { loop.remove(registration) }
    }

    /// Takes what waits now.
    func drain(at now: Instant) { _ = take(now) }

    private func wake(at now: Instant) {
        _ = take(now)
        if now - lastWaking < Self.busyGap { setResting(true) }
        lastWaking = now
    }

    private func look(at now: Instant) {
        setResting(take(now) > 1)
    }

    private func setResting(_ resting: Bool) {
        guard let registration else { return }
        let wasResting = timer != nil
        timer = resting ? loop.after(Self.rest) { [unowned self] now in look(at: now) } : nil
        // Where the kernel refuses, the listener is woken as before, which is only slower.
        if resting != wasResting { try? loop.modify(registration, resting ? [] : .readable) }
    }
}
