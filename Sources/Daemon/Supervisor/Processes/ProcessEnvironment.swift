// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Config
package import Linux
import VRRP

/// What a child process is given: its configuration, its loop, its log, its scripts, and the way to its parent.
package final class ProcessEnvironment {
    package let kind: ChildKind
    package let commandLine: CommandLine
    package let loop: EventLoop
    /// The processes that this one starts.
    package let processes: ChildProcesses
    package let launcher: ScriptLauncher
    package let logger: Logger
    /// Runs notify scripts, those of one object one after the other.
    package let notifications: NotifyRunner
    /// Sends alert mails.
    let mails: MailSender
    /// State changes of BFD sessions: written by the BFD process, read by the other two.
    package let bfdChannels: BFDChannels
    /// When the process died that did this one's work before; nil if there was none.
    package let predecessorDied: Instant?
    /// What outlives this process, for the one that comes after it; nil: nobody does.
    let keptFiles: KeptFiles?
    /// The network namespace that the daemon was started in, if it entered another one.
    let home: FileDescriptor?
    /// By which the process runs now.
    package var configuration: Configuration { replay.configuration }

    private var replay: Replay
    private let parent: MessageChannel
    private var parentRegistration: EventLoop.Registration?
    private var signals: SignalWatch?
    private var exitCode = ExitCode.ok
    private var isStopping = false

    init(
        kind: ChildKind, commandLine: CommandLine, replay: Replay, logger: Logger, parent: MessageChannel,
        bfdChannels: BFDChannels, scheduling: SchedulingOrigin, predecessorDied: Instant?,
        keptFiles: KeptFiles? = nil, home: FileDescriptor? = nil
    ) throws(SystemError) {
        self.kind = kind
        self.commandLine = commandLine
        self.replay = replay
        self.logger = logger
        self.parent = parent
        self.bfdChannels = bfdChannels
        self.predecessorDied = predecessorDied
        self.keptFiles = keptFiles
        self.home = home
        loop = try EventLoop()
        processes = ChildProcesses(loop: loop)
        launcher = ScriptLauncher(origin: scheduling)
        notifications = NotifyRunner(
            loop: loop, processes: processes, launcher: launcher, logger: logger, logsDetail: commandLine.logsDetail
        )
        mails = MailSender(loop: loop, logsDetail: commandLine.logsDetail) { logger.log($0, $1) }
        mails.configure(replay.configuration.globals)
        logger.attach(to: loop)
    }

    /// Logs a line of the ordinary kind.
    package func log(_ text: String) { logger.log(.info, text) }

    /// Logs a line that only `-D` asks for.
    package func logDetail(_ text: @autoclosure () -> String) {
        if commandLine.logsDetail { logger.log(.info, text()) }
    }

    /// How long the last mails may take.
    private static let mailLimit = Interval.seconds(1)

    /// Ends the process, after the notify scripts that run or wait have ended or reached their limit, and mails have left.
    package func finish(_ code: ExitCode = .ok) {
        exitCode = code
        notifications.drain(at: Instant.now) { [unowned self] in
            mails.drain(within: Self.mailLimit) { [unowned self] in loop.stop() }
        }
    }
}

/// The ends of the channels for the state changes of BFD sessions that a process has.
package struct BFDChannels {
    /// In the VRRP and in the checker process: where changes come from. Nil in the BFD process.
    package var incoming: MessageChannel?
    /// In the BFD process: where changes go, by receiver.
    package var outgoing: [ChildKind: MessageChannel] = [:]

    package init() {}
}

extension ProcessEnvironment {
    /// Makes a process of that type, runs it to its end, and returns the code to exit with.
    func run(_ type: (some ChildProcess).Type) -> Int32 {
        let process: any ChildProcess
        do {
            process = try Privileges.withoutRealtimeLimit { () throws(ExitCode) in try type.init(self) }
        } catch {
            return error.rawValue
        }
        do {
            signals = try SignalWatch(Self.handledSignals, on: loop) { [unowned self] signal, now in
                take(signal, for: process, at: now)
            }
            parentRegistration = try loop.add(parent.descriptor) { [unowned self] now in hearParent(for: process, at: now) }
        } catch {
            logger.log(.error, "\(kind.title) child process cannot run: \(error)")
            return ExitCode.fatal.rawValue
        }
        logger.flush(within: .zero)
        answer(.loaded)
        loop.alwaysSleeps = Privileges.isRealtime
        Memory.keepLean(on: loop)
        watchLateness()
        loop.run()
        return exitCode.rawValue
    }

