// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

extension AdvertFormat {
    /// The format that the settings of a router ask for.
    init(_ settings: RouterSettings) {
        self.init(
            version: settings.version.rawValue,
            family: settings.family,
            routerID: settings.routerID,
            interval: settings.advertInterval,
            addresses: settings.addresses.map(\.address)
        )
        sentChecksum = settings.checksum
        switch settings.transport {
        case .multicast(let group):
            self.group = group
        case .unicast:
            isUnicast = true
            // Bounds, if any, are the peer's own.
            hopLimits = nil
        }
        switch settings.authentication {
        case .none: break
        case .password(let bytes): authentication = .password(Self.word(bytes))
        case .authenticationHeader(let key): authentication = .header(key: Self.word(key))
        case .trailer: mayCarryTrailer = true
        }
    }

    /// Up to eight bytes, padded with zeros, as one word in network order; more are cut off, as every implementation
    /// does.
    private static func word(_ bytes: [UInt8]) -> UInt64 {
        (0..<8).reduce(0) { $0 << 8 | UInt64($1 < bytes.count ? bytes[$1] : 0) }
    }
}

extension AnnouncementSchedule {
    /// - Parameter lanes: for each address the place of the pace that it is announced at; empty when none has one.
    init(_ settings: RouterSettings, lanes: [Int]) {
        let entries = settings.allAddresses
        self.init(
            settings.announcements,
            count: entries.count,
            lanes: lanes,
            extras: entries.indices.filter { settings.announcesByItself(entries[$0]) }
        )
    }
}

extension RouterSettings {
    /// Whether `garp_extra_if` covers the address: it is on an interface that carries none of our adverts.
    fileprivate func announcesByItself(_ entry: AddressEntry) -> Bool {
        let target = interface(of: entry)
        guard let target, target != virtualInterface?.name ?? interface else { return false }
        return announcements.includesAllExtraInterfaces || addressInterfaces.contains { $0.name == target }
    }
}
