// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Glibc

/// How much a log line matters (RFC 5424 section 6.2.1).
package enum Severity: Int32, Comparable, Sendable {
    case emergency, alert, critical, error, warning, notice, info, debug

    package static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
}

/// Which part of the system a log line belongs to, by syslog's numbers.
package struct Facility: Hashable, Sendable {
    package let number: Int32

    package static let user = Facility(number: 1)
    package static let daemon = Facility(number: 3)
    /// local0 to local7, as the option `-S` counts them.
    package static func local(_ index: Int32) -> Facility { Facility(number: 16 + max(0, min(index, 7))) }
}

/// Takes log lines and never waits for whoever reads them.
///
/// Lines are queued and written at the end of each turn of the loop, many in one system call. When a reader is slow the
/// queue fills; then lines are dropped and a later line says how many.
package final class Logger {
    /// Where lines go.
    package struct Destinations: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let syslog = Destinations(rawValue: 1)
        /// Standard error, each line with its time: "Wed Feb 21 21:57:11 2024: text".
        package static let console = Destinations(rawValue: 2)
    }

    /// The name lines carry, "Keepalived_vrrp".
    package let identity: String
    private let facility: Facility
    private let process = getpid()
    private var syslog: SyslogSink?
    private var streams: [StreamSink] = []
    /// Lines less important than this are dropped.
    package var threshold: Severity
    private var clock = (second: Int64.min, short: [UInt8](), long: [UInt8]())
    /// Lines that are written together carry one time: a thousand of them need not ask a thousand times.
    private var isClockRight = false

    package init(
        identity: String, facility: Facility = .daemon, to destinations: Destinations, threshold: Severity = .info,
        syslogPath: String = "/dev/log"
    ) {
        self.identity = identity
        self.facility = facility
        self.threshold = threshold
        if destinations.contains(.syslog) { syslog = SyslogSink(path: syslogPath) }
        if destinations.contains(.console) { streams.append(StreamSink(descriptor: STDERR_FILENO, owning: nil)) }
    }

    /// Appends lines to a file as well, in the form of the console.
    package func add(file path: String) throws(SystemError) {
        let file = FileDescriptor(
            owning: try system("open") {
                open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode_t(0o644))
            }
        )
        streams.append(StreamSink(descriptor: file.number, owning: file))
    }

    /// Queues a line; control characters in it become blanks, since a line is a line.
    package func log(_ severity: Severity, _ text: String) {
        guard severity <= threshold else { return }
        advanceClock()
        let line = text.utf8.map { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
        let lost = syslog?.takeLost() ?? 0
        if lost > 0 { queueSyslog(.warning, Array("\(lost) lines lost".utf8)) }
        queueSyslog(severity, line)
        for stream in streams {
            let lost = stream.takeLost()
            if lost > 0 { stream.append(clock.long + Array(": \(lost) lines lost\n".utf8)) }
            stream.append(clock.long + [0x3a, 0x20] + line + [0x0a])
        }
    }

    /// Has the loop write queued lines from now on.
    package func attach(to loop: EventLoop) {
        loop.atEndOfTurn { [self] in flush(on: loop) }
    }

    /// Whether a reader has not taken everything yet.
    package var hasWaitingLines: Bool { syslog?.isEmpty == false || streams.contains { !$0.isEmpty } }

    /// Writes what can be written at once, then what can be within `limit`: for the start and the end of a process.
    package func flush(within limit: Interval = .milliseconds(200)) {
        let end = Instant.now + limit
        isClockRight = false
        repeat {
            syslog?.write()
            for stream in streams { stream.write() }
            guard let waiting = firstBlocked else { return }
            var poller = pollfd(fd: waiting, events: Int16(POLLOUT), revents: 0)
            let rest = (end - Instant.now).milliseconds
            guard rest > 0, poll(&poller, 1, Int32(clamping: rest)) > 0 else { return }
        } while true
    }

    private var firstBlocked: Int32? {
        if let syslog, syslog.isBlocked { return syslog.number }
        return streams.first { $0.isBlocked }?.number
    }

    private func flush(on loop: EventLoop) {
        isClockRight = false
        syslog?.write()
        syslog?.watch(on: loop)
        for stream in streams {
            stream.write()
            stream.watch(on: loop)
        }
    }

    /// `<pri>Mmm dd hh:mm:ss ident[pid]: text`, what glibc's syslog() sends.
    private func queueSyslog(_ severity: Severity, _ line: [UInt8]) {
        guard let syslog else { return }
        var message = Array("<\(facility.number << 3 | severity.rawValue)>".utf8)
        message += clock.short
        message += Array(" \(identity)[\(process)]: ".utf8)
        message += line
        syslog.append(message)
    }

    private func advanceClock() {
        guard !isClockRight else { return }
        isClockRight = true
        let second = WallTime.now.seconds
        guard second != clock.second else { return }
        let time = LocalTime(seconds: second)
        clock = (second, time.short, time.long)
    }
}
