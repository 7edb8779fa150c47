// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import Netlink
import VRRP

/// The VRRP process's way to the kernel's routing tables: one socket that tells news, another that takes requests, and two for
/// addresses, which come by the thousand. That those of the first are there is no news: to be told so takes a twelfth of the time of
/// a takeover.
final class KernelLink {
    private let environment: ProcessEnvironment
    private let monitor: NetlinkSocket
    private let commands: NetlinkSocket
    private let addresses: NetlinkBatch
    /// For the addresses that are ``heard``.
    private let heardAddresses: NetlinkBatch
    /// The changes being asked for, and how many requests were made before the first of them.
    private var changing: (changes: ArraySlice<AddressKeeper.Change>, before: UInt32) = ([], 0)
    private var routeMonitor: NetlinkSocket?
    private var finished: (() -> Void)?

    /// Addresses whose arrival is to be heard although it is we who ask for them.
    var heard: Set<AddressLedger.Key> = []
    /// Every request sent so far has been answered.
    var settled: () -> Void = {}

    /// The kernel reported something of links or addresses.
    var news: (KernelNews, Instant) -> Void = { _, _ in }
    /// News were lost; here is everything as it stands now.
    var resynchronise: ([KernelNews], Instant) -> Void = { _, _ in }

    init(_ environment: ProcessEnvironment) throws(SystemError) {
        self.environment = environment
        let globals = environment.configuration.globals.vrrp
        monitor = try NetlinkSocket(
            groups: [.link, .ipv4Address, .ipv6Address], buffer: globals.monitorBuffer, usual: Self.usualBuffer)
        commands = try NetlinkSocket(buffer: globals.commandBuffer)
        addresses = try NetlinkBatch(.route)
        heardAddresses = try NetlinkBatch(.route)
        if !environment.commandLine.monitorsAddresses { try monitor.ignoreAdditions(by: addresses) }
        try monitor.attach(to: environment.loop)
        try commands.attach(to: environment.loop)
        monitor.news = { [unowned self] told, now in news(told, now) }
        monitor.lost = { [unowned self] now in recover(now) }
        for batch in [addresses, heardAddresses] {
            batch.refused = { [unowned self] number, refusal in noteRefused(number, refusal) }
        }
    }

    /// Room for the news of thousands of addresses, in bytes.
    private static let usualBuffer = 4 << 20

    /// Whether news are taken in as they come. Thousands of requests bring as many news of what they did, which can wait.
    var isListening: Bool {
        get { monitor.isListening }
        set { monitor.isListening = newValue }
    }

    /// Everything there is of links and addresses; waits for it, so for the start only and after a loss.
    func dump() -> [KernelNews] {
        do throws(SystemError) {
            let query = try KernelQuery()
            return try query.list(.links) + query.list(.addresses(nil))
        } catch {
            environment.log("cannot list interfaces and addresses: \(error)")
            return []
        }
    }

    /// Has news of routes and rules come too. On a router with many routes they are many, so only those who hold some ask.
    func watchRoutes(lost: @escaping (Instant) -> Void) {
        guard routeMonitor == nil else { return }
        do throws(SystemError) {
            let monitor = try NetlinkSocket(
                groups: [.ipv4Route, .ipv6Route, .ipv4Rule, .ipv6Rule],
                buffer: environment.configuration.globals.vrrp.monitorBuffer, usual: Self.usualBuffer)
            try monitor.attach(to: environment.loop)
            monitor.news = { [unowned self] told, now in news(told, now) }
            monitor.lost = lost
            routeMonitor = monitor
        } catch {
            environment.log("cannot watch routes and rules: \(error)")
        }
    }

    /// Every route and rule; waits for them, so for the start only.
    func dumpRoutes() -> [KernelNews] {
        do throws(SystemError) {
            let query = try KernelQuery()
            return try query.list(.routes(nil)) + query.list(.rules(nil))
        } catch {
            environment.log("cannot list routes and rules: \(error)")
            return []
        }
    }

    private func recover(_ now: Instant) {
        environment.log("the kernel had more news than there was room for; asking for all of it again")
        resynchronise(dump(), now)
    }

    /// Has addresses changed, all in one write or two, after whatever was asked before. They are when this returns.
    func send(_ changes: ArraySlice<AddressKeeper.Change>) {
        commands.flush()
        guard !heard.isEmpty else { return send(changes, by: addresses) }
        send(changes.filter { !heard.contains($0.holding.key) }[...], by: addresses)
        send(changes.filter { heard.contains($0.holding.key) }[...], by: heardAddresses)
    }

