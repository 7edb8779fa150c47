// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Config
import Linux
import Netlink
import VRRP

/// The process that runs the virtual routers: hands events to their machine and does what it asks.
///
/// The order of work in one turn of the loop: packets that have arrived, then what is due; and of what the machine asks, the
/// adverts first, in one system call, then addresses and announcements by slices, then scripts and log lines.
package final class VRRPProcess: ChildProcess {
    private let environment: ProcessEnvironment
    private var routers = VirtualRouters()
    private var interfaces = Interfaces()
    private let sockets: AdvertSockets
    private let kernel: KernelLink
    private let announcer: Announcer
    private let reporter: TransitionReporter
    private let scripts: ScriptTracker
    private let files: FileTracker
    private let firewall: Firewall
    private let poller: LinkPoller
    private let reports: MembershipReports
    private let promotion: SecondaryPromotion
    private let programs: ProcessTracker
    private let status: VRRPStatus
    private var observers: VRRPObservers?
    private let keeper: AddressKeeper
    private let steps: AddressSteps
    private let urgency: Urgency
    private let routes: Routes
    private let virtuals: VirtualInterfaces
    private var sessions: BFDSubscriber?
    private let connections: ConnectionSync

    private var actions: [Action] = []
    private var performing: [Action] = []
    /// Announcements asked for in the actions being performed; they wait until it is known what has to be added first.
    private var toAnnounce: [AddressLedger.Holding] = []
    private var socketsAreStale = false
    /// Places of the routers that hold their addresses, routes and rules.
    private var holders: Set<Int> = []
    private var isStopping = false
    private var began = Instant.zero
    /// Instants at which routers last failed to send, so that a dead link does not fill the log.
    private var mentionedUnsent: Set<Int> = []

    package init(_ environment: ProcessEnvironment) throws(ExitCode) {
        self.environment = environment
        sockets = AdvertSockets(loop: environment.loop)
        reporter = TransitionReporter(environment)
        connections = ConnectionSync(environment)
        scripts = ScriptTracker(environment)
        files = FileTracker(environment)
        firewall = Firewall(environment)
        poller = LinkPoller(environment)
        programs = ProcessTracker(environment)
        status = VRRPStatus(environment)
        urgency = Urgency(environment)
        let originals = OriginalSettings(environment.keptFiles?.settings)
        reports = MembershipReports(originals)
        promotion = SecondaryPromotion(originals) { environment.log($0) }
        do throws(SystemError) {
            announcer = try Announcer(environment)
            kernel = try KernelLink(environment)
            virtuals = VirtualInterfaces(environment, kernel: kernel, originals: originals)
        } catch {
            environment.log("\(error)")
            throw .fatal
        }
        keeper = AddressKeeper(
            transmit: { [kernel] in kernel.send($0) }, announce: { [announcer] in announcer.announce($0) },
            withdraw: { [announcer] in announcer.withdraw() })
        steps = AddressSteps(environment.loop, kernel, keeper, urgency)
        routes = Routes(environment, kernel)
        announcer.configure(isUrgent: urgency.isLeftToUs)
        connect()
        sessions = BFDSubscriber.hearing(in: environment) { [unowned self] status, now in
            if status.isFailure { tell(.sessionFailed(status.name), at: now) }
            if let isUp = status.isUp { tell(.bfd(status.name, isUp: isUp), at: now) }
        }
        begin(at: .now)
    }

    /// Wires sockets and kernel to this process.
    private func connect() {
        sockets.received = { [unowned self] packet, candidates, interface, now in
            receive(packet, candidates, interface, now)
        }
        sockets.malformed = { [unowned self] rejection, interface, now in
            environment.logDetail("malformed packet on \(interfaces[interface]?.name ?? "?"): \(rejection)")
        }
        sockets.unsent = { [unowned self] place, error in noteUnsent(place, error) }
        kernel.news = { [unowned self] news, now in
            routes.note(news)
            status.monitor(news, on: interfaces)
            if isOwnAddress(news) { return routes.doubt(.refused) }
            take(interfaces.note(news), at: now)
            perform(at: now)
        }
        announcer.link = { [unowned self] in interfaces[$0]?.link }
        routes.link = { [unowned self] in interfaces[$0]?.link }
        routes.addressesAreThere = { [unowned self] in !keeper.hasAdditions }
        // With the last addresses go the routes that wait for them.
        steps.stepped = { [unowned self] hasChanged in
            routes.send()
            if hasChanged { routes.doubt(.refused) }
            sweep()
        }
        kernel.resynchronise = { [unowned self] all, now in resynchronise(all, at: now) }
        virtuals.changed = { [unowned self] in virtualInterfacesChanged() }
        virtuals.present = { [unowned self] in interfaces }
        virtuals.isQuiet = { [unowned self] in kernel.isSettled && !keeper.hasWork }
        firewall.name = { [unowned self] in interfaces[$0]?.name }
        firewall.ready = { [unowned self] in settle() }
        kernel.settled = { [unowned self] in sweep() }
        scripts.ended = { [unowned self] name, result, now in tell(.scriptEnded(name, result), at: now) }
        poller.changed = { [unowned self] name, now in
            if let link = interfaces[name]?.link { tell(.link(name, isUp: poller.isUsable(link)), at: now) }
        }
        programs.counted = { [unowned self] name, count, now in tell(.processCount(name, count), at: now) }
        files.changed = { [unowned self] name, value, now in tell(.fileValue(name, value), at: now) }
        status.surroundings = { [unowned self] around in
            around.interfaces = interfaces.snapshots
            for place in holders {
                for holding in keeper.claims(of: place) where keeper.holds(holding.key) {
                    around.held[holding.interface, default: []].append(holding.entry.prefix)
                }
            }
            around.sockets = sockets.snapshots
            around.activities = scripts.activities
            around.processCounts = programs.counts
        }
        environment.loop.addDeadlines(
            next: { [unowned self] in routers.nextDeadline },
            reached: { [unowned self] now in
                routers.advance(to: now, into: &actions)
                perform(at: now)
            })
    }

    private func begin(at now: Instant) {
        began = now
        reporter.pipes.configure(environment.configuration.vrrp.notifyPipes)
        if environment.configuration.globals.vrrp.disablesLocalIGMP { reports.disable { environment.log($0) } } else { reports.restore() }
        connections.follow(environment.configuration.connectionSyncOfRouter)
        for news in kernel.dump() {
            _ = interfaces.note(news)
            status.monitor(news, on: interfaces)
        }
        virtuals.begin(environment.configuration.vrrp.routers, &interfaces)
        promotion.settle(environment.configuration.vrrp.routers)
        routers.reconfigure(to: environment.configuration.vrrp, options: options, at: now, into: &actions)
        perform(at: now)
        virtualInterfacesChanged()
        configurePolling()
        for interface in interfaces.all { routers.handle(.link(interface.name, isUp: poller.isUsable(interface.link)), at: now, into: &actions) }
        adoptAddresses()
        routes.adopt()
        claimStatics()
        claimOwnAddresses()
        files.configure(environment.configuration.vrrp.trackFiles, writesInitialValues: true, at: now)
        programs.configure(environment.configuration.vrrp.trackProcesses, atOnce: true, at: now)
        if environment.commandLine.logsConfiguration { status.logConfiguration(of: routers) }
        observers = VRRPObservers(
            environment, snapshot: { [unowned self] in status.snapshot(of: routers) },
            ordered: { [unowned self] order, now in obey(order, at: now) })
        resumeMasters(at: now)
        routers.handle(.start, at: now, into: &actions)
        perform(at: now)
        virtuals.lowerUnused(interfaces)
        for place in routers.occupiedPlaces where !holders.contains(place) { firewall.claim([], by: place) }
        settle()
        scripts.configure(environment.configuration.vrrp.scripts)
    }

    private func configurePolling() {
        let globals = environment.configuration.globals
        poller.configure(environment.configuration.vrrp.polledLinks(all: globals.pollsLinks))
    }

    /// Whose addresses are there was master when the process before this one died. Unless that is too long ago no backup has
    /// run out of patience: it waits for so many intervals, and the last advert is at most one older than the death.
    private func resumeMasters(at now: Instant) {
        guard let death = environment.predecessorDied else { return }
        for place in routers.occupiedPlaces {
            guard let router = routers.routers[place],
                now - death < router.settings.advertInterval * (router.settings.downTimerAdverts - 1),
                let first = holdings(of: router).first, keeper.holds(first.key)
            else { continue }
            routers.handle(.resume(router: place), at: now, into: &actions)
        }
    }

    private func tell(_ event: Event, at now: Instant) {
        routers.handle(event, at: now, into: &actions)
        perform(at: now)
    }

    private var options: VirtualRouters.Options {
        let globals = environment.configuration.globals.vrrp
        var options = VirtualRouters.Options()
        // The monotonic clock counts from the boot of the machine.
        options.startupDelay = max(globals.startupDelay, Instant.zero + globals.delayAfterBoot - began)
        options.garpInterval = globals.announcements.interval
        options.gnaInterval = globals.announcements.neighbourInterval
        return options
    }

    // MARK: ChildProcess

    /// Changes the routers by the difference, then the trackers to what is configured now.
    package func reload(from old: Configuration, at now: Instant) {
        let settings = environment.configuration.vrrp
        reporter.pipes.configure(settings.notifyPipes)
        firewall.configure()
        connections.follow(environment.configuration.connectionSyncOfRouter)
        routers.reconfigure(to: settings, options: options, at: now, into: &actions)
        claimStatics()
        perform(at: now)
        virtuals.configure(settings.routers, interfaces)
        promotion.settle(settings.routers)
        announcer.configure(isUrgent: urgency.isLeftToUs)
        claimOwnAddresses()
        configurePolling()
        if environment.configuration.globals.vrrp.repeatsStatesOnReload { reporter.repeatStates(of: routers) }
        files.configure(settings.trackFiles, writesInitialValues: false, at: now)
        programs.configure(settings.trackProcesses, atOnce: false, at: now)
        scripts.configure(settings.scripts)
        sessions?.keep(environment.configuration.sessionNames(for: .vrrp))
        observers?.reload()
    }

    /// Ends the track scripts, has every router resign, takes the addresses away and finishes once the kernel has
    /// answered.
    package func stop(at now: Instant) {
        isStopping = true
        urgency.end()
        scripts.stop()
        reporter.pipes.stop()
        routers.handle(.stop, at: now, into: &actions)
        releaseStatics()
        perform(at: now)
        steps.finish()
        if environment.commandLine.releasesVRRP { virtuals.end(interfaces) }
        kernel.finish { [unowned self] in
            connections.stop()
            observers?.stop()
            reports.restore()
            promotion.settle([])
            let finish = { [environment, reporter] in
                reporter.pipes.remove()
                environment.finish()
            }
            if environment.commandLine.releasesVRRP { firewall.end(finish) } else { finish() }
        }
    }

    /// Writes what is asked for, in a copy of the process.
    package func dump(_ kind: DumpKind, at now: Instant) {
        status.dump(kind, of: routers, at: now)
        if kind == .statisticsCleared { routers.clearStatistics() }
    }

    /// Writes the state of all routers into this file.
    package func saveState(to path: String) { status.save(routers, to: path) }

    /// Does what a caller on the message bus asks for.
    private func obey(_ order: BusOrder, at now: Instant) {
        switch order {
        case .printData: dump(.data, at: now)
        case .printStatistics: dump(.statistics, at: now)
        case .printAndClearStatistics: dump(.statisticsCleared, at: now)
        case .reload: try? Signal.hangUp.send(to: Processes.parent)
        case .announce(let path):
            for place in routers.occupiedPlaces {
                guard let router = routers.routers[place], router.state == .master,
                    observers?.path(of: router.settings) == path
                else { continue }
                announcer.announce(holdings(of: router)[...])
            }
        }
    }

    // MARK: Events

    private func receive(
        _ packet: borrowing ReceivedPacket, _ candidates: [Int], _ interface: UInt32, _ now: Instant
    ) {
        guard let place = addressee(of: packet, among: candidates, on: interface) else {
            guard candidates.isEmpty, environment.configuration.globals.vrrp.logsUnknownRouterIDs, let id = packet.routerID,
                let name = interfaces[interface]?.name
            else { return }
            return tell(.unknownRouter(id, interface: name), at: now)
        }
        routers.receive(packet, for: place, at: now, clock: .now, into: &actions)
        // Most adverts say that everything is as it was.
        if !actions.isEmpty { perform(at: now) }
    }

    /// Which router a packet is for; mostly there is but one.
    private func addressee(of packet: borrowing ReceivedPacket, among candidates: [Int], on interface: UInt32) -> Int? {
        if candidates.count == 1 { return listens(candidates[0], on: interface) ? candidates[0] : nil }
        return routers.addressee(of: packet, among: candidates.filter { listens($0, on: interface) })
    }

    /// Whether a router takes adverts from an interface: one that sends from a virtual MAC hears everything twice while it does.
    private func listens(_ place: Int, on interface: UInt32) -> Bool {
        guard holders.contains(place), let settings = routers.routers[place]?.settings, settings.movesToVirtualMAC,
            let own = settings.transmitInterface.flatMap({ interfaces[$0]?.link })
        else { return true }
        return interface == own.index || !own.isUsable
    }

    /// Whether these are news of a virtual address that we hold. They come by the thousand and it is no source of adverts; but
    /// its detection of duplicates may have ended.
    private func isOwnAddress(_ news: KernelNews) -> Bool {
        guard case .address(let address) = news else { return false }
        let key = AddressLedger.Key(address.prefix, on: address.interface)
        return keeper.holds(key) && !kernel.heard.contains(key)
    }

    /// What news of interfaces and addresses mean to the routers.
    private func take(_ changes: [Interfaces.Change], at now: Instant) {
        for change in changes {
            switch change {
            case .link(let name, let index, _):
                let isUp = interfaces[index].map { poller.isUsable($0.link) } ?? false
                firewall.keepQuiet(quietInterfaces)
                virtuals.noteLink(name, interfaces)
                promotion.settle(environment.configuration.vrrp.routers)
                if isServed(name), isUp || virtuals.isMade(name) { socketsAreStale = true }
                tellSources(on: name, at: now)
                routers.handle(.link(name, isUp: isUp), at: now, into: &actions)
                if isUp { claimAgain(on: name) }
                followLinks(.all)
            case .gone(let index, let name):
                firewall.keepQuiet(quietInterfaces)
                keeper.forget(interface: index)
                routes.forget(interface: index)
                virtuals.noteGone(name, interfaces)
                followLinks(.refused)
                socketsAreStale = true
                tellSources(on: name, at: now)
                routers.handle(.link(name, isUp: false), at: now, into: &actions)
            case .address(_, let index):
                routes.doubt(.all)
                if let name = interfaces[index]?.name { tellSources(on: name, at: now) }
            case .addressRemoved(let prefix, let index):
                if restore(AddressLedger.Key(prefix, on: index)) {
                    routes.doubt(.all)
                    continue
                }
                if let name = interfaces[index]?.name { tellSources(on: name, at: now) }
            }
        }
    }

    /// The interfaces of virtual MACs, on which the kernel's own reports and solicitations are not to leave.
    private var quietInterfaces: [Firewall.QuietInterface] {
        routers.occupiedPlaces.flatMap { routers.routers[$0]?.settings.virtualMACs ?? [] }.compactMap { name, family in
            guard let link = interfaces[name]?.link, link.kind == "macvlan", let below = link.parent else { return nil }
            return Firewall.QuietInterface(family: family, index: link.index, below: below)
        }
    }

    private func isServed(_ name: String) -> Bool {
        virtuals.isMade(name) || routers.occupiedPlaces.contains { routers.routers[$0]?.settings.interface == name }
    }

    /// Puts an address back that somebody else took away; false if it is none of ours.
    @discardableResult
    private func restore(_ key: AddressLedger.Key) -> Bool {
        guard keeper.lose(key) else { return false }
        let name = interfaces[key.interface]?.name ?? "interface \(key.interface)"
        environment.log("\(key.prefix) on \(name) was removed by someone else; adding it again")
        return true
    }

    /// An interface came back: what its routers claim there is claimed on its present index.
    private func claimAgain(on name: String) {
        for place in routers.occupiedPlaces {
            guard let router = routers.routers[place], router.state == .master else { continue }
            let isConcerned = router.announcedAddresses.contains { router.settings.interface(of: $0) == name }
            if isConcerned { claim(holdings(of: router), of: router, at: place) }
        }
    }

    private func tellSources(on name: String, at now: Instant) {
        for place in routers.occupiedPlaces where routers.routers[place]?.settings.sourceInterface == name {
            tellSource(of: place, at: now)
        }
    }

    private func tellSource(of place: Int, at now: Instant) {
        guard let router = routers.routers[place] else { return }
        let address = router.settings.sourceInterface.flatMap { interfaces[$0] }.flatMap {
            interfaces.source(for: router.settings, on: $0.index, current: router.source)
        }
        let source = router.settings.interface == nil ? router.settings.source : address
        routers.handle(.source(router: place, source), at: now, into: &actions)
    }

    // MARK: Actions

    /// Does what the routers ask; adverts stand first and leave before anything else is done.
    private func perform(at now: Instant) {
        while !actions.isEmpty {
            swap(&actions, &performing)
            for action in performing { perform(action, at: now) }
            // What a transition of all routers fills is not kept for the adverts.
            performing.removeAll(keepingCapacity: performing.count <= Self.usualActions)
        }
        sockets.flush()
        settle()
        if socketsAreStale { openSockets(at: now) }
    }

    /// As many adverts may be due at once.
    private static let usualActions = 1_024

    private func perform(_ action: Action, at now: Instant) {
        switch action {
        case .sendAdvert(let place, let priority):
            send(place, priority)
            return
        case .hold(let place):
            sockets.flush()
            urgency.begin(at: now)
            holders.insert(place)
            raise(place)
            if let router = routers.routers[place] { claim(holdings(of: router), of: router, at: place) }
            claimRoutes(of: place)
        case .release(let place):
            sockets.flush()
            if isStopping, !environment.commandLine.releasesVRRP { return }
            holders.remove(place)
            virtuals.lower(routers.routers[place]?.settings.madeInterfaces ?? [], interfaces)
            keeper.claim([], by: place)
            firewall.claim([], by: place)
            routes.claim([], [], by: place)
        case .announce(let place, let from, let count):
            guard let router = routers.routers[place] else { return }
            let entries = router.announcedAddresses.dropFirst(from).prefix(count)
            toAnnounce += holdings(entries, of: router.settings)
        case .report(let report):
            status.note(report, at: now)
            observers?.note(report, of: routers, interface: { interfaces.index(of: $0) })
            reporter.report(report, of: routers, at: now)
            if case .transition(let transition) = report { connections.note(transition) }
        case .notice(let notice):
            observers?.note(notice, of: routers, interface: { interfaces.index(of: $0) })
            if !notice.isDetail || environment.commandLine.logsDetail { environment.log(notice.text) }
        case .added(let place):
            socketsAreStale = true
            tellSource(of: place, at: now)
        case .changed(let place, let old):
            if let settings = routers.routers[place]?.settings { adapt(from: old, to: settings, place, at: now) }
        case .removed:
            socketsAreStale = true
        }
    }

    private func send(_ place: Int, _ priority: UInt8) {
        if !holders.contains(place) { raise(place) }
        do throws(SystemError) {
            let interface = try transmitIndex(of: place)
            try sockets.queue(place, priority: priority, of: &routers, interface: interface)
        } catch {
            noteUnsent(place, error)
        }
    }

    private func transmitIndex(of place: Int) throws(SystemError) -> UInt32 {
        guard let name = routers.transmitInterface(of: place) else { return 0 }
        guard let index = interfaces.index(of: name) else { throw .noDevice }
        return index
    }

    /// Puts the interfaces of a router's virtual MAC up.
    private func raise(_ place: Int) {
        guard let settings = routers.routers[place]?.settings, settings.virtualInterface != nil else { return }
        virtuals.raise(settings.madeInterfaces, interfaces)
    }

    /// Interfaces were made or are gone: who cannot have one is in fault.
    private func virtualInterfacesChanged() {
        for place in routers.occupiedPlaces {
            guard let made = routers.routers[place]?.settings.virtualInterface else { continue }
            routers.handle(
                .obstacle(router: place, .virtualInterface, isPresent: virtuals.isRefused(made.name)), at: .now, into: &actions)
        }
        perform(at: .now)
    }

    private func noteUnsent(_ place: Int, _ error: SystemError) {
        guard let name = routers.routers[place]?.settings.name, mentionedUnsent.insert(place).inserted else { return }
        environment.log("(\(name)) cannot send advert: \(error)")
    }

    /// What a reload changed about a router besides its machine.
    private func adapt(from old: RouterSettings, to new: RouterSettings, _ place: Int, at now: Instant) {
        if old.transport != new.transport || old.authenticatesHeader != new.authenticatesHeader
            || old.receiveBuffer != new.receiveBuffer || old.virtualInterface != new.virtualInterface
        {
            socketsAreStale = true
        }
        if old.source != new.source { tellSource(of: place, at: now) }
        if old.accepts != new.accepts, holders.contains(place), let router = routers.routers[place] {
            claim(holdings(of: router), of: router, at: place)
        }
    }

    private func openSockets(at now: Instant) {
        socketsAreStale = false
        mentionedUnsent.removeAll()
        let served = routers.occupiedPlaces.compactMap { place in routers.routers[place].map { (place, $0.settings) } }
        let failures = sockets.serve(served, on: interfaces)
        for (place, error) in failures {
            if let name = routers.routers[place]?.settings.name { environment.log("(\(name)) cannot open its socket: \(error)") }
        }
        let failed = Set(failures.map(\.place))
        for (place, _) in served {
            routers.handle(.obstacle(router: place, .socket, isPresent: failed.contains(place)), at: now, into: &actions)
        }
        if !actions.isEmpty { perform(at: now) }
    }

    // MARK: Addresses

    private func holdings(of router: VirtualRouter) -> [AddressLedger.Holding] {
        holdings(router.announcedAddresses[...], of: router.settings)
    }

    private func holdings(_ entries: ArraySlice<AddressEntry>, of settings: RouterSettings) -> [AddressLedger.Holding] {
        var holdings: [AddressLedger.Holding] = []
        holdings.reserveCapacity(entries.count)
        let isPlain = settings.madeInterfaces.isEmpty
        // Mostly one after the other on the same interface.
        var last: (name: String, index: UInt32?)?
        for entry in entries {
            guard let name = isPlain ? entry.interface ?? settings.interface : settings.interface(of: entry) else { continue }
            if last?.name != name { last = (name, interfaces.index(of: name)) }
            if let index = last?.index { holdings.append(AddressLedger.Holding(entry, on: index)) }
        }
        return holdings
    }

    /// Has a router hold these addresses, refused by the firewall where it does not accept packets to them.
    private func claim(_ holdings: [AddressLedger.Holding], of router: VirtualRouter, at place: Int) {
        firewall.claim(refusals(holdings, of: router), by: place)
        keeper.claim(holdings, by: place)
    }

    private func refusals(_ holdings: [AddressLedger.Holding], of router: VirtualRouter) -> [FirewallEntry] {
        FirewallEntry.refusing(holdings, of: router.settings, byIndex: firewall.usesInterfaceIndex) { interfaces[$0]?.name }
    }

    /// Queues what has to change in the kernel and what has to be announced, and begins with it.
    private func settle() {
        firewall.settle()
        guard firewall.isReady || isStopping else { return urgency.end() }
        keeper.settle()
        for holding in toAnnounce { keeper.queueAnnouncement(of: holding) }
        toAnnounce.removeAll(keepingCapacity: toAnnounce.count <= AddressKeeper.slice)
        routes.settle()
        if !keeper.hasWork { sweep() }
        steps.begin()
    }

    /// Takes the entries of addresses that are gone out of the firewall.
    private func sweep() {
        if !keeper.hasWork, kernel.isSettled { firewall.sweep() }
    }

    /// Takes over virtual addresses that an earlier process left in the kernel: the routers that become master keep theirs, the
    /// others go with the first settling.
    private func adoptAddresses() {
        for place in routers.occupiedPlaces {
            guard let router = routers.routers[place] else { continue }
            let present = holdings(of: router).filter { interfaces[$0.interface]?.has($0.entry.prefix) ?? false }
            for holding in present { keeper.adopt(holding) }
            firewall.claim(refusals(present, of: router), by: place)
        }
        firewall.begin(quietInterfaces, isAskedFor: routers.routers.contains { $0?.settings.accepts == false }) {
            routers.routers.compactMap(\.self).flatMap { router in
                FirewallEntry.all(holdings(of: router), of: router.settings, byIndex: firewall.usesInterfaceIndex) {
                    interfaces[$0]?.name
                }
            }
        }
    }

    /// The kernel had more to tell than its buffer held: everything is read again, and what is missing is put back.
    private func resynchronise(_ all: [KernelNews], at now: Instant) {
        let before = interfaces
        interfaces = Interfaces()
        for news in all { _ = interfaces.note(news) }
        for interface in interfaces.all {
            routers.handle(.link(interface.name, isUp: poller.isUsable(interface.link)), at: now, into: &actions)
            tellSources(on: interface.name, at: now)
        }
        for interface in before.all where interfaces[interface.index]?.name != interface.name {
            take([.gone(index: interface.index, name: interface.name)], at: now)
        }
        for place in routers.occupiedPlaces {
            for holding in keeper.claims(of: place) {
                let isThere = interfaces[holding.interface]?.has(holding.entry.prefix) ?? false
                if !isThere { restore(holding.key) }
            }
        }
        perform(at: now)
    }

    // MARK: What is there whatever the routers do

    /// Whose claims the static entries are.
    private static let statics = -1
    private static let ipvlans = -2

    private func claimRoutes(of place: Int) {
        guard let settings = routers.routers[place]?.settings else { return }
        routes.claim(settings.routes, settings.rules, by: place)
    }

    private func claimStatics() {
        let settings = environment.configuration.vrrp
        keeper.claim(settings.staticAddresses.compactMap(staticHolding), by: Self.statics)
        hearSources()
        routes.claim(settings.staticRoutes, settings.staticRules, by: Self.statics)
    }

    /// Addresses of ipvlans, which adverts come from.
    private func claimOwnAddresses() {
        keeper.claim(virtuals.ownAddresses(interfaces), by: Self.ipvlans)
        hearSources()
    }

    /// What is there whatever the routers do may be a source of adverts.
    private func hearSources() {
        kernel.heard = Set([Self.statics, Self.ipvlans].flatMap { keeper.claims(of: $0).map(\.key) })
    }

    private func releaseStatics() {
        keeper.claim([], by: Self.statics)
        keeper.claim([], by: Self.ipvlans)
        routes.claim([], [], by: Self.statics)
    }

    private func staticHolding(_ entry: AddressEntry) -> AddressLedger.Holding? {
        guard let index = entry.interface.flatMap({ interfaces[$0]?.index }) else { return nil }
        return AddressLedger.Holding(entry, on: index)
    }

    /// An interface came, went or changed: what is claimed follows it.
    private func followLinks(_ doubt: Routes.Doubt) {
        for place in holders { claimRoutes(of: place) }
        if !isStopping {
            claimStatics()
            claimOwnAddresses()
        }
        routes.doubt(doubt)
    }
}
