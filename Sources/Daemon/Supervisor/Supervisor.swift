// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// The parent process: does what `SupervisorCore` decides.
///
/// It touches no network and no configuration file: a reader process reads, the children work. What it keeps is the frozen
/// configuration in force, from which each child is started, and started again.
final class Supervisor {
    let commandLine: CommandLine
    let loop: EventLoop
    let processes: ChildProcesses
    let reader: ConfigurationReader
    let launcher: ScriptLauncher
    let scheduling: SchedulingOrigin
    let bfdPairs: BFDPairs
    let gate: StartGate?
    let service: ServiceManager?
    var logger: Logger
    var channels: [ChildKind: ChildChannel] = [:]
    /// When a child of each kind last ended.
    var deaths: [ChildKind: Instant] = [:]
    var inForce: InForce?
    /// What was read and is not in force yet.
    var candidate: InForce?
    var pidFiles: PidFiles?
    var reloadMarker: String?
    /// The network namespace that the daemon was started in, once it has left that.
    var originalNamespace: FileDescriptor?
    var script: MaintenanceScript?
    private let parentDump = ParentDump()
    /// Made when the first configuration is in force.
    private(set) lazy var reloads = ReloadSchedule(
        on: loop, log: { [unowned self] in logger.log($0, $1) },
        reload: { [unowned self] in handle(.reloadRequested, at: .now) })
    var exitCode = ExitCode.ok
    /// How often the configuration has been read anew.
    var readings = 0
    /// Why the start failed, for whoever started the daemon.
    var failures: [String] = []
    /// Whether the loop is about to stop for good.
    var isEnding = false
    /// Whether whoever waits for the start has been told how it went.
    var isReady = false
    private var signals: SignalWatch?
    private(set) var core: SupervisorCore?
    private var actions: [SupervisorCore.Action] = []
    private var isActing = false

    /// A configuration with what the parent must know of it.
    struct InForce {
        var memory: SealedMemory
        var report: ReadReport
        private var replay: Replay

        var settings: Configuration { replay.configuration }

        var plan: SupervisorCore.Plan {
            SupervisorCore.Plan(needed: report.needed, waitTime: settings.globals.childWaitTime)
        }

        /// Takes what the reader process found; throws if that cannot be read again.
        init(_ report: ReadReport, _ memory: SealedMemory, after old: InForce? = nil) throws(SystemError) {
            self.report = report
            self.memory = memory
            replay = Replay(of: try FrozenConfiguration(memory), for: .parent, after: old?.replay)
        }
    }

    init(_ commandLine: CommandLine, gate: StartGate?, scheduling: SchedulingOrigin) throws(SystemError) {
        self.commandLine = commandLine
        self.gate = gate
        self.scheduling = scheduling
        service = ServiceManager()
        loop = try EventLoop()
        processes = ChildProcesses(loop: loop)
        reader = ConfigurationReader(on: loop, processes)
        launcher = ScriptLauncher(origin: scheduling)
        bfdPairs = try BFDPairs()
        logger = Logger(commandLine, nil)
        logger.attach(to: loop)
    }

    /// Runs the daemon to its end; returns the exit code.
    func run() -> Int32 {
        do {
            Signals.ignoreAll(except: [])
            signals = try SignalWatch(ProcessEnvironment.handledSignals + [.childEnded], on: loop) { [unowned self] in
                take($0, at: $1)
            }
            // Without it orphans of scripts go to the machine's first process, which is no harm.
            try? Processes.adoptOrphans()
            loop.addDeadlines(
                next: { [unowned self] in core?.nextDeadline },
                reached: { [unowned self] now in decide { core, actions in core.advance(to: now, into: &actions) } }
            )
            try prepare()
            loop.run()
        } catch {
            end(.fatal, because: "Unable to start - \(error)")
        }
        logger.flush()
        if !isReady { gate?.open(exitCode, failures.joined(separator: "\n")) }
        return exitCode.rawValue
    }

    private func take(_ signal: Signal, at now: Instant) {
        switch signal {
        case .terminate: requestStop(at: now)
        case .interrupt: if !commandLine.ignoresInterrupt { requestStop(at: now) }
        case .hangUp: handle(.reloadRequested, at: now)
        case .user1: handle(.dumpRequested(.data), at: now)
        case .user2: handle(.dumpRequested(.statistics), at: now)
        case .lastRealtime(1): handle(.dumpRequested(.statisticsCleared), at: now)
        case .realtime(2): handle(.dumpRequested(.json), at: now)
        case .childEnded: processes.reapOrphans(now)
        default: break
        }
    }

    private func requestStop(at now: Instant) {
        guard core == nil else { return handle(.stopRequested, at: now) }
        reader.cancel()
        end(.ok)
    }

    // MARK: Deciding and doing

    /// Hands the children over to the core.
    func begin(_ plan: SupervisorCore.Plan) {
        core = SupervisorCore(commandLine, plan: plan)
        if let inForce { reloads.configure(inForce.settings.globals.reload) }
        handle(.begin, at: Instant.now)
    }

    func handle(_ event: SupervisorCore.Event, at now: Instant) {
        decide { core, actions in core.handle(event, at: now, into: &actions) }
    }

    /// Lets the core decide, and does what it decided; what comes of that is decided next, in order.
    private func decide(_ change: (inout SupervisorCore, inout [SupervisorCore.Action]) -> Void) {
        guard var core else { return }
        change(&core, &actions)
        self.core = core
        guard !isActing else { return }
        isActing = true
        while !actions.isEmpty { perform(actions.removeFirst()) }
        isActing = false
    }

    private func perform(_ action: SupervisorCore.Action) {
        switch action {
        case .start(let kind): startChild(kind)
        case .configure(let kind): configureChild(kind)
        case .signal(let kind, let signal): signalChild(kind, signal)
        case .read: readAnew()
        case .cancelReading: reader.cancel()
        case .adopt: adopt()
        case .dump: dump()
        case .log(let severity, let text): logger.log(severity, text)
        case .tell(let state): tell(state)
        case .finish(let code): finish(code)
        }
    }

    private func dump() {
        guard let globals = inForce?.settings.globals else { return }
        parentDump.write(globals, commandLine, nextReload: reloads.text, logger, at: .now)
    }

    private func tell(_ state: SupervisorCore.ServiceState) {
        switch state {
        case .ready(let status):
            service?.notify("READY=1", "MAINPID=\(Processes.own)", "STATUS=\(status)")
            if !isReady {
                gate?.open(.ok)
                Memory.keepLean(on: loop)
                loop.after(.milliseconds(300)) { [unowned self] _ in rehearseReading() }
            }
            isReady = true
        case .reloading:
            service?.notify("RELOADING=1", "MONOTONIC_USEC=\((Instant.now - .zero).microseconds)")
        case .stopping:
            reader.dismiss()
            service?.notify("STOPPING=1")
        case .failed(let code):
            service?.notify("ERRNO=\(code)")
        }
    }
}
