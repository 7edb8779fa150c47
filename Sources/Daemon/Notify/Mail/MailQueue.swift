// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// Mails that wait for a server: how many, how long, and when the next connection is tried.
///
/// A server that is away must not make mails pile up, nor its absence fill the log: the queue has an end, mails grow old, and only the
/// first failure in a row is worth a line.
package struct MailQueue: Sendable {
    /// One mail and when it came.
    private struct Entry: Sendable {
        var mail: AlertMail
        var since: Instant
    }

    /// More are not kept.
    package static let limit = 1_024
    /// Older mails tell of the past.
    package static let patience = Interval.seconds(300)
    /// Between connections that fail: twice as long each time, from the first to the second.
    package static let pauses = Interval.seconds(2)...Interval.seconds(60)

    private var entries: [Entry] = []
    private var pause = Interval.zero
    private var hasFailed = false
    /// When the next connection may be tried; nil: at once.
    package private(set) var retryAt: Instant?
    /// Mails given up since this was last said.
    private var lost = 0

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }
    package var first: AlertMail? { entries.first?.mail }

    /// Adds a mail at the end; false where there is no room.
    package mutating func add(_ mail: AlertMail, at now: Instant) -> Bool {
        guard entries.count < Self.limit else {
            lost += 1
            return false
        }
        entries.append(Entry(mail: mail, since: now))
        return true
    }

    /// The first mail is done with: delivered, or refused for good.
    package mutating func removeFirst() { if !entries.isEmpty { entries.removeFirst() } }

    /// The first mail was taken: the server is well.
    package mutating func noteSuccess() {
        pause = .zero
        hasFailed = false
        retryAt = nil
    }

    /// The connection failed. Whether this is worth a line.
    package mutating func noteFailure(at now: Instant) -> Bool {
        pause = pause == .zero ? Self.pauses.lowerBound : min(pause * 2, Self.pauses.upperBound)
        retryAt = now + pause
        defer { hasFailed = true }
        return !hasFailed
    }

    /// Gives up what has waited too long.
    package mutating func expire(at now: Instant) {
        let fresh = entries.drop { now - $0.since >= Self.patience }
        lost += entries.count - fresh.count
        entries = Array(fresh)
    }

    /// How many mails were given up since this was asked last.
    package mutating func takeLost() -> Int {
        defer { lost = 0 }
        return lost
    }
}
