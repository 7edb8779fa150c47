// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Support
import VRRP

/// Nodes with real virtual routers on a pretend LAN that loses, delays, repeats, reorders, parts and stalls, while trackers
/// change priorities, configurations are reloaded, with other settings and with other routers, and processes die and come back.
///
/// Routers go by their VRID here; the place that a node's machine has for one is its own affair.
///
/// Everything follows from the seed. What must never be is checked at every action and kept in ``violations``.
struct Network {
    /// A bug planted between the router and the network, to see that the simulation finds it.
    enum Mutation: CaseIterable, Sendable {
        case none
        /// A backup takes every advert for one of a higher priority: preemption never comes.
        case neverPreempts
        /// A master does not hear higher priorities: it never yields.
        case neverYields
        /// Addresses are left behind when the state is lost.
        case forgetsRelease
        /// What trackers see is not told.
        case missesTrackers
        /// A reload does not arrive.
        case missesReloads
        /// A router that a reload takes away stays.
        case keepsRemoved
        /// A router that a reload brings is not told of its address.
        case forgetsNewcomers
        /// Something is announced after the addresses are gone.
        case announcesTooLong
        /// What a killed process has left behind stays, whoever is master.
        case keepsLeftovers
        /// A node does not know of the sync group.
        case forgetsGroup
        /// A restarted process does not go on as master.
        case forgetsMastership

        static let planted = allCases.filter { $0 != .none }
    }

    /// What a node's shell would do.
    struct Node {
        var routers: VirtualRouters
        /// Settings of all routers there can be, in the order of their VRIDs.
        var catalogue: [RouterSettings]
        /// The VRIDs that are configured.
        var present: Set<Int>
        /// The trackers of the sync group of routers 1 and 2; nil where there is none.
        var groupTrackers: [Tracker]?
        var address: IPAddress
        var isAlive = true
        /// Whether the routers have been told to begin.
        var isStarted = false
        /// Asleep until then: nothing is handled, packets wait.
        var stalledUntil = Instant.zero
        /// The node's own clock is this much ahead.
        var clock: Interval
        var held: Set<Int> = []
        var waiting: [Packet] = []
        var wasCut = false
        var world = World()
        /// What a killed process has left in the kernel.
        var leftovers: Set<Int> = []
        /// When a killed process is started again.
        var returnsAt: Instant?
        var transitions = 0

        /// What is in its configuration file.
        var settings: VRRPSettings {
            var all = VRRPSettings()
            all.routers = catalogue.filter { present.contains(Int($0.routerID)) }
            all.scripts = [World.definition]
            if let groupTrackers, present.contains(1) {
                var group = SyncGroupSettings(name: "G")
                group.routers = ["VI_1", "VI_2"]
                group.trackers = groupTrackers
                all.syncGroups = [group]
            }
            return all
        }

        /// The VRIDs that come and go together with this one.
        func companions(of id: Int) -> Set<Int> { groupTrackers != nil && id < 3 ? [1, 2] : [id] }

        func place(of id: Int) -> Int? {
            let identity = catalogue[id - 1].identity
            return routers.occupiedPlaces.first { routers.routers[$0]?.settings.identity == identity }
        }

        func state(of id: Int) -> RouterState? { place(of: id).flatMap { routers.routers[$0]?.state } }
    }

    /// Every VRID that a life may have. Router 4 has the address of router 3, and takes its place in reloads.
    static let ids = 1...4

    struct Packet {
        var at: Instant
        /// Sent this many before it.
        var number: Int
        var to: Int
        var router: Int
        var advert: Advert
        var from: IPAddress
    }

    var nodes: [Node]
    private(set) var now = Instant.zero
    private(set) var violations: [String] = []
    private(set) var events = 0
    private var random: SeededGenerator
    private var wire: [Packet] = []
    private var sent = 0
    private var isRough = true
    /// What does not get from one node to another.
    private var cuts: Set<Int> = []
    private let mutation: Mutation
    private var actions: [Action] = []

