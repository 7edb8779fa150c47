// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// What is known while the drafts are settled, and where findings go.
package struct Settling {
    package var reader: Reader
    package let globals: GlobalSettings
    /// The BFD sessions of the configuration that routers may track.
    package let sessions: [String: TrackedSession]
    /// The rule at work: the code of what it reports.
    var rule = ""

    package init(_ reader: Reader, globals: GlobalSettings, sessions: [String: TrackedSession] = [:]) {
        self.reader = reader
        self.globals = globals
        self.sessions = sessions
    }

    var surroundings: Surroundings { reader.surroundings }

    /// Interfaces may be named that do not exist yet.
    var allowsMissingInterfaces: Bool { globals.vrrp.dynamicInterfaces != .no }

    mutating func report(
        _ severity: Diagnostic.Severity, at place: Place, _ message: String, help: String? = nil,
        consequence: Diagnostic.Consequence = .none
    ) {
        reader.report(Diagnostic(severity, rule, at: place, message, help: help, consequence: consequence))
    }

    /// Whether the interface may be named here; reports where it may not.
    mutating func hasInterface(_ name: String, at place: Place, for what: String) -> Bool {
        if allowsMissingInterfaces || surroundings.interfaceIndex(name) != nil { return true }
        report(
            .error, at: place, "\(what) names the interface '\(name)', which does not exist",
            help: "make the interface first, or write dynamic_interfaces in global_defs", consequence: .fatal
        )
        return false
    }
}

/// The weight that something tracked has of itself.
package struct OwnWeight: Equatable, Sendable {
    package var weight: Int
    package var isReversed: Bool

    package init(weight: Int = 0, isReversed: Bool = false) {
        self.weight = weight
        self.isReversed = isReversed
    }
}

/// Something that holds across keywords: checked when a block is complete, under a name that is the code of its
/// findings.
package struct Rule<Subject>: Sendable {
    package let name: String
    private let check: @Sendable (inout Subject, inout Settling) -> Void

    package init(_ name: String, check: @escaping @Sendable (inout Subject, inout Settling) -> Void) {
        self.name = name
        self.check = check
    }

    /// Looks at the subject, settles what the rule is about, and reports.
    package func apply(to subject: inout Subject, _ settling: inout Settling) {
        settling.rule = name
        check(&subject, &settling)
    }
}

extension Array {
    /// Applies the rules in their order; later ones see what earlier ones settled.
    func apply<Subject>(to subject: inout Subject, _ settling: inout Settling) where Element == Rule<Subject> {
        for rule in self { rule.apply(to: &subject, &settling) }
    }
}
