// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Health
import Netlink
import SNMP

/// The part `check` of the KEEPALIVED-MIB: virtual servers and their real servers, as they are and as the kernel counted. Rows are
/// numbered from 1 in the order of the configuration; a sorry server stands before the real servers.
struct ServerObjects {
    private let statistics: ServerStatistics
    private var table = TableWriter()

    /// All objects of the part.
    static func all(of servers: VirtualServers, _ globals: GlobalSettings, _ statistics: ServerStatistics) -> [ManagedObject] {
        var objects = ServerObjects(statistics: statistics)
        for (number, group) in servers.settings.groups.enumerated() { objects.write(group, UInt32(number + 1)) }
        for (number, service) in servers.services.enumerated() { objects.write(service, servers, UInt32(number + 1)) }
        objects.write(globals.lvs)
        return objects.table.objects
    }

    private init(statistics: ServerStatistics) { self.statistics = statistics }

    private static func path(_ table: UInt32) -> ObjectIdentifier { KeepalivedMIB.check.appending(table) }

    // MARK: Groups

    /// virtualServerGroupTable and virtualServerGroupMemberTable.
    private mutating func write(_ group: VirtualServerGroupSettings, _ number: UInt32) {
        table.row(of: Self.path(1), [number])
        table.cell(2, .text(group.name))
        for (member, entry) in group.entries.enumerated() {
            table.row(of: Self.path(2), [number, UInt32(member + 1)])
            switch entry {
            case .mark(let mark, _):
                table.cell(2, .integer(1))
                table.cell(3, .gauge(mark))
            case .addresses(let first, let last, let port):
                table.cell(2, .integer(first == last ? 2 : 3))
                table.cell(4, first.managedType)
                table.cell(5, first == last ? first.managed : nil)
                table.cell(6, first == last ? nil : first.managed)
                table.cell(7, first == last ? nil : last.managed)
                table.cell(8, .gauge(UInt32(port)))
            }
        }
    }

    // MARK: Virtual servers

    /// virtualServerTable and the rows of realServerTable that belong to it.
    private mutating func write(_ service: VirtualServer, _ servers: VirtualServers, _ number: UInt32) {
        table.row(of: Self.path(3), [number])
        Self.writeTarget(of: service.settings, to: &table)
        writeTerms(of: service.settings)
        writeState(of: service)
        writeTiming(of: service.settings)
        writeCounters(statistics.totals(of: service.settings), first: 27, rates: 32, counters64: 38, halves: 41, rates64: 74)
        var row: UInt32 = 1
        if let sorry = service.settings.sorryServer {
            write(sorry, of: service, number, row)
            row += 1
        }
        for (place, server) in service.settings.servers.enumerated() {
            write(server, service.servers[place], of: service, servers, number, row)
            row += 1
        }
    }

    /// What a virtual server listens to: columns of the row that `table` is at.
    static func writeTarget(of settings: VirtualServerSettings, to table: inout TableWriter) {
        switch settings.target {
        case .mark(let mark):
            table.cell(2, .integer(1))
            table.cell(4, .gauge(mark))
        case .address(let address, let port):
            table.cell(2, .integer(2))
            table.cell(5, address.managedType)
            table.cell(6, address.managed)
            table.cell(7, .gauge(UInt32(port)))
        case .group(let name):
            table.cell(2, .integer(3))
            table.cell(3, .text(name))
            table.cell(5, .integer(settings.family == .ipv4 ? 1 : 2))
        }
        // tcp(1), udp(2), sctp(3), none(4)
        switch settings.transport {
        case .tcp: table.cell(8, .integer(1))
        case .udp: table.cell(8, .integer(2))
        case .sctp: table.cell(8, .integer(3))
        case nil: table.cell(8, .integer(4))
        }
        table.cell(71, settings.snmpName.map(ManagedValue.text))
    }

    private mutating func writeTerms(of settings: VirtualServerSettings) {
        table.cell(9, .integer(settings.scheduler.managed))
        table.cell(10, .integer(settings.forwarding.managed))
        table.cell(12, settings.virtualHost.map(ManagedValue.text))
        table.cell(13, .enabled(settings.persistence != nil))
        if let persistence = settings.persistence {
            table.cell(14, .gauge(persistence.timeout))
            if settings.family == .ipv4 {
                table.cell(15, IPAddress.v4(persistence.granularity).managed)
            } else {
                table.cell(51, .gauge(persistence.granularity))
            }
        }
        table.cell(17, .truth(settings.suspends))
        table.cell(18, .enabled(settings.alpha))
        table.cell(19, .enabled(settings.omega))
        table.cell(22, .gauge(settings.quorum))
        table.cell(24, settings.quorumUp?.managed)
        table.cell(25, settings.quorumDown?.managed)
        table.cell(26, .gauge(settings.hysteresis))
        table.cell(37, .truth(settings.flags.contains(.onePacket)))
        table.cell(52, .truth(settings.flags.contains(.hashed)))
        // The flags of sh and of mh are the same bits, told under both names.
        for column: UInt32 in [53, 62] { table.cell(column, .truth(settings.flags.contains(.fallback))) }
        for column: UInt32 in [54, 63] { table.cell(column, .truth(settings.flags.contains(.port))) }
        table.cell(55, .truth(settings.flags.contains(.third)))
        table.cell(56, .integer(settings.inhibitsOnFailure ? 2 : 1))
        table.cell(60, .integer(Int32(clamping: settings.weight)))
        table.cell(61, .enabled(settings.sendsMail))
        write(settings.forwarding, from: 68)
        table.cell(72, settings.quorumUp.map { .text($0.path) })
        table.cell(73, settings.quorumDown.map { .text($0.path) })
    }

