// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import SNMP
import VRRP

/// The part `vrrp` of the KEEPALIVED-MIB, from a snapshot. Rows are numbered from 1 in the order of the configuration.
struct RouterObjects {
    private let snapshot: VRRPSnapshot
    /// Numbers of rows by the names of what stands in them.
    private let routerRows: [String: UInt32]
    private let interfaces: [String: InterfaceSnapshot]
    private var table = TableWriter()

    /// All objects of the part.
    static func all(of snapshot: VRRPSnapshot) -> [ManagedObject] {
        var objects = RouterObjects(snapshot)
        objects.write()
        return objects.table.objects
    }

    private init(_ snapshot: VRRPSnapshot) {
        self.snapshot = snapshot
        routerRows = Dictionary(
            snapshot.routers.enumerated().map { ($1.settings.name, UInt32($0 + 1)) }, uniquingKeysWith: { first, _ in first })
        interfaces = Dictionary(snapshot.interfaces.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private mutating func write() {
        for (number, group) in snapshot.groups.enumerated() { write(group, UInt32(number + 1)) }
        for (number, router) in snapshot.routers.enumerated() {
            write(router, UInt32(number + 1))
            writeScripts(of: router, UInt32(number + 1))
            write(router.settings.trackers, Self.trackedByRouter, UInt32(number + 1))
            writeAddresses(of: router, UInt32(number + 1))
            RouteObjects.write(router, UInt32(number + 1), interfaces.mapValues(\.index), to: &table)
        }
        writeTracked()
    }

    private static func path(_ table: UInt32) -> ObjectIdentifier { KeepalivedMIB.vrrp.appending(table) }

    // MARK: Groups

    /// vrrpSyncGroupTable, vrrpSyncGroupMemberTable and what groups track.
    private mutating func write(_ group: SyncGroupSnapshot, _ number: UInt32) {
        let notify = group.settings.notify
        table.row(of: Self.path(1), [number])
        table.cell(2, .text(group.settings.name))
        table.cell(3, .integer(Int32(group.state.rawValue)))
        table.cell(4, .enabled(notify.sendsMail))
        table.cell(5, .enabled(notify.runsScripts))
        table.cell(6, notify.master?.managed)
        table.cell(7, notify.backup?.managed)
        table.cell(8, notify.fault?.managed)
        table.cell(9, notify.any?.managed)
        table.cell(10, .enabled(group.settings.allowsDifferentWeights))
        table.cell(11, notify.stop?.managed)
        for (member, name) in group.settings.routers.enumerated() {
            table.row(of: Self.path(2), [number, UInt32(member + 1)])
            table.cell(2, .text(name))
        }
        write(group.settings.trackers, Self.trackedByGroup, number)
    }

    // MARK: Instances

    /// vrrpInstanceTable, what is said about the protocol.
    private mutating func write(_ router: RouterSnapshot, _ number: UInt32) {
        let settings = router.settings
        table.row(of: Self.path(3), [number])
        table.cell(2, .text(settings.name))
        table.cell(3, .gauge(UInt32(settings.routerID)))
        table.cell(4, .integer(Int32(router.state.rawValue)))
        table.cell(5, .integer(settings.startsAsMaster ? 2 : 1))
        table.cell(6, .integer(Int32(router.wantedState.rawValue)))
        table.cell(7, .integer(Int32(settings.priority)))
        table.cell(8, .integer(Int32(router.priority)))
        table.cell(9, .integer(router.isHolding ? 1 : 2))
        table.cell(10, settings.interface.map(ManagedValue.text))
        table.cell(11, .integer(settings.interface.map(settings.requiredInterfaces.contains) ?? false ? 1 : 2))
        // Seconds in version 2, hundredths of a second in version 3.
        let unit = settings.version == .v2 ? Interval.seconds(1) : .centiseconds(1)
        table.cell(12, .count(Int(settings.advertInterval.nanoseconds / unit.nanoseconds)))
        table.cell(13, .integer(settings.preempts ? 1 : 2))
        table.cell(14, .count(Int(settings.preemptDelay.seconds)))
        table.cell(15, .integer(settings.authentication.managed))
        table.cell(16, .enabled(settings.syncDaemonInterface != nil))
        table.cell(17, settings.syncDaemonInterface.map(ManagedValue.text))
        table.cell(18, settings.syncGroup.map(ManagedValue.text))
        table.cell(19, .count(Int(settings.announcements.delay.seconds)))
        table.cell(20, .enabled(settings.notify.sendsMail))
        table.cell(27, .truth(settings.accepts))
        table.cell(28, .truth(settings.promotesSecondaries))
        table.cell(29, .truth(settings.linkPolling))
        table.cell(30, .integer(Int32(settings.version.rawValue)))
        if case .multicast(let group) = settings.transport {
            table.cell(34, group.managedType)
            table.cell(35, .octets(group.bytes))
        }
        table.cell(36, .truth(settings.checksum == .messageOnly))
    }

    /// vrrpInstanceTable, the scripts.
    private mutating func writeScripts(of router: RouterSnapshot, _ number: UInt32) {
        let notify = router.settings.notify
        table.row(of: Self.path(3), [number])
        table.cell(21, .enabled(notify.runsScripts))
        table.cell(22, notify.master?.managed)
        table.cell(23, notify.backup?.managed)
        table.cell(24, notify.fault?.managed)
        table.cell(25, notify.stop?.managed)
        table.cell(26, notify.any?.managed)
        table.cell(31, notify.masterHearsLowerPriority?.managed)
        table.cell(32, notify.deleted?.managed)
        table.cell(33, .truth(notify.reportsDeletion))
    }

    /// vrrpAddressTable.
    private mutating func writeAddresses(of router: RouterSnapshot, _ number: UInt32) {
        let settings = router.settings
        for (place, entry) in (settings.addresses + settings.excludedAddresses).enumerated() {
            let interface = entry.interface ?? settings.addressInterface
            table.row(of: Self.path(6), [number, UInt32(place + 1)])
            table.cell(2, entry.address.managedType)
            table.cell(3, .octets(entry.address.bytes))
            if entry.address.family == .ipv4 {
                table.cell(4, .octets(entry.broadcast?.bytes ?? [0, 0, 0, 0]))
            }
            table.cell(5, .gauge(UInt32(entry.prefix.length)))
            table.cell(6, .integer(managedScope(entry.scope)))
            table.cell(7, interface.flatMap { interfaces[$0] }.map { .integer(Int32(clamping: $0.index)) })
            table.cell(8, interface.map(ManagedValue.text))
            table.cell(9, entry.label.map(ManagedValue.text))
            table.cell(10, .integer(router.presentAddresses.contains(place) ? 1 : 2))
            table.cell(11, .integer(place < settings.addresses.count ? 1 : 2))
            table.cell(12, entry.peer.map { .octets($0.bytes) })
        }
    }

    // MARK: What is tracked

    /// Tables of trackers, for interfaces, scripts, files, BFD sessions and processes.
    private struct TrackerTables {
        var interfaces: UInt32
        var scripts: UInt32
        var files: UInt32
        var sessions: UInt32
        var processes: UInt32
    }

    private static let trackedByRouter = TrackerTables(interfaces: 4, scripts: 5, files: 12, sessions: 17, processes: 20)
    private static let trackedByGroup = TrackerTables(interfaces: 14, scripts: 15, files: 16, sessions: 19, processes: 22)

    private mutating func write(_ trackers: [Tracker], _ tables: TrackerTables, _ number: UInt32) {
        var counts: [UInt32: UInt32] = [:]
        for tracker in trackers {
            let path: UInt32
            switch tracker.object {
            case .interface(let name):
                guard let index = interfaces[name]?.index else { continue }
                table.row(of: Self.path(tables.interfaces), [number, index])
                table.cell(1, .text(name))
                table.cell(2, .number(tracker.weight))
                table.cell(3, .truth(tracker.isReversed))
                continue
            case .script: path = tables.scripts
            case .file: path = tables.files
            case .bfd: path = tables.sessions
            case .process: path = tables.processes
            }
            counts[path, default: 0] += 1
            table.row(of: Self.path(path), [number, counts[path] ?? 1])
            table.cell(2, .text(tracker.object.name))
            table.cell(3, .number(tracker.weight))
            table.cell(4, .truth(tracker.isReversed))
        }
    }

    /// vrrpScriptTable, vrrpFileTable, vrrpBfdTable and vrrpProcessTable.
    private mutating func writeTracked() {
        for (number, script) in snapshot.scripts.enumerated() { write(script, UInt32(number + 1)) }
        for (number, file) in snapshot.files.enumerated() {
            table.row(of: Self.path(13), [UInt32(number + 1)])
            table.cell(2, .text(file.settings.name))
            table.cell(3, .text(file.settings.path))
            table.cell(4, .number(file.value))
            table.cell(5, .number(file.settings.weight))
            table.cell(6, .truth(file.settings.isReversed))
        }
        for (number, session) in snapshot.sessions.enumerated() {
            table.row(of: Self.path(18), [UInt32(number + 1)])
            table.cell(2, .text(session.name))
            table.cell(3, .integer(session.isUp ?? false ? 1 : 0))
        }
        for (number, process) in snapshot.processes.enumerated() { write(process, UInt32(number + 1)) }
    }

    private mutating func write(_ script: ScriptSnapshot, _ number: UInt32) {
        let settings = script.settings
        table.row(of: Self.path(9), [number])
        table.cell(2, .text(settings.name))
        table.cell(3, settings.command.managed)
        table.cell(4, .number(Int(settings.interval.seconds)))
        table.cell(5, .number(settings.weight))
        // init(1), bad(2), good(3)
        table.cell(6, .integer(script.isUp.map { $0 ? 3 : 2 } ?? 1))
        table.cell(7, .count(settings.rise))
        table.cell(8, .count(settings.fall))
        table.cell(9, .truth(settings.isReversed))
        table.cell(10, .text(settings.command.path))
        table.cell(11, .count(Int(settings.interval.microseconds)))
        table.cell(12, .count(Int(settings.timeout.microseconds)))
    }

    private mutating func write(_ process: TrackProcessSnapshot, _ number: UInt32) {
        let settings = process.settings
        table.row(of: Self.path(21), [number])
        table.cell(2, .text(settings.name))
        table.cell(3, .text(settings.program))
        table.cell(4, .text(settings.parameters.joined(separator: " ")))
        table.cell(5, .integer(settings.parameterMatch.managed))
        table.cell(6, .number(settings.weight))
        table.cell(7, .truth(settings.isReversed))
        table.cell(8, .count(settings.quorum))
        table.cell(9, .number(settings.quorumMaximum ?? -1))
        table.cell(10, .count(Int(settings.forkDelay.microseconds)))
        table.cell(11, .count(Int(settings.terminateDelay.microseconds)))
        table.cell(12, .truth(settings.matchesCommandLine))
        table.cell(13, .number(process.count))
        table.cell(14, .truth(process.hasQuorum))
    }
}

/// InetScopeType of RFC 4001 for RT_SCOPE_*: global is 14, site-local 5, link-local 2, interface-local 1.
func managedScope(_ scope: UInt8) -> Int32 {
    switch scope {
    case 200: 5
    case 253: 2
    case 254: 1
    case 255: 0
    default: 14
    }
}

extension NotifySettings {
    var runsScripts: Bool { [master, backup, fault, stop, any].contains { $0 != nil } }
}

extension ScriptCommand {
    /// The words, each in single quotes.
    var managed: ManagedValue { .text(arguments.map { "'\($0)'" }.joined(separator: " ")) }
}

extension Authentication {
    /// none(0), password(1), ah(2); the trailer has no number there.
    fileprivate var managed: Int32 {
        switch self {
        case .none, .trailer: 0
        case .password: 1
        case .authenticationHeader: 2
        }
    }
}

extension TrackProcessSettings.ParameterMatch? {
    /// none(0), exact(1), partial(2), initial(3)
    fileprivate var managed: Int32 {
        switch self {
        case nil: 0
        case .exact: 1
        case .partial: 2
        case .initial: 3
        }
    }
}