    /// - Parameter groups: each node has two routers in a sync group in place of one router.
    init(seed: UInt64, mutation: Mutation = .none) {
        random = SeededGenerator(seed: seed)
        self.mutation = mutation
        let count = Int.random(in: 2...5, using: &random)
        let isGrouped = Int.random(in: 0..<4, using: &random) == 0
        let interval = [Interval.centiseconds(10), .seconds(1)].randomElement(using: &random) ?? .seconds(1)
        let version = interval == .seconds(1) && Bool.random(using: &random) ? ProtocolVersion.v2 : .v3
        let equal = Int.random(in: 0..<5, using: &random) == 0
        let hasOwner = Int.random(in: 0..<6, using: &random) == 0
        nodes = []
        for index in 0..<count {
            var catalogue: [RouterSettings] = []
            let preempts = Int.random(in: 0..<8, using: &random) != 0
            for id in Self.ids {
                var settings = RouterSettings(name: "VI_\(id)")
                settings.routerID = UInt8(id)
                settings.interface = "eth0"
                settings.requiredInterfaces = ["eth0"]
                settings.version = version
                settings.advertInterval = interval
                settings.priority = equal ? 100 : UInt8(50 + 40 * index)
                if hasOwner, index == count - 1 { settings.priority = 255 }
                settings.addresses = [AddressEntry(IPPrefix(.v4(0xc000_0264 + UInt32(min(id, 3))), length: 32))]
                if Int.random(in: 0..<4, using: &random) == 0 { settings.preemptDelay = .seconds(2) }
                settings.preempts = preempts
                if isGrouped, id < 3 { settings.syncGroup = "G" }
                catalogue.append(settings)
            }
            var node = Node(
                routers: VirtualRouters(), catalogue: catalogue, present: isGrouped ? [1, 2] : [1],
                groupTrackers: isGrouped ? [] : nil, address: .v4(0xc000_0201 + UInt32(index)),
                clock: .seconds(Int.random(in: 0...1_000_000, using: &random)))
            if Bool.random(using: &random) { node.present.insert(Bool.random(using: &random) ? 3 : 4) }
            Self.drawTrackers(&node, using: &random)
            nodes.append(node)
            boot(index)
        }
    }

    /// The advert interval, which all nodes share.
    var interval: Interval { nodes[0].catalogue[0].advertInterval }

    /// Weights are for all routers of a group alike, a fault of one is one of all.
    private static func drawTrackers(_ node: inout Node, using random: inout SeededGenerator) {
        let weighted = World.trackers(weighted: true, using: &random)
        let faults = World.trackers(weighted: false, using: &random).filter { fault in
            // Most lives have no fault at all.
            !weighted.contains { $0.object == fault.object } && Int.random(in: 0..<2, using: &random) == 0
        }
        node.catalogue[0].trackers = faults
        if node.groupTrackers == nil {
            node.catalogue[0].trackers += weighted
        } else {
            node.groupTrackers = weighted
        }
    }

    /// The effective priority that a router of a node is to have; nil for FAULT, and where it is not configured.
    func priority(of id: Int, at index: Int) -> UInt8? {
        let node = nodes[index]
        guard node.present.contains(id) else { return nil }
        var trackers = node.catalogue[id - 1].trackers
        if let more = node.groupTrackers, id < 3 { trackers = node.catalogue[0].trackers + more }
        return node.world.priority(node.catalogue[id - 1].priority, trackers)
    }

    /// The nodes of which one is to be master in the end: nobody who preempts has a higher priority. Between equals the
    /// first one stays (RFC 9568 section 6.4.2). Empty where all are at fault.
    func rightful(for id: Int) -> [Int] {
        let able = nodes.indices.compactMap { index in priority(of: id, at: index).map { (index, $0) } }
        return able.filter { candidate in
            !able.contains { nodes[$0.0].catalogue[id - 1].preempts && $0.1 > candidate.1 }
        }.map(\.0)
    }

    func masters(of id: Int) -> [Int] {
        nodes.indices.filter { nodes[$0].isAlive && nodes[$0].state(of: id) == .master }
    }

    // MARK: Time

