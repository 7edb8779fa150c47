// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import Netlink
import VRRP

/// The interfaces of virtual MACs and ipvlans: made when a router wants them, adopted where an earlier process left them, made
/// again when somebody removes them, and removed with the router.
///
/// The interface of a virtual MAC is up only while its router is master. Down, nothing whatever leaves from the virtual MAC,
/// no switch learns it at the wrong port, and no frame that a switch floods is taken for ours (RFC 9568 section 6.4.2).
/// An ipvlan has the hardware address of the interface below and is always up.
final class VirtualInterfaces {
    /// For interfaces of another kind to go: 20 times 50 ms.
    private static let mostAttempts = 20
    private static let attemptPause = Interval.milliseconds(50)

    private let kernel: KernelLink
    private let loop: EventLoop
    private let retirement: LinkRetirement
    private let log: (String) -> Void
    private var tuning: InterfaceTuning?
    /// For what cannot wait for the end of the turn: before an advert can leave, its interface has to be up.
    private var query: KernelQuery?
    /// Whether requests are made there and then.
    private var isImmediate = false

    private var wanted: [String: MadeInterface] = [:]
    /// Indices of interfaces whose settings are made.
    private var ready: [String: UInt32] = [:]
    /// Those whose routers are masters.
    private var raised: Set<String> = []
    /// Asked for, and not there yet.
    private var making: Set<String> = []
    /// How often those could not be made because of others that are in the way.
    private var attempts: [String: Int] = [:]
    /// Those that cannot be had.
    private var refused: Set<String> = []

    /// The interfaces of virtual MACs that are there were others than they are now.
    var changed: () -> Void = {}
    /// The interfaces as they are now.
    var present: () -> Interfaces = { Interfaces() }
    /// Whether nothing has been asked of the kernel that is still to be answered.
    var isQuiet: () -> Bool {
        get { retirement.isQuiet }
        set { retirement.isQuiet = newValue }
    }

    init(_ environment: ProcessEnvironment, kernel: KernelLink, originals: OriginalSettings) {
        self.kernel = kernel
        loop = environment.loop
        log = { environment.log($0) }
        retirement = LinkRetirement(loop: environment.loop, processes: environment.processes, log: log)
        tuning = InterfaceTuning(originals, change: { [unowned self] in change($0) }, log: log)
        retirement.request = { [unowned self] in request(for: $0) }
    }

    // MARK: What is wanted

    /// Makes what the routers want, there and then: a router that begins is to find its interface.
    func begin(_ routers: [RouterSettings], _ interfaces: inout Interfaces) {
        wanted = byName(routers)
        guard !wanted.isEmpty else { return tune(interfaces) }
        isImmediate = true
        defer { isImmediate = false }
        for made in wanted.values.sorted(by: { $0.name < $1.name }) { settle(made, interfaces) }
        for news in kernel.dump() { _ = interfaces.note(news) }
        for made in wanted.values { settle(made, interfaces) }
        tune(interfaces)
        changed()
    }

    /// What the routers want after a reload; unchanged interfaces feel nothing.
    func configure(_ routers: [RouterSettings], _ interfaces: Interfaces) {
        let new = byName(routers)
        guard new != wanted else { return }
        let old = wanted
        wanted = new
        for name in old.keys where new[name] == nil { remove(name, interfaces) }
        for (name, made) in new where old[name] != made { settle(made, interfaces) }
        tune(interfaces)
        changed()
    }

