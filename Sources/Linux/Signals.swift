// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// A signal by its number.
package struct Signal: Hashable, Sendable, CustomStringConvertible {
    package let number: Int32

    package init(_ number: Int32) { self.number = number }

    package static let hangUp = Signal(SIGHUP)
    package static let interrupt = Signal(SIGINT)
    package static let quit = Signal(SIGQUIT)
    package static let kill = Signal(SIGKILL)
    package static let user1 = Signal(SIGUSR1)
    package static let user2 = Signal(SIGUSR2)
    package static let brokenPipe = Signal(SIGPIPE)
    package static let alarm = Signal(SIGALRM)
    package static let terminate = Signal(SIGTERM)
    package static let childEnded = Signal(SIGCHLD)
    package static let processorTime = Signal(SIGXCPU)

    /// SIGRTMIN + offset as glibc counts, which keeps two for itself: offset 2 is 36.
    package static func realtime(_ offset: Int32) -> Signal { Signal(clinux_signal_first_realtime() + offset) }
    /// SIGRTMAX - offset; offset 1 is 63.
    package static func lastRealtime(_ offset: Int32) -> Signal { Signal(clinux_signal_last_realtime() - offset) }

    /// What strsignal says: "Terminated".
    package var description: String {
        guard let text = strsignal(number) else { return "signal \(number)" }
        return String(cString: text)
    }

    /// Sends it to a process, or with a negative number to the process group of that number.
    package func send(to process: Int32) throws(SystemError) {
        try system("kill") { Glibc.kill(process, number) }
    }

    /// Sends it to every process of the group.
    package func send(toGroup group: Int32) throws(SystemError) {
        precondition(group > 1, "A process group to be signalled has no proper number.")
        try send(to: -group)
    }

    /// Throws the signal away from now on.
    package func ignore() { _ = signal(number, SIG_IGN) }

    /// Lets the signal do again what it does by itself.
    package func restoreDefault() { _ = signal(number, SIG_DFL) }
}

/// Signals taken out of the ordinary way and read from a descriptor (signalfd).
package final class SignalWatch {
    private let loop: EventLoop
    private let descriptor: FileDescriptor
    private var registration: EventLoop.Registration?
    private let handler: (Signal, Instant) -> Void

    /// Blocks these signals for the process and calls the handler for each that comes. Several of one kind may come as one.
    package init(
        _ signals: [Signal], on loop: EventLoop, handler: @escaping (Signal, Instant) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.handler = handler
        var set = Signals.set(signals)
        try system("sigprocmask") { sigprocmask(SIG_BLOCK, &set, nil) }
        descriptor = FileDescriptor(
            owning: try system("signalfd") {
                signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
            }
        )
        registration = try loop.add(descriptor) { [unowned self] now in take(now) }
    }

    deinit {
        if let registration { loop.remove(registration) }
    }

    private func take(_ now: Instant) {
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while Glibc.read(descriptor.number, &information, size) == size {
            handler(Signal(Int32(truncatingIfNeeded: information.ssi_signo)), now)
        }
    }
}

/// The signal mask and dispositions of this process.
package enum Signals {
    static func set(_ signals: [Signal]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal.number) }
        return set
    }

    /// Keeps these signals pending until they are unblocked or read.
    package static func block(_ signals: [Signal]) throws(SystemError) {
        var set = set(signals)
        try system("sigprocmask") { sigprocmask(SIG_BLOCK, &set, nil) }
    }

    /// Lets these signals be delivered again; the dispositions stay.
    package static func unblock(_ signals: [Signal]) throws(SystemError) {
        var set = set(signals)
        try system("sigprocmask") { sigprocmask(SIG_UNBLOCK, &set, nil) }
    }

    /// Every disposition as it was before the program did anything, and nothing blocked: for a forked process.
    package static func reset() {
        for number in 1...clinux_signal_last_realtime() { _ = signal(number, SIG_DFL) }
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
    }

    /// Ignores everything that can be ignored except these, the signals of a fault in the program, and those that stop and
    /// continue it.
    package static func ignoreAll(except kept: [Signal]) {
        let faults = [SIGKILL, SIGSTOP, SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGCHLD, SIGCONT]
        for number in 1...clinux_signal_last_realtime() where !faults.contains(number) && number != 32 && number != 33 {
            if !kept.contains(Signal(number)) { Signal(number).ignore() }
        }
    }
}
