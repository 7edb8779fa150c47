// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config
package import Health

/// A frozen configuration replayed for some processes, and what the next one is compared with: a block of a virtual server that has
/// not changed, among thousands, need not be read again.
package struct Replay {
    package var configuration: Configuration
    /// Of all that has a say in what a virtual server means, apart from its own block and that of its group.
    private let context: Fingerprint
    /// Of all groups, in order; and by name, of all blocks that define one.
    private let allGroups: Fingerprint
    private let groups: [String: Fingerprint]
    /// The blocks of virtual servers in order; and of each of the settings, the block that it was made of, -1 if that cannot be taken over.
    private let blocks: [Fingerprint]
    private let origins: [Int32]

    /// Whether both say the same.
    func isSame(as other: Replay) -> Bool { context == other.context && allGroups == other.allGroups && blocks == other.blocks }

    /// Replays for `processes`; the parts of others stay empty. What there is to say about it has been said when it was frozen.
    ///
    /// `intermission` is called again and again meanwhile, for who has other work as well.
    package init(
        of frozen: FrozenConfiguration, for processes: KeywordEntry.Processes, after old: Replay? = nil,
        _ intermission: @escaping () -> Void = {}
    ) {
        var reader = Reader(surroundings: Surroundings(FactBook(frozen.facts)))
        reader.processes = processes
        reader.intermission = intermission
        let table = ConfigurationDraft.table
        var items = frozen.items
        var context = FingerprintMaker()
        context.add(frozen.factBytes[...])
        var allGroups = FingerprintMaker()
        var groups: [String: FingerprintMaker] = [:]
        var blocks: [Fingerprint] = []
        for number in 0..<items.count {
            guard let record = items.record(number), reader.isWanted(record.row, among: table.vocabulary) else { continue }
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
        let (whole, allOfGroups) = (context.fingerprint, allGroups.fingerprint)
        let byName = groups.mapValues(\.fingerprint)
        let known = old?.context == whole ? old : nil
        if let known, known.allGroups == allOfGroups, known.blocks == blocks {
            self = known
            return
        }
        self.context = whole
        self.allGroups = allOfGroups
        self.groups = byName
        self.blocks = blocks
        let places = known?.places ?? [:]
        var draft = ConfigurationDraft()
        var next = 0
        reader.replay(&items, by: table, into: &draft) { record, draft in
            guard record.row == ConfigurationDraft.virtualServerRow else { return false }
            defer { next += 1 }
            guard let settings = places[blocks[next]].flatMap({ known?.settings(at: $0, among: byName) }) else {
                draft.health.mark(next)
                return false
            }
            draft.health.takeOver(settings, mark: next)
            return true
        }
        configuration = Configuration(&draft, &reader)
        configuration.needed = frozen.facts.neededChildren
        origins = draft.health.settledMarks.map { $0.map { Int32($0) } ?? -1 }
    }

    /// Which of the settings each block was made into: only a reload asks.
    private var places: [Fingerprint: Int] {
        var places: [Fingerprint: Int] = [:]
        places.reserveCapacity(origins.count)
        for (place, origin) in origins.enumerated() where origin >= 0 { places[blocks[Int(origin)]] = place }
        return places
    }

    /// The settings at a place; nil if their group has changed.
    private func settings(at place: Int, among groups: [String: Fingerprint]) -> Shared<VirtualServerSettings>? {
        let settings = configuration.health.virtualServers[place]
        if case .group(let name) = settings.value.target, groups[name] != self.groups[name] { return nil }
        return settings
    }
}
