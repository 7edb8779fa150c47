// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// Waits for descriptors and deadlines, one thread a process.
///
/// Each time round: the work put off to the end of a turn is done, the loop waits, every ready descriptor is handled, and
/// then, if a deadline has passed, sockets are looked at once more before the deadline's owner is told. A process that was
/// held up therefore hears what its peers sent before it believes that they fell silent.
///
/// Where messages come in a burst, many are handled together: a wake-up for each would cost more than the message, and would
/// hold up a sender on the same processor.
///
/// Nothing is allocated for an event. All handlers of one turn are given the same instant.
package final class EventLoop {
    /// What to wait for on a descriptor. Errors and hang-ups are always reported.
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let readable = Interest(rawValue: 0x001)
        package static let writable = Interest(rawValue: 0x004)
        /// Something exceptional, such as a changed mount table (EPOLLPRI).
        package static let urgent = Interest(rawValue: 0x002)
        package static let failed = Interest(rawValue: 0x008)
        package static let hungUp = Interest(rawValue: 0x010)
        /// Told once, then not at all (EPOLLONESHOT).
        package static let once = Interest(rawValue: 1 << 30)
    }

    /// Names one descriptor's stay in the loop, and never another's, even if the number is used again.
    package struct Registration: Hashable, Sendable {
        fileprivate let slot: Int
        fileprivate let generation: UInt32
    }

    /// Names one timer, until it has fired or is cancelled.
    package struct TimerID: Hashable, Sendable {
        fileprivate let slot: Int
        fileprivate let generation: UInt32
    }

    /// Names an owner of deadlines.
    package struct DeadlineSource: Hashable, Sendable {
        fileprivate let index: Int
    }

    private struct Slot {
        var generation: UInt32 = 0
        var descriptor: Int32 = -1
        var isPatient = false
        var handler: ((Instant) -> Void)?
    }

    private struct Source {
        var next: () -> Instant?
        var reached: (Instant) -> Void
    }

    private struct Timer {
        var generation: UInt32 = 0
        var handler: ((Instant) -> Void)?
    }

    private let epoll: FileDescriptor
    private let events: UnsafeMutablePointer<epoll_event>
    private static let eventRoom = 128

    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var sources: [Source?] = []
    private var timers: [Timer] = []
    private var freeTimers: [Int] = []
    private var timerQueue = DeadlineQueue()
    private var turnEnds: [() -> Void] = []
    private var isStopping = false

    /// What was reported of the descriptor whose handler runs now.
    package private(set) var readiness: Interest = []
    /// The descriptor whose handler runs now, for handlers that serve many; -1 while none runs.
    package private(set) var readyDescriptor: Int32 = -1
    /// Whether a turn always sleeps, be it for microseconds. A real-time process that works through something slice by slice would
    /// otherwise count as one that runs wild (RLIMIT_RTTIME), and be killed.
    package var alwaysSleeps = false
    private var lastSlept = Instant.zero
    /// Whether the last wait was hardly one, and ended for patient descriptors alone.
    private var isBurst = false
    /// The longest that a deadline had to wait for its handler.
    package private(set) var worstLateness = Interval.zero
    /// Told how late the first of the deadlines is that are about to be served.
    package var late: (Interval) -> Void = { _ in }

    package init() throws(SystemError) {
        epoll = FileDescriptor(owning: try system("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
        events = .allocate(capacity: Self.eventRoom)
        // The kernel may otherwise deliver a timeout 50 microseconds late on purpose.
        try shim("prctl") { clinux_set_timer_slack(1) }
    }

    deinit { events.deallocate() }

    // MARK: Descriptors

    /// Calls the handler whenever the descriptor is ready, until it is removed. The caller keeps the descriptor open.
    ///
    /// - Parameter isPatient: Whether the loop may let more come in before it looks again, for a quarter of a millisecond,
    ///   when it was woken by such descriptors alone right after it had handled what there was. No deadline waits for that, and
    ///   no process at real-time priority does.
    @discardableResult
    package func add(
        _ descriptor: Int32, _ interest: Interest = .readable, isPatient: Bool = false, handler: @escaping (Instant) -> Void
    ) throws(SystemError) -> Registration {
        let index = freeSlots.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        let registration = Registration(slot: index, generation: slots[index].generation)
        do throws(SystemError) {
            try control(EPOLL_CTL_ADD, descriptor, registration, interest)
        } catch {
            freeSlots.append(index)
            throw error
        }
        slots[index].descriptor = descriptor
        slots[index].isPatient = isPatient
        slots[index].handler = handler
        return registration
    }

    /// The same for a descriptor that is owned elsewhere; remove the registration before that closes it.
    @discardableResult
    package func add(
        _ descriptor: FileDescriptor, _ interest: Interest = .readable, isPatient: Bool = false,
        handler: @escaping (Instant) -> Void
    ) throws(SystemError) -> Registration {
        try add(descriptor.number, interest, isPatient: isPatient, handler: handler)
    }

    /// Waits for something else on the descriptor; an empty interest leaves only errors and hang-ups.
    package func modify(_ registration: Registration, _ interest: Interest) throws(SystemError) {
        guard isCurrent(registration) else { return }
        try control(EPOLL_CTL_MOD, slots[registration.slot].descriptor, registration, interest)
    }

    /// Forgets the descriptor; call it before closing. A second call does nothing.
    package func remove(_ registration: Registration) {
        guard isCurrent(registration) else { return }
        var unused = epoll_event()
        _ = epoll_ctl(epoll.number, EPOLL_CTL_DEL, slots[registration.slot].descriptor, &unused)
        slots[registration.slot] = Slot(generation: registration.generation &+ 1)
        freeSlots.append(registration.slot)
    }

    /// As `remove`, for a descriptor that was told `once` and is closed right after: closing takes it out, which saves a system
    /// call where descriptors live for one event.
    package func forget(_ registration: Registration) {
        guard isCurrent(registration) else { return }
        slots[registration.slot] = Slot(generation: registration.generation &+ 1)
        freeSlots.append(registration.slot)
    }

    private func isCurrent(_ registration: Registration) -> Bool {
        let slot = slots[registration.slot]
        return slot.generation == registration.generation && slot.handler != nil
    }

    private func control(
        _ operation: Int32, _ descriptor: Int32, _ registration: Registration, _ interest: Interest
    ) throws(SystemError) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = UInt64(registration.generation) << 32 | UInt64(registration.slot)
        try system("epoll_ctl") { epoll_ctl(epoll.number, operation, descriptor, &event) }
    }

    // MARK: Deadlines and timers

    /// Adds an owner of its own queue of deadlines: `next` tells the earliest, `reached` is called once that has passed.
    @discardableResult
    package func addDeadlines(
        next: @escaping () -> Instant?, reached: @escaping (Instant) -> Void
    ) -> DeadlineSource {
        sources.append(Source(next: next, reached: reached))
        return DeadlineSource(index: sources.count - 1)
    }

    /// Forgets an owner of deadlines; its place is not used again.
    package func remove(_ source: DeadlineSource) { sources[source.index] = nil }

    /// Calls the handler once, this long from now.
    @discardableResult
    package func after(_ delay: Interval, _ handler: @escaping (Instant) -> Void) -> TimerID {
        at(Instant.now + delay, handler)
    }

    /// Calls the handler once, at that instant.
    @discardableResult
    package func at(_ deadline: Instant, _ handler: @escaping (Instant) -> Void) -> TimerID {
        let index = freeTimers.popLast() ?? timers.count
        if index == timers.count { timers.append(Timer()) }
        timers[index].handler = handler
        timerQueue.set(deadline, for: index)
        return TimerID(slot: index, generation: timers[index].generation)
    }

    /// Takes the timer back; nothing happens if it has fired.
    package func cancel(_ timer: TimerID) {
        guard timers[timer.slot].generation == timer.generation, timers[timer.slot].handler != nil else { return }
        timerQueue.set(nil, for: timer.slot)
        release(timer.slot)
    }

    private func release(_ index: Int) {
        timers[index] = Timer(generation: timers[index].generation &+ 1)
        freeTimers.append(index)
    }

    /// Calls the handler at the end of every turn, just before the loop waits: the place to write out what was gathered.
    package func atEndOfTurn(_ handler: @escaping () -> Void) { turnEnds.append(handler) }

    // MARK: Running

    /// Goes round until `stop()` is called.
    package func run() {
        isStopping = false
        while !isStopping { turn() }
        for work in turnEnds { work() }
    }

    /// Makes `run()` return at the end of this turn.
    package func stop() { isStopping = true }

    /// Goes round once: waits at most until `limit`.
    package func turn(until limit: Instant? = nil) {
        for work in turnEnds { work() }
        let deadline = min(earliest ?? .distantFuture, limit ?? .distantFuture)
        // Whoever asked for real-time priority would rather spend a wake-up than a quarter of a millisecond.
        if isBurst, !alwaysSleeps { gather(until: deadline) }
        let began = Instant.now
        let ready = wait(until: deadline, from: began)
        let now = Instant.now
        isBurst = now - began < Self.hardlyAWait && isPatient(ready)
        dispatch(ready, now)
        guard let due = earliest, due <= now else { return }
        // The process may have been stopped since it looked at the clock: what arrived meanwhile is not heard as of before.
        let later = Instant.now
        dispatch(poll(nanoseconds: 0), later)
        fire(later)
    }

    /// For handlers that take long: does a turn in between if a deadline has come, or if it is time to sleep. Between two
    /// calls of this the handler must leave nothing half done that other handlers look at.
    package func seeToWhatIsDue() {
        let now = Instant.now
        let isTired = alwaysSleeps && now - lastSlept > Self.longestWithoutSleep
        if isTired || earliest ?? .distantFuture <= now { turn(until: now) }
    }

    private var earliest: Instant? {
        var first = timerQueue.first?.deadline
        for source in sources {
            guard let next = source?.next() else { continue }
            if first.map({ next < $0 }) ?? true { first = next }
        }
        return first
    }

    private func fire(_ now: Instant) {
        if let due = earliest { late(now - due) }
        for index in sources.indices {
            guard let source = sources[index], let next = source.next(), next <= now else { continue }
            worstLateness = max(worstLateness, now - next)
            source.reached(now)
        }
        while let (deadline, index) = timerQueue.popFirst(notAfter: now) {
            worstLateness = max(worstLateness, now - deadline)
            guard let handler = timers[index].handler else { continue }
            release(index)
            handler(now)
        }
    }

    private func wait(until deadline: Instant, from now: Instant) -> Int {
        guard deadline != .distantFuture else { return poll(nanoseconds: -1) }
        return poll(nanoseconds: max(alwaysSleeps ? Self.shortestSleep : 0, (deadline - now).nanoseconds))
    }

    /// Lets more of a burst come in.
    private func gather(until deadline: Instant) {
        let time = min(deadline - .now, Self.gatheringTime)
        guard time > .zero else { return }
        var request = timespec(tv_sec: 0, tv_nsec: Int(time.nanoseconds))
        nanosleep(&request, nil)
    }

    /// A socket has room for what a gigabit link brings in this time.
    private static let gatheringTime = Interval.microseconds(250)
    private static let hardlyAWait = Interval.microseconds(100)

    /// Whether all that is ready is in no hurry.
    private func isPatient(_ ready: Int) -> Bool {
        guard ready > 0 else { return false }
        for index in 0..<ready {
            guard slot(of: events[index]).isPatient else { return false }
        }
        return true
    }

    /// A fraction of the usual limit.
    private static let longestWithoutSleep = Interval.milliseconds(2)
    /// Less might be over before it has begun.
    private static let shortestSleep: Int64 = 10_000

    private func poll(nanoseconds: Int64) -> Int {
        defer { if alwaysSleeps, nanoseconds != 0 { lastSlept = .now } }
        let ready = clinux_epoll_wait(epoll.number, events, Int32(Self.eventRoom), nanoseconds)
        precondition(ready >= 0 || ready == -EINTR, "The event loop waits on a descriptor that is not epoll's.")
        return max(0, Int(ready))
    }

    private func slot(of event: epoll_event) -> Slot { slots[Int(truncatingIfNeeded: event.data.u64 & 0xffff_ffff)] }

    private func dispatch(_ count: Int, _ now: Instant) {
        for index in 0..<count {
            let event = events[index]
            let slot = slot(of: event)
            guard slot.generation == UInt32(truncatingIfNeeded: event.data.u64 >> 32), let handler = slot.handler else {
                continue
            }
            readiness = Interest(rawValue: event.events)
            readyDescriptor = slot.descriptor
            handler(now)
        }
        readiness = Interest(rawValue: 0)
        readyDescriptor = -1
    }
}
