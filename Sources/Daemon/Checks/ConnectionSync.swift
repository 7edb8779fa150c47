// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import Netlink
import VRRP

/// The kernel's daemons that copy IPVS connections from one director to another (`lvs_sync_daemon`).
///
/// With `inst` they follow a virtual router: a master daemon sends while it is master, otherwise a backup daemon receives; that
/// is the VRRP process's business. Without it the checker process runs both, and the kernel sorts out who has connections.
final class ConnectionSync {
    /// What is to run, and what decides about it.
    struct Plan: Equatable {
        var settings: SyncDaemonSettings
        /// 0...255
        var id: UInt8
        /// Nil: both daemons run.
        var router: String?
    }

    private let environment: ProcessEnvironment
    private var table: KernelTable?
    private var plan: Plan?
    private var isMaster = false

    init(_ environment: ProcessEnvironment) { self.environment = environment }

    /// Takes up a plan, in place of the one before; nil: none.
    func follow(_ new: Plan?) {
        guard new != plan else { return }
        if plan?.router != new?.router { isMaster = false }
        if new == nil { stop() }
        plan = new
        guard new != nil else { return }
        if table == nil { open() }
        settle()
    }

    /// The table is where the virtual servers are, which the VRRP process may not be (`net_namespace_ipvs`).
    private func open() {
        do throws(SystemError) {
            let elsewhere = try environment.otherNamespaceOfVirtualServers
            let outcome = try elsewhere.map { namespace throws(SystemError) in
                try NetworkNamespace.visit(namespace) { () throws(SystemError) in Self.table() }
            }
            switch outcome ?? Self.table() {
            case .success(let table): self.table = table
            case .failure(let missing): log("lvs_sync_daemon: \(missing.reason)")
            }
        } catch {
            log("lvs_sync_daemon: the namespace of the virtual servers cannot be entered: \(error)")
        }
    }

    private static func table() -> Result<KernelTable, KernelTable.Missing> {
        do { return .success(try KernelTable()) } catch { return .failure(error) }
    }

    private func log(_ line: String) { environment.log(line) }

    /// A virtual router has changed its state.
    func note(_ transition: Transition) {
        guard let plan, plan.router == transition.name else { return }
        let isMaster = transition.to == .master
        guard isMaster != self.isMaster else { return }
        self.isMaster = isMaster
        settle()
    }

    /// Ends what is ours.
    func stop() {
        guard plan != nil, let table else { return }
        plan = nil
        for daemon in running(table) { end(daemon.state, table) }
    }

    /// Ends what should not run and starts what should; what runs already, perhaps by an earlier process, is left alone.
    private func settle() {
        guard let plan, let table else { return }
        let wanted = plan.daemons(isMaster: isMaster)
        let present = running(table)
        for daemon in present where !wanted.contains(where: { $0.isMet(by: daemon) }) { end(daemon.state, table) }
        for daemon in wanted where !present.contains(where: { daemon.isMet(by: $0) }) {
            if let refusal = table.start(daemon) {
                log("IPVS sync daemon, \(daemon.state.word), cannot be started on \(daemon.interface): \(refusal)")
            } else {
                log("IPVS sync daemon, \(daemon.state.word), started on \(daemon.interface) with id \(daemon.syncID)")
            }
        }
    }

    private func running(_ table: KernelTable) -> [IPVS.SyncDaemon] { (try? table.daemons()) ?? [] }

    private func end(_ state: IPVS.SyncDaemon.State, _ table: KernelTable) {
        if let refusal = table.stop(state) { log("IPVS sync daemon, \(state.word), cannot be stopped: \(refusal)") }
    }
}

extension ConnectionSync.Plan {
    fileprivate func daemons(isMaster: Bool) -> [IPVS.SyncDaemon] {
        guard router != nil else { return [daemon(.master), daemon(.backup)] }
        return [daemon(isMaster ? .master : .backup)]
    }

    private func daemon(_ state: IPVS.SyncDaemon.State) -> IPVS.SyncDaemon {
        var daemon = IPVS.SyncDaemon(state, interface: settings.interface, syncID: UInt32(id))
        daemon.largestPacket = settings.maximumLength
        daemon.group = settings.group
        daemon.port = settings.port
        daemon.timeToLive = settings.timeToLive
        return daemon
    }
}

extension IPVS.SyncDaemon {
    /// Whether a daemon that runs is this one; the kernel fills in what was left to it.
    fileprivate func isMet(by other: IPVS.SyncDaemon) -> Bool {
        state == other.state && interface == other.interface && syncID == other.syncID
            && (largestPacket == nil || largestPacket == other.largestPacket) && (group == nil || group == other.group)
            && (port == nil || port == other.port) && (timeToLive == nil || timeToLive == other.timeToLive)
    }
}

extension IPVS.SyncDaemon.State {
    fileprivate var word: String {
        switch self {
        case .master: "master"
        case .backup: "backup"
        }
    }
}

extension ProcessEnvironment {
    /// Where the virtual servers are, if that is not where this process is.
    fileprivate var otherNamespaceOfVirtualServers: FileDescriptor? {
        get throws(SystemError) {
            let settings = configuration.globals.namespace
            guard kind != .checker, let name = settings.ipvs, name != commandLine.namespace ?? settings.network else { return nil }
            return name.isEmpty ? home : try NetworkNamespace.named(name)
        }
    }
}

extension Configuration {
    /// The sync daemon that follows no router.
    var connectionSyncOfCheckers: ConnectionSync.Plan? {
        guard let settings = globals.lvs.syncDaemon, settings.router == nil else { return nil }
        return ConnectionSync.Plan(settings: settings, id: settings.id ?? 0, router: nil)
    }

    /// The sync daemon that follows a router, which global_defs names, or which names an interface for it itself.
    var connectionSyncOfRouter: ConnectionSync.Plan? {
        if let settings = globals.lvs.syncDaemon {
            guard let name = settings.router else { return nil }
            let router = vrrp.routers.first { $0.name == name }
            return ConnectionSync.Plan(settings: settings, id: settings.id ?? router?.routerID ?? 0, router: name)
        }
        guard let router = vrrp.routers.first(where: { $0.syncDaemonInterface != nil }),
            let interface = router.syncDaemonInterface
        else { return nil }
        return ConnectionSync.Plan(settings: SyncDaemonSettings(interface: interface), id: router.routerID, router: router.name)
    }
}
