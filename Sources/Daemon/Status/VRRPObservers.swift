// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import SNMP
import VRRP

/// Who looks at the virtual routers from outside: SNMP managers and callers on the message bus, as far as the configuration
/// lets them.
final class VRRPObservers {
    private let environment: ProcessEnvironment
    private var snmp: SNMPService?
    private var bus: BusService?
    /// Makes a snapshot of this moment.
    private let snapshot: () -> VRRPSnapshot
    private let ordered: (BusOrder, Instant) -> Void

    /// Starts what the configuration asks for.
    ///
    /// - Parameter ordered: called with what callers on the bus want done.
    init(
        _ environment: ProcessEnvironment, snapshot: @escaping () -> VRRPSnapshot,
        ordered: @escaping (BusOrder, Instant) -> Void
    ) {
        self.environment = environment
        self.snapshot = snapshot
        self.ordered = ordered
        configure()
    }

    private var globals: GlobalSettings { environment.configuration.globals }

    // MARK: Configuration

    /// Starts, stops or restarts services as the present configuration asks; those that go on are told of the reload.
    func reload() {
        let before = bus
        configure()
        if let bus, bus === before { bus.noteReload(instances) }
    }

    func stop() {
        snmp?.stop()
        bus?.stop()
    }

    private func configure() {
        if snmp?.terms != snmpTerms {
            snmp?.stop()
            snmp = snmpTerms.map { terms in SNMPService(environment, terms) { [unowned self] in objects(terms) } }
        }
        if bus?.terms != busTerms {
            bus?.stop()
            bus = busTerms.map { terms in
                BusService(environment, terms, states: { [unowned self] in instances }) { [unowned self] in ordered($0, $1) }
            }
        }
    }

    // MARK: SNMP

    private var snmpTerms: SNMPService.Terms? {
        let served = ServedMIBs(globals.snmp, environment.commandLine)
        var subtrees: [ObjectIdentifier] = []
        if served.routers { subtrees += [KeepalivedMIB.global, KeepalivedMIB.vrrp] }
        if served.version2 { subtrees.append(StandardObjects.version2) }
        if served.version3 { subtrees.append(StandardObjects.version3) }
        guard !subtrees.isEmpty else { return nil }
        return SNMPService.Terms(
            socket: environment.commandLine.snmpSocket ?? globals.snmp.socket, subtrees: subtrees, lifetime: .seconds(1))
    }

    private func objects(_ terms: SNMPService.Terms) -> ManagedObjects {
        let snapshot = snapshot()
        var objects: [ManagedObject] = []
        if terms.subtrees.contains(KeepalivedMIB.vrrp) {
            var table = TableWriter()
            GlobalObjects.write(globals, hostName: HostNames.own, version: VersionText.name, to: &table)
            objects += table.objects + RouterObjects.all(of: snapshot)
        }
        if terms.subtrees.contains(StandardObjects.version2) { objects += StandardObjects.version2(of: snapshot) }
        if terms.subtrees.contains(StandardObjects.version3) { objects += StandardObjects.version3(of: snapshot) }
        return ManagedObjects(objects)
    }

    // MARK: Bus

    private var busTerms: BusService.Terms? {
        guard globals.dbus.isEnabled else { return nil }
        let qualifiers = [environment.commandLine.namespace ?? globals.namespace.network, globals.namespace.instance]
        let paths = BusPaths(
            qualifiers: qualifiers.compactMap(\.self), wordWithoutInterface: globals.dbus.pathWithoutInterface)
        return BusService.Terms(name: globals.dbus.serviceName, paths: paths)
    }

    private var instances: [BusMessage] {
        guard let paths = busTerms?.paths else { return [] }
        return snapshot().routers.map { router in
            .instance(path: paths.instance(router.settings), name: router.settings.name, BusState(router.state))
        }
    }

    /// The path of an instance on the bus.
    func path(of settings: RouterSettings) -> String? { busTerms?.paths.instance(settings) }

    // MARK: News

    /// Tells those who listen of a change of state.
    func note(_ report: Report, of routers: VirtualRouters, interface: (String) -> UInt32?) {
        guard snmp != nil || bus != nil else { return }
        switch report {
        case .transition(let transition):
            guard let router = routers.routers[transition.router] else { return }
            let state = BusState(transition)
            bus?.note(router.settings, state)
            guard let snmp, let row = routers.settings.routers.firstIndex(where: { $0.name == transition.name }) else { return }
            let notifications = RouterNotifications.router(
                router, row: UInt32(row + 1), state: state.managed, interface: router.settings.interface.flatMap(interface),
                globals, name: globals.routerID ?? HostNames.own)
            for notification in notifications { snmp.notify(notification) }
        case .group(let transition):
            guard let snmp, globals.snmp.vrrp,
                let row = routers.groups.firstIndex(where: { $0.settings.name == transition.name })
            else { return }
            let state = transition.to == .initialize ? BusState.stopped : BusState(transition.to)
            snmp.notify(
                RouterNotifications.group(
                    transition.name, row: UInt32(row + 1), state: state.managed, name: globals.routerID ?? HostNames.own))
        case .lowerPriority, .priority, .contestWon: break
        }
    }
}

extension VRRPObservers {
    /// Tells managers of an advert that was refused, as often as the log does: once for a reason and a sender, until he has sent a
    /// good one.
    func note(_ notice: Notice, of routers: VirtualRouters, interface: (String) -> UInt32?) {
        guard let snmp, case .router(let name, .rejected(let rejection, let sender)) = notice,
            let router = routers.settings.routers.first(where: { $0.name == name }), let index = router.interface.flatMap(interface)
        else { return }
        let served = ServedMIBs(globals.snmp, environment.commandLine)
        RouterNotifications.refusal(rejection, from: sender, of: router, interface: index, served).map(snmp.notify)
    }
}

/// Which MIBs are served: what the configuration says, or all with `-x`.
struct ServedMIBs {
    var routers: Bool
    var version2: Bool
    var version3: Bool
    var servers: Bool

    init(_ settings: SNMPSettings, _ line: CommandLine) {
        routers = settings.vrrp || line.servesSNMP
        version2 = settings.rfcV2 || line.servesSNMP
        version3 = settings.rfcV3 || line.servesSNMP
        servers = settings.checker || line.servesSNMP
    }
}