    private func send(_ changes: ArraySlice<AddressKeeper.Change>, by batch: NetlinkBatch) {
        changing = (changes, batch.count)
        for change in changes { batch.add(AddressRequest(change.operation, change.holding.address)) }
        batch.submit()
        changing.changes = []
    }

    private func noteRefused(_ number: UInt32, _ refusal: Refusal) {
        let place = changing.changes.startIndex + Int(number &- changing.before)
        guard changing.changes.indices.contains(place) else { return }
        let change = changing.changes[place]
        if !refusal.isHarmless(for: change.operation) { complain(refusal, change.operation, change.holding) }
    }

    private func complain(_ refusal: Refusal, _ operation: AddressRequest.Operation, _ holding: AddressLedger.Holding) {
        let verb = operation == .delete ? "remove" : "add"
        environment.log("cannot \(verb) address \(holding.entry.prefix) on interface \(holding.interface): \(refusal.reason)")
    }

    /// Sends a request about a route or a rule, after those for addresses that were sent before.
    func send(_ change: RouteKeeper.Change, _ completion: @escaping (Refusal?) -> Void) {
        let answered: NetlinkSocket.Completion = { [unowned self] refusal in
            completion(refusal)
            if commands.underWay == 0 { rest() }
        }
        switch change {
        case .addRoute(let held): commands.request(RouteRequest(held.operation, held.route), answered)
        case .removeRoute(let held): commands.request(RouteRequest(.delete, held.route), answered)
        case .addRule(let held): commands.request(RuleRequest(.add, held.rule), answered)
        case .removeRule(let held): commands.request(RuleRequest(.delete, held.rule), answered)
        }
    }

    /// Sends a request about an interface; what is refused is told.
    func change(_ request: LinkRequest, refused: @escaping (Refusal) -> Void) {
        commands.request(request) { [unowned self] refusal in
            if let refusal { refused(refusal) }
            if commands.underWay == 0 { finishIfDone() }
        }
    }

    /// Calls `done` once every request has been answered.
    func finish(_ done: @escaping () -> Void) {
        commands.flush()
        finished = done
        if commands.underWay == 0 { finishIfDone() }
    }

    var isSettled: Bool { commands.underWay == 0 }

    private func rest() {
        settled()
        finishIfDone()
    }

    private func finishIfDone() {
        guard let finished else { return }
        self.finished = nil
        finished()
    }
}

extension Refusal {
    /// The kernel's words, or those of the error number.
    var reason: String { text ?? "\(SystemError(call: "netlink", code: code))" }

    /// Whether the kernel already was as it was to become: an address to be removed, or the interface it was on, is gone.
    fileprivate func isHarmless(for operation: AddressRequest.Operation) -> Bool {
        switch operation {
        case .delete: isMissing
        case .add, .replace: alreadyExists
        }
    }
}

extension AddressKeeper.Change {
    fileprivate var holding: AddressLedger.Holding {
        switch self {
        case .add(let holding), .remove(let holding): holding
        }
    }

    fileprivate var operation: AddressRequest.Operation {
        switch self {
        case .add: .replace
        case .remove: .delete
        }
    }
}

extension HeldRoute {
    fileprivate var operation: RouteRequest.Operation {
        switch placement {
        case .add: .add
        case .prepend: .prepend
        case .append: .append
        }
    }
}

extension AddressLedger.Holding {
    /// As the kernel is asked for it.
    fileprivate var address: InterfaceAddress {
        InterfaceAddress(
            entry.prefix, interface: interface, peer: entry.peer, broadcast: entry.broadcast, label: entry.label,
            scope: entry.scope, flags: entry.flags.isEmpty ? [] : flags, preferredLifetime: entry.preferredLifetime)
    }

    private var flags: InterfaceAddress.Flags {
        Self.flags.reduce(into: []) { flags, pair in if entry.flags.contains(pair.mine) { flags.insert(pair.theirs) } }
    }

    private static let flags: [(mine: AddressEntry.Flags, theirs: InterfaceAddress.Flags)] = [
        (.home, .home), (.withoutDuplicateDetection, .withoutDuplicateDetection), (.managesTemporary, .managesTemporary),
        (.noPrefixRoute, .noPrefixRoute), (.autojoin, .autojoin),
    ]
}
