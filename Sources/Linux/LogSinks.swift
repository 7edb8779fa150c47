// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import CLinux
import Glibc

/// Lines waiting for a slow reader, in one buffer; beyond `limit` bytes new ones are dropped and counted.
struct LineQueue {
    /// For a reader who is there, and only slow.
    static let ample = 512 * 1024
    /// For one who may never come.
    static let modest = 64 * 1024

    var limit = LineQueue.ample
    private(set) var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var first = 0
    private var lost = 0

    var isEmpty: Bool { first == ends.count }
    var count: Int { ends.count - first }

    mutating func append(_ line: [UInt8]) {
        if bytes.count + line.count > limit {
            compact()
            guard bytes.count + line.count <= limit else {
                lost += 1
                return
            }
        }
        bytes += line
        ends.append(bytes.count)
    }

    /// Where the waiting line of that number lies in `bytes`.
    func range(_ index: Int) -> Range<Int> {
        let place = first + index
        return (place == 0 ? 0 : ends[place - 1])..<ends[place]
    }

    mutating func removeFirst(_ count: Int) {
        first += count
        if isEmpty {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 65_536)
            ends.removeAll(keepingCapacity: true)
            first = 0
        }
    }

    /// How many lines were dropped since this was asked last, once there is room again to say so.
    mutating func takeLost() -> Int {
        guard lost > 0, bytes.count < limit / 2 else { return 0 }
        defer { lost = 0 }
        return lost
    }

    private mutating func compact() {
        guard first > 0 else { return }
        let start = ends[first - 1]
        bytes.removeFirst(start)
        ends = ends[first...].map { $0 - start }
        first = 0
    }
}

/// The socket of the system's log daemon.
final class SyslogSink {
    private let path: String
    private var socket: FileDescriptor?
    private var nextAttempt = Instant.zero
    private var queue = LineQueue()
    private var registration: EventLoop.Registration?
    private weak var loop: EventLoop?
    private(set) var isBlocked = false

    init(path: String) { self.path = path }

    var number: Int32 { socket?.number ?? -1 }

    var isEmpty: Bool { queue.isEmpty }

    func append(_ message: [UInt8]) {
        // One look in time for the first lines of a process, then those of `write`.
        if socket == nil, queue.limit == LineQueue.ample, queue.bytes.count > LineQueue.modest { _ = connected() }
        queue.append(message)
    }

    func takeLost() -> Int { queue.takeLost() }

    func write() {
        isBlocked = false
        var retries = 1
        while !queue.isEmpty, let socket = connected() {
            let result = send(on: socket)
            if result > 0 {
                queue.removeFirst(result)
            } else if result == -EAGAIN || result == -EINTR {
                isBlocked = true
                return
            } else if result == -EMSGSIZE {
                queue.removeFirst(1)
            } else {
                // The log daemon was restarted: its new socket has the old name.
                stopWatching()
                self.socket = nil
                guard retries > 0 else { return }
                retries -= 1
                nextAttempt = .zero
            }
        }
    }

    /// Watches for room while the log daemon is behind.
    func watch(on loop: EventLoop) {
        self.loop = loop
        if isBlocked, registration == nil, let socket {
            registration = try? loop.add(socket, .writable) { [unowned self] _ in write() }
        } else if !isBlocked {
            stopWatching()
        }
    }

    private func stopWatching() {
        if let registration { loop?.remove(registration) }
        registration = nil
    }

    private func send(on socket: FileDescriptor) -> Int {
        let count = min(queue.count, 64)
        return withUnsafeTemporaryAllocation(of: clinux_datagram.self, capacity: count) { datagrams in
            for index in 0..<count {
                var datagram = clinux_datagram()
                let range = queue.range(index)
                datagram.offset = range.lowerBound
                datagram.length = range.count
                (datagrams.baseAddress.unsafelyUnwrapped + index).initialize(to: datagram)
            }
            return queue.bytes.withUnsafeBytes {
                Int(clinux_send(socket.number, $0.baseAddress, datagrams.baseAddress, UInt32(count)))
            }
        }
    }

    private func connected() -> FileDescriptor? {
        if let socket { return socket }
        let now = Instant.now
        guard now >= nextAttempt, let address = UnixAddress(path: path) else { return nil }
        nextAttempt = now + .seconds(1)
        queue.limit = LineQueue.modest
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard number >= 0 else { return nil }
        let fresh = FileDescriptor(owning: number)
        guard address.use({ connect(number, $0, $1) }) == 0 else { return nil }
        socket = fresh
        queue.limit = LineQueue.ample
        return fresh
    }
}

/// Standard error or a file.
final class StreamSink {
    let number: Int32
    private let file: FileDescriptor?
    private var queue = LineQueue()
    private var registration: EventLoop.Registration?
    private(set) var isBlocked = false

    init(descriptor: Int32, owning file: FileDescriptor?) {
        number = descriptor
        self.file = file
    }

    var isEmpty: Bool { queue.isEmpty }

    func append(_ line: [UInt8]) { queue.append(line) }

    func takeLost() -> Int { queue.takeLost() }

    /// Writes whole lines, at most PIPE_BUF bytes at a time: that much a pipe that polls writable takes without blocking.
    ///
    /// Standard error is shared with whoever started us, so it is not ours to make non-blocking.
    func write() {
        isBlocked = false
        while !queue.isEmpty {
            var poller = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
            guard poll(&poller, 1, 0) > 0, poller.revents & Int16(POLLOUT) != 0 else {
                isBlocked = poller.revents & Int16(POLLERR | POLLNVAL | POLLHUP) == 0
                if !isBlocked { queue.removeFirst(queue.count) }
                return
            }
            let start = queue.range(0).lowerBound
            var lines = 1
            while lines < queue.count, queue.range(lines).upperBound - start <= 4096 { lines += 1 }
            let end = queue.range(lines - 1).upperBound
            let written = queue.bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress?.advanced(by: start), end - start) }
            if written < 0 && errno == EAGAIN {
                isBlocked = true
                return
            }
            queue.removeFirst(lines)
        }
    }

    func watch(on loop: EventLoop) {
        if isBlocked, registration == nil {
            registration = try? loop.add(number, .writable) { [unowned self] _ in write() }
        } else if !isBlocked, let current = registration {
            loop.remove(current)
            registration = nil
        }
    }
}