    mutating func run(_ duration: Interval, rough: Bool) {
        isRough = rough
        if !rough { calm() }
        let end = now + duration
        var nextTrouble = now
        while true {
            var next = end
            if let packet = wire.first, packet.at < next { next = packet.at }
            for due in nodes.compactMap(\.returnsAt) where due < next { next = due }
            for node in nodes where node.isAlive {
                if let due = node.routers.nextDeadline {
                    let wake = max(due - node.clock, node.stalledUntil)
                    if wake < next { next = wake }
                }
                if !node.waiting.isEmpty, node.stalledUntil < next { next = node.stalledUntil }
            }
            if rough, nextTrouble < next { next = nextTrouble }
            now = max(now, next)
            guard now < end else { return }
            if rough, nextTrouble <= now {
                trouble()
                nextTrouble = now + interval / 2
            }
            deliver()
            for index in nodes.indices { comeBack(index) }
            for index in nodes.indices { wake(index) }
        }
    }

    /// The network is whole, every node runs.
    private mutating func calm() {
        cuts = []
        for index in nodes.indices {
            nodes[index].stalledUntil = now
            if !nodes[index].isAlive, nodes[index].returnsAt == nil { boot(index) }
            if nodes[index].wasCut, nodes[index].isAlive { tell(index, .link("eth0", isUp: true)) }
            nodes[index].wasCut = false
        }
    }

    private mutating func trouble() {
        let index = Int.random(in: nodes.indices, using: &random)
        switch Int.random(in: 0..<72, using: &random) {
        case 0: if nodes[index].isAlive { crash(index) } else { boot(index) }
        case 1: nodes[index].stalledUntil = now + interval * Int.random(in: 1...8, using: &random)
        case 2:
            for other in nodes.indices where other != index { cuts.formUnion([key(index, other), key(other, index)]) }
        case 3: for other in nodes.indices where other != index { cuts.insert(key(index, other)) }
        case 4: cuts.insert(key(index, Int.random(in: nodes.indices, using: &random)))
        case 5...8: cuts = []
        case 9: link(index, isUp: false)
        case 10...13: link(index, isUp: true)
        case 14: stop(index)
        case 15: nodes[index].stalledUntil = now + interval * Int.random(in: 8...40, using: &random)
        case 16, 17: kill(index, for: interval * Int.random(in: 0...200, using: &random) / 100)
        case 18...22: seeChange(index)
        case 23...26: reload(index)
        default: if !nodes[index].isAlive, Bool.random(using: &random) { boot(index) }
        }
    }

    private func key(_ from: Int, _ to: Int) -> Int { from * 8 + to }

    // MARK: Nodes

    private mutating func boot(_ index: Int) {
        nodes[index].routers = VirtualRouters()
        nodes[index].isAlive = true
        nodes[index].isStarted = false
        nodes[index].returnsAt = nil
        nodes[index].held = []
        nodes[index].waiting = []
        configure(index)
        perform(index)
        tell(index, .link("eth0", isUp: !nodes[index].wasCut))
        for event in nodes[index].world.events { tellSeen(index, event) }
        if mutation != .forgetsMastership {
            for place in nodes[index].leftovers.sorted().compactMap(nodes[index].place) { tell(index, .resume(router: place)) }
        }
        nodes[index].leftovers = []
        tell(index, .start)
        nodes[index].isStarted = true
        tellSeen(index, nodes[index].world.result)
    }

    /// Has a node take its configuration over.
    private mutating func configure(_ index: Int) {
        var settings = nodes[index].settings
        if mutation == .forgetsGroup, index == 1 { settings.syncGroups = [] }
        if mutation == .keepsRemoved {
            settings.routers += nodes[index].routers.settings.routers.filter { old in
                !settings.routers.contains { $0.identity == old.identity }
            }
        }
        nodes[index].routers.reconfigure(to: settings, options: .init(), at: now + nodes[index].clock, into: &actions)
    }

    /// The process dies and leaves its addresses behind; its parent starts another after a while.
    mutating func kill(_ index: Int, for absence: Interval) {
        guard nodes[index].isAlive else { return }
        nodes[index].leftovers = nodes[index].held
        nodes[index].isAlive = false
        nodes[index].waiting = []
        nodes[index].returnsAt = now + absence
    }