    private func byName(_ routers: [RouterSettings]) -> [String: MadeInterface] {
        Dictionary(MadeInterface.all(of: routers).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether an interface is one of those made here.
    func isMade(_ name: String) -> Bool { wanted[name] != nil }

    /// The addresses of ipvlans, which are there whether their router is master or not.
    func ownAddresses(_ interfaces: Interfaces) -> [AddressLedger.Holding] {
        wanted.values.compactMap { made in
            guard case .ipvlan(_, let address?) = made.kind, let index = interfaces[made.name]?.index else { return nil }
            return AddressLedger.Holding(AddressEntry(address), on: index)
        }
    }

    // MARK: Masters and backups

    /// Puts the interfaces of a router that is master up; at once, for its first advert leaves by one of them.
    func raise(_ names: [String], _ interfaces: Interfaces) {
        for name in names where raised.insert(name).inserted { putUp(name, interfaces) }
    }

    /// Puts the interfaces of virtual MACs down whose router is master no more.
    func lower(_ names: [String], _ interfaces: Interfaces) {
        for name in names where raised.remove(name) != nil { retirement.add(.lower(name)) }
    }

    /// Puts down what an earlier process left up and nobody is master for.
    func lowerUnused(_ interfaces: Interfaces) {
        for name in wanted.keys where !raised.contains(name) {
            if interfaces[name]?.link.flags.contains(.up) ?? false { retirement.add(.lower(name)) }
        }
    }

    private func putUp(_ name: String, _ interfaces: Interfaces) {
        guard let link = interfaces[name]?.link, let made = wanted[name] else { return }
        retirement.spare(name)
        isImmediate = true
        defer { isImmediate = false }
        prepare(made, link)
        change(.setUp(index: link.index))
    }

    /// What a change that has waited comes to by now.
    private func request(for change: LinkRetirement.Change) -> LinkRequest? {
        switch change {
        case .lower(let name):
            guard !raised.contains(name), wanted[name]?.isMacvlan ?? false else { return nil }
            return ready[name].map { .setDown(index: $0) }
        case .delete(let name, let index):
            // A reload may want it again by now, as it is.
            return wanted[name] == nil || ready[name] != index ? .delete(index: index) : nil
        }
    }

    // MARK: News

    /// An interface came up, went down or appeared.
    func noteLink(_ name: String, _ interfaces: Interfaces) {
        if let made = wanted[name] {
            let isNew = ready[name] != interfaces[name]?.index
            settle(made, interfaces)
            // Somebody put it down, or it could not go up before.
            if raised.contains(name), !(interfaces[name]?.link.flags.contains(.up) ?? true) { putUp(name, interfaces) }
            if isNew { changed() }
        }
        follow(base: name, interfaces)
    }

    /// An interface has gone; it is made again if there is still something to put it on.
    func noteGone(_ name: String, _ interfaces: Interfaces) {
        if let made = wanted[name] {
            ready[name] = nil
            settle(made, interfaces)
            changed()
        }
        // It may have been in the way of one that could not be made.
        for made in wanted.values where ready[made.name] == nil { settle(made, interfaces) }
        // It may have had the address of one that could not go up beside it.
        for name in raised where !(interfaces[name]?.link.flags.contains(.up) ?? true) { putUp(name, interfaces) }
        follow(base: name, interfaces)
    }

    private func follow(base name: String, _ interfaces: Interfaces) {
        let above = wanted.values.filter { $0.base == name }
        guard !above.isEmpty else { return }
        for made in above {
            settle(made, interfaces)
            if raised.contains(made.name), !(interfaces[made.name]?.link.flags.contains(.up) ?? true) {
                putUp(made.name, interfaces)
            }
        }
        if interfaces[name] == nil { tuning?.restore(base: name, nil) }
        tune(interfaces)
    }

    // MARK: The end

    /// Removes everything and puts settings back.
    func end(_ interfaces: Interfaces) {
        let names = wanted.keys
        wanted = [:]
        for name in names { remove(name, interfaces) }
        for case .delete(_, let index) in retirement.end() { change(.delete(index: index)) }
        tune(interfaces)
    }

    // MARK: Inside

    /// Takes the next step towards what is wanted.
    private func settle(_ made: MadeInterface, _ interfaces: Interfaces) {
        let link = interfaces[made.name]?.link
        switch made.plan(existing: link, base: interfaces[made.base]?.link) {
        case .wait:
            break
        case .make(let request):
            make(made, request, interfaces)
        case .keep(let differences):
            guard let link else { return }
            for difference in differences { change(difference) }
            prepare(made, link)
            if !made.isMacvlan, !link.flags.contains(.up) { change(.setUp(index: link.index)) }
            if let vrf = interfaces[made.base]?.link.master, link.master != vrf, interfaces[vrf]?.link.kind == "vrf" {
                change(.setMaster(index: link.index, vrf))
            }
        case .replace(let index):
            guard isImmediate else {
                // Its going is news, upon which the new one is made.
                ready[made.name] = nil
                return retirement.add(.delete(name: made.name, index: index))
            }
            change(.delete(index: index))
            if let base = interfaces[made.base]?.link, case .make(let request) = made.plan(existing: nil, base: base) {
                make(made, request, interfaces)
            }
        case .refuse:
            guard refused.insert(made.name).inserted else { return }
            log("(\(made.router)): there is another interface \(made.name) already, which is left alone")
            changed()
        }
    }

    private func make(_ made: MadeInterface, _ request: LinkRequest, _ interfaces: Interfaces) {
        guard making.insert(made.name).inserted else { return }
        change(request)
        guard made.notifiesPeers, let base = interfaces[made.base]?.link else { return }
        change(.setGroup(index: base.index, base.group))
    }

    private func prepare(_ made: MadeInterface, _ link: Link) {
        guard ready[made.name] != link.index else { return }
        ready[made.name] = link.index
        attempts[made.name] = nil
        refused.remove(made.name)
        if making.remove(made.name) != nil {
            log("(\(made.router)): Success creating \(made.isMacvlan ? "VMAC" : "ipvlan") interface \(made.name)")
        }
        tuning?.quieten(made, link)
    }

    private func remove(_ name: String, _ interfaces: Interfaces) {
        raised.remove(name)
        making.remove(name)
        ready[name] = nil
        if refused.remove(name) != nil { return }
        if let index = interfaces[name]?.index { retirement.add(.delete(name: name, index: index)) }
    }

    /// Prepares the interfaces below that need it and restores the others.
    private func tune(_ interfaces: Interfaces) {
        let carriers = Set(wanted.values.filter { $0.isMacvlan && $0.hasIPv4 }.map(\.base))
        for name in tuning?.bases ?? [] where !carriers.contains(name) { tuning?.restore(base: name, interfaces[name]?.link) }
        for name in carriers { interfaces[name].map { tuning?.prepare(base: $0.link) } }
        if carriers.isEmpty {
            tuning?.restoreFilters()
        } else {
            tuning?.spreadFilter(over: interfaces.all.map(\.name).filter { wanted[$0] == nil })
        }
    }

    private func change(_ request: LinkRequest) {
        if isImmediate { return perform(request) }
        kernel.change(request) { [unowned self] in complain($0, request) }
    }

    private func perform(_ request: LinkRequest) {
        do throws(SystemError) {
            if query == nil { query = try KernelQuery() }
            if let refusal = try query?.perform(request) { complain(refusal, request) }
        } catch {
            log("cannot change an interface: \(error)")
        }
    }

    private func complain(_ refusal: Refusal, _ request: LinkRequest) {
        if let name = request.madeInterface {
            if refusal.isBusy, tryLater(name) { return }
            giveUp(name)
        }
        // The interface below is down or gone: it will be tried again when that changes.
        if refusal.isMissing || refusal.isDown { return }
        // So it is when one of the same address is to go before long.
        if case .setUp = request, refusal.isAddressTaken, !retirement.isEmpty { return }
        log("cannot \(request.verb): \(refusal.reason)")
    }
}

extension VirtualInterfaces {
    /// An interface carries virtual MACs or ipvlans, not both; those of the other kind may be about to go. Returns false after
    /// a number of attempts.
    private func tryLater(_ name: String) -> Bool {
        guard attempts[name, default: 0] < Self.mostAttempts, making.remove(name) != nil else { return false }
        attempts[name, default: 0] += 1
        loop.after(Self.attemptPause) { [weak self] _ in
            guard let self, let made = wanted[name] else { return }
            settle(made, present())
        }
        return true
    }

    /// An interface could not be made; that is tried again with the next change of the interface below.
    private func giveUp(_ name: String) {
        guard making.remove(name) != nil else { return }
        refused.insert(name)
        changed()
    }

    /// Whether an interface is wanted and cannot be had.
    func isRefused(_ name: String) -> Bool { refused.contains(name) }
}

extension LinkRequest {
    /// The name of the interface that it makes.
    fileprivate var madeInterface: String? {
        switch self {
        case .addMacvlan(let name, _, _, _), .addIPVLAN(let name, _, _, _): name
        case .setUp, .setDown, .setHardware, .setMTU, .setMaster, .setGroup, .setIPv4, .setNoLinkLocalAddress, .delete, .deleteNamed:
            nil
        }
    }

    /// What it does, in the words of the log.
    fileprivate var verb: String {
        switch self {
        case .addMacvlan(let name, _, _, _), .addIPVLAN(let name, _, _, _): "create interface \(name)"
        case .setUp(let index): "put interface \(index) up"
        case .setDown(let index): "put interface \(index) down"
        case .setHardware(let index, let address): "give interface \(index) the address \(address)"
        case .setMTU(let index, _): "set the MTU of interface \(index)"
        case .setMaster(let index, _): "put interface \(index) into its VRF"
        case .setGroup(let index, _): "set the group of interface \(index)"
        case .setIPv4(let index, _): "change IPv4 settings of interface \(index)"
        case .setNoLinkLocalAddress(let index): "keep interface \(index) without a link-local address"
        case .delete(let index): "remove interface \(index)"
        case .deleteNamed(let name): "remove interface \(name)"
        }
    }
}
