// SPDX-License-Identifier: GPL-2.0-or-later

import BFD
package import Basics
import Config
import Linux

/// The BFD process: runs the sessions and tells the other processes of them.
package final class BFDProcess: ChildProcess {
    private let environment: ProcessEnvironment
    private let publishers: [ChildKind: BFDPublisher]
    private let engine: BFDEngine
    private let dumps: DumpWriter

    package init(_ environment: ProcessEnvironment) throws(ExitCode) {
        self.environment = environment
        dumps = DumpWriter(environment)
        var publishers: [ChildKind: BFDPublisher] = [:]
        do throws(SystemError) {
            for (kind, channel) in environment.bfdChannels.outgoing {
                publishers[kind] = try BFDPublisher(loop: environment.loop, channel: channel)
            }
        } catch {
            environment.logger.log(.error, "BFD child process cannot tell of its sessions - \(error)")
            throw .fatal
        }
        self.publishers = publishers
        let receivers = publishers
        engine = BFDEngine(
            loop: environment.loop, logger: environment.logger, logsDetail: environment.commandLine.logsDetail,
            seed: environment.configuration.globals.randomSeed
        ) { settings, report, now in
            let status = BFDStatus(name: settings.name, report: report, since: now)
            for (kind, publisher) in receivers where settings.informs(kind) { publisher.publish(status) }
        }
        let sessions = environment.configuration.bfd.sessions
        engine.configure(sessions, at: Instant.now)
        if environment.commandLine.logsConfiguration { BFDDump.configuration(sessions).forEach { environment.log($0) } }
    }

    /// Changes only the sessions that differ.
    package func reload(from old: Configuration, at now: Instant) {
        let settings = environment.configuration.bfd.sessions
        engine.configure(settings, at: now)
        for (kind, publisher) in publishers {
            publisher.keep(environment.configuration.sessionNames(for: kind))
            // A session that this process was not told of before may have been up for long.
            for session in engine.sessions.all where !session.isLeaving && session.settings.informs(kind) {
                publisher.publishIfUnknown(BFDStatus(name: session.settings.name, report: session.report, since: now))
            }
        }
    }

    /// Tells the neighbours first.
    package func stop(at now: Instant) { engine.stop(at: now) { [environment] in environment.finish() } }

    /// A copy of the process writes, so that no disk can hold up the sessions.
    package func dump(_ kind: DumpKind, at now: Instant) {
        guard kind == .data else { return }
        let namespace = environment.commandLine.namespace
        let path = DumpFiles.data("_bfd", environment.configuration.globals, namespace: namespace)
        dumps.write(DumpWriter.Request(title: "Printing BFD data", path: path, text: text), at: now)
    }

    /// Writes the state of all sessions into this file.
    package func saveState(to path: String) { dumps.save(to: path, text) }

    /// What a dump says, by the configuration of now.
    private var text: () -> String? {
        let globals = environment.configuration.globals
        return { [engine, commandLine = environment.commandLine] in
            GlobalsDump(globals, commandLine).text + BFDDump.text(of: engine.sessions)
        }
    }
}

extension Configuration {
    /// The sessions that a process of that kind hears of.
    func sessionNames(for kind: ChildKind) -> Set<String> {
        Set(bfd.sessions.lazy.filter { $0.informs(kind) }.map(\.name))
    }
}

extension SessionSettings {
    fileprivate func informs(_ kind: ChildKind) -> Bool {
        switch kind {
        case .vrrp: informsVRRP
        case .checker: informsChecker
        case .bfd: false
        }
    }
}
