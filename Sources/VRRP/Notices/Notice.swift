// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// Something the log is to be told about virtual routers; ``text`` has the words.
package enum Notice: Hashable, Sendable {
    /// About one router, by its name.
    case router(String, RouterNotice)
    /// All routers of a group follow into this state.
    case groupSyncs(String, to: RouterState)
    case unknownRouter(UInt8, interface: String)
    case script(String, Event.ScriptResult)
    /// The result differs from that of the run before.
    case scriptReturns(String, status: Int)
    case link(String, isUp: Bool)
    /// A tracked process runs often enough now, or no longer does.
    case process(String, hasQuorum: Bool)
    /// The loop woke this much later than it had to.
    case timerExpired(ago: Interval)

    /// Told only with `-D`.
    package var isDetail: Bool {
        switch self {
        case .router(_, let notice): notice.isDetail
        case .groupSyncs, .unknownRouter, .script, .scriptReturns, .link, .process, .timerExpired: false
        }
    }
}

/// What one router has to say.
package enum RouterNotice: Hashable, Sendable {
    /// A state was entered; `isFirst` for the one it started in.
    case entered(RouterState, isFirst: Bool)
    /// Why it was, where no other line has said so.
    case because(RouterState, Cause)
    /// A fault appeared: why FAULT is entered, or a further reason to stay there.
    case faulted(Fault, family: AddressFamily)
    /// One fault less.
    case cleared(Fault, remaining: Int)
    case advertTimeout
    /// The BFD session with the master has failed, and `fast_failover` acts on it.
    case sessionFailed(String, master: IPAddress)
    case masterHeardHigherPriority(IPAddress, theirs: UInt8, ours: UInt8)
    case masterHeardHigherAddress(IPAddress, priority: UInt8)
    case masterHeardLower(IPAddress, theirs: UInt8, ours: UInt8)
    case backupHeardLower(IPAddress, theirs: UInt8)
    case backupHeardZero
    case masterHeardZero
    case sentZero
    case priority(from: UInt8, to: UInt8)
    case masterIs(IPAddress, before: IPAddress?)
    case settingAddresses
    case removingAddresses
    case preemptDelay(Interval)
    case addressNotAdvertised(IPAddress, routerID: UInt8)
    case addressCount(expected: Int, received: Int)
    case intervalMismatch(IPAddress, ours: Interval, theirs: Interval)
    case rejected(Rejection, from: IPAddress)
    case ownAdvert(IPAddress)
    /// A signed advert was accepted whose clock is off by more than half of what is allowed.
    case clockSkew(IPAddress, Interval)
    case ownerHeardAdvert(IPAddress, priority: UInt8)
    case contestBegan(IPAddress, priority: UInt8)
    case contestEnded(IPAddress, adverts: Int, lasted: Interval, won: Bool)
    case awoke(after: Interval)
    case lateTimer(Interval)
    /// A master's authentication header has no numbers left.
    case numbersUsedUp

    package var isDetail: Bool {
        switch self {
        case .advertTimeout, .masterIs, .settingAddresses, .removingAddresses: true
        case .entered, .because, .sessionFailed, .faulted, .cleared, .masterHeardHigherPriority, .masterHeardHigherAddress,
            .masterHeardLower,
            .backupHeardLower, .backupHeardZero, .masterHeardZero, .sentZero, .priority, .preemptDelay,
            .addressNotAdvertised,
            .addressCount, .intervalMismatch, .rejected, .ownAdvert, .clockSkew, .ownerHeardAdvert, .contestBegan, .contestEnded,
            .awoke,
            .lateTimer, .numbersUsedUp:
            false
        }
    }
}
