// SPDX-License-Identifier: GPL-2.0-or-later
import Basics

/// The words of every line that virtual routers put into the log.
///
/// Lines that operators and their programs look for are upstream's, character for character; what is added stands
/// behind.
extension Notice {
    package var text: String {
        switch self {
        case .router(let name, .faulted(let fault, _)) where fault.isNamedWithColon:
            "(\(name)): entering FAULT state \(fault.words(.ipv4))"
        case .router(let name, let notice):
            "(\(name)) \(notice.text)"
        case .groupSyncs(let group, let state):
            "VRRP_Group(\(group)) Syncing instances to \(state.word) state"
        case .unknownRouter(let id, let interface):
            "Unknown VRID(\(id)) received on interface(\(interface)). ignoring..."
        case .script(let name, let result):
            "VRRP_Script(\(name)) \(result.words)"
        case .scriptReturns(let name, let status):
            "Script `\(name)` now returning \(status)"
        case .link(let name, let isUp):
            "Netlink reports \(name) \(isUp ? "up" : "down")"
        case .process(let name, let hasQuorum):
            "Quorum \(hasQuorum ? "gained" : "lost") for tracked process \(name)"
        case .timerExpired(let late):
            "A thread timer expired \(late.secondsText) seconds ago"
        }
    }
}

extension RouterNotice {
    var text: String {
        switch self {
        case .entered(let state, let isFirst):
            "Entering \(state.word) STATE\(isFirst && state != .master ? " (init)" : "")"
        case .because(let state, let cause):
            "is \(state.word) because: \(cause.words)"
        case .faulted(let fault, let family):
            "entering FAULT state \(fault.words(family))"
        case .cleared(let fault, let remaining):
            "\(fault.name) no longer at fault, \(remaining) \(remaining == 1 ? "fault remains" : "faults remain")"
        case .advertTimeout:
            "Receive advertisement timeout"
        case .sessionFailed(let name, let master):
            "BFD session \(name) with master \(master) went down - taking over without waiting for adverts"
        case .masterHeardHigherPriority(let sender, let theirs, let ours):
            "Master received advert from \(sender) with higher priority \(theirs), ours \(ours)"
        case .masterHeardHigherAddress(let sender, let priority):
            "Master received advert from \(sender) with same priority \(priority) but higher IP address than ours"
        case .masterHeardLower(let sender, let theirs, let ours):
            "Received advert from \(sender) with lower priority \(theirs), ours \(ours), forcing new election"
        case .backupHeardLower(let sender, let theirs):
            "received lower priority (\(theirs)) advert from \(sender) - discarding"
        case .backupHeardZero:
            "Backup received priority 0 advertisement"
        case .masterHeardZero:
            "Master received priority 0 message"
        case .sentZero:
            "sent 0 priority"
        case .priority(let from, let to):
            "Changing effective priority from \(from) to \(to)"
        case .masterIs(let master, nil):
            "master set to \(master)"
        case .masterIs(let master, let before?):
            "master changed from \(before) to \(master)"
        case .settingAddresses:
            "setting VIPs."
        case .removingAddresses:
            "removing VIPs."
        case .preemptDelay(let delay):
            "start preempt delay (\(delay.secondsText))"
        case .addressNotAdvertised(let address, let routerID):
            "ip address associated with VRID \(routerID) not present in MASTER advert : \(address)"
        case .addressCount(let expected, let received):
            "expected \(expected) VIPs but received \(received)"
        case .intervalMismatch(let sender, let ours, let theirs):
            "advertisement interval mismatch with \(sender) mine=\(ours.shortText) sec rcv'd=\(theirs.shortText) sec"
        case .rejected(let rejection, let sender):
            rejection.text(from: sender)
        case .clockSkew(let sender, let skew):
            "the clock of \(sender) is off by \(skew.seconds) seconds, nearly too much for its adverts to be accepted"
        case .ownAdvert(let sender):
            "received an advert from our own address \(sender) - the network loops, or another host has the address"
        case .ownerHeardAdvert(let sender, let priority):
            "we own the addresses, yet \(sender) advertises them with priority \(priority)"
        case .contestBegan(let peer, let priority):
            "DUAL MASTER: \(peer) with priority \(priority) is master too"
        case .contestEnded(let peer, let adverts, let lasted, true):
            "DUAL MASTER over: \(peer) gave way after \(lasted.secondsText) seconds and \(adverts) adverts, announcing again"
        case .contestEnded(let peer, let adverts, let lasted, false):
            "DUAL MASTER over: giving way to \(peer) after \(lasted.secondsText) seconds and \(adverts) adverts"
        case .awoke(let late):
            "advert is \(late.secondsText) seconds late, another router may have taken over - announcing again"
        case .lateTimer(let late):
            "timer expired \(late.secondsText) seconds late, another router must have taken over - becoming BACKUP"
        case .numbersUsedUp:
            "sequence numbers of AH are used up - becoming BACKUP, they begin anew with the next master"
        }
    }
}

extension Event.ScriptResult {
    fileprivate var words: String {
        switch self {
        case .exited(0): "succeeded"
        case .exited(let status): "failed (exited with status \(status))"
        case .killed(let signal): "failed (due to signal \(signal))"
        case .timedOut: "timed out"
        case .notRun: "failed (could not be run)"
        }
    }
}

extension Fault {
    /// Upstream puts a colon behind the router's name in some of these lines.
    fileprivate var isNamedWithColon: Bool {
        switch self {
        case .interface, .noSource, .script, .file: true
        case .noAddress, .noPeers, .process, .bfd, .syncGroup, .obstacle: false
        }
    }

