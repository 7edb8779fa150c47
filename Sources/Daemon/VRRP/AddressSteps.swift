// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux

/// The rhythm of ``AddressKeeper``: a slice at once, and each further one after everything that is due by then.
///
/// The kernel tells as many news of addresses as it is asked for. While it is kept busy nobody listens, and while addresses are
/// missing the process is in a hurry.
final class AddressSteps {
    private let loop: EventLoop
    private let kernel: KernelLink
    private let keeper: AddressKeeper
    private let urgency: Urgency
    private var isScheduled = false
    /// Until when news are left where they are, while addresses are changed.
    private var deafUntil = Instant.zero
    private var hearsSoon = false

    /// A slice has been done, perhaps one that changed addresses.
    var stepped: (_ hasChanged: Bool) -> Void = { _ in }

    /// Changes bring as many news of themselves, which can wait; so long at most, for a link that went down may be among them.
    private static let deafness = Interval.milliseconds(50)
    /// How long after the last change its news are heard: whoever else was told of it is given the processors first.
    private static let rest = Interval.milliseconds(10)

    init(_ loop: EventLoop, _ kernel: KernelLink, _ keeper: AddressKeeper, _ urgency: Urgency) {
        self.loop = loop
        self.kernel = kernel
        self.keeper = keeper
        self.urgency = urgency
    }

    /// Begins with the keeper's work, if that has not begun.
    func begin() {
        guard keeper.hasWork else { return urgency.end() }
        guard !isScheduled else { return }
        deafUntil = .now + Self.deafness
        step()
        schedule()
    }

    /// Does all of it, here and now.
    func finish() {
        while keeper.hasWork { step() }
    }

    private func step() {
        let changes = keeper.hasChanges
        keeper.step()
        stepped(changes)
    }

    private func schedule() {
        let now = Instant.now
        listen(at: now)
        if !keeper.hasChanges || urgency.isTooLong(at: now) { urgency.end() }
        guard keeper.hasWork else { return }
        isScheduled = true
        loop.after(.zero) { [unowned self] _ in
            isScheduled = false
            step()
            schedule()
        }
    }

    /// Turns a deaf ear to the kernel while it is kept busy, but for a turn now and then.
    private func listen(at now: Instant) {
        if keeper.hasChanges {
            kernel.isListening = now >= deafUntil
            if kernel.isListening { deafUntil = now + Self.deafness }
        } else if !kernel.isListening, !hearsSoon {
            hearsSoon = true
            loop.after(Self.rest) { [unowned self] _ in
                hearsSoon = false
                kernel.isListening = !keeper.hasChanges
            }
        }
    }
}
