// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import SNMP
import VRRP

/// The two MIBs that the IETF has for VRRP: RFC 2787 knows version 2, RFC 6527 both versions and both families.
///
/// Rows are named by interface and VRID, so a router whose interface is not there has none.
struct StandardObjects {
    static let version2: ObjectIdentifier = [1, 3, 6, 1, 2, 1, 68]
    static let version3: ObjectIdentifier = [1, 3, 6, 1, 2, 1, 207]

    private let snapshot: VRRPSnapshot
    private let interfaces: [String: InterfaceSnapshot]
    private var table = TableWriter()

    private init(_ snapshot: VRRPSnapshot) {
        self.snapshot = snapshot
        interfaces = Dictionary(snapshot.interfaces.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: RFC 2787

    /// VRRP-MIB: the routers that speak version 2.
    static func version2(of snapshot: VRRPSnapshot) -> [ManagedObject] {
        var objects = StandardObjects(snapshot)
        let operations = version2.appending(1)
        objects.table.scalar(operations.appending(1), .integer(2))
        objects.table.scalar(operations.appending(2), .integer(1))
        let routers = snapshot.routers.filter { $0.settings.version == .v2 }
        let statistics = version2.appending(2)
        for (column, counter) in totals.enumerated() {
            objects.table.scalar(
                statistics.appending(UInt32(column + 1)), .counter(sum(counter, routers).truncated))
        }
        for router in routers { objects.writeVersion2(router) }
        return objects.table.objects
    }

    private mutating func writeVersion2(_ router: RouterSnapshot) {
        guard let interface = interface(of: router) else { return }
        let index = [interface.index, UInt32(router.settings.routerID)]
        table.row(of: Self.version2.appending(1, 3), index)
        table.cell(2, .octets(hardware(of: router, interface)))
        table.cell(3, .integer(router.state.standard))
        table.cell(4, .integer(1))
        table.cell(5, .integer(Int32(router.settings.priority)))
        table.cell(6, .number(router.settings.addresses.count))
        table.cell(7, (router.state == .master ? router.source : router.master).managedIPv4)
        table.cell(8, router.source.managedIPv4)
        table.cell(9, .integer(router.settings.authentication.standard))
        table.cell(11, .number(Int(router.settings.advertInterval.seconds)))
        table.cell(12, .truth(router.settings.preempts))
        table.cell(13, .ticks(uptime(of: router)))
        table.cell(14, .integer(1))
        table.cell(15, .integer(1))
        for entry in router.settings.addresses {
            table.row(of: Self.version2.appending(1, 4), index + entry.address.bytes.map(UInt32.init))
            table.cell(2, .integer(1))
        }
        table.row(of: Self.version2.appending(2, 4), index)
        for (column, counter) in Self.countersVersion2.enumerated() {
            table.cell(UInt32(column + 1), .counter(counter(router.statistics).truncated))
        }
    }

    private static let countersVersion2: [@Sendable (Statistics) -> UInt64] = [
        { $0.becameMaster }, { $0.advertsReceived }, { $0.intervalErrors }, { $0.authenticationFailures }, { $0.hopLimitErrors },
        { $0.priorityZeroReceived }, { $0.priorityZeroSent }, { $0.typeErrors }, { $0.addressListErrors },
        { $0.unknownAuthentication }, { $0.authenticationMismatches }, { $0.lengthErrors },
    ]

    // MARK: RFC 6527

    /// VRRPV3-MIB: all routers.
    static func version3(of snapshot: VRRPSnapshot) -> [ManagedObject] {
        var objects = StandardObjects(snapshot)
        let statistics = version3.appending(1, 2)
        for (column, counter) in totals.enumerated() {
            objects.table.scalar(statistics.appending(UInt32(column + 1)), .counter64(sum(counter, snapshot.routers)))
        }
        objects.table.scalar(statistics.appending(4), .ticks(0))
        for router in snapshot.routers { objects.writeVersion3(router) }
        return objects.table.objects
    }

    private mutating func writeVersion3(_ router: RouterSnapshot) {
        guard let interface = interface(of: router) else { return }
        let family: UInt32 = router.settings.family == .ipv4 ? 1 : 2
        let index = [interface.index, UInt32(router.settings.routerID), family]
        table.row(of: Self.version3.appending(1, 1, 1), index)
        table.cell(3, (router.state == .master ? router.source : router.master)?.managed ?? unknownAddress(of: router))
        table.cell(4, router.source?.managed ?? unknownAddress(of: router))
        table.cell(5, .octets(hardware(of: router, interface)))
        table.cell(6, .integer(router.state.standard))
        table.cell(7, .gauge(UInt32(router.settings.priority)))
        table.cell(8, .number(router.settings.addresses.count))
        table.cell(9, .number(Int(router.settings.advertInterval.milliseconds / 10)))
        table.cell(10, .truth(router.settings.preempts))
        table.cell(11, .truth(router.settings.accepts))
        table.cell(12, .ticks(uptime(of: router)))
        table.cell(13, .integer(1))
        for entry in router.settings.addresses {
            table.row(of: Self.version3.appending(1, 1, 2), index + entry.address.bytes.map(UInt32.init))
            table.cell(2, .integer(1))
        }
        writeStatistics(of: router, index)
    }

    private mutating func writeStatistics(of router: RouterSnapshot, _ index: [UInt32]) {
        let statistics = router.statistics
        table.row(of: Self.version3.appending(1, 2, 5), index)
        table.cell(1, .counter(statistics.becameMaster.truncated))
        table.cell(2, .integer(router.reasonOfMaster))
        table.cell(3, .counter64(statistics.advertsReceived))
        table.cell(4, .counter64(statistics.intervalErrors))
        table.cell(5, .counter64(statistics.hopLimitErrors))
        // noError(0), ipTtlError(1), versionError(2), checksumError(3), vrIdError(4)
        table.cell(6, .integer(Int32(statistics.lastProtocolError)))
        table.cell(7, .counter64(statistics.priorityZeroReceived))
        table.cell(8, .counter64(statistics.priorityZeroSent))
        table.cell(9, .counter64(statistics.typeErrors))
        table.cell(10, .counter64(statistics.addressListErrors))
        table.cell(11, .counter64(statistics.lengthErrors))
        table.cell(12, .ticks(0))
        table.cell(13, .gauge(UInt32(clamping: router.settings.advertInterval.milliseconds)))
    }

    // MARK: Common

    /// Checksum, version and VRID errors of all routers together.
    private static let totals: [@Sendable (Statistics) -> UInt64] = [
        { $0.checksumErrors }, { $0.versionErrors }, { $0.routerIDErrors },
    ]

    private static func sum(_ counter: (Statistics) -> UInt64, _ routers: [RouterSnapshot]) -> UInt64 {
        routers.reduce(0) { $0 &+ counter($1.statistics) }
    }

    private func interface(of router: RouterSnapshot) -> InterfaceSnapshot? {
        router.settings.interface.flatMap { interfaces[$0] }
    }

    /// The hardware address that the virtual addresses are found at.
    private func hardware(of router: RouterSnapshot, _ interface: InterfaceSnapshot) -> [UInt8] {
        if case .macvlan(let address)? = router.settings.virtualInterface?.kind { return address.bytes }
        return interface.hardware?.bytes ?? [0, 0, 0, 0, 0, 0]
    }

    private func unknownAddress(of router: RouterSnapshot) -> ManagedValue {
        .octets(Array(repeating: 0, count: router.settings.family.bits / 8))
    }

    /// Since when it takes part, in hundredths of a second.
    private func uptime(of router: RouterSnapshot) -> UInt32 {
        guard router.state == .master || router.state == .backup, let began = router.transitions.first?.at ?? router.lastTransition
        else { return 0 }
        return UInt32(truncatingIfNeeded: (snapshot.clock.instant - began).milliseconds / 10)
    }
}

extension RouterState {
    /// initialize(1), backup(2), master(3); who is at fault takes no part.
    fileprivate var standard: Int32 {
        switch self {
        case .initialize, .fault: 1
        case .backup: 2
        case .master: 3
        }
    }
}

extension Authentication {
    /// noAuthentication(1), simpleTextPassword(2), ipAuthenticationHeader(3)
    fileprivate var standard: Int32 {
        switch self {
        case .none, .trailer: 1
        case .password: 2
        case .authenticationHeader: 3
        }
    }
}

extension RouterSnapshot {
    /// notMaster(0), priority(1), preempted(2), masterNoResponse(3)
    var reasonOfMaster: Int32 {
        guard let last = transitions.last(where: { $0.to == .master }) else { return 0 }
        switch last.cause {
        case .ownsAddresses: return 1
        case .preemption: return 2
        default: return 3
        }
    }
}

extension IPAddress? {
    /// The type that RFC 2787 has for addresses; 0.0.0.0 where there is none.
    fileprivate var managedIPv4: ManagedValue {
        guard case .v4(let word)? = self else { return .address(0) }
        return .address(word)
    }
}

extension UInt64 {
    /// A counter of 32 bits wraps.
    fileprivate var truncated: UInt32 { UInt32(truncatingIfNeeded: self) }
}
