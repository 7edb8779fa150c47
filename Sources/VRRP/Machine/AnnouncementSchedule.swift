// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// When which address of a master is announced by gratuitous ARP or unsolicited neighbour advertisement.
///
/// A burst is a number of rounds over all addresses. The first round is one announcement for every address, at once, so
/// that all are reachable as soon as they can be; the further rounds follow in slices, so that adverts get between
/// them. Where `garp_interval` or `gna_interval` sets a pace, every announcement waits its turn on a ``Lane``.
package struct AnnouncementSchedule: Equatable, Sendable {
    /// The pace of one kind of announcement on the interfaces that share it.
    package struct Lane: Equatable, Sendable {
        package var gap: Interval
        /// When the next announcement may leave.
        package var free = Instant.zero

        package init(gap: Interval) { self.gap = gap }
    }

    /// Announcements in one slice of a repeated round, and the pause after a slice.
    private static let slice = 128
    private static let slicePause = Interval.milliseconds(1)
    /// Between rounds, and for each address: the addresses of a first round are being brought into the kernel meanwhile.
    private static let roundPause = Interval.milliseconds(20)
    private static let addressPause = Interval.microseconds(50)

    @Seldom private var settings: AnnouncementSettings
    /// How many addresses there are.
    private var count: Int
    /// For each address its lane, or -1; empty when nothing is paced.
    private var lanes: [Int]
    /// Addresses on other interfaces, which `garp_extra_if` announces by itself.
    private var extras: [Int]

    private var roundsLeft = 0
    private var cursor = 0
    private var isFirstRound = false
    private var nextSlice: Instant?
    private var secondBurst: Instant?
    private var secondRounds = 0
    private var nextRefresh: Instant?
    private var nextExtra: Instant?

    package init(_ settings: AnnouncementSettings, count: Int, lanes: [Int] = [], extras: [Int] = []) {
        precondition(lanes.isEmpty || lanes.count == count, "Either every address has a lane or none.")
        self.settings = settings
        self.count = count
        self.lanes = lanes
        self.extras = extras
    }

    /// When ``advance(to:router:lanes:into:)`` next has something to do; nil while not master.
    package var deadline: Instant? {
        var earliest = nextSlice
        for other in [secondBurst, nextRefresh, nextExtra] {
            if let other, other < earliest ?? .distantFuture { earliest = other }
        }
        return earliest
    }

    /// Whether rounds are still to come by themselves.
    var isUnderWay: Bool { roundsLeft > 0 }

    /// The router became master, or was woken and may have been superseded: everything from the beginning, from `start`
    /// on.
    package mutating func begin(at start: Instant) {
        burst(settings.repeats, at: start, urgent: true)
        secondBurst = settings.delay > .zero ? start + settings.delay : nil
        secondRounds = settings.repeats
        nextRefresh = settings.refresh > .zero ? start + settings.refresh : nil
        nextExtra = settings.extraInterfaces > .zero && !extras.isEmpty ? start + settings.extraInterfaces : nil
    }

    /// A losing advert was heard: others may have been told wrong.
    package mutating func repeatAfterLowerPriority(at now: Instant) {
        guard settings.lowerPriorityRepeats > 0 else { return }
        // Rivals advertise again and again; a burst on its way is not begun anew each time, or its end would never
        // come.
        if roundsLeft == 0 { burst(settings.lowerPriorityRepeats, at: now, urgent: true) }
        if settings.lowerPriorityDelay > .zero, secondBurst == nil {
            secondBurst = now + settings.lowerPriorityDelay
            secondRounds = settings.lowerPriorityRepeats
        }
    }

    /// One round for all addresses, as after a contest was won.
    package mutating func once(at now: Instant) {
        if roundsLeft == 0 { burst(1, at: now, urgent: true) }
    }

    /// Other settings, addresses or lanes; what was begun goes on, over the new addresses.
    mutating func reconfigure(to other: AnnouncementSchedule, at now: Instant, isMaster: Bool) {
        let old = settings
        (settings, count, lanes, extras) = (other.settings, other.count, other.lanes, other.extras)
        cursor = 0
        if count == 0 { (roundsLeft, nextSlice) = (0, nil) }
        func renewed(_ due: Instant?, _ before: Interval, _ interval: Interval) -> Instant? {
            guard isMaster, interval > .zero else { return nil }
            return before == interval ? due ?? now + interval : now + interval
        }
        nextRefresh = renewed(nextRefresh, old.refresh, settings.refresh)
        nextExtra = extras.isEmpty ? nil : renewed(nextExtra, old.extraInterfaces, settings.extraInterfaces)
    }

    /// One round for all addresses after the usual delay, when some were added to those of a master.
    mutating func onceMore(at now: Instant) {
        guard secondBurst == nil, settings.delay > .zero else { return }
        (secondBurst, secondRounds) = (now + settings.delay, 1)
    }

    /// The router is no longer master.
    package mutating func end() {
        (roundsLeft, nextSlice, secondBurst, nextRefresh, nextExtra) = (0, nil, nil, nil, nil)
    }

    private mutating func burst(_ rounds: Int, at start: Instant, urgent: Bool) {
        guard count > 0, rounds > 0 else { return }
        (roundsLeft, cursor, isFirstRound, nextSlice) = (rounds, 0, urgent, start)
    }

    /// Hands out the ranges of addresses that are to be announced now.
    package mutating func advance(to now: Instant, router: Int, lanes all: inout [Lane], into actions: inout [Action]) {
        if let due = secondBurst, due <= now {
            secondBurst = nil
            burst(secondRounds, at: now, urgent: true)
        }
        if let due = nextRefresh, due <= now {
            nextRefresh = Self.after(due, settings.refresh, now)
            if roundsLeft == 0 { burst(settings.refreshRepeats, at: now, urgent: false) }
        }
        if let due = nextExtra, due <= now {
            nextExtra = Self.after(due, settings.extraInterfaces, now)
            for index in extras { actions.append(.announce(router: router, from: index, count: 1)) }
        }
        while let due = nextSlice, due <= now {
            let range = lanes.isEmpty ? takeSlice(at: now) : takePaced(at: now, &all)
            if !range.isEmpty { actions.append(.announce(router: router, from: range.lowerBound, count: range.count)) }
        }
    }

    /// The next of a row of instants, without running after those that were slept through.
    private static func after(_ due: Instant, _ interval: Interval, _ now: Instant) -> Instant {
        due + interval > now ? due + interval : now + interval
    }

    private mutating func takeSlice(at now: Instant) -> Range<Int> {
        let range = cursor..<(isFirstRound ? count : min(cursor + Self.slice, count))
        cursor = range.upperBound
        if cursor < count { nextSlice = now + Self.slicePause } else { endRound(at: now) }
        return range
    }

    /// Takes announcements from the cursor on while their lanes are free.
    private mutating func takePaced(at now: Instant, _ all: inout [Lane]) -> Range<Int> {
        let start = cursor
        while cursor < count {
            let lane = lanes[cursor]
            if lane >= 0 {
                guard all[lane].free <= now else { break }
                all[lane].free = now + all[lane].gap
            }
            cursor += 1
        }
        let range = start..<cursor
        if cursor < count { nextSlice = all[lanes[cursor]].free } else { endRound(at: now) }
        return range
    }

    private mutating func endRound(at now: Instant) {
        (cursor, isFirstRound) = (0, false)
        roundsLeft -= 1
        nextSlice = roundsLeft > 0 ? now + max(Self.roundPause, Self.addressPause * count) : nil
    }
}
