// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// TCP connections of which only matters whether they stand: each is closed as soon as that is known.
///
/// There may be thousands a second. Each costs four system calls (socket, connect, epoll_ctl and close), and what is kept of it
/// lies in tables that are used again and again: its owner is a small number, as is its descriptor.
package final class ConnectionAttempts {
    /// How an attempt ended.
    package enum End: Equatable, Sendable {
        case stands
        case failed(SystemError)
        case late
    }

    /// Told the owner and the number of each attempt that ended; it is over by then.
    package typealias Report = (_ owner: Int, _ number: UInt32, End, Instant) -> Void

    private struct Attempt {
        let socket: Socket
        let owner: Int
        /// Which of the owner's attempts it is.
        let number: UInt32
        let registration: EventLoop.Registration
    }

    private let loop: EventLoop
    private let report: Report
    /// By the number of the descriptor.
    private var attempts: [Attempt?] = []
    private var deadlines = DeadlineQueue()
    /// By owner: the descriptor of its attempt, or -1.
    private var descriptors: [Int32] = []
    private var answered: (Instant) -> Void = { _ in }
    private var source: EventLoop.DeadlineSource?
    /// How many attempts are under way.
    package private(set) var count = 0

    package init(loop: EventLoop, report: @escaping Report) {
        self.loop = loop
        self.report = report
        answered = { [unowned self] now in conclude(now) }
        source = loop.addDeadlines(
            next: { [unowned self] in deadlines.first?.deadline },
            reached: { [unowned self] now in expire(now) }
        )
    }

    deinit {
        abandonAll()
        if let source { loop.remove(source) }
    }

    /// Begins to connect a socket that is bound as it should be; it is `late` after `deadline`. The owner has no other attempt.
    package func begin(
        _ owner: Int, number: UInt32, _ socket: Socket, to peer: SocketAddress, until deadline: Instant
    ) throws(SystemError) {
        _ = try socket.connect(to: peer)
        let descriptor = socket.descriptor.number
        let registration = try loop.add(descriptor, .writableOnce, handler: answered)
        while attempts.count <= descriptor { attempts.append(nil) }
        while descriptors.count <= owner { descriptors.append(-1) }
        precondition(descriptors[owner] < 0, "A connection is attempted twice at a time for one owner.")
        attempts[Int(descriptor)] = Attempt(socket: socket, owner: owner, number: number, registration: registration)
        descriptors[owner] = descriptor
        deadlines.set(deadline, for: Int(descriptor))
        count += 1
    }

    /// Ends the owner's attempt without a word; false: there is none.
    @discardableResult
    package func abandon(_ owner: Int) -> Bool {
        guard owner < descriptors.count, descriptors[owner] >= 0 else { return false }
        end(Int(descriptors[owner]), isToldOf: false)
        return true
    }

    /// Ends all attempts without a word.
    package func abandonAll() {
        for owner in descriptors.indices { abandon(owner) }
    }

    private func conclude(_ now: Instant) {
        let descriptor = Int(loop.readyDescriptor)
        let error = loop.readiness.hasFailed ? attempts[descriptor]?.socket.pendingError : nil
        guard let attempt = end(descriptor, isToldOf: true) else { return }
        report(attempt.owner, attempt.number, error.map(End.failed) ?? .stands, now)
    }

    private func expire(_ now: Instant) {
        while let first = deadlines.first, first.deadline <= now {
            guard let attempt = end(first.owner, isToldOf: false) else { continue }
            report(attempt.owner, attempt.number, .late, now)
        }
    }

    /// Closes the connection and says whose it was. `isToldOf`: the loop has told of the descriptor, and will not again.
    @discardableResult
    private func end(_ descriptor: Int, isToldOf: Bool) -> (owner: Int, number: UInt32)? {
        deadlines.set(nil, for: descriptor)
        guard let attempt = attempts[descriptor] else { return nil }
        if isToldOf { loop.forget(attempt.registration) } else { loop.remove(attempt.registration) }
        descriptors[attempt.owner] = -1
        attempts[descriptor] = nil
        count -= 1
        return (attempt.owner, attempt.number)
    }
}

extension EventLoop.Interest {
    /// As the union of both; a constant, since making a set of two costs more than it should.
    fileprivate static let writableOnce = EventLoop.Interest([.writable, .once])
    private static let failure = EventLoop.Interest([.failed, .hungUp])

    fileprivate var hasFailed: Bool { rawValue & Self.failure.rawValue != 0 }
}
