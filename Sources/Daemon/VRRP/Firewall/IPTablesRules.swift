// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Netlink

/// How entries of the firewall look in iptables: in chains that are there already, by sets of addresses or one by one.
struct IPTablesRules: Equatable {
    /// The names of the six sets of `vrrp_ipsets`.
    struct Sets: Equatable {
        var addresses4, addresses6, linkLocals, igmp, mld, discovery: String

        /// What is not named derives from the first.
        init(_ names: [String]) {
            let base = names.first ?? "keepalived"
            func name(_ place: Int, _ suffix: String) -> String {
                names.indices.contains(place) ? names[place] : String(base.prefix(31 - suffix.count)) + suffix
            }
            addresses4 = base
            addresses6 = name(1, "6")
            linkLocals = name(2, "_if6")
            igmp = name(3, "_igmp")
            mld = name(4, "_mld")
            discovery = name(5, "_nd")
        }
    }

    /// A rule: for which family, in which chain, and the rest of the command.
    struct Rule: Hashable {
        var family: AddressFamily
        var chain: String
        var words: String
        /// Before all others of the chain, as keepalived puts the rules of single addresses.
        var isFirst = false
        /// The address it is about, as iptables lists it; nil for one that is there whatever the routers do.
        var address: String?

        var command: String { family == .ipv4 ? "iptables" : "ip6tables" }
    }

    var chains: FirewallGlobals.Chains
    /// Nil: every address has rules of its own.
    var sets: Sets?

    init(chains: FirewallGlobals.Chains, ipsets: FirewallGlobals.IPSets) {
        self.chains = chains
        switch ipsets {
        case .unset: sets = Sets([])
        case .disabled: sets = nil
        case .named(let names): sets = Sets(names)
        }
    }

    // MARK: Sets

    /// The sets, to be made before the rules that look into them.
    var creations: [IPSetRequest] {
        guard let sets else { return [] }
        return [
            IPSetRequest(.create(.address, .ipv4), sets.addresses4),
            IPSetRequest(.create(.address, .ipv6), sets.addresses6),
            IPSetRequest(.create(.networkAndInterface, .ipv6), sets.linkLocals),
            IPSetRequest(.create(.networkAndInterface, .ipv4), sets.igmp),
            IPSetRequest(.create(.networkAndInterface, .ipv6), sets.mld),
        ]
    }

    var names: [String] { creations.map(\.set) }

    /// The set that an entry stands in, and how.
    func element(_ entry: FirewallEntry, name: (UInt32) -> String?) -> (set: String, IPSetRequest.Element)? {
        guard let sets else { return nil }
        switch entry {
        case .address(let address):
            return (address.family == .ipv4 ? sets.addresses4 : sets.addresses6, IPSetRequest.Element(address))
        case .linkLocal(let address, let index):
            return name(index).map { (sets.linkLocals, IPSetRequest.Element(address, interface: $0)) }
        case .namedLinkLocal(let address, let interface):
            return (sets.linkLocals, IPSetRequest.Element(address, interface: interface))
        case .quiet(.ipv4, let index, _):
            return name(index).map { (sets.igmp, IPSetRequest.Element(.v4(0xe000_0000), length: 4, interface: $0)) }
        case .quiet(.ipv6, let index, _):
            let all = IPAddress.v6(high: 0xff00 << 48, low: 0)
            return name(index).map { (sets.mld, IPSetRequest.Element(all, length: 8, interface: $0)) }
        }
    }

    // MARK: What a killed daemon left

    /// As many rules are looked for by one script.
    static let rulesInScript = 199

    /// Scripts that take away those of the rules that are in their chains. What is there is listed once; mostly that is all.
    static func removals(of rules: some Sequence<Rule>) -> [[String]] {
        var byChain: [String: [Rule]] = [:]
        for rule in rules { byChain["\(rule.command) -w 3 -S \(rule.chain)", default: []].append(rule) }
        return byChain.sorted { $0.key < $1.key }.flatMap { listing, rules in
            stride(from: 0, to: rules.count, by: rulesInScript).map { start in
                let part = rules[start..<min(start + rulesInScript, rules.count)]
                return ["listed=$(\(listing) 2>/dev/null)"]
                    + part.map { rule in
                        guard let address = rule.address else { return rule.deletion }
                        return "case \"$listed\" in *' \(address) '*) \(rule.deletion);; esac"
                    }
            }
        }
    }

