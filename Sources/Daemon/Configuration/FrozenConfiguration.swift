// SPDX-License-Identifier: GPL-2.0-or-later

import BFD
import Basics
package import Config
import Health
package import Linux
import VRRP

/// A configuration that has been found fit to run, as the parent hands it to its children: the facts of the machine that it
/// was read against, and its lines after preprocessing.
///
///     "KAD1" | bytes of facts, 4 bytes | facts | lines in the form of `FrozenLines`
package struct FrozenConfiguration {
    var facts: Facts
    var lines: ArraySlice<UInt8>

    init(facts: Facts, lines: [UInt8]) {
        self.facts = facts
        self.lines = lines[...]
    }

    private static let mark = Array("KAD1".utf8)

    package var bytes: [UInt8] {
        let facts = facts.bytes
        var writer = ByteWriter(capacity: facts.count + lines.count + 8)
        writer.write(Self.mark)
        writer.write(UInt32(truncatingIfNeeded: facts.count))
        writer.write(facts)
        writer.write(lines)
        return writer.bytes
    }

    /// Nil for anything else.
    package init?(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        do {
            guard try reader.read(bytes: 4).elementsEqual(Self.mark) else { return nil }
            let count: UInt32 = try reader.read()
            guard let facts = Facts(bytes: try reader.read(bytes: Int(count))) else { return nil }
            self.facts = facts
            lines = reader.remaining
        } catch {
            return nil
        }
    }
}

extension Configuration {
    /// Replays a frozen configuration for some processes; the parts of others stay empty. What there is to say about it has
    /// been said when it was frozen. Throws EINVAL for memory that holds something else.
    ///
    /// `intermission` is called again and again meanwhile, for who has other work as well.
    package init(
        frozen memory: SealedMemory, for processes: KeywordEntry.Processes, intermission: @escaping () -> Void = {}
    ) throws(SystemError) {
        let bytes = try memory.read()
        guard let frozen = FrozenConfiguration(bytes: bytes), let replayed = Self(replaying: frozen, for: processes, intermission)
        else {
            throw SystemError(call: "configuration", code: SystemError.invalidArgument)
        }
        self = replayed
    }

    /// As above, from what is frozen itself; nil if it is something else.
    package init?(
        replaying frozen: FrozenConfiguration, for processes: KeywordEntry.Processes, _ intermission: @escaping () -> Void = {}
    ) {
        guard let lines = FrozenLines(frozen.lines) else { return nil }
        var reader = Reader(surroundings: Surroundings(FactBook(frozen.facts)), frozen: lines)
        reader.processes = processes
        reader.intermission = intermission
        var draft = ConfigurationDraft()
        reader.readRoot(by: ConfigurationDraft.table, into: &draft)
        self.init(&draft, &reader)
        needed = frozen.facts.neededChildren
    }

    /// Settles what the files say; virtual servers, of which there may be very many, leave the draft on the way.
    init(_ draft: inout ConfigurationDraft, _ reader: inout Reader) {
        self.init()
        needed = draft.needed
        globals = draft.globals
        bfd = draft.bfd
        if reader.processes.contains(.checker) {
            health = draft.health.settle(
                with: globals, files: draft.checkFiles, sessions: Set(bfd.sessions.map(\.name)), &reader)
        }
        if reader.processes.contains(.vrrp) {
            vrrp = draft.vrrp.settled(with: globals, sessions: bfd.tracked, &reader)
        }
        let scripts = globals.scripts
        startupScript = scripts.startup.flatMap { reader.resolve($0, for: "startup_script", by: scripts) }
        shutdownScript = scripts.shutdown.flatMap { reader.resolve($0, for: "shutdown_script", by: scripts) }
    }
}

extension ChildKind {
    /// The process in the words of the keyword tables, with what is about the daemon as a whole.
    var processes: KeywordEntry.Processes {
        switch self {
        case .vrrp: [.vrrp, .parent]
        case .checker: [.checker, .parent]
        case .bfd: [.bfd, .parent]
        }
    }
}

extension BFDSettings {
    /// The sessions that VRRP hears of.
    fileprivate var tracked: [String: TrackedSession] {
        let pairs = sessions.lazy.filter(\.informsVRRP).map { session in
            let weight = OwnWeight(weight: session.weight, isReversed: session.isReversed)
            return (session.name, TrackedSession(neighbor: session.identity.neighbor, weight: weight))
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}
