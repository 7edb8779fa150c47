// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Health
import Linux
import SNMP

/// The SNMP managers that look at the virtual servers, as far as the configuration lets them.
final class CheckerObservers {
    private let environment: ProcessEnvironment
    private var servers: () -> VirtualServers = { VirtualServers(seed: 0) }
    private var snmp: SNMPService?
    /// A virtual server that begins without its quorum has lost none, which managers would be told of.
    private var isBeginning = true

    init(_ environment: ProcessEnvironment) { self.environment = environment }

    /// Begins to serve; `servers` are the virtual servers as they are at the moment of the call.
    func start(_ servers: @escaping () -> VirtualServers) {
        self.servers = servers
        configure()
    }

    /// Starts, stops or restarts the service as the present configuration asks.
    func configure() {
        guard snmp?.terms != terms else { return }
        snmp?.stop()
        snmp = terms.map { terms in SNMPService(environment, terms) { [unowned self] in objects } }
    }

    func stop() { snmp?.stop() }

    /// All virtual servers have begun.
    func noteStart() { isBeginning = false }

    /// Tells managers of a change.
    func note(_ report: Report) {
        let globals = environment.configuration.globals
        if isBeginning, case .virtualServer(_, false) = report { return }
        guard let snmp, globals.snmp.sendsTraps,
            let notification = ServerNotifications.notification(
                report, of: servers(), name: globals.routerID ?? HostNames.own)
        else { return }
        snmp.notify(notification)
    }

    private var terms: SNMPService.Terms? {
        let settings = environment.configuration.globals.snmp
        guard ServedMIBs(settings, environment.commandLine).servers else { return nil }
        // The part for all is served by both processes; the master takes the one that comes first.
        return SNMPService.Terms(
            socket: environment.commandLine.snmpSocket ?? settings.socket,
            subtrees: [KeepalivedMIB.global, KeepalivedMIB.check],
            lifetime: min(settings.virtualServerInterval, settings.realServerInterval ?? settings.virtualServerInterval))
    }

    private var objects: ManagedObjects {
        let globals = environment.configuration.globals
        var table = TableWriter()
        GlobalObjects.write(globals, hostName: HostNames.own, version: VersionText.name, to: &table)
        return ManagedObjects(table.objects + ServerObjects.all(of: servers(), globals, ServerStatistics.read()))
    }
}
