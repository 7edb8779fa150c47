// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import Config

// What the file says, before inheritance: values that another level may give are nil until said.

/// The patience of checkers as one level says it.
package struct TimingDraft: Sendable {
    var retries: UInt32?
    var delayBeforeRetry: Interval?
    var warmup: Interval?
    var delayLoop: Interval?
    var connectTimeout: Interval?
    var alpha: Bool?

    /// This level's values, and the other's where it says nothing.
    func inheriting(_ other: TimingDraft) -> TimingDraft {
        var result = self
        result.retries = retries ?? other.retries
        result.delayBeforeRetry = delayBeforeRetry ?? other.delayBeforeRetry
        result.warmup = warmup ?? other.warmup
        result.delayLoop = delayLoop ?? other.delayLoop
        result.connectTimeout = connectTimeout ?? other.connectTimeout
        result.alpha = alpha ?? other.alpha
        return result
    }
}

/// A draft with a level of timing.
package protocol TimedDraft {
    var timing: TimingDraft { get set }
    /// Where that is, so that rows need not ask.
    static var timingPath: any WritableKeyPath<Self, TimingDraft> & Sendable { get }
}

/// A checker block being read; `Part` is what only this kind of checker has.
package struct CheckDraft<Part: Sendable>: TimedDraft, Sendable {
    package var timing = TimingDraft()
    package static var timingPath: any WritableKeyPath<Self, TimingDraft> & Sendable { \.timing }
    package var connection = ConnectionSettings()
    var logsAllFailures: Bool?
    var part: Part
    /// The line that opens the block, or the one that says what the checker hangs on.
    var statement: Statement

    init(_ part: Part, _ statement: Statement) {
        self.part = part
        self.statement = statement
    }
}

/// Nothing of its own.
package struct NoPart: Sendable {}

/// What a MISC_CHECK says.
package struct MiscPart: Sendable {
    var script: ScriptLine?
    var timeout = Interval.zero
    var isDynamic = false
    var user: Word?
    var group: Word?
    /// The line that names them.
    var userLine: Statement?
    /// The closing brace: there upstream tells that the checker is removed.
    var end: Position?
}

extension MiscPart {
    /// Whether the user that a line of its own names exists; reported at that line if not.
    func hasKnownUser(_ defaults: ScriptDefaults, _ reader: inout Reader) -> Bool {
        guard let user, let userLine else { return true }
        let isSupplementary = defaults.setsSupplementaryGroups
        return reader.identity(user: user, group: group, of: userLine, supplementary: isSupplementary) != nil
    }
}

/// What a FILE_CHECK says.
package struct FilePart: Sendable {
    var name: String?
    var weight: Int32?
    var isReversed: Bool?
}

/// What a BFD_CHECK says.
package struct BFDPart: Sendable {
    var name: String?
}

/// A checker read to its end, of any kind.
struct FinishedCheck: Sendable {
    enum Kind: Sendable {
        case ready(CheckKind)
        case misc(MiscPart)
    }

    var timing: TimingDraft
    var connection: ConnectionSettings
    var logsAllFailures: Bool
    var kind: Kind
    let statement: Statement
}

/// A `real_server` block being read.
package struct RealServerDraft: TimedDraft, Sendable {
    package var timing = TimingDraft()
    package static var timingPath: any WritableKeyPath<Self, TimingDraft> & Sendable { \.timing }
    var address: IPAddress
    /// Nil: none on the line.
    var port: UInt16?
    var weight: UInt32?
    var forwarding: Forwarding?
    var upperThreshold: UInt32 = 0
    var lowerThreshold: UInt32 = 0
    var inhibitsOnFailure: Bool?
    var smtpAlert: Bool?
    var virtualHost: String?
    var snmpName: String?
    var notifyUp: ScriptLine?
    var notifyDown: ScriptLine?
    var checks: [FinishedCheck] = []
    let statement: Statement

    init(_ address: IPAddress, port: UInt16?, _ statement: Statement) {
        self.address = address
        self.port = port
        self.statement = statement
    }
}

/// A `virtual_server` block being read.
package struct VirtualServerDraft: TimedDraft, Sendable {
    package var timing = TimingDraft()
    package static var timingPath: any WritableKeyPath<Self, TimingDraft> & Sendable { \.timing }
    var target: VirtualServerTarget
    var family: AddressFamily?
    var transport: TransportProtocol?
    var scheduler: Scheduler?
    var flags = ServiceFlags()
    var forwarding: Forwarding?
    var persistenceTimeout: UInt32?
    var granularity: UInt32?
    var engine: String?
    var weight: UInt32?
    var quorum: UInt32 = 1
    var hysteresis: UInt32 = 0
    var quorumUp: ScriptLine?
    var quorumDown: ScriptLine?
    var omega = false
    var inhibitsOnFailure = false
    var suspends = false
    var drainTimeout: Interval?
    var smtpAlert: Bool?
    var virtualHost: String?
    var snmpName: String?
    var sorryServer: SorryDraft?
    var servers: [RealServerDraft] = []
    let statement: Statement

    init(_ target: VirtualServerTarget, _ statement: Statement) {
        self.target = target
        self.statement = statement
        if case .address(let address, _) = target { family = address.family }
    }

    struct SorryDraft: Sendable {
        var address: IPAddress
        var port: UInt16?
        var forwarding: Forwarding?
        var isInhibited = false
        let statement: Statement
    }
}