    // MARK: Rules

    /// The rules that look into the sets, in order.
    var standing: [Rule] {
        guard let sets else { return [] }
        var rules: [Rule] = []
        func add(_ family: AddressFamily, _ chain: String?, _ words: String) {
            if let chain { rules.append(Rule(family: family, chain: chain, words: words)) }
        }
        func match(_ set: String, _ sides: String) -> String { "-m set --match-set \(set) \(sides)" }
        add(.ipv4, chains.input, "\(match(sets.addresses4, "dst")) -j DROP")
        add(.ipv4, chains.output, "\(match(sets.addresses4, "src")) -j DROP")
        for (chain, side, link) in [(chains.input, "dst", "dst,src"), (chains.output, "src", "src,dst")] {
            for type in [135, 136] {
                let discovery = "-p icmpv6 --icmpv6-type \(type)"
                add(.ipv6, chain, "\(discovery) \(match(sets.linkLocals, link)) -j ACCEPT")
                add(.ipv6, chain, "\(discovery) \(match(sets.addresses6, side)) -j ACCEPT")
            }
            add(.ipv6, chain, "\(match(sets.linkLocals, link)) -j DROP")
            add(.ipv6, chain, "\(match(sets.addresses6, side)) -j DROP")
        }
        add(.ipv4, chains.output, "-p igmp \(match(sets.igmp, "dst,dst")) -j DROP")
        add(.ipv6, chains.output, "-p icmpv6 --icmpv6-type 143 \(match(sets.mld, "dst,dst")) -j DROP")
        return rules
    }

    /// The rules of one entry where there are no sets.
    func rules(of entry: FirewallEntry, name: (UInt32) -> String?) -> [Rule] {
        guard sets == nil else { return [] }
        switch entry {
        case .address(let address):
            return rules(address, nil)
        case .linkLocal(let address, let index):
            return name(index).map { rules(address, $0) } ?? []
        case .namedLinkLocal(let address, let interface):
            return rules(address, interface)
        case .quiet(let family, let index, _):
            guard let chain = chains.output, let interface = name(index) else { return [] }
            let what = family == .ipv4 ? "-p igmp" : "-p icmpv6 --icmpv6-type 143"
            return [Rule(family: family, chain: chain, words: "\(what) -o \(interface) -j DROP")]
        }
    }

    /// Those that are to stand first come last: each is put at the top.
    private func rules(_ address: IPAddress, _ interface: String?) -> [Rule] {
        let whole = "\(address)/\(address.family.bits)"
        var rules: [Rule] = []
        for (chain, side, option) in [(chains.input as String?, "-d", "-i"), (chains.output, "-s", "-o")] {
            guard let chain else { continue }
            let match = "\(side) \(whole)" + (interface.map { " \(option) \($0)" } ?? "")
            rules.append(Rule(family: address.family, chain: chain, words: "\(match) -j DROP", isFirst: true, address: whole))
            guard address.family == .ipv6 else { continue }
            for type in [136, 135] {
                let words = "-p icmpv6 \(match) -m icmp6 --icmpv6-type \(type) -j ACCEPT"
                rules.append(Rule(family: .ipv6, chain: chain, words: words, isFirst: true, address: whole))
            }
        }
        return rules
    }
}

extension IPTablesRules.Rule {
    /// Waits for others that are changing rules, but not for long.
    private static let patience = "-w 3"

    /// A line for the shell that puts the rule there once. One that a killed daemon left is replaced in one
    /// transaction, for it does its work all the time; and `iptables -C` would take another rule for this one.
    var addition: String {
        let new = "\(isFirst ? "-I" : "-A") \(chain) \(words)"
        return "\(transaction("-D \(chain) \(words)", new)) 2>/dev/null || \(transaction(new)) || failed=1"
    }

    private func transaction(_ lines: String...) -> String {
        let text = (["*filter"] + lines + ["COMMIT"]).joined(separator: "\\n")
        return "printf '\(text)\\n' | \(command)-restore \(Self.patience) -n"
    }

    /// A line for the shell that takes the rule away, however often it is there.
    var deletion: String { "while \(command) \(Self.patience) -D \(chain) \(words) 2>/dev/null; do :; done" }
}
