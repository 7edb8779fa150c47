// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Testing

@testable import Daemon

/// Scripts of one object never overlap and never overtake each other, whatever they do.
@Suite struct NotifyQueuesTests {
    private let router = NotifyObject.instance("VI")
    private let group = NotifyObject.group("VI")
    private var queues = NotifyQueues()
    private var now = Instant.zero

    private func job(_ name: String, limit: Interval? = nil) -> NotifyJob { NotifyJob([name], limit: limit) }

    private mutating func add(_ name: String, _ object: NotifyObject, limit: Interval? = nil) -> [NotifyQueues.Action] {
        var actions: [NotifyQueues.Action] = []
        queues.add(job(name, limit: limit), for: object, at: now, into: &actions)
        return actions
    }

    private mutating func end(_ object: NotifyObject) -> [NotifyQueues.Action] {
        var actions: [NotifyQueues.Action] = []
        queues.ended(object, at: now, into: &actions)
        return actions
    }

    private mutating func wait(_ interval: Interval) -> [NotifyQueues.Action] {
        var actions: [NotifyQueues.Action] = []
        now = now + interval
        queues.advance(to: now, into: &actions)
        return actions
    }

    @Test mutating func scriptsOfOneObjectRunOneAfterTheOther() {
        #expect(add("backup", router) == [.start(router, job("backup"))])
        #expect(add("master", router).isEmpty)
        #expect(add("any", router).isEmpty)
        #expect(end(router) == [.start(router, job("master"))])
        #expect(end(router) == [.start(router, job("any"))])
        #expect(end(router).isEmpty)
        #expect(queues.isEmpty)
    }

    @Test mutating func objectsDoNotWaitForEachOther() {
        #expect(add("a", router) == [.start(router, job("a"))])
        #expect(add("b", group) == [.start(group, job("b"))])
    }

    @Test mutating func aScriptAloneMayRunAsLongAsItLikes() {
        _ = add("daemon", router)
        #expect(queues.nextDeadline == nil)
        #expect(wait(.seconds(86_400)).isEmpty)
        // Only once another one waits has it run too long.
        _ = add("next", router)
        #expect(wait(.zero) == [.terminate(router)])
        #expect(wait(NotifyQueues.grace) == [.kill(router)])
        #expect(end(router) == [.start(router, job("next"))])
    }

    @Test mutating func aWaitingScriptIsNotHeldUpForLongerThanThePatience() {
        _ = add("slow", router)
        _ = add("next", router)
        #expect(wait(NotifyQueues.patience - .milliseconds(1)).isEmpty)
        #expect(wait(.milliseconds(1)) == [.terminate(router)])
    }

    @Test mutating func aLimitOfItsOwnHoldsInAnyCase() {
        _ = add("stop", router, limit: .seconds(1))
        #expect(queues.nextDeadline == .zero + .seconds(1))
        #expect(wait(.seconds(1)) == [.terminate(router)])
        #expect(wait(.milliseconds(499)).isEmpty)
        #expect(wait(.milliseconds(1)) == [.kill(router)])
        #expect(queues.nextDeadline == nil)
    }

    @Test mutating func whenTheDaemonStopsEachScriptHasASecond() {
        _ = add("slow", router)
        _ = add("stop", router)
        _ = wait(.seconds(3))
        queues.drain(at: now)
        #expect(wait(.seconds(1)) == [.terminate(router)])
        #expect(end(router) == [.start(router, job("stop"))])
        #expect(queues.nextDeadline == now + .seconds(1))
        #expect(end(router).isEmpty)
        #expect(queues.isEmpty)
    }

    @Test mutating func askingAgainToDrainGivesNoMoreTime() {
        _ = add("slow", router)
        queues.drain(at: now)
        _ = wait(.milliseconds(900))
        queues.drain(at: now)
        #expect(wait(.milliseconds(100)) == [.terminate(router)])
    }
}
