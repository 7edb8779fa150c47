// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config
import Health

/// A frozen configuration replayed for some processes, and what the next one is compared with: a block of a virtual server that has
/// not changed, among thousands, need not be read again.
package struct Replay {
    package var configuration: Configuration
    private let outline: Outline
    /// Of each of the virtual servers, the block that it was made of.
    private let origins: [Int32]

    /// Whether both say the same.
    func isSame(as other: Replay) -> Bool { outline == other.outline }

    /// Replays for `processes`; the parts of others stay empty. What there is to say about it has been said when it was frozen.
    ///
    /// `intermission` is called again and again meanwhile, for who has other work as well.
    package init(
        of frozen: FrozenConfiguration, for processes: KeywordEntry.Processes, after old: Replay? = nil,
        _ intermission: @escaping () -> Void = {}
    ) {
        var replayer = Replayer(frozen, for: processes, intermission)
        let outline = replayer.outline()
        if let old, old.outline == outline {
            self = old
            return
        }
        let known = old?.outline.context == outline.context ? old : nil
        let places = known?.places ?? [:]
        var next = 0
        (configuration, origins) = replayer.replay { draft in
            defer { next += 1 }
            guard let settings = places[outline.blocks[next]].flatMap({ known?.settings(at: $0, among: outline.groups) }) else { return false }
            draft.takeOver(settings)
            return true
        }
        self.outline = outline
    }

    /// As above in the process that froze it, which need not read again what it knows from `reading`.
    package init(of frozen: FrozenConfiguration, for processes: KeywordEntry.Processes, readAs reading: consuming ConfigurationReading) {
        var replayer = Replayer(frozen, for: processes)
        outline = replayer.outline()
        configuration = replayer.replay { _ in true }.configuration
        configuration.health.virtualServers = reading.configuration.health.virtualServers
        configuration.health.files = reading.configuration.health.files
        origins = reading.origins
    }

    /// Which of the settings each block was made into: only a reload asks.
    private var places: [Fingerprint: Int] {
        var places: [Fingerprint: Int] = [:]
        places.reserveCapacity(origins.count)
        for (place, origin) in origins.enumerated() { places[outline.blocks[Int(origin)]] = place }
        return places
    }

    /// The settings at a place; nil if their group has changed.
    private func settings(at place: Int, among groups: [String: Fingerprint]) -> Shared<VirtualServerSettings>? {
        let settings = configuration.health.virtualServers[place]
        if case .group(let name) = settings.value.target, groups[name] != outline.groups[name] { return nil }
        return settings
    }
}

/// Replays a frozen configuration for some processes.
private struct Replayer {
    private let frozen: FrozenConfiguration
    private var reader: Reader

    init(_ frozen: FrozenConfiguration, for processes: KeywordEntry.Processes, _ intermission: @escaping () -> Void = {}) {
        self.frozen = frozen
        reader = Reader(surroundings: Surroundings(FactBook(frozen.facts)))
        reader.processes = processes
        reader.intermission = intermission
    }

    func outline() -> Outline {
        Outline(of: frozen) { row in reader.isWanted(row, among: ConfigurationDraft.table.vocabulary) }
    }

    /// `isKnown` is asked for each virtual server before its block is read, and may see to it.
    mutating func replay(unless isKnown: (inout HealthDraft) -> Bool) -> (configuration: Configuration, origins: [Int32]) {
        var draft = ConfigurationDraft()
        var items = frozen.items
        reader.replay(&items, by: ConfigurationDraft.table, into: &draft) { record, draft in
            record.row == ConfigurationDraft.virtualServerRow && isKnown(&draft.health)
        }
        var configuration = Configuration(&draft, &reader)
        configuration.needed = frozen.facts.neededChildren
        return (configuration, draft.health.origins)
    }
}
