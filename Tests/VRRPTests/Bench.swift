// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Testing
import VRRP

/// Virtual routers under a clock that a test turns, with what they did.
struct Bench {
    var routers = VirtualRouters()
    private(set) var now = Instant.zero
    /// Everything done so far, with its time.
    private(set) var log: [(at: Instant, action: Action)] = []
    private(set) var settings: VRRPSettings

    static let ourAddress = IPAddress.v4(0xc000_0202)  // 192.0.2.2

    /// Routers with links up and a source address, not started.
    init(_ settings: VRRPSettings, options: VirtualRouters.Options = .init()) {
        self.settings = settings
        var actions: [Action] = []
        routers.reconfigure(to: settings, options: options, at: now, into: &actions)
        note(actions)
        for place in settings.routers.indices { handle(.source(router: place, Self.ourAddress)) }
    }

    /// One router, changed from the defaults, and started.
    init(
        version: ProtocolVersion = .v3,
        priority: UInt8 = 100,
        start: Bool = true,
        change: (inout RouterSettings) -> Void = { _ in }
    ) {
        var all = VRRPSettings()
        all.routers = [VRRPTests.settings("VI", version: version, priority: priority, change: change)]
        self.init(all)
        if start { handle(.start) }
    }

    var router: VirtualRouter { self[0] }
    var state: RouterState { router.state }

    subscript(place: Int) -> VirtualRouter {
        guard let router = routers.routers[place] else { preconditionFailure("No router at \(place).") }
        return router
    }

    @discardableResult
    mutating func handle(_ event: Event) -> [Action] {
        var actions: [Action] = []
        routers.handle(event, at: now, into: &actions)
        note(actions)
        return actions
    }

    /// Lets time pass, stopping at every deadline on the way.
    @discardableResult
    mutating func run(_ duration: Interval) -> [Action] {
        let end = now + duration
        let start = log.count
        while let due = routers.nextDeadline, due <= end {
            if due > now { now = due }
            note(advance())
        }
        now = end
        return log[start...].map(\.action)
    }

    /// Lets time pass without looking at the deadlines on the way, as a machine that was stopped.
    @discardableResult
    mutating func sleep(_ duration: Interval) -> [Action] {
        now = now + duration
        let actions = advance()
        note(actions)
        return actions
    }

    /// Moves the clock only.
    mutating func pass(_ duration: Interval) { now = now + duration }

    @discardableResult
    mutating func reconfigure(
        options: VirtualRouters.Options? = nil, change: (inout VRRPSettings) -> Void
    ) -> [Action] {
        change(&settings)
        var actions: [Action] = []
        routers.reconfigure(to: settings, options: options ?? routers.options, at: now, into: &actions)
        note(actions)
        return actions
    }

    /// An advert from 192.0.2.`host`.
    @discardableResult
    mutating func hear(_ priority: UInt8, from host: UInt32 = 1, every interval: Interval? = nil, router place: Int = 0)
        -> [Action]
    {
        let advert = Advert(priority: priority, interval: interval ?? self[place].settings.advertInterval)
        return handle(.advert(router: place, advert, from: .v4(0xc000_0200 + host)))
    }

    private mutating func advance() -> [Action] {
        var actions: [Action] = []
        routers.advance(to: now, into: &actions)
        return actions
    }

    mutating func note(_ actions: [Action]) { log += actions.map { (now, $0) } }

    /// Everything said, in words.
    var lines: [String] { log.compactMap { if case .notice(let notice) = $0.action { notice.text } else { nil } } }

    /// When adverts left, with their priority.
    var adverts: [(at: Instant, priority: UInt8)] {
        log.compactMap { if case .sendAdvert(_, let priority) = $0.action { ($0.at, priority) } else { nil } }
    }

    /// When the router changed its state.
    var transitions: [(at: Instant, Transition)] {
        log.compactMap { if case .report(.transition(let transition)) = $0.action { ($0.at, transition) } else { nil } }
    }

    /// Announcements of each address so far, by index.
    var announcements: [Int: Int] {
        var counts: [Int: Int] = [:]
        for case .announce(_, let from, let count) in log.map(\.action) {
            for index in from..<(from + count) { counts[index, default: 0] += 1 }
        }
        return counts
    }

    mutating func forget() { log = [] }
}

func settings(
    _ name: String,
    id: UInt8 = 51,
    version: ProtocolVersion = .v3,
    priority: UInt8 = 100,
    addresses: [String] = ["192.0.2.100"],
    change: (inout RouterSettings) -> Void = { _ in }
) -> RouterSettings {
    var settings = RouterSettings(name: name)
    settings.version = version
    settings.routerID = id
    settings.interface = "eth0"
    settings.priority = priority
    settings.addresses = addresses.compactMap { IPAddress($0) }.map {
        AddressEntry(IPPrefix($0, length: $0.family.bits))
    }
    change(&settings)
    return settings
}

extension [Action] {
    var adverts: [UInt8] { compactMap { if case .sendAdvert(_, let priority) = $0 { priority } else { nil } } }
    var transitions: [Transition] {
        compactMap { if case .report(.transition(let transition)) = $0 { transition } else { nil } }
    }
    var lines: [String] { compactMap { if case .notice(let notice) = $0 { notice.text } else { nil } } }
    var announcesSomething: Bool { contains { if case .announce = $0 { true } else { false } } }
    /// Where the first action of a kind stands.
    func place(_ isWanted: (Action) -> Bool) -> Int { firstIndex(where: isWanted) ?? .max }
}

extension Interval {
    static func ms(_ count: Int) -> Interval { .milliseconds(count) }
}

extension Instant {
    static func ms(_ count: Int) -> Instant { .zero + .milliseconds(count) }
}
