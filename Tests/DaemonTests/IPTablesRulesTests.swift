// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Testing

@testable import Daemon

/// How the firewall looks in iptables.
struct IPTablesRulesTests {
    private static let chains = FirewallGlobals.Chains(input: "IN", output: "OUT")
    private static let six = IPAddress("fd00:90::88")!

    @Test("names of sets that are not given derive from the first, within what the kernel allows")
    func names() {
        let given = IPTablesRules.Sets(["one", "two"])
        #expect([given.addresses4, given.addresses6, given.linkLocals, given.igmp] == ["one", "two", "one_if6", "one_igmp"])
        let usual = IPTablesRules.Sets([])
        #expect(usual.addresses4 == "keepalived" && usual.mld == "keepalived_mld")
        let long = IPTablesRules.Sets([String(repeating: "x", count: 30)])
        #expect(long.linkLocals == String(repeating: "x", count: 27) + "_if6")
    }

    @Test("V3-32 neighbour discovery is let through before anything is dropped, address by address")
    func singly() {
        let rules = IPTablesRules(chains: Self.chains, ipsets: .disabled)
        // Each is put at the top, so the last comes first.
        let input = rules.rules(of: .address(Self.six)) { _ in nil }.filter { $0.chain == "IN" }.reversed().map(\.words)
        #expect(
            input == [
                "-p icmpv6 -d fd00:90::88/128 -m icmp6 --icmpv6-type 135 -j ACCEPT",
                "-p icmpv6 -d fd00:90::88/128 -m icmp6 --icmpv6-type 136 -j ACCEPT", "-d fd00:90::88/128 -j DROP",
            ])
        #expect(rules.creations.isEmpty && rules.standing.isEmpty)
    }

    @Test("V3-32 with sets, too")
    func together() {
        let rules = IPTablesRules(chains: Self.chains, ipsets: .unset)
        let input = rules.standing.filter { $0.family == .ipv6 && $0.chain == "IN" }.map(\.words)
        let firstDrop = input.firstIndex { $0.hasSuffix("DROP") }
        let lastAccept = input.lastIndex { $0.hasSuffix("ACCEPT") }
        #expect(lastAccept == 3 && firstDrop == 4)
        #expect(rules.rules(of: .address(Self.six)) { _ in nil }.isEmpty)
        #expect(rules.element(.linkLocal(IPAddress("fe80::8")!, interface: 3), name: { _ in "eth0" })?.set == "keepalived_if6")
    }

    @Test("without a chain for what leaves, nothing that leaves is looked at")
    func inputOnly() {
        let chain = FirewallGlobals.Chains(input: "IN", output: nil)
        let rules = IPTablesRules(chains: chain, ipsets: .unset)
        #expect(rules.standing.allSatisfy { $0.chain == "IN" } && !rules.standing.isEmpty)
        let single = IPTablesRules(chains: chain, ipsets: .disabled)
        #expect(single.rules(of: .address(Self.six)) { _ in nil }.allSatisfy { $0.chain == "IN" })
        #expect(single.rules(of: .quiet(.ipv4, interface: 7, below: 3)) { _ in "vrrp.7" }.isEmpty)
    }

    @Test("what a killed daemon left is looked for in one listing a chain")
    func removals() {
        let rules = IPTablesRules(chains: Self.chains, ipsets: .disabled)
        let four = rules.rules(of: .address(IPAddress("10.90.9.9")!)) { _ in nil }
        let scripts = IPTablesRules.removals(of: four + rules.rules(of: .address(Self.six)) { _ in nil })
        #expect(
            scripts.map(\.first) == [
                "listed=$(ip6tables -w 3 -S IN 2>/dev/null)", "listed=$(ip6tables -w 3 -S OUT 2>/dev/null)",
                "listed=$(iptables -w 3 -S IN 2>/dev/null)", "listed=$(iptables -w 3 -S OUT 2>/dev/null)",
            ])
        #expect(scripts[2].dropFirst().allSatisfy { $0.hasPrefix("case \"$listed\" in *' 10.90.9.9/32 '*) while iptables -w 3 -D IN -d ") })
        let quiet = rules.rules(of: .quiet(.ipv4, interface: 7, below: 3)) { _ in "vrrp.7" }
        #expect(IPTablesRules.removals(of: quiet).map { Array($0.dropFirst()) } == [quiet.map(\.deletion)], "it names no address to look for")
        let many = (0..<250).flatMap { rules.rules(of: .address(.v4(UInt32($0)))) { _ in nil } }
        #expect(IPTablesRules.removals(of: many).map(\.count) == [200, 52, 200, 52])
    }

    @Test("What stands in the kernel is written down and read again as it was; other lines are passed over")
    func remains() {
        let alone = IPTablesRules(chains: Self.chains, ipsets: .disabled)
        let rules = alone.rules(of: .address(Self.six)) { _ in nil } + alone.rules(of: .quiet(.ipv4, interface: 7, below: 3)) { _ in "vrrp.7" }
        let sets = IPTablesRules(chains: Self.chains, ipsets: .unset)
        let remains = FirewallRemains(tables: ["keepalived", "other"], sets: Set(sets.names), rules: Set(rules + sets.standing))
        #expect(FirewallRemains(bytes: remains.bytes) == remains)
        #expect(FirewallRemains(bytes: Array("tables a\nrule 4\n\nset\ntable b\n".utf8)) == FirewallRemains(tables: ["b"]))
        #expect(FirewallRemains().bytes.isEmpty)
    }
}
