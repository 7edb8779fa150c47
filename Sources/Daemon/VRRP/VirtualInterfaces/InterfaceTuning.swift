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
    /// Settings of before by the interface below.
    private var before: [String: [LinkRequest.IPv4Setting: UInt32]] = [:]
    /// net.ipv4.conf.*.rp_filter of before, by path, in the order to put back.
    private var filters: [(path: String, value: Int)] = []
    private var isMentioned = false

    init(change: @escaping (LinkRequest) -> Void, log: @escaping (String) -> Void) {
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

    /// Settings of an interface that carries virtual MACs with IPv4.
    func prepare(base link: Link) {
        guard before[link.name] == nil else { return }
        let wanted: [LinkRequest.IPv4Setting: (name: String, value: UInt32)] = [
            .arpIgnore: ("arp_ignore", 1), .arpFilter: ("arp_filter", 1),
            // Answers leave by this interface; looking for the way of one must not speak in the name of a virtual address.
            .arpAnnounce: ("arp_announce", 2),
        ]
        var old: [LinkRequest.IPv4Setting: UInt32] = [:]
        var new: [LinkRequest.IPv4Setting: UInt32] = [:]
        for (setting, (name, value)) in wanted {
            let present = KernelSettings.read(KernelSettings.path(of: link.name, .ipv4, name)) ?? 0
            guard present < Int(value) else { continue }
            old[setting] = UInt32(clamping: present)
            new[setting] = value
        }
        before[link.name] = old
        if !new.isEmpty { change(.setIPv4(index: link.index, new)) }
    }

    /// An interface carries virtual MACs no more: its settings are those of before.
    func restore(base name: String, _ link: Link?) {
        guard let old = before.removeValue(forKey: name), let link, !old.isEmpty else { return }
        change(.setIPv4(index: link.index, old))
    }

    /// The interfaces below that were prepared.
    var bases: [String] { Array(before.keys) }

    // MARK: Filters by source address

    /// `all` counts for every interface, so a virtual MAC could not be without it: what it asks for is asked of each other
    /// interface instead.
    func spreadFilter(over names: [String]) {
        let all = KernelSettings.path(of: "all", .ipv4, "rp_filter")
        guard filters.isEmpty, let value = KernelSettings.read(all), value > 0 else { return }
        for name in ["default"] + names {
            let path = KernelSettings.path(of: name, .ipv4, "rp_filter")
            guard let present = KernelSettings.read(path), present < value else { continue }
            write(value, path)
            filters.append((path, present))
        }
        write(0, all)
        filters.insert((all, value), at: 0)
    }

    func restoreFilters() {
        for (path, value) in filters where KernelSettings.read(path) != nil { write(value, path) }
        filters.removeAll()
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