    /// Taken from the signalfd; all are harmless to a child, since scripts of operators send them to any process.
    static let handledSignals: [Signal] = [
        .terminate, .interrupt, .hangUp, .user1, .user2, .lastRealtime(1), .realtime(2), .processorTime,
    ]

    private func take(_ signal: Signal, for process: any ChildProcess, at now: Instant) {
        switch signal {
        case .terminate: stop(process, at: now)
        case .interrupt: if !commandLine.ignoresInterrupt { stop(process, at: now) }
        case .user1: process.dump(.data, at: now)
        case .user2: process.dump(.statistics, at: now)
        case .lastRealtime(1): process.dump(.statisticsCleared, at: now)
        case .realtime(2): process.dump(.json, at: now)
        case .processorTime:
            logger.log(.warning, "The process ran too long at realtime priority - has rlimit_rttime been exceeded?")
        // Configurations come over the channel; a hang-up is for the parent.
        default: break
        }
    }

    private func stop(_ process: any ChildProcess, at now: Instant) {
        guard !isStopping else { return }
        isStopping = true
        log("Stopping")
        process.stop(at: now)
    }

    private func hearParent(for process: any ChildProcess, at now: Instant) {
        do {
            while let message = try parent.receive() {
                // The parent is gone; the death signal does the same where this comes too early.
                guard !message.bytes.isEmpty else { return stopOrphaned(process, at: now) }
                if case .configuration(let reading)? = ParentOrder(bytes: message.bytes), let descriptor = message.descriptor {
                    reload(process, from: descriptor, reading, at: now)
                }
            }
        } catch {
            stopOrphaned(process, at: now)
        }
    }

    private func stopOrphaned(_ process: any ChildProcess, at now: Instant) {
        if let registration = parentRegistration { loop.remove(registration) }
        stop(process, at: now)
    }

    private func reload(_ process: any ChildProcess, from descriptor: FileDescriptor, _ reading: Int, at now: Instant) {
        guard !isStopping else { return }
        log("Reloading")
        save(process, .before, reading)
        Privileges.withoutRealtimeLimit { changeOver(process, from: descriptor, at: now) }
        save(process, .after, reading)
    }

    /// Has the state written that `config_save_dir` wants beside the copy of the configuration.
    private func save(_ process: any ChildProcess, _ moment: SavedState.Moment, _ reading: Int) {
        guard !isStopping, let directory = configuration.globals.files.savedConfigurations else { return }
        let state = SavedState(directory: directory, kind: kind, process: Processes.parent, number: reading, moment: moment)
        process.saveState(to: state.path)
    }

    private func changeOver(_ process: any ChildProcess, from descriptor: FileDescriptor, at now: Instant) {
        do {
            let old = configuration
            let frozen = try FrozenConfiguration(SealedMemory(owning: descriptor))
            var new = Replay(of: frozen, for: kind.processes, after: replay) { [unowned self] in loop.seeToWhatIsDue() }
            // Most reloads change what another process does, or nothing.
            if !new.isSame(as: replay) { new.configuration.vrrp.keepNames(of: old.vrrp, new.configuration.globals.vrrp) }
            replay = new
            // The order to stop may have come meanwhile.
            guard !isStopping else { return }
            mails.configure(configuration.globals)
            process.reload(from: old, at: now)
            // What was logged in changing over is to stand before the parent's "Reload complete".
            logger.flush(within: .zero)
            answer(.loaded)
        } catch {
            answer(.refused("\(error)"))
        }
    }

    private func answer(_ answer: ChildAnswer) {
        // A parent that does not read its messages has ended, and this process will be told.
        try? parent.send(answer.bytes)
    }
}
