// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Config
package import Health
package import Linux
import Netlink

/// The checkers at work: the core, its attempts, the kernel's table, and the files that steer it.
package final class Checkers {
    /// What the process around it does with what happens.
    package struct Outlets {
        package var log: (String) -> Void
        package var run: (Script, _ object: String) -> Void
        package var report: (Report) -> Void
        package var mail: (Mail) -> Void
        /// Where it is noted when drains end, for the process that comes after this one.
        package var drains: KeptFile?

        package init(
            log: @escaping (String) -> Void, run: @escaping (Script, String) -> Void,
            report: @escaping (Report) -> Void,
            mail: @escaping (Mail) -> Void, drains: KeptFile? = nil
        ) {
            self.log = log
            self.run = run
            self.report = report
            self.mail = mail
            self.drains = drains
        }
    }

    private let loop: EventLoop
    private let outlets: Outlets
    private var core: VirtualServers
    private var spare: [Action] = []
    private var engine: ProbeEngine?
    private let table: KernelTable?
    private var audit: TableAudit?
    /// Whether the edits under way follow from having read the table.
    private var isRepairing = false
    private var keptDrains = DrainEnds()
    private var watch: FileWatch?
    /// While a virtual server has `ha_suspend`.
    private var addressWatch: AddressWatch?

    private let monitorBuffer: BufferSettings

    /// `buffer`: what `lvs_netlink_cmd_rcv_bufs` says, `monitorBuffer`: what `lvs_netlink_monitor_rcv_bufs` says.
    package init(
        loop: EventLoop, processes: ChildProcesses, launcher: ScriptLauncher, buffer: BufferSettings = BufferSettings(),
        monitorBuffer: BufferSettings = BufferSettings(), outlets: Outlets
    ) {
        self.loop = loop
        self.monitorBuffer = monitorBuffer
        self.outlets = outlets
        core = VirtualServers(seed: UInt64.random(in: 0...UInt64.max))
        do {
            table = try KernelTable(buffer)
        } catch {
            table = nil
            outlets.log(error.reason)
        }
        engine = ProbeEngine(loop: loop, processes: processes, launcher: launcher, log: outlets.log) {
            [unowned self] id, attempt, outcome, now in
            change(at: now) { core, actions in core.handle(.ended(id, attempt: attempt, outcome), at: now, into: &actions) }
        }
        if let table {
            table.refused = { [unowned self] edit, refusal in refuse(edit, refusal) }
            audit = TableAudit(of: table, on: loop) { [unowned self] outcome in repair(outcome) }
        }
        loop.addDeadlines(
            next: { [unowned self] in core.nextDeadline },
            reached: { [unowned self] now in change(at: now) { core, actions in core.advance(to: now, into: &actions) } }
        )
    }

    /// For what shows state.
    package var state: VirtualServers { core }

    /// Takes up work.
    package func start(_ settings: HealthSettings, at now: Instant) {
        takeCertificates(settings)
        watchFiles(settings)
        watchAddresses(settings)
        engine?.makeRoom(for: settings.checkCount)
        let present = readTable()
        keptDrains = DrainEnds(bytes: outlets.drains?.content ?? [])
        change(at: now) { core, actions in core.start(settings, at: now, kernel: present, drains: keptDrains, into: &actions) }
        keepDrains()
    }

    /// Changes over to other settings. What is told to the kernel is the difference to what it was told before; whether others
    /// have changed its table meanwhile is looked into afterwards.
    package func reload(_ settings: HealthSettings, at now: Instant) {
        takeCertificates(settings)
        watchFiles(settings)
        watchAddresses(settings)
        engine?.makeRoom(for: settings.checkCount)
        change(at: now) { core, actions in core.reconfigure(to: settings, at: now, into: &actions) }
        keepDrains()
        reconcile()
        Memory.trimLater(on: loop)
    }

    /// Repairs what others did to the table, once it has been read.
    package func reconcile() {
        audit?.begin(of: Set(core.services.lazy.flatMap(\.settings.services)))
    }

    private func repair(_ outcome: Result<ServiceTable, SystemError>) {
        switch outcome {
        case .success(let present):
            isRepairing = true
            change(at: .now) { core, actions in core.reconcile(kernel: present, into: &actions) }
            isRepairing = false
        case .failure(let error): outlets.log("IPVS table cannot be read: \(error)")
        }
    }

    /// Sets the timeouts of connections that `lvs_timeouts` names.
    package func setTimeouts(_ global: LVSGlobals) {
        let refusal = table?.setTimeouts(
            tcp: global.tcpTimeout, tcpAfterFIN: global.tcpFinishTimeout, udp: global.udpTimeout)
        if let refusal { outlets.log("IPVS cmd IPVS_CMD_SET_CONFIG(13) error: \(refusal)") }
    }

    /// Empties the kernel's table, foreign services included.
    package func flush() {
        if let refusal = table?.flush() { outlets.log("IPVS cmd IPVS_CMD_FLUSH(17) error: \(refusal)") }
    }

    /// Tells what happened elsewhere: a BFD session, an address.
    package func handle(_ event: Event, at now: Instant) {
        change(at: now) { core, actions in core.handle(event, at: now, into: &actions) }
    }

    /// Ends all attempts and takes our services out of the kernel, unless its table is to stay as it is.
    package func stop(keepsTable: Bool) {
        audit?.cancel()
        engine?.abandonAll()
        change(at: .now) { core, actions in core.stop(into: &actions) }
        guard !keepsTable else { return }
        let now = Instant.now
        core.withdraw { perform($0, at: now) }
        table?.submit()
        try? outlets.drains?.keep([])
    }

    /// Notes which servers drain, and until when.
    private func keepDrains() {
        let drains = core.drainEnds
        guard drains != keptDrains else { return }
        keptDrains = drains
        // Without it their time would begin anew after a crash.
        try? outlets.drains?.keep(drains.bytes)
    }

    private func change(at now: Instant, _ body: (inout VirtualServers, inout [Action]) -> Void) {
        // The room is used again and again; what happens while the actions are performed finds none and makes its own.
        var actions: [Action] = []
        swap(&actions, &spare)
        body(&core, &actions)
        for action in actions { perform(action, at: now) }
        table?.submit()
        actions.removeAll(keepingCapacity: actions.count < 1024)
        swap(&actions, &spare)
    }

    private func perform(_ action: Action, at now: Instant) {
        switch action {
        case .probe(let id, let attempt, let step):
            if let peer = core.plainConnection(id), engine?.connect(id, attempt: attempt, peer, at: now) == true { return }
            guard let probe = core.probe(id) else { return }
            engine?.begin(id, attempt: attempt, step: step, probe.settings, probe.server, at: now)
        case .abandon(let id): engine?.abandon(id)
        case .edit(let edit): table?.apply(edit)
        case .countConnections(let service): count(service, at: now)
        case .update(let update): if let table { update.forEachEdit { table.apply($0) } }
        case .notice(let notice): outlets.log(notice.description)
        case .report(let report): outlets.report(report)
        case .run(let script, let object): outlets.run(script, object)
        case .mail(let mail): outlets.mail(mail)
        }
    }

    /// Tells how many connections the servers of a service have.
    private func count(_ service: ServiceKey, at now: Instant) {
        var counts: ConnectionCounts?
        do throws(SystemError) {
            counts = try table?.connections(of: service)
        } catch {
            outlets.log("IPVS connections cannot be counted: \(error)")
        }
        change(at: now) { core, actions in core.handle(.connections(service, counts), at: now, into: &actions) }
        keepDrains()
    }

    private func readTable() -> ServiceTable {
        guard let table else { return ServiceTable() }
        do {
            return try table.read()
        } catch {
            outlets.log("IPVS table cannot be read: \(error)")
            return ServiceTable()
        }
    }

    /// The kernel may refuse an edit because somebody else has changed its table; then that is looked into.
    private func refuse(_ edit: ServiceEdit, _ refusal: Refusal) {
        let error = SystemError(call: "", code: refusal.code)
        if error.isMissing || error.isTaken, !isRepairing { return reconcile() }
        let text = refusal.text ?? error.reason
        outlets.log("IPVS cmd \(edit.name) error: \(text)(\(refusal.code))")
    }

    private func takeCertificates(_ settings: HealthSettings) {
        guard settings.ssl != core.settings.ssl else { return }
        engine?.tlsFiles = TLSContext.Files(
            authorities: settings.ssl?.authority, certificate: settings.ssl?.certificate, key: settings.ssl?.key,
            password: settings.ssl?.password
        )
    }

    private func watchAddresses(_ settings: HealthSettings) {
        guard settings.virtualServers.contains(where: \.suspends) else { return addressWatch = nil }
        guard addressWatch == nil else { return }
        do throws(SystemError) {
            addressWatch = try AddressWatch(loop: loop, buffer: monitorBuffer, log: outlets.log) {
                [unowned self] address, isPresent, now in
                handle(.address(address, isPresent: isPresent), at: now)
            }
        } catch {
            outlets.log("addresses cannot be watched, checkers with ha_suspend rest: \(error)")
        }
    }

    private func watchFiles(_ settings: HealthSettings) {
        watch = settings.files.isEmpty ? nil : try? FileWatch(loop: loop)
        for file in settings.files {
            tell(file, Instant.now)
            do {
                try watch?.watch(file.path) { [unowned self] now in tell(file, now) }
            } catch {
                outlets.log("track file \(file.path) cannot be watched: \(error)")
            }
        }
    }

    /// Writes what `init_file` says into the files; for the start only, and only where VRRP does not do it.
    package func writeInitialValues(_ files: [CheckFileSettings]) {
        for file in files {
            guard let value = file.initialValue, file.overwrites || !Files.exists(file.path) else { continue }
            do throws(SystemError) {
                try Files.replace(file.path, with: Array("\(value)\n".utf8), mode: 0o644)
            } catch {
                outlets.log("track_file \(file.name): cannot write \(file.path): \(error)")
            }
        }
    }

    private func tell(_ file: CheckFileSettings, _ now: Instant) {
        let number = (try? Files.read(file.path, limit: 4096)).flatMap(FileTracker.number)
        let value = number.map { Int32(clamping: $0) }
        change(at: now) { core, actions in core.handle(.file(name: file.name, value: value), at: now, into: &actions) }
    }
}

extension ServiceEdit {
    /// The kernel's name of the command and its number, as upstream's log lines have them.
    fileprivate var name: String {
        switch self {
        case .addService: "IPVS_CMD_NEW_SERVICE(1)"
        case .changeService: "IPVS_CMD_SET_SERVICE(2)"
        case .removeService: "IPVS_CMD_DEL_SERVICE(3)"
        case .addServer: "IPVS_CMD_NEW_DEST(5)"
        case .changeServer: "IPVS_CMD_SET_DEST(6)"
        case .removeServer: "IPVS_CMD_DEL_DEST(7)"
        }
    }
}
