// SPDX-License-Identifier: GPL-2.0-or-later
package import Basics

/// The state machine of one virtual router: RFC 9568 section 6, RFC 3768 section 6, and what keepalived adds.
///
/// It waits for events and for ``protocolDeadline``; it owns no clock, no socket and no address. ``VirtualRouters``
/// drives it, moves the members of sync groups together and turns trackers into faults and priorities.
package struct VirtualRouter: Sendable {
    /// What can happen to one router.
    package enum Event: Hashable, Sendable {
        /// Take part. `resting`: not before this instant (`vrrp_startup_delay`).
        case start(resting: Instant?)
        case stop
        case advert(Advert, from: IPAddress)
        case rejected(Rejection, from: IPAddress)
        /// Time has passed; whatever is due is done.
        case advance
        /// A reason to be in FAULT appeared or went.
        case fault(Fault, isPresent: Bool)
        case priority(UInt8)
        case source(IPAddress?)
        /// An interface of a master has its carrier again.
        case reconnected
        case addressLost(IPAddress)
        /// The BFD session with a neighbour has failed.
        case sessionFailed(FastFailover)
        /// The sync group goes master, or gives up being master.
        case promote(Cause)
        case demote(Cause)
        case remove
    }

    var configured: ConfiguredRouter
    /// How adverts of this router look.
    package internal(set) var format: AdvertFormat
    package internal(set) var state = RouterState.initialize
    package internal(set) var statistics = Statistics()
    /// The configured priority and the weights of trackers, 1...254, or 255 for the owner.
    package internal(set) var priority: UInt8
    /// Where our adverts come from; ties are decided by it.
    package internal(set) var source: IPAddress?
    /// Whom the last advert that we yielded to came from.
    package internal(set) var master: IPAddress?
    package internal(set) var masterPriority: UInt8 = 0
    /// Active_Adver_Interval: what the master advertises at, our own interval before one is heard.
    package internal(set) var masterInterval: Interval
    package internal(set) var faults: [Fault] = []
    package internal(set) var lastTransition: Instant?
    package internal(set) var lastCause: Cause?
    /// Addresses advertised, then addresses excluded: what ``Action/announce(router:from:count:)`` counts in.
    package internal(set) var announcedAddresses: [AddressEntry]
    package internal(set) var announcements: AnnouncementSchedule
    /// The other master that is about although we are master.
    @Seldom package internal(set) var contest: Contest? = nil
    /// Who guards version 2 adverts in an authentication header.
    @Seldom package internal(set) var header: AuthenticationHeader? = nil
    /// Who guards adverts with an authentication trailer.
    @Seldom package internal(set) var trailer: AuthenticationTrailer? = nil
    /// The checksum form of sent adverts follows the last peer heard where the settings leave it open.
    package internal(set) var heardChecksum: ChecksumForm?

    /// Another master, met while master ourselves.
    package struct Contest: Equatable, Sendable {
        package var peer: IPAddress
        package var began: Instant
        package var adverts: Int
        /// The rival counts as gone when nothing was heard of it until then.
        var silentAt: Instant
    }

    /// The place in ``VirtualRouters``.
    let place: Int
    /// Whether it has been told to take part.
    var isStarted = false
    /// Alone in its group, or in none: it need not ask before it becomes master.
    var isIndependent = true
    /// The down interval ran out, and the other members of the group are not ready.
    var isCandidate = false
    /// Whether the addresses are held: what release answers.
    var isHolding = false

    /// Why it will be master without an election: it or a router with its addresses was, up to now.
    @Seldom var succession: Cause? = nil

    var restUntil: Instant?
    var advertDue: Instant?
    var lastAdvert: Instant?
    var downDue: Instant?
    var downCause = Cause.start
    /// Until when a lower master is left alone (`preempt_delay`).
    var preemptAt: Instant?
    /// The last answer to a losing advert, so that two routers do not storm at each other.
    var lastReply: Instant?
    var mentioned = Mentioned()

    /// - Parameter place: the number that actions name the router by.
    package init(_ configured: ConfiguredRouter, place: Int, lanes: [Int] = []) {
        self.configured = configured
        let settings = configured.settings
        self.place = place
        format = AdvertFormat(settings)
        priority = settings.priority
        source = settings.source
        masterInterval = settings.advertInterval
        announcedAddresses = settings.allAddresses
        announcements = AnnouncementSchedule(settings, lanes: lanes)
        setGuards()
        faults = standingFaults
    }

    package var settings: RouterSettings {
        _read { yield configured.settings }
    }

    /// When something other than the next advert is due; a candidate waits for its group.
    package var timerDeadline: Instant? {
        var earliest = restUntil
        for other in [downDue, contest?.silentAt] {
            if let other, other < earliest ?? .distantFuture { earliest = other }
        }
        return earliest
    }

    /// When the next advert is due; nil unless master.
    package var advertDeadline: Instant? { advertDue }

    /// What the owner of the router needs to know after an event, without a look at the whole router.
    struct Outcome {
        var wasMaster: Bool
        var deadlines: Deadlines
    }

    struct Deadlines {
        var advert: Instant?
        var timer: Instant?
        var announcement: Instant?
    }

    var deadlines: Deadlines {
        Deadlines(advert: advertDue, timer: timerDeadline, announcement: announcements.deadline)
    }

    /// Handles one event and says when the router is next to be called.
    mutating func take(_ event: Event, at now: Instant, into actions: inout [Action]) -> Outcome {
        let wasMaster = state == .master
        handle(event, at: now, into: &actions)
        return Outcome(wasMaster: wasMaster, deadlines: deadlines)
    }

    /// Reads a packet and handles the advert in it, or what is wrong with it: one access to a router that is one of thousands.
    mutating func take(
        _ packet: borrowing ReceivedPacket, clock: WallClock, at now: Instant, into actions: inout [Action]
    ) -> Outcome {
        do throws(Rejection) {
            return take(.advert(try read(packet, clock: clock), from: packet.source), at: now, into: &actions)
        } catch {
            return take(.rejected(error, from: packet.source), at: now, into: &actions)
        }
    }

    /// Handles one event. What is to be done is appended.
    package mutating func handle(_ event: Event, at now: Instant, into actions: inout [Action]) {
        switch event {
        case .start(let resting): start(resting: resting, at: now, &actions)
        case .stop: leave(.stop, at: now, &actions)
        case .remove: leave(.removed, at: now, &actions)
        case .advert(let advert, let sender): hear(advert, from: sender, at: now, &actions)
        case .rejected(let rejection, let sender): refuse(rejection, from: sender, &actions)
        case .advance: advance(to: now, &actions)
        case .fault(let fault, true): add(fault, at: now, &actions)
        case .fault(let fault, false): clear(fault, at: now, &actions)
        case .priority(let priority): change(to: priority, &actions)
        case .source(let address): move(to: address, at: now, &actions)
        case .reconnected: if state == .master { speakAgain(at: now, &actions) }
        case .addressLost(let address):
            if state == .master { yield(.addressLost(address), at: now, &actions) }
        case .sessionFailed(let failover): claim(after: failover, at: now, &actions)
        case .promote(let cause):
            if state == .backup { becomeMaster(cause, at: now, &actions) }
        case .demote(let cause):
            if state == .master { yield(cause, at: now, &actions) }
        }
    }
}

