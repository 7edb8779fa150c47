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
    private let dumps: DumpWriter
    private let observers: CheckerObservers

    /// See `ChildProcess`.
    package init(_ environment: ProcessEnvironment) throws(ExitCode) {
        self.environment = environment
        dumps = DumpWriter(environment)
        let observers = CheckerObservers(environment)
        self.observers = observers
        let configuration = environment.configuration
        marks = MarkTables(configuration.globals, kept: environment.keptFiles?.marks) { environment.log($0) }
        let pipes = NotifyPipes(environment)
        self.pipes = pipes
        connections = ConnectionSync(environment)
        checkers = Checkers(
            loop: environment.loop, processes: environment.processes, launcher: environment.launcher,
            buffer: configuration.globals.lvs.commandBuffer,
            monitorBuffer: configuration.globals.lvs.monitorBuffer,
            outlets: Checkers.Outlets(
                log: { environment.log($0) },
                run: { script, object in
                    let user = NotifyUser(script.identity)
                    let job = NotifyJob([script.path] + script.arguments.dropFirst(), user: user)
                    environment.notifications.run(job, for: .other(object), at: Instant.now)
                },
                report: {
                    pipes.write($0.line)
                    observers.note($0)
                },
                mail: { environment.mails.send(AlertMail(subject: $0.subject, body: $0.body), at: Instant.now) },
                drains: environment.keptFiles?.drains
            )
        )
        // Connections survive the death of a checker process.
        if configuration.globals.lvs.flushesAtStart, environment.predecessorDied == nil { checkers.flush() }
        checkers.setTimeouts(configuration.globals.lvs)
        connections.follow(configuration.connectionSyncOfCheckers)
        pipes.configure(environment.checkerPipes)
        if !environment.runsVRRP { checkers.writeInitialValues(configuration.health.files) }
        observers.start { [unowned checkers] in checkers.state }
        checkers.start(marks.marked(configuration.health), at: Instant.now)
        observers.noteStart()
        if environment.commandLine.logsConfiguration { checkers.state.dump().forEach { environment.log($0) } }
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
        observers.configure()
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
        observers.stop()
        environment.finish()
    }

    /// Writes keepalived_check.data, in a copy of the process: the checks go on.
    package func dump(_ kind: DumpKind, at now: Instant) {
        guard kind == .data else { return }
        let namespace = environment.commandLine.namespace
        let path = DumpFiles.data("_check", environment.configuration.globals, namespace: namespace)
        dumps.write(DumpWriter.Request(title: "Printing checker data", path: path, text: text), at: now)
    }

    /// Writes the state of all services into this file.
    package func saveState(to path: String) { dumps.save(to: path, text) }

    /// What a dump says, by the configuration of now.
    private var text: () -> String? {
        let globals = environment.configuration.globals
        return { [checkers, commandLine = environment.commandLine] in
            GlobalsDump(globals, commandLine).text + checkers.state.dump().map { $0 + "\n" }.joined()
        }
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
