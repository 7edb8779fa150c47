// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// How a process ended.
package enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
    case exited(code: Int32)
    case killed(by: Signal)

    init(waitStatus status: Int32) {
        self =
            clinux_signaled(status) != 0
            ? .killed(by: Signal(clinux_termination_signal(status))) : .exited(code: clinux_exit_code(status))
    }

    package var isSuccess: Bool { self == .exited(code: 0) }

    package var description: String {
        switch self {
        case .exited(let code): "exited with status \(code)"
        case .killed(let signal): "died of signal \(signal.number) (\(signal))"
        }
    }
}

/// The processes started here, and who wants to know when each one ends.
///
/// A pidfd per process wakes the loop, so no signal handler and no table of pids from SIGCHLD is needed. A process that
/// adopts orphans (pid 1, a subreaper) also calls `reapOrphans` on SIGCHLD.
package final class ChildProcesses {
    private struct Child {
        let descriptor: FileDescriptor
        let registration: EventLoop.Registration
        let ended: (ExitStatus, Instant) -> Void
    }

    private let loop: EventLoop
    private var children: [Int32: Child] = [:]

    package init(loop: EventLoop) { self.loop = loop }

    /// The processes not reaped yet.
    package var running: [Int32] { Array(children.keys) }

    /// Calls `ended` once, after the process has ended and has been reaped. It must be a child of this process.
    package func watch(_ process: Int32, ended: @escaping (ExitStatus, Instant) -> Void) throws(SystemError) {
        let descriptor = FileDescriptor(owning: try shim("pidfd_open") { clinux_pidfd_open(process) })
        let registration = try loop.add(descriptor) { [unowned self] now in reap(process, now) }
        children[process] = Child(descriptor: descriptor, registration: registration, ended: ended)
    }

    /// Forks a process that does `work`, ends with the code it returns, and is told of to `ended`.
    package func fork(
        _ work: () -> Int32, ended: @escaping (ExitStatus, Instant) -> Void
    ) throws(SystemError) -> Int32 {
        let process = try Processes.fork(work)
        try watch(process, ended: ended)
        return process
    }

    /// Ends a process at once and waits until it is gone: as long as the kernel takes over what it does for that process just
    /// now. Nobody is told.
    package func end(_ process: Int32) {
        guard let child = children.removeValue(forKey: process) else { return }
        loop.remove(child.registration)
        kill(process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    /// Reaps whatever has ended, adopted orphans included.
    package func reapOrphans(_ now: Instant) {
        var status: Int32 = 0
        while true {
            let process = waitpid(-1, &status, WNOHANG)
            guard process > 0 else { return }
            finish(process, status, now)
        }
    }

    private func reap(_ process: Int32, _ now: Instant) {
        var status: Int32 = 0
        if waitpid(process, &status, WNOHANG) == process { finish(process, status, now) }
    }

    private func finish(_ process: Int32, _ status: Int32, _ now: Instant) {
        guard let child = children.removeValue(forKey: process) else { return }
        loop.remove(child.registration)
        child.ended(ExitStatus(waitStatus: status), now)
    }
}

/// This process, and making others.
package enum Processes {
    package static var own: Int32 { getpid() }
    package static var parent: Int32 { getppid() }

    /// Forks; the new process does `work` and ends with the code it returns, without running anything registered for exit.
    ///
    /// The new process shares epoll instances and file positions with this one: it must make its own event loop, and close
    /// what it does not need with `closeDescriptors`. Objects of this process are never destroyed in it.
    package static func fork(_ work: () -> Int32) throws(SystemError) -> Int32 {
        let process = try system("fork") { Glibc.fork() }
        if process == 0 { _exit(work()) }
        return process
    }

    /// Forks and goes on in both processes; 0 in the new one. For a program that leaves its starter behind, before it has made
    /// anything that two processes cannot share.
    package static func split() throws(SystemError) -> Int32 { try system("fork") { Glibc.fork() } }

    /// Waits until the process has ended; for processes outside a loop only.
    package static func wait(for process: Int32) throws(SystemError) -> ExitStatus {
        var status: Int32 = 0
        try system("waitpid") { waitpid(process, &status, 0) }
        return ExitStatus(waitStatus: status)
    }

    /// Does nothing for so long; for processes without a loop only.
    package static func sleep(_ duration: Interval) { usleep(UInt32(clamping: duration.nanoseconds / 1_000)) }

    /// Closes every descriptor from 3 on except these. For a freshly forked process.
    package static func closeDescriptors(except kept: [Int32]) {
        var first: UInt32 = 3
        for number in Set(kept).sorted() where number >= 3 {
            let number = UInt32(number)
            if number > first { _ = clinux_close_range(first, number - 1) }
            first = number + 1
        }
        _ = clinux_close_range(first, .max)
    }

    /// Leaves the terminal and the starter's session, as a daemon does; the forking is the caller's.
    package static func detach() throws(SystemError) {
        try system("setsid") { setsid() }
        try system("chdir") { chdir("/") }
        try useNullForStandardStreams()
    }

    /// Begins a session of its own: no keys typed on the starter's terminal reach it, and the scheduler, which may share out time by
    /// sessions, gives it a share of its own.
    package static func beginSession() { _ = setsid() }

    /// Puts /dev/null on descriptors 0, 1 and 2.
    package static func useNullForStandardStreams() throws(SystemError) {
        let null = FileDescriptor(owning: try system("open") { open("/dev/null", O_RDWR | O_CLOEXEC) })
        for number in Int32(0)...2 { try system("dup2") { dup2(null.number, number) } }
    }

    /// Has the kernel send this process the signal when its parent ends; says whether the parent is still there.
    package static func dieWithParent(_ signal: Signal = .terminate, parent: Int32) -> Bool {
        _ = clinux_set_parent_death_signal(signal.number)
        return getppid() == parent
    }

    /// Makes this process the parent of its descendants' orphans.
    package static func adoptOrphans() throws(SystemError) { try shim("prctl") { clinux_set_child_subreaper(1) } }

    /// The name that ps and top show.
    package static var name: String {
        String(unsafeUninitializedCapacity: 16) { room in
            clinux_get_name(room.baseAddress) == 0 ? room.firstIndex(of: 0) ?? 15 : 0
        }
    }

    /// Gives it another one (at most 15 bytes); the command line stays.
    package static func setName(_ name: String) { _ = clinux_set_name(name) }
}