    /// What follows "entering FAULT state".
    fileprivate func words(_ family: AddressFamily) -> String {
        switch self {
        case .interface(let name): "(interface \(name) down)"
        case .noAddress: "(no \(family == .ipv4 ? "IPv4" : "IPv6") address for interface)"
        case .noSource: "(src address not configured)"
        case .noPeers: "(no unicast peers)"
        case .script(let name): "due to script \(name)"
        case .file(let name, let value): "(tracked file \(name) has status \(value ?? 0))"
        case .process(let name): "(tracked process \(name) quorum not achieved)"
        case .bfd(let name): "due to BFD instance \(name) down"
        case .syncGroup(let name): "(sync group \(name))"
        case .obstacle(.socket): "(cannot open its socket)"
        case .obstacle(.virtualInterface): "(virtual interface missing)"
        case .obstacle(.missingKey): "(key of auth_hmac missing)"
        }
    }

    fileprivate var name: String {
        switch self {
        case .interface(let name): "interface \(name)"
        case .noAddress: "address of the interface"
        case .noSource: "source address"
        case .noPeers: "unicast peers"
        case .script(let name): "script \(name)"
        case .file(let name, _): "file \(name)"
        case .process(let name): "process \(name)"
        case .bfd(let name): "BFD instance \(name)"
        case .syncGroup(let name): "sync group \(name)"
        case .obstacle(.socket): "socket"
        case .obstacle(.virtualInterface): "virtual interface"
        case .obstacle(.missingKey): "key of auth_hmac"
        }
    }
}

extension Cause {
    /// The cause in the words of the log.
    package var words: String {
        switch self {
        case .start: "start"
        case .resumed: "it was before the process was restarted"
        case .inherited(let name): "it has addresses of (\(name)), which is no longer configured"
        case .stop: "stop"
        case .removed: "removed from the configuration"
        case .ownsAddresses: "owner of the addresses"
        case .silence(nil): "no master heard"
        case .silence(let master?): "master \(master) fell silent"
        case .masterLeft(let master): "master \(master) left"
        case .sessionFailed(let name, let master): "BFD session \(name) with master \(master) went down"
        case .preemption(let master, let priority): "preempting \(master) with priority \(priority)"
        case .higherPriority(let sender, let theirs, let ours): "\(sender) has priority \(theirs), ours \(ours)"
        case .higherAddress(let sender, let priority): "\(sender) has priority \(priority) too and the higher address"
        case .fault(let fault): fault.name
        case .recovered: "faults cleared"
        case .syncGroup(let name): "sync group \(name)"
        case .addressLost(let address): "address \(address) was removed"
        case .lateTimer(let late): "timer \(late.secondsText) seconds late"
        case .numbersUsedUp: "sequence numbers of AH are used up"
        }
    }
}

extension Rejection {
    fileprivate func text(from sender: IPAddress) -> String {
        switch self {
        case .length(let received, let expected):
            "invalid packet length from \(sender). Received \(received) bytes and expect \(expected)"
        case .notVRRP:
            "received a packet from \(sender) that is not VRRP"
        case .hopLimit(let received, let expected) where expected == 255...255:
            "invalid TTL/HL from \(sender). Received \(received) and expect 255"
        case .hopLimit(let received, let expected):
            "invalid TTL/HL from \(sender). Received \(received) and expect \(expected.lowerBound) to \(expected.upperBound)"
        case .version(let received, let expected):
            "wrong VRRP version from \(sender). Received \(received) and expect \(expected)"
        case .type(let type):
            "invalid VRRP packet type from \(sender). Received \(type) and expect 1"
        case .routerID(let id):
            "received VRID \(id) from \(sender)"
        case .checksum(let version):
            "Invalid VRRPv\(version) checksum from \(sender)"
        case .noAddresses:
            "received an advert without addresses from \(sender)"
        case .interval(let received, let expected):
            "advertisement interval mismatch with \(sender) mine=\(expected.shortText) sec rcv'd=\(received.shortText) sec"
        case .unknownAuthentication(let type):
            "received an unknown authentication type \(type) from \(sender)"
        case .authenticationMismatch(let type):
            "received a \(type) auth from \(sender), expecting another"
        case .authenticationFailed:
            "received an invalid passwd from \(sender)!"
        case .replayedHeader(let sequence):
            "received an authentication header with old sequence number \(sequence) from \(sender)"
        case .destination(let isMulticast):
            "Expected \(isMulticast ? "uni" : "multi")cast packet but received \(isMulticast ? "multi" : "uni")cast from \(sender)"
        case .unknownPeer:
            "received a unicast advert from \(sender), which is not a configured peer"
        case .trailer(let fault):
            "\(fault.words) from \(sender)"
        }
    }
}

extension Rejection.TrailerFault {
    fileprivate var words: String {
        switch self {
        case .missing: "advert without authentication trailer"
        case .malformed: "malformed authentication trailer"
        case .unknownKey: "authentication trailer with an unknown key"
        case .invalid: "authentication trailer with a wrong HMAC"
        case .stale: "authentication trailer outside the time window"
        case .replayed: "replayed authentication trailer"
        }
    }
}

extension Interval {
    /// Seconds with six decimals.
    fileprivate var secondsText: String {
        let micros = Swift.max(microseconds, 0)
        return "\(micros / 1_000_000).\(decimalDigits(micros % 1_000_000, width: 6))"
    }

    /// Seconds with as many decimals as it takes, up to centiseconds.
    fileprivate var shortText: String {
        let centis = Swift.max(milliseconds, 0) / 10
        guard centis % 100 != 0 else { return "\(centis / 100)" }
        return "\(centis / 100).\(decimalDigits(centis % 100, width: 2))"
    }
}
