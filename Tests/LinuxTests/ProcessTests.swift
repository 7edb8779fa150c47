// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Glibc
import Linux
import Testing

struct ProcessTests {
    private let launcher = ScriptLauncher(origin: SchedulingOrigin())

    /// Runs a shell script to its end and returns its status.
    private func status(_ script: String, as user: ScriptUser? = nil) throws -> Linux.ExitStatus? {
        try end(of: ["/bin/sh", "-c", script], as: user)
    }

    private func end(of words: [String], as user: ScriptUser? = nil) throws -> Linux.ExitStatus? {
        let loop = try EventLoop()
        let children = ChildProcesses(loop: loop)
        var ended: Linux.ExitStatus?
        let process = try launcher.start(words, as: user)
        try children.watch(process) { status, _ in ended = status }
        loop.run { ended != nil }
        #expect(children.running.isEmpty)
        return ended
    }

    @Test func exitCodesAndSignalsAreTold() throws {
        #expect(try status("exit 7") == .exited(code: 7))
        #expect(try status("kill -9 $$") == .killed(by: .kill))
        #expect(try status("true")?.isSuccess == true)
    }

    @Test func whatCannotBeRunEndsAsInAShell() throws {
        #expect(try end(of: ["/nonexistent/script"]) == .exited(code: 127))
        #expect(try end(of: ["/etc/passwd"]) == .exited(code: 126))
    }

    @Test func aFileWithoutInterpreterGoesToTheShell() throws {
        let path = "/tmp/linuxtests-script-\(Processes.own)"
        defer { try? Files.remove(path) }
        try Files.replace(path, with: Array("exit $1$2\n".utf8), mode: 0o755)
        #expect(try end(of: [path, "4", "2"]) == .exited(code: 42))
    }

    @Test func aScriptHasOnlyStandardDescriptorsOnNull() throws {
        let open = try FileDescriptor.pipe()
        try open.reading.setClosedOnExec(false)
        // 0, 1, 2 and the one that ls itself opens.
        #expect(try status("test \"$(ls /proc/self/fd | wc -l)\" -le 4") == .exited(code: 0))
        #expect(try status("for i in 0 1 2; do test \"$(readlink /proc/$$/fd/$i)\" = /dev/null || exit 1; done") == .exited(code: 0))
    }

    @Test func aScriptLeadsItsOwnGroupAndIsKilledWithAllItStarted() throws {
        let loop = try EventLoop()
        let children = ChildProcesses(loop: loop)
        let pipe = try FileDescriptor.pipe()
        let flag = "/tmp/linuxtests-fifo-\(Processes.own)"
        let fifo = try NamedPipe(path: flag, user: nil)
        defer { fifo.remove() }
        try fifo.open()
        var ended: Linux.ExitStatus?
        let process = try launcher.start(["/bin/sh", "-c", "sleep 1000 & echo started > \(flag); wait"], as: nil)
        try children.watch(process) { status, _ in ended = status }
        var started = false
        if let descriptor = fifo.descriptor {
            try loop.add(descriptor) { _ in started = ((try? descriptor.read())?.isEmpty == false) || started }
        }
        loop.run { started }
        #expect(getpgid(process) == process)
        launcher.kill(process)
        loop.run { ended != nil }
        #expect(ended == .killed(by: .kill))
        // The sleeping grandchild is gone too, or going: its group has no living member soon.
        let end = Instant.now + .seconds(5)
        while kill(-process, 0) == 0, Instant.now < end { loop.turn(until: .now + .milliseconds(2)) }
        #expect(kill(-process, 0) != 0)
        _ = pipe
    }

    @Test func aScriptRunsAsItsUser() throws {
        let nobody = ScriptUser(user: 65_534, group: 65_534, groups: [65_534])
        #expect(try status("test $(id -u) = 65534 && test $(id -g) = 65534 && test \"$(id -G)\" = 65534", as: nobody) == .exited(code: 0))
    }

    @Test func signalsIgnoredByUsAreNotIgnoredByScripts() throws {
        #expect(try status("kill -PIPE $$; exit 0") == .killed(by: .brokenPipe))
    }

    @Test func forkedProcessesReportTheirCode() throws {
        let loop = try EventLoop()
        let children = ChildProcesses(loop: loop)
        var ended: Linux.ExitStatus?
        _ = try children.fork({ 5 }, ended: { status, _ in ended = status })
        loop.run { ended != nil }
        #expect(ended == .exited(code: 5))
    }

    @Test func signalsAreReadFromTheLoop() throws {
        let loop = try EventLoop()
        var seen: [Signal] = []
        let watch = try SignalWatch([.user2, .realtime(2)], on: loop) { signal, _ in seen.append(signal) }
        defer { try? Signals.unblock([.user2, .realtime(2)]) }
        // To this thread: the others of the test process have not blocked it.
        raise(Signal.user2.number)
        raise(Signal.realtime(2).number)
        loop.run { seen.count == 2 }
        #expect(Set(seen) == [.user2, .realtime(2)])
        #expect(Signal.realtime(2).number == 36 && Signal.lastRealtime(1).number == 63)
        _ = watch
    }
}