    /// What the last process has left is adopted: kept where its router is master, taken away where it is not.
    private mutating func comeBack(_ index: Int) {
        guard let due = nodes[index].returnsAt, due <= now else { return }
        let leftovers = nodes[index].leftovers
        boot(index)
        if mutation == .keepsLeftovers { nodes[index].held.formUnion(leftovers) }
        checkHeld(index)
    }

    private mutating func seeChange(_ index: Int) {
        for event in nodes[index].world.change(using: &random) where nodes[index].isAlive { tellSeen(index, event) }
    }

    private mutating func tellSeen(_ index: Int, _ event: Event) {
        if mutation != .missesTrackers { tell(index, event) }
    }

    /// Other settings, then the same again, which must do nothing.
    private mutating func reload(_ index: Int) {
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            let priority = UInt8.random(in: 30...220, using: &random)
            for place in nodes[index].catalogue.indices where !nodes[index].catalogue[place].isOwner {
                nodes[index].catalogue[place].priority = priority
            }
        case 1: Self.drawTrackers(&nodes[index], using: &random)
        case 2: for place in nodes[index].catalogue.indices { nodes[index].catalogue[place].preempts.toggle() }
        case 3:
            let extra = AddressEntry(IPPrefix(.v4(0xc000_02c8), length: 32))
            let hasExtra = nodes[index].catalogue[0].excludedAddresses.contains(extra)
            nodes[index].catalogue[0].excludedAddresses = hasExtra ? [] : [extra]
        case 4: addOrRemove(Int.random(in: Self.ids, using: &random), at: index)
        case 5: replace(at: index)
        case 6: addOrRemove(1, at: index)
        default:
            for place in nodes[index].catalogue.indices {
                nodes[index].catalogue[place].preemptDelay = Bool.random(using: &random) ? .zero : .seconds(1)
            }
        }
        guard nodes[index].isAlive, mutation != .missesReloads else { return }
        configure(index)
        perform(index)
        // A script that nobody tracked before has not been run.
        tellSeen(index, nodes[index].world.result)
        configure(index)
        if !actions.isEmpty, mutation == .none {
            violations.append("node \(index) acts on a reload without a change: \(actions)")
        }
        perform(index)
    }

    private mutating func addOrRemove(_ id: Int, at index: Int) {
        nodes[index].present.formSymmetricDifference(nodes[index].companions(of: id))
    }

    /// Another VRID for the same address.
    private mutating func replace(at index: Int) {
        let present = nodes[index].present
        guard present.contains(3) != present.contains(4) else { return addOrRemove(3, at: index) }
        nodes[index].present.formSymmetricDifference([3, 4])
    }

    private mutating func crash(_ index: Int) {
        nodes[index].isAlive = false
        nodes[index].held = []
        nodes[index].waiting = []
    }

    private mutating func stop(_ index: Int) {
        guard nodes[index].isAlive else { return }
        tell(index, .stop)
        if !nodes[index].held.isEmpty { violations.append("node \(index) stopped and holds addresses") }
        crash(index)
    }

    private mutating func link(_ index: Int, isUp: Bool) {
        nodes[index].wasCut = !isUp
        if nodes[index].isAlive { tell(index, .link("eth0", isUp: isUp)) }
    }

    private mutating func tell(_ index: Int, _ event: Event) {
        events += 1
        nodes[index].routers.handle(event, at: now + nodes[index].clock, into: &actions)
        perform(index)
    }

    /// A node that wakes drains what has arrived before it believes in silence.
    private mutating func wake(_ index: Int) {
        guard nodes[index].isAlive, nodes[index].stalledUntil <= now else { return }
        let packets = nodes[index].waiting
        nodes[index].waiting.removeAll()
        for packet in packets { receive(packet) }
        let local = now + nodes[index].clock
        guard let due = nodes[index].routers.nextDeadline, due <= local else { return }
        events += 1
        nodes[index].routers.advance(to: local, into: &actions)
        perform(index)
    }

    private mutating func receive(_ packet: Packet) {
        var advert = packet.advert
        switch mutation {
        case .none, .forgetsRelease, .missesTrackers, .missesReloads, .announcesTooLong, .keepsLeftovers, .forgetsGroup,
            .forgetsMastership, .keepsRemoved, .forgetsNewcomers:
            break
        case .neverPreempts:
            if nodes[packet.to].state(of: packet.router) == .backup, advert.priority > 0 {
                advert.priority = 255
            }
        case .neverYields:
            if nodes[packet.to].state(of: packet.router) == .master, advert.priority > 0 {
                advert.priority = 1
            }
        }
        guard let place = nodes[packet.to].place(of: packet.router) else {
            return tell(packet.to, .unknownRouter(UInt8(packet.router), interface: "eth0"))
        }
        tell(packet.to, .advert(router: place, advert, from: packet.from))
    }

    // MARK: The wire

    private mutating func deliver() {
        while let packet = wire.first, packet.at <= now {
            wire.removeFirst()
            guard nodes[packet.to].isAlive, !nodes[packet.to].wasCut else { continue }
            if nodes[packet.to].stalledUntil > now {
                nodes[packet.to].waiting.append(packet)
            } else {
                receive(packet)
            }
        }
    }

    private mutating func send(from index: Int, router: Int, priority: UInt8) {
        guard !nodes[index].wasCut else { return }
        let advert = Advert(priority: priority, interval: interval)
        for other in nodes.indices where other != index {
            if isRough, cuts.contains(key(index, other)) || Int.random(in: 0..<6, using: &random) == 0 { continue }
            for _ in 0..<(isRough && Int.random(in: 0..<10, using: &random) == 0 ? 2 : 1) {
                let delay = isRough ? interval * Int.random(in: 0...99, using: &random) / 150 : interval / 500
                insert(
                    Packet(
                        at: now + delay, number: sent, to: other, router: router, advert: advert,
                        from: nodes[index].address))
            }
        }
    }

    /// Keeps the wire in the order of arrival.
    private mutating func insert(_ packet: Packet) {
        sent += 1
        var place = wire.endIndex
        while place > 0, wire[place - 1].at > packet.at { place -= 1 }
        wire.insert(packet, at: place)
    }

    // MARK: Actions

    private mutating func perform(_ index: Int) {
        var advertsAreOver = false
        var added: [Int] = []
        for action in actions {
            switch action {
            case .sendAdvert(let place, let priority):
                if advertsAreOver { violations.append("node \(index) sends an advert after other work") }
                send(from: index, router: id(at: place, of: index), priority: priority)
            case .hold(let place):
                nodes[index].held.insert(id(at: place, of: index))
            case .release(let place):
                if mutation != .forgetsRelease { nodes[index].held.remove(id(at: place, of: index)) }
                if mutation == .announcesTooLong { checkAnnouncement(index, id(at: place, of: index)) }
            case .announce(let place, _, _):
                checkAnnouncement(index, id(at: place, of: index))
            case .report(.transition): nodes[index].transitions += 1
            case .added(let place):
                if mutation != .forgetsNewcomers || !nodes[index].isStarted { added.append(place) }
            case .report, .notice, .changed, .removed:
                break
            }
            if case .sendAdvert = action {} else { advertsAreOver = true }
        }
        actions.removeAll(keepingCapacity: true)
        checkHeld(index)
        for place in added { tell(index, .source(router: place, nodes[index].address)) }
    }

    /// The VRID of the router at a place; one that a reload takes away keeps its place until its actions are done.
    private mutating func id(at place: Int, of index: Int) -> Int {
        guard let router = nodes[index].routers.routers[place] else {
            violations.append("node \(index) acts for a router that is gone")
            return 0
        }
        return Int(router.settings.routerID)
    }

    /// In the order of the actions: what is announced has been put there, and has not been taken away.
    private mutating func checkAnnouncement(_ index: Int, _ id: Int) {
        guard !nodes[index].held.contains(id) else { return }
        let state = nodes[index].state(of: id)
        violations.append("node \(index) announces what it does not hold, as \(state.map { "\($0)" } ?? "nobody")")
    }

    private mutating func checkHeld(_ index: Int) {
        for id in Self.ids {
            let isMaster = nodes[index].state(of: id) == .master
            if isMaster != nodes[index].held.contains(id) {
                violations.append("node \(index) is \(isMaster ? "" : "not ")master of \(id) and holds \(nodes[index].held)")
            }
        }
    }
}
