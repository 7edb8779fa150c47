// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Testing
import VRRP

/// Lines that operators, exporters and scripts look for, character for character.
@Suite("Log lines")
struct NoticeTests {
    static let peer = IPAddress.v4(0xc000_0201)

    static let lines: [(RouterNotice, String)] = [
        (.entered(.master, isFirst: false), "(VI) Entering MASTER STATE"),
        (.entered(.backup, isFirst: true), "(VI) Entering BACKUP STATE (init)"),
        (.entered(.backup, isFirst: false), "(VI) Entering BACKUP STATE"),
        (.entered(.fault, isFirst: true), "(VI) Entering FAULT STATE (init)"),
        (.entered(.fault, isFirst: false), "(VI) Entering FAULT STATE"),
        (.faulted(.noAddress, family: .ipv4), "(VI) entering FAULT state (no IPv4 address for interface)"),
        (.faulted(.noAddress, family: .ipv6), "(VI) entering FAULT state (no IPv6 address for interface)"),
        (.faulted(.noSource, family: .ipv4), "(VI): entering FAULT state (src address not configured)"),
        (.faulted(.interface("eth0"), family: .ipv4), "(VI): entering FAULT state (interface eth0 down)"),
        (.faulted(.script("chk"), family: .ipv4), "(VI): entering FAULT state due to script chk"),
        (.faulted(.file("f", value: 3), family: .ipv4), "(VI): entering FAULT state (tracked file f has status 3)"),
        (.faulted(.process("p"), family: .ipv4), "(VI) entering FAULT state (tracked process p quorum not achieved)"),
        (.advertTimeout, "(VI) Receive advertisement timeout"),
        (
            .masterHeardHigherPriority(peer, theirs: 200, ours: 100),
            "(VI) Master received advert from 192.0.2.1 with higher priority 200, ours 100"
        ),
        (
            .masterHeardHigherAddress(peer, priority: 100),
            "(VI) Master received advert from 192.0.2.1 with same priority 100 but higher IP address than ours"
        ),
        (
            .masterHeardLower(peer, theirs: 50, ours: 100),
            "(VI) Received advert from 192.0.2.1 with lower priority 50, ours 100, forcing new election"
        ),
        (.backupHeardLower(peer, theirs: 50), "(VI) received lower priority (50) advert from 192.0.2.1 - discarding"),
        (.backupHeardZero, "(VI) Backup received priority 0 advertisement"),
        (.masterHeardZero, "(VI) Master received priority 0 message"),
        (.sentZero, "(VI) sent 0 priority"),
        (.priority(from: 100, to: 80), "(VI) Changing effective priority from 100 to 80"),
        (.masterIs(peer, before: nil), "(VI) master set to 192.0.2.1"),
        (.masterIs(peer, before: .v4(0xc000_0209)), "(VI) master changed from 192.0.2.9 to 192.0.2.1"),
        (.settingAddresses, "(VI) setting VIPs."),
        (.removingAddresses, "(VI) removing VIPs."),
        (
            .addressNotAdvertised(.v4(0xc000_0264), routerID: 51),
            "(VI) ip address associated with VRID 51 not present in MASTER advert : 192.0.2.100"
        ),
        (.addressCount(expected: 2, received: 3), "(VI) expected 2 VIPs but received 3"),
        (
            .rejected(.hopLimit(received: 64, expected: 255...255), from: peer),
            "(VI) invalid TTL/HL from 192.0.2.1. Received 64 and expect 255"
        ),
        (.rejected(.authenticationFailed, from: peer), "(VI) received an invalid passwd from 192.0.2.1!"),
        (
            .rejected(.interval(received: .seconds(3), expected: .seconds(1)), from: peer),
            "(VI) advertisement interval mismatch with 192.0.2.1 mine=1 sec rcv'd=3 sec"
        ),
        (.rejected(.checksum(version: 3), from: peer), "(VI) Invalid VRRPv3 checksum from 192.0.2.1"),
    ]

    @Test("Of one router", arguments: lines)
    func router(notice: RouterNotice, line: String) {
        #expect(Notice.router("VI", notice).text == line)
    }

    @Test("Of others", arguments: [
        (.groupSyncs("G", to: .master), "VRRP_Group(G) Syncing instances to MASTER state"),
        (.unknownRouter(7, interface: "eth0"), "Unknown VRID(7) received on interface(eth0). ignoring..."),
        (.link("eth0", isUp: false), "Netlink reports eth0 down"),
        (.script("chk", .exited(status: 0)), "VRRP_Script(chk) succeeded"),
        (.script("chk", .exited(status: 2)), "VRRP_Script(chk) failed (exited with status 2)"),
        (.script("chk", .killed(signal: 9)), "VRRP_Script(chk) failed (due to signal 9)"),
        (.script("chk", .timedOut), "VRRP_Script(chk) timed out"),
        (.scriptReturns("chk", status: 1), "Script `chk` now returning 1"),
        (.timerExpired(ago: .microseconds(2_780_005)), "A thread timer expired 2.780005 seconds ago"),
    ] as [(Notice, String)])
    func others(notice: Notice, line: String) {
        #expect(notice.text == line)
    }

    @Test("A VRID of others on the wire is mentioned once for each interface")
    func unknownRouters() {
        var bench = Bench()
        bench.forget()
        for interface in ["eth0", "eth0", "eth1"] { bench.handle(.unknownRouter(9, interface: interface)) }
        #expect(bench.lines.count == 2)
    }
}
