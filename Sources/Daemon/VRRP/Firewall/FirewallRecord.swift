// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux

/// What of the firewall is in the kernel by our doing.
struct FirewallRemains: Equatable {
    /// The names of tables of nftables.
    var tables: Set<String> = []
    /// The names of sets of ipset.
    var sets: Set<String> = []
    var rules: Set<IPTablesRules.Rule> = []

    var isEmpty: Bool { self == FirewallRemains() }
}

/// Keeps what is in the kernel written down, so that it goes even if everybody who knows of it was killed, and the next configuration
/// asks for something else or for nothing.
final class FirewallRecord {
    private let file: KeptFile?
    /// What an earlier process left.
    let left: FirewallRemains
    /// Noted before it is in the kernel, until it is not any more.
    var present: FirewallRemains {
        didSet {
            guard present != oldValue else { return }
            // Where it cannot be written, what is lost is the help after a crash.
            try? file?.keep(present.bytes)
        }
    }

    /// - Parameter file: has what an earlier process wrote down; nil: nobody will come after this one.
    init(_ file: KeptFile?) {
        self.file = file
        left = FirewallRemains(bytes: file?.content ?? [])
        present = left
    }
}

// One a line: `table NAME`, `set NAME`, `rule FAMILY ADDRESS CHAIN WORDS...`; a rule that is about no address has `-`.
extension FirewallRemains {
    var bytes: [UInt8] {
        let lines =
            tables.map { "table \($0)" } + sets.map { "set \($0)" }
            + rules.map { "rule \($0.family.version) \($0.address ?? "-") \($0.chain) \($0.words)" }
        return Array(lines.sorted().map { $0 + "\n" }.joined().utf8)
    }

    /// Lines that say nothing are passed over.
    init(bytes: [UInt8]) {
        self.init()
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 4).map(String.init)
            switch words.first {
            case "table" where words.count == 2: tables.insert(words[1])
            case "set" where words.count == 2: sets.insert(words[1])
            case "rule" where words.count == 5:
                let address = words[2] == "-" ? nil : words[2]
                let family = words[1] == "4" ? AddressFamily.ipv4 : .ipv6
                rules.insert(IPTablesRules.Rule(family: family, chain: words[3], words: words[4], isFirst: address != nil, address: address))
            default: break
            }
        }
    }
}
