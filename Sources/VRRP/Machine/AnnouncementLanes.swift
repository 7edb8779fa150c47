// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

/// The paces of announcements: for each `garp_group`, else for each interface, one for gratuitous ARPs and one for
/// neighbour advertisements.
struct AnnouncementLanes: Sendable {
    private struct Key: Hashable, Sendable {
        enum Sharers: Hashable, Sendable {
            case group(Int)
            case interface(String)
        }

        var sharers: Sharers
        var family: AddressFamily
    }

    var all: [AnnouncementSchedule.Lane] = []
    private var places: [Key: Int] = [:]
    private var settings: [GarpGroupSettings] = []
    private var options = VirtualRouters.Options()

    init() {}

    init(_ settings: [GarpGroupSettings], _ options: VirtualRouters.Options) {
        self.settings = settings
        self.options = options
    }

    /// Whether other lanes would come of these settings.
    func differ(from settings: [GarpGroupSettings], _ options: VirtualRouters.Options) -> Bool {
        self.settings != settings || self.options.garpInterval != options.garpInterval
            || self.options.gnaInterval != options.gnaInterval
    }

    /// For each address of a router, advertised and excluded, its lane or -1; empty when none is paced.
    mutating func places(for router: RouterSettings) -> [Int] {
        if options.garpInterval == .zero, options.gnaInterval == .zero, settings.isEmpty { return [] }
        let places = router.allAddresses.map { entry in
            (entry.interface ?? router.interface).flatMap { lane(interface: $0, family: entry.address.family) } ?? -1
        }
        return places.contains { $0 >= 0 } ? places : []
    }

    /// The lane of an address on this interface; nil when it is not paced.
    private mutating func lane(interface: String, family: AddressFamily) -> Int? {
        let group = settings.firstIndex { $0.interfaces.contains(interface) }
        let ofGroup = group.flatMap { family == .ipv4 ? settings[$0].garpInterval : settings[$0].gnaInterval }
        let gap = ofGroup ?? (family == .ipv4 ? options.garpInterval : options.gnaInterval)
        guard gap > .zero else { return nil }
        let sharers =
            ofGroup == nil ? Key.Sharers.interface(interface) : group.map(Key.Sharers.group) ?? .interface(interface)
        let key = Key(sharers: sharers, family: family)
        if let place = places[key] { return place }
        places[key] = all.count
        all.append(AnnouncementSchedule.Lane(gap: gap))
        return all.count - 1
    }
}
