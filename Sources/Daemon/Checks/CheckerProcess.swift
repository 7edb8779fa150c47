// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Config
import Health
import Linux

/// The checker process.
package final class CheckerProcess: ChildProcess {
    private let environment: ProcessEnvironment
    private let checkers: Checkers
    private let pipes: NotifyPipes
    private let marks: MarkTables
    private let connections: ConnectionSync
    private var sessions: BFDSubscriber?

    /// See `ChildProcess`.
    package init(_ environment: ProcessEnvironment) throws(ExitCode) {
        self.environment = environment
        let configuration = environment.configuration
        marks = MarkTables(configuration.globals) { environment.log($0) }
        let pipes = NotifyPipes(environment)
        self.pipes = pipes
        connections = ConnectionSync { environment.log($0) }
        checkers = Checkers(
            loop: environment.loop, processes: environment.processes, launcher: environment.launcher,
            buffer: configuration.globals.lvs.commandBuffer,
            outlets: Checkers.Outlets(
                log: { environment.log($0) },
                run: { script, object in
                    let user = NotifyUser(user: script.identity.user, group: script.identity.group)
                    let job = NotifyJob([script.path] + script.arguments.dropFirst(), user: user)
                    environment.notifications.run(job, for: .other(object), at: Instant.now)
                },
                report: { pipes.write($0.line) }, mail: { _ in }
            )
        )
        // Connections survive the death of a checker process.
        if configuration.globals.lvs.flushesAtStart, environment.predecessorDied == nil { checkers.flush() }
        checkers.setTimeouts(configuration.globals.lvs)
        connections.follow(configuration.connectionSyncOfCheckers)
        pipes.configure(environment.checkerPipes)
        if !environment.runsVRRP { checkers.writeInitialValues(configuration.health.files) }
        checkers.start(marks.marked(configuration.health), at: Instant.now)
        sessions = BFDSubscriber.hearing(in: environment) { [unowned checkers] status, now in
            if let isUp = status.isUp { checkers.handle(.bfd(name: status.name, isUp: isUp), at: now) }
        }
    }

    /// Changes over to the new configuration.
    package func reload(from old: Configuration, at now: Instant) {
        pipes.configure(environment.checkerPipes)
        checkers.setTimeouts(environment.configuration.globals.lvs)
        connections.follow(environment.configuration.connectionSyncOfCheckers)
        checkers.reload(marks.marked(environment.configuration.health), at: now)
        sessions?.keep(environment.configuration.sessionNames(for: .checker))
    }

    /// Takes our services out of the kernel, unless told not to.
    package func stop(at now: Instant) {
        let keepsTable = !environment.commandLine.releasesIPVS
        checkers.stop(keepsTable: keepsTable)
        pipes.stop()
        if !keepsTable {
            if environment.configuration.globals.lvs.flushOnStop == .everything { checkers.flush() }
            marks.end()
        }
        connections.stop()
        pipes.remove()
        environment.finish()
    }

    /// Writes keepalived_check.data.
    package func dump(_ kind: DumpKind, at now: Instant) {
        guard kind == .data else { return }
        let path = environment.configuration.globals.files.dumpPath(suffix: "_check", Environment.value("TMPDIR"))
        let text = checkers.state.dump().joined(separator: "\n") + "\n"
        environment.log("Printing checker data for process(\(Processes.own)) on signal")
        // Written by a process of its own: the checks go on.
        _ = try? environment.processes.fork({
            (try? Files.replace(path, with: Array(text.utf8), mode: 0o600)) == nil ? 1 : 0
        }) { _, _ in }
    }
}

extension ProcessEnvironment {
    /// Whether there is a VRRP process beside this one.
    fileprivate var runsVRRP: Bool {
        commandLine.permitted.contains(.vrrp) && (commandLine.startsAll || configuration.needed.contains(.vrrp))
    }

    /// The pipe for all is read by one script, which the VRRP process runs if there is one.
    fileprivate var checkerPipes: [NotifyPipeSettings] {
        let shared = configuration.globals.scripts.fifo.path?.arguments.first
        return configuration.health.notifyPipes.map { pipe in
            var pipe = pipe
            if runsVRRP, pipe.path == shared { pipe.script = nil }
            return pipe
        }
    }
}

extension FileSettings {
    /// Where a dump goes: `state_dump_file` or keepalived.data in TMPDIR, the process's suffix before the last dot. A path that ends
    /// with a slash names a directory only.
    fileprivate func dumpPath(suffix: String, _ temporary: String?) -> String {
        let directory = temporary.flatMap { $0.hasPrefix("/") && Files.isDirectory($0) ? $0 : nil } ?? "/tmp"
        var path = stateDump ?? "keepalived.data"
        if path.hasSuffix("/") { path += "keepalived.data" }
        if !path.hasPrefix("/") { path = "\(directory)/\(path)" }
        guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return path + suffix }
        return path[..<dot] + suffix + path[dot...]
    }
}
