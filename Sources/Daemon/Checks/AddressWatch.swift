// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import Netlink

/// Tells which addresses come to this machine and which leave it, for the virtual servers with `ha_suspend`.
///
/// An address counts as here while any interface has it. VRRP need not run on this machine's side of the process: whoever
/// gives the machine the address, the kernel tells.
final class AddressWatch {
    private let monitor: NetlinkSocket
    private let log: (String) -> Void
    /// On how many interfaces each address is.
    private var holders: [IPAddress: Set<UInt32>] = [:]
    private let changed: (IPAddress, _ isPresent: Bool, Instant) -> Void

    /// Calls `changed` for every address that is here now, before this returns, and for each change from then on.
    /// `buffer` is what `lvs_netlink_monitor_rcv_bufs` says.
    init(
        loop: EventLoop, buffer: BufferSettings, log: @escaping (String) -> Void,
        changed: @escaping (IPAddress, Bool, Instant) -> Void
    ) throws(SystemError) {
        self.log = log
        self.changed = changed
        monitor = try NetlinkSocket(groups: [.ipv4Address, .ipv6Address], buffer: buffer)
        try monitor.attach(to: loop)
        monitor.news = { [unowned self] news, now in note(news, now) }
        monitor.lost = { [unowned self] now in lookAgain(now) }
        lookAgain(Instant.now)
    }

    private func note(_ news: KernelNews, _ now: Instant) {
        switch news {
        case .address(let address):
            let isNew = holders[address.prefix.address] == nil
            holders[address.prefix.address, default: []].insert(address.interface)
            if isNew { changed(address.prefix.address, true, now) }
        case .addressRemoved(let address):
            guard holders[address.prefix.address]?.remove(address.interface) != nil,
                holders[address.prefix.address]?.isEmpty == true
            else { return }
            holders[address.prefix.address] = nil
            changed(address.prefix.address, false, now)
        case .link, .linkRemoved, .route, .routeRemoved, .rule, .ruleRemoved:
            break
        }
    }

    /// Reads all addresses: at the start, and after the kernel had more to tell than there was room for.
    private func lookAgain(_ now: Instant) {
        do throws(SystemError) {
            var found: [IPAddress: Set<UInt32>] = [:]
            for case .address(let address) in try KernelQuery().list(.addresses(nil)) {
                found[address.prefix.address, default: []].insert(address.interface)
            }
            let before = holders
            holders = found
            for address in before.keys where found[address] == nil { changed(address, false, now) }
            for address in found.keys where before[address] == nil { changed(address, true, now) }
        } catch {
            log("cannot list addresses: \(error)")
        }
    }
}
