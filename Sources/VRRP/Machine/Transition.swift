// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// A router changed its state.
package struct Transition: Hashable, Sendable {
    package var router: Int
    package var name: String
    package var from: RouterState
    package var to: RouterState
    package var cause: Cause
    /// The effective priority at that moment.
    package var priority: UInt8
}

/// A sync group changed its state; all its routers did.
package struct GroupTransition: Hashable, Sendable {
    package var name: String
    package var from: RouterState
    package var to: RouterState
}

/// Why a router changed its state.
package enum Cause: Hashable, Sendable {
    /// The process has started, or a reload brought the router.
    case start
    /// The process was started anew while its routers were masters.
    case resumed
    /// A reload brought the router with addresses of a master that it took away.
    case inherited(from: String)
    /// Priority 255: the addresses are ours.
    case ownsAddresses
    /// No advert for the down interval; from whom the last one came, nil if there was none.
    case silence(master: IPAddress?)
    /// The master said with priority 0 that it leaves.
    case masterLeft(IPAddress)
    /// The BFD session with the master has failed (`fast_failover`).
    case sessionFailed(String, master: IPAddress)
    /// A live master of lower priority is preempted.
    case preemption(master: IPAddress, priority: UInt8)
    case higherPriority(IPAddress, theirs: UInt8, ours: UInt8)
    /// The same priority, and the higher address wins.
    case higherAddress(IPAddress, priority: UInt8)
    case fault(Fault)
    /// The last fault is gone.
    case recovered
    case syncGroup(String)
    case addressLost(IPAddress)
    /// Its own timer ran so late that another must have taken over (`timer_expired_backup`).
    case lateTimer(Interval)
    /// Its authentication header has no number left that was not sent before.
    case numbersUsedUp
    case stop
    /// The configuration no longer has the router; told as DELETED if `notify_deleted` asks for it, else as FAULT.
    case removed
}

/// What puts a router into FAULT. It stays there until all of them are gone.
package enum Fault: Hashable, Sendable {
    case interface(String)
    /// The interface has no address that adverts could come from.
    case noAddress
    /// `track_src_ip`: the configured source address is not there.
    case noSource
    /// `unicast_fault_no_peer`.
    case noPeers
    case script(String)
    case file(String, value: Int?)
    case process(String)
    case bfd(String)
    /// Another router of the group, or something the group tracks, is at fault.
    case syncGroup(String)
    case obstacle(Event.Obstacle)
}
