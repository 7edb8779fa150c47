// SPDX-License-Identifier: GPL-2.0-or-later

import BFD
import Config
import Health
import VRRP

extension Configuration {
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