/// Everything of a configuration that the checkers read.
///
/// A virtual server is made into settings as soon as its block ends, so that large configurations are never held as drafts; what
/// depends on other parts of the configuration is left open until `settle`.
package struct HealthDraft: Sendable {
    /// In the order of the file.
    private(set) var entries: [Entry] = []
    /// What virtual servers listen to that were found faultless before and are not among the entries.
    var known: [Fingerprint] = []
    /// In the order of the virtual servers that they are about.
    var questions: [Question] = []
    var groups: [VirtualServerGroupSettings] = []
    var ssl: SSLSettings?
    var pool = CheckPool()
    /// How many `virtual_server` blocks there were so far, even such as are no use.
    private var blocks = 0
    /// Only what there is to say is wanted: the settings of a virtual server that nothing can be said about any more are not kept.
    package var isForFindings = false
    /// Whether one that is known listens to what another does: which of them stands first is to be found out by reading both.
    package internal(set) var hasKnownDuplicate = false
    /// Of the virtual servers that were settled, in their order, which of the blocks each was made of.
    package internal(set) var origins: [Int32] = []

    package init() {}

    /// Whether no checker process is asked for. Tools wait for its pid file as soon as a virtual server is configured, so one
    /// without real servers asks for it too.
    package var isEmpty: Bool { blocks == 0 }

    /// A virtual server as far as it is known.
    enum Entry: Sendable {
        /// From a block that was read, and the line that opens it.
        case block(Shared<VirtualServerSettings>, Opening, origin: Int32)
        /// As above, its settings not kept.
        case told(VirtualServerSettings.Identity, Opening)
        /// From an earlier configuration, where it was settled.
        case settled(Shared<VirtualServerSettings>, origin: Int32)
    }

    /// A block begins, or one is seen to without being read.
    mutating func countBlock() { blocks += 1 }

    /// That of the blocks which was counted last.
    private var origin: Int32 { Int32(truncatingIfNeeded: blocks - 1) }

    /// Adds a virtual server as a block says it.
    mutating func add(_ settings: VirtualServerSettings, opening: Opening) {
        if isForFindings, isTold(settings.target, at: entries.count) {
            entries.append(.told(settings.identity, opening))
        } else {
            entries.append(.block(Shared(settings), opening, origin: origin))
        }
    }

    /// Whether nothing more can be said about a virtual server: neither its group nor an answer has a say.
    private func isTold(_ target: VirtualServerTarget, at index: Int) -> Bool {
        if case .group = target { return false }
        return questions.last?.virtualServer != index
    }

    /// Adds a virtual server as it was settled in an earlier configuration.
    package mutating func takeOver(_ settings: Shared<VirtualServerSettings>) {
        countBlock()
        entries.append(.settled(settings, origin: origin))
    }

    /// Adds a virtual server that there is nothing to say about, by what it listens to.
    package mutating func add(known identity: Fingerprint) {
        countBlock()
        known.append(identity)
    }

    /// What the last virtual server listens to, if nothing more can be said about it.
    package var lastTold: Fingerprint? {
        switch entries.last {
        case .told(let identity, _): Fingerprint(of: identity)
        case .block(let settings, _, _) where isTold(settings.target, at: entries.count - 1): Fingerprint(of: settings.identity)
        case .block, .settled, nil: nil
        }
    }

    /// Gives the virtual servers away, the first last, so that each can be taken from the end and changed where it is.
    mutating func takeEntries() -> [Entry] {
        defer { entries = [] }
        return entries.reversed()
    }

    /// What was needed for settling only.
    mutating func forget() {
        questions = []
        known = []
        pool = CheckPool()
    }
}

/// The place of a line that opens a block, for what is found out later; small, for there may be very many.
struct Opening: Sendable {
    private let file: UInt32
    private let line: UInt32
    private let column: UInt32
    private let length: UInt16

    init(_ statement: Statement) {
        file = UInt32(clamping: statement.position.file)
        line = UInt32(clamping: statement.position.line)
        column = UInt32(clamping: statement.position.column)
        length = statement.isExpanded ? 0 : UInt16(clamping: statement.name.utf8.count)
    }

    func diagnostic(_ severity: Diagnostic.Severity, _ code: String, _ message: String) -> Diagnostic {
        let position = Position(file: Int(file), line: Int(line), column: Int(column))
        return Diagnostic(severity, code, at: position, length: Int(length), message)
    }
}

/// What only the whole configuration answers: a script's user and place, a tracked file, a BFD session.
struct Question: Sendable {
    enum Place: Hashable, Sendable {
        case quorumUp, quorumDown
        case notifyUp(server: Int)
        case notifyDown(server: Int)
        case check(server: Int, check: Int)
    }

    enum Subject: Sendable {
        case script(ScriptLine)
        case misc(MiscPart)
        case file(FileCheckSettings, saysWeight: Bool)
        case session(String)
    }

    /// Which virtual server it is about.
    var virtualServer: Int
    var place: Place
    var subject: Subject
    let statement: Statement
}

/// Equal lists of checkers are kept once.
struct CheckPool: Sendable {
    private var lists: [[CheckSettings]: [CheckSettings]] = [:]
    private var last: [CheckSettings] = []

    /// The list itself, or an equal one seen before.
    mutating func shared(_ list: [CheckSettings]) -> [CheckSettings] {
        if list == last { return last }
        if let known = lists[list] {
            last = known
        } else {
            lists[list] = list
            last = list
        }
        return last
    }
}
