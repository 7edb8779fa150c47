// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// What the virtual routers want done. In the array of one call all adverts stand first, so that they can leave in one
/// system call before any other work; the rest is in the order it is to be done.
package enum Action: Equatable, Sendable {
    /// Send an advert to the group or to every unicast peer;
    /// ``VirtualRouters/writeAdvert(of:priority:from:to:clock:into:)`` has the bytes.
    case sendAdvert(router: Int, priority: UInt8)
    /// The router's addresses, routes and rules are to be there from now on.
    case hold(router: Int)
    /// They are to be gone.
    case release(router: Int)
    /// Send one gratuitous ARP or unsolicited neighbour advertisement for each of these addresses, indices into
    /// ``VirtualRouter/announcedAddresses``, each as soon as it is present.
    ///
    /// Indirect, as what follows: adverts are many, and an action takes the room of the largest.
    indirect case announce(router: Int, from: Int, count: Int)
    /// Tell scripts, FIFOs, mail, SNMP and D-Bus.
    indirect case report(Report)
    /// Tell the log.
    indirect case notice(Notice)
    /// The router at this place is new: open its sockets, watch its interfaces, say its source address.
    case added(router: Int)
    /// Its settings changed. The shell compares what it did for the old ones with what the new ones need; adverts go on
    /// meanwhile.
    indirect case changed(router: Int, from: RouterSettings)
    /// It is gone from the configuration, and its place is free for another.
    indirect case removed(router: Int, RouterSettings)
}

/// Something to notify of.
package enum Report: Hashable, Sendable {
    case transition(Transition)
    case group(GroupTransition)
    /// The effective priority changed (`MASTER_PRIORITY` and `BACKUP_PRIORITY` on a FIFO).
    case priority(router: Int, state: RouterState, priority: UInt8)
    /// A master heard a losing advert (`MASTER_RX_LOWER_PRI`).
    case lowerPriority(router: Int)
    /// A master's rival has fallen silent or given way: the same state as before, told again for those who keep a
    /// record elsewhere.
    case contestWon(router: Int, peer: IPAddress)
}
