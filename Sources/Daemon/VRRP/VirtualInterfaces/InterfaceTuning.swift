// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import Netlink

/// What an interface of a virtual MAC and the one below it need of the kernel's settings, and how those were before.
///
/// Addresses of the virtual MAC are answered for by its interface alone: the one below keeps silent about them
/// (RFC 9568 section 8.1.2), and packets that come in by one and whose way back is the other are not taken for forged.
final class InterfaceTuning {
    private let log: (String) -> Void
    /// Sends a request to the kernel.
    private let change: (LinkRequest) -> Void
    private let originals: OriginalSettings
    /// The interfaces below that this process has prepared.
    private var prepared: Set<String> = []
    private var isMentioned = false

    init(_ originals: OriginalSettings, change: @escaping (LinkRequest) -> Void, log: @escaping (String) -> Void) {
        self.originals = originals
        self.change = change
        self.log = log
    }

    // MARK: The interface made

    /// Settings of a new interface, which is down as yet.
    func quieten(_ made: MadeInterface, _ link: Link) {
        guard made.isMacvlan else {
            if !made.hasIPv6 { set(1, "disable_ipv6", of: made.name) }
            return
        }
        if made.hasIPv4 {
            change(.setIPv4(index: link.index, [.acceptLocal: 1, .arpIgnore: 1, .promoteSecondaries: 1, .rpFilter: 0]))
        } else {
            // Not even for the address of an IPv4 router beside it.
            change(.setIPv4(index: link.index, [.arpIgnore: 8]))
        }
        if made.hasIPv6 {
            // No addresses of its own and no solicitations from it: RFC 9568 section 7.4.
            for setting in ["accept_ra", "autoconf", "router_solicitations"] { set(0, setting, of: made.name) }
        } else {
            set(1, "disable_ipv6", of: made.name)
        }
        change(.setNoLinkLocalAddress(index: link.index))
    }

    private func set(_ value: Int, _ setting: String, of interface: String) {
        let path = KernelSettings.path(of: interface, .ipv6, setting)
        guard KernelSettings.read(path) != nil else { return }  // a kernel without IPv6
        write(value, path)
    }

    // MARK: The interface below

    private struct BaseSetting {
        var setting: LinkRequest.IPv4Setting
        var name: String
        /// At least.
        var value: UInt32
    }

    private static let baseSettings = [
        BaseSetting(setting: .arpIgnore, name: "arp_ignore", value: 1),
        BaseSetting(setting: .arpFilter, name: "arp_filter", value: 1),
        // Answers leave by this interface; looking for the way of one must not speak in the name of a virtual address.
        BaseSetting(setting: .arpAnnounce, name: "arp_announce", value: 2),
    ]

    /// Settings of an interface that carries virtual MACs with IPv4.
    func prepare(base link: Link) {
        guard prepared.insert(link.name).inserted else { return }
        var new: [LinkRequest.IPv4Setting: UInt32] = [:]
        for wanted in Self.baseSettings {
            let path = KernelSettings.path(of: link.name, .ipv4, wanted.name)
            let present = KernelSettings.read(path) ?? 0
            guard present < Int(wanted.value) else { continue }
            originals.note(path, present)
            new[wanted.setting] = wanted.value
        }
        if !new.isEmpty { change(.setIPv4(index: link.index, new)) }
    }

    /// An interface carries virtual MACs no more: its settings are those of before.
    func restore(base name: String, _ link: Link?) {
        prepared.remove(name)
        var old: [LinkRequest.IPv4Setting: UInt32] = [:]
        for changed in Self.baseSettings {
            let path = KernelSettings.path(of: name, .ipv4, changed.name)
            guard let value = originals[path] else { continue }
            old[changed.setting] = UInt32(clamping: value)
            originals.forget(path)
        }
        if let link, !old.isEmpty { change(.setIPv4(index: link.index, old)) }
    }

    /// The interfaces below that were prepared, by this process or one before it.
    var bases: Set<String> {
        Self.baseSettings.reduce(into: prepared) { $0.formUnion(originals.interfaces(.ipv4, $1.name)) }
    }

    // MARK: Filters by source address

    private static let filter = "rp_filter"

    private func filter(of name: String) -> String { KernelSettings.path(of: name, .ipv4, Self.filter) }

    /// `all` counts for every interface, so a virtual MAC could not be without it: what it asks for is asked of each other
    /// interface instead.
    func spreadFilter(over names: [String]) {
        let all = filter(of: "all")
        guard originals[all] == nil, let value = KernelSettings.read(all), value > 0 else { return }
        for name in ["default"] + names {
            let path = filter(of: name)
            guard let present = KernelSettings.read(path), present < value else { continue }
            originals.note(path, present)
            write(value, path)
        }
        originals.note(all, value)
        write(0, all)
    }

    /// First for all, so that no interface is without it for a moment.
    func restoreFilters() {
        originals.restore(filter(of: "all"))
        for name in originals.interfaces(.ipv4, Self.filter) { originals.restore(filter(of: name)) }
    }

    private func write(_ value: Int, _ path: String) {
        do throws(SystemError) {
            try KernelSettings.write(value, to: path)
        } catch {
            if !isMentioned { log("cannot set \(path) to \(value): \(error)") }
            isMentioned = true
        }
    }
}