    private mutating func writeState(of service: VirtualServer) {
        table.cell(11, .integer(service.servers.contains(where: \.isAlive) || service.hasQuorum ? 1 : 2))
        table.cell(20, .count(service.servers.count))
        table.cell(21, .count(service.servers.count(where: \.isAlive)))
        table.cell(23, .integer(service.hasQuorum ? 1 : 2))
    }

    private mutating func writeTiming(of settings: VirtualServerSettings) {
        write(settings.timing, delay: 16, retries: 57, retryDelay: 58, warmup: 59)
        table.cell(64, .count(Int(settings.timing.delayLoop.microseconds)))
        table.cell(65, .count(Int(settings.timing.delayBeforeRetry.microseconds)))
        table.cell(66, .count(Int(settings.timing.warmup.microseconds)))
        table.cell(67, .count(Int(settings.connectTimeout.microseconds)))
    }

    /// The columns that count whole seconds.
    private mutating func write(_ timing: CheckTiming, delay: UInt32, retries: UInt32, retryDelay: UInt32, warmup: UInt32) {
        table.cell(delay, .count(Int(timing.delayLoop.seconds)))
        table.cell(retries, .gauge(timing.retries))
        table.cell(retryDelay, .count(Int(timing.delayBeforeRetry.seconds)))
        table.cell(warmup, .count(Int(timing.warmup.seconds)))
    }

    // MARK: Real servers

    private mutating func write(_ sorry: SorryServerSettings, of service: VirtualServer, _ number: UInt32, _ row: UInt32) {
        table.row(of: Self.path(4), [number, row])
        table.cell(2, .integer(2))
        write(sorry.key)
        writeCounters(statistics.server(sorry.key, sorry.forwarding, of: service.settings))
        table.cell(40, .integer(sorry.forwarding.managed))
        // Nobody checks it, and it is always there: it has no state, weight or limits.
        for column: UInt32 in [42, 47] { table.cell(column, .enabled(false)) }
        for column: UInt32 in [43, 44, 45, 46, 48, 49, 50, 51] { table.cell(column, .gauge(0)) }
        write(sorry.forwarding, from: 52)
    }

    private mutating func write(
        _ settings: RealServerSettings, _ server: RealServer, of service: VirtualServer, _ servers: VirtualServers,
        _ number: UInt32, _ row: UInt32
    ) {
        table.row(of: Self.path(4), [number, row])
        table.cell(2, .integer(1))
        write(settings.key)
        table.cell(6, .integer(server.isAlive ? 1 : 2))
        table.cell(7, .integer(Int32(clamping: server.weight)))
        if settings.upperThreshold > 0 { table.cell(8, .gauge(settings.upperThreshold)) }
        if settings.lowerThreshold > 0 { table.cell(9, .gauge(settings.lowerThreshold)) }
        table.cell(10, .integer(settings.inhibitsOnFailure ? 2 : 1))
        table.cell(11, settings.notifyUp?.managed)
        table.cell(12, settings.notifyDown?.managed)
        table.cell(13, .gauge(server.failedChecks))
        writeCounters(statistics.server(settings.key, settings.forwarding, of: service.settings))
        table.cell(40, .integer(settings.forwarding.managed))
        table.cell(41, settings.virtualHost.map(ManagedValue.text))
        table.cell(47, .enabled(settings.sendsMail))
        writeTiming(of: settings, service.settings)
        write(settings.forwarding, from: 52)
        table.cell(55, settings.snmpName.map(ManagedValue.text))
        table.cell(56, settings.notifyUp.map { .text($0.path) })
        table.cell(57, settings.notifyDown.map { .text($0.path) })
        table.cell(63, .count(servers.unfinished(of: settings, server)))
    }

    private mutating func write(_ key: ServerKey) {
        table.cell(3, key.address.managedType)
        table.cell(4, key.address.managed)
        table.cell(5, .gauge(UInt32(key.port)))
    }

    /// What the first of its checkers says, which is what all say that say nothing themselves.
    private mutating func writeTiming(of settings: RealServerSettings, _ service: VirtualServerSettings) {
        let timing = settings.checks.first?.timing ?? service.timing
        table.cell(42, .enabled(settings.checks.first?.alpha ?? service.alpha))
        write(timing, delay: 46, retries: 43, retryDelay: 44, warmup: 45)
        table.cell(48, .count(Int(timing.delayBeforeRetry.microseconds)))
        table.cell(49, .count(Int(timing.warmup.microseconds)))
        table.cell(50, .count(Int(timing.delayLoop.microseconds)))
        table.cell(51, .count(Int((settings.checks.first?.connection.timeout ?? service.connectTimeout).microseconds)))
    }

