// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

/// What a frozen configuration says to some processes, item by item, as far as it can be told without reading the items: by their fingerprints.
struct Outline: Equatable {
    /// Of all that has a say in what a virtual server means, apart from its own block and that of its group.
    let context: Fingerprint
    /// Of all groups, in order; and by name, of all blocks that define one.
    let allGroups: Fingerprint
    let groups: [String: Fingerprint]
    /// The blocks of virtual servers in order.
    let blocks: [Fingerprint]

    /// `isWanted` says whether the keyword of a row is for these processes.
    init(of frozen: FrozenConfiguration, where isWanted: (_ row: Int) -> Bool) {
        var items = frozen.items
        var context = FingerprintMaker()
        context.add(frozen.factBytes[...])
        var allGroups = FingerprintMaker()
        var groups: [String: FingerprintMaker] = [:]
        var blocks: [Fingerprint] = []
        for number in 0..<items.count {
            guard let record = items.record(number), isWanted(record.row) else { continue }
            if record.row == ConfigurationDraft.virtualServerRow {
                blocks.append(record.content)
            } else if record.row == ConfigurationDraft.groupRow {
                allGroups.add(value: record.content)
                let item = items.item(number) { $0.row == ConfigurationDraft.groupRow }
                groups[item?.name ?? "", default: FingerprintMaker()].add(value: record.content)
            } else {
                context.add(value: record.row)
                context.add(value: record.content)
            }
        }
        self.context = context.fingerprint
        self.allGroups = allGroups.fingerprint
        self.groups = groups.mapValues(\.fingerprint)
        self.blocks = blocks
    }
}
