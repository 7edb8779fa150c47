// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import Netlink
import VRRP

/// Asks drivers for the carrier once a second (`linkbeat_interfaces`, `linkbeat_use_polling`), for interfaces whose driver does
/// not tell the kernel.
final class LinkPoller {
    private static let interval = Interval.seconds(1)

    private let environment: ProcessEnvironment
    private var query: LinkQuery?
    /// How each interface is to be asked.
    private var wanted: [String: LinkPolling] = [:]
    /// The ways that its driver knows; none is as good as netlink.
    private var methods: [String: LinkQuery.Method] = [:]
    private var carriers: [String: Bool] = [:]
    private var isScheduled = false

    /// The carrier of an interface came or went.
    var changed: (String, Instant) -> Void = { _, _ in }

    init(_ environment: ProcessEnvironment) { self.environment = environment }

    /// Polls these interfaces from now on.
    func configure(_ interfaces: [String: LinkPolling]) {
        guard interfaces != wanted else { return }
        wanted = interfaces
        methods = [:]
        carriers = carriers.filter { interfaces[$0.key] != nil }
        poll { _ in }
        schedule()
    }

    /// Whether packets can pass an interface, by the driver's word where it is asked.
    func isUsable(_ link: Link) -> Bool {
        guard wanted[link.name] != nil, let carrier = carriers[link.name] else { return link.isUsable }
        return link.flags.contains(.up) && carrier
    }

    private func schedule() {
        guard !wanted.isEmpty, !isScheduled else { return }
        isScheduled = true
        environment.loop.after(Self.interval) { [unowned self] now in
            isScheduled = false
            poll { changed($0, now) }
            schedule()
        }
    }

    private func poll(_ told: (String) -> Void) {
        for (name, preference) in wanted {
            let carrier = ask(name, preference)
            guard carriers[name] != carrier else { continue }
            carriers[name] = carrier
            told(name)
        }
    }

    /// Nil where the driver cannot be asked, or there is no such interface.
    private func ask(_ name: String, _ preference: LinkPolling) -> Bool? {
        do throws(SystemError) {
            if query == nil { query = try LinkQuery() }
            guard let query else { return nil }
            if let method = methods[name] { return try query.hasCarrier(name, by: method) }
            guard let method = preference.chosen(among: query.methods(name)) else { return nil }
            methods[name] = method
            environment.logDetail("Polling the link of \(name) by \(method.word)")
            return try query.hasCarrier(name, by: method)
        } catch {
            methods[name] = nil
            return nil
        }
    }
}

extension LinkPolling {
    /// The preferred way if the driver knows it, else the first that it does.
    fileprivate func chosen(among known: [LinkQuery.Method]) -> LinkQuery.Method? {
        let preferred: LinkQuery.Method? =
            switch self {
            case .automatic: nil
            case .mii: .mii
            case .ethtool: .ethtool
            case .ioctl: .flags
            }
        if let preferred, known.contains(preferred) { return preferred }
        return known.first
    }
}

extension LinkQuery.Method {
    fileprivate var word: String {
        switch self {
        case .mii: "MII"
        case .ethtool: "ETHTOOL"
        case .flags: "IOCTL"
        }
    }
}

extension VRRPSettings {
    /// Interfaces whose link is polled: those listed, and those of routers that ask for it.
    func polledLinks(all: Bool) -> [String: LinkPolling] {
        var polled = linkPolling
        for router in routers where router.linkPolling {
            let names = [router.interface].compactMap { $0 } + (all ? router.requiredInterfaces : [])
            for name in names where polled[name] == nil { polled[name] = .automatic }
        }
        return polled
    }
}
