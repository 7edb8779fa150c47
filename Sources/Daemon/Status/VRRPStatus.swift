// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import Netlink
import VRRP

/// Shows the virtual routers of a process: takes their snapshot, and from it writes what the dump signals ask for.
final class VRRPStatus {
    private let environment: ProcessEnvironment
    private let writer: DumpWriter
    private var history = TransitionHistory()

    /// What the process adds to a snapshot: interfaces, sockets and what runs.
    var surroundings: (inout SnapshotSurroundings) -> Void = { _ in }

    init(_ environment: ProcessEnvironment) {
        self.environment = environment
        writer = DumpWriter(environment)
    }

    /// Remembers transitions with their causes.
    func note(_ report: Report, at now: Instant) {
        if case .transition(let transition) = report { history.note(transition, at: now) }
    }

    /// `-a`: says of each address that it came or went.
    func monitor(_ news: KernelNews, on interfaces: Interfaces) {
        guard environment.commandLine.monitorsAddresses else { return }
        switch news {
        case .address(let address): monitor(address, "added to", interfaces)
        case .addressRemoved(let address): monitor(address, "removed from", interfaces)
        case .link, .linkRemoved, .route, .routeRemoved, .rule, .ruleRemoved: break
        }
    }

    private func monitor(_ address: InterfaceAddress, _ what: String, _ interfaces: Interfaces) {
        let name = interfaces[address.interface]?.name ?? "interface \(address.interface)"
        environment.log("Netlink reflector reports IP \(address.prefix.address) \(what) \(name)")
    }

    /// All there is to show, as it is now.
    func snapshot(of routers: VirtualRouters) -> VRRPSnapshot {
        var around = SnapshotSurroundings(
            clock: CalendarClock(instant: .now, nanoseconds: WallTime.now.nanoseconds))
        around.history = history
        surroundings(&around)
        return routers.snapshot(in: around)
    }

    /// Writes the file that a dump signal asks for. It is made in a copy of this process, which sees the routers as they are now.
    func dump(_ kind: DumpKind, of routers: VirtualRouters, at now: Instant) {
        let globals = environment.configuration.globals
        switch kind {
        case .data:
            let path = DumpFiles.data("", globals, namespace: environment.commandLine.namespace)
            write("Printing VRRP data", path, at: now) { [self] in text(of: routers) }
        case .statistics:
            write("Printing VRRP stats", DumpFiles.statistics(globals), at: now) { [self] in
                snapshot(of: routers).statisticsText
            }
        case .statisticsCleared:
            // Not put off: the counters start at zero when this returns.
            write("Printing and clearing VRRP stats", DumpFiles.statistics(globals), mayWait: false, at: now) { [self] in
                snapshot(of: routers).statisticsText
            }
        case .json:
            write("Printing VRRP as json", DumpFiles.json(globals), at: now) { [self] in
                snapshot(of: routers).json(version: globals.files.jsonVersion)
            }
        }
    }

    /// Writes everything into this file, as it is now.
    func save(_ routers: VirtualRouters, to path: String) { writer.save(to: path) { [self] in text(of: routers) } }

    /// `-d`: the configuration, without what became of it.
    func logConfiguration(of routers: VirtualRouters) {
        for line in snapshot(of: routers).lines(showsState: false, date: Self.date) { environment.log(line) }
    }

    private func write(
        _ title: String, _ path: String, mayWait: Bool = true, at now: Instant, _ text: @escaping () -> String?
    ) {
        writer.write(DumpWriter.Request(title: title, path: path, text: text), mayWait: mayWait, at: now)
    }

    private func text(of routers: VirtualRouters) -> String {
        let globals = GlobalsDump(environment.configuration.globals, environment.commandLine).text
        return globals + snapshot(of: routers).lines(date: Self.date).map { $0 + "\n" }.joined()
    }

    private static func date(_ seconds: Int64) -> String { WallTime(nanoseconds: seconds &* 1_000_000_000).text }
}

extension Interfaces {
    /// For a snapshot.
    var snapshots: [InterfaceSnapshot] { all.map { InterfaceSnapshot($0) } }
}

extension InterfaceSnapshot {
    fileprivate init(_ interface: Interfaces.Interface) {
        let link = interface.link
        self.init(
            index: link.index, name: link.name, flags: link.flags.rawValue, isUp: link.isUsable, mtu: link.mtu,
            type: link.type, addresses: interface.addresses.map(\.prefix))
        hardware = link.hardware
        kind = link.kind
        parent = link.parent
        let own = interface.addresses.filter { $0.protocol != InterfaceAddress.keepalived }
        ipv4 = own.first { $0.prefix.address.family == .ipv4 && !$0.flags.contains(.secondary) }?.prefix.address
        ipv6 = own.first { $0.prefix.address.isLinkLocal && $0.prefix.address.family == .ipv6 }?.prefix.address
    }
}