/// Adverts in a row that had the same thing wrong are mentioned once, until the sender has sent a right one.
struct Mentioned: Equatable, Sendable {
    struct Kinds: OptionSet, Sendable {
        let rawValue: UInt32
        static let interval = Kinds(rawValue: 1 << 0)
        static let addressList = Kinds(rawValue: 1 << 1)
        static let ownAddress = Kinds(rawValue: 1 << 2)
        static let owner = Kinds(rawValue: 1 << 3)
        static let lowerPriority = Kinds(rawValue: 1 << 4)
        static let clockSkew = Kinds(rawValue: 1 << 5)
        static func rejection(_ number: Int) -> Kinds { Kinds(rawValue: 1 << UInt32(8 + number)) }
    }

    private var kinds: Kinds = []
    private var sender: IPAddress?

    /// Whether this is news.
    mutating func note(_ kind: Kinds, from source: IPAddress) -> Bool {
        sender = source
        return kinds.insert(kind).inserted
    }

    mutating func clear(_ kind: Kinds) { kinds.remove(kind) }

    /// The sender of what was wrong sent a right one.
    mutating func clearRejections(of source: IPAddress) {
        guard sender == source, kinds.rawValue >> 8 != 0 else { return }
        kinds = Kinds(rawValue: kinds.rawValue & 0xff)
    }
}