    // MARK: Shared columns

    /// Type, port and checksum of a tunnel.
    private mutating func write(_ forwarding: Forwarding, from first: UInt32) {
        guard case .tunnel(let tunnel) = forwarding else { return }
        table.cell(first, .integer(Int32(tunnel.kind.rawValue) + 1))
        if tunnel.kind == .gue { table.cell(first + 1, .gauge(UInt32(tunnel.port))) }
        if tunnel.kind != .ipip { table.cell(first + 2, .integer(Int32(tunnel.checksum.rawValue) + 1)) }
    }

    private mutating func writeCounters(_ server: ServerStatistics.Server) {
        table.cell(15, .gauge(server.connections.active))
        table.cell(16, .gauge(server.connections.inactive))
        table.cell(17, .gauge(server.connections.persistent))
        let totals = server.totals
        table.cell(14, .gauge(UInt32(truncatingIfNeeded: totals.connections)))
        writeTotals(totals, first: 18)
        writeRates(totals.rates, rates: 22, halves: 30, rates64: 58)
        write64(totals, from: 27)
    }

    private mutating func writeCounters(
        _ totals: IPVS.Statistics, first: UInt32, rates: UInt32, counters64: UInt32, halves: UInt32, rates64: UInt32
    ) {
        table.cell(first, .gauge(UInt32(truncatingIfNeeded: totals.connections)))
        writeTotals(totals, first: first + 1)
        writeRates(totals.rates, rates: rates, halves: halves, rates64: rates64)
        write64(totals, from: counters64)
    }

    /// Packets in 32 bits, bytes in 64.
    private mutating func writeTotals(_ totals: IPVS.Statistics, first: UInt32) {
        table.cell(first, .counter(UInt32(truncatingIfNeeded: totals.packetsIn)))
        table.cell(first + 1, .counter(UInt32(truncatingIfNeeded: totals.packetsOut)))
        table.cell(first + 2, .counter64(totals.bytesIn))
        table.cell(first + 3, .counter64(totals.bytesOut))
    }

    private mutating func write64(_ totals: IPVS.Statistics, from first: UInt32) {
        table.cell(first, .counter64(totals.connections))
        table.cell(first + 1, .counter64(totals.packetsIn))
        table.cell(first + 2, .counter64(totals.packetsOut))
    }

    /// Each rate as a gauge of 32 bits, as two halves, and as 64 bits.
    private mutating func writeRates(_ rates: IPVS.Statistics.Rates, rates first: UInt32, halves: UInt32, rates64: UInt32) {
        let all = [rates.connections, rates.packetsIn, rates.packetsOut, rates.bytesIn, rates.bytesOut]
        for (place, rate) in all.enumerated() {
            table.cell(first + UInt32(place), .gauge(UInt32(clamping: rate)))
            table.cell(halves + UInt32(place * 2), .gauge(UInt32(truncatingIfNeeded: rate)))
            table.cell(halves + UInt32(place * 2 + 1), .gauge(UInt32(truncatingIfNeeded: rate >> 32)))
            table.cell(rates64 + UInt32(place), .counter64(rate))
        }
    }

    // MARK: Load balancer

    /// lvsSyncDaemon and lvsTimeouts.
    private mutating func write(_ settings: LVSGlobals) {
        table.scalar(Self.path(6).appending(1), .enabled(settings.syncDaemon != nil))
        if let daemon = settings.syncDaemon {
            table.scalar(Self.path(6).appending(2), .text(daemon.interface))
        }
        let timeouts = [settings.tcpTimeout, settings.tcpFinishTimeout, settings.udpTimeout]
        for (place, timeout) in timeouts.enumerated() {
            guard let timeout, timeout > 0 else { continue }
            table.scalar(Self.path(7).appending(UInt32(place + 1)), .integer(Int32(clamping: timeout)))
        }
    }
}

extension VirtualServers {
    /// How many checkers of a server have not come to a result yet.
    fileprivate func unfinished(of settings: RealServerSettings, _ server: RealServer) -> Int {
        let first = Int(server.firstCheck)
        guard first >= 0, first + settings.checks.count <= checks.count else { return 0 }
        return checks[first..<first + settings.checks.count].count { !$0.hasRun }
    }
}

extension Scheduler {
    fileprivate var managed: Int32 {
        switch self {
        case .rr: 1
        case .wrr: 2
        case .lc: 3
        case .wlc: 4
        case .lblc: 5
        case .lblcr: 6
        case .dh: 7
        case .sh: 8
        case .sed: 9
        case .nq: 10
        case .fo: 11
        case .ovf: 12
        case .mh: 13
        case .twos: 14
        }
    }
}

extension Forwarding {
    /// nat(1), dr(2), tun(3)
    fileprivate var managed: Int32 {
        switch self {
        case .nat: 1
        case .direct: 2
        case .tunnel: 3
        }
    }
}
