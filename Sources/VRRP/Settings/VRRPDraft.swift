// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// What the configuration says to the VRRP process, block by block and in the order of the file.
package struct VRRPDraft: Sendable {
    package var routers: [RouterDraft] = []
    package var syncGroups: [SyncGroupDraft] = []
    package var scripts: [ScriptDraft] = []
    package var trackFiles: [TrackFileDraft] = []
    package var trackProcesses: [TrackProcessDraft] = []
    package var trackGroups: [TrackGroupDraft] = []
    package var garpGroups: [GarpGroupDraft] = []
    package var staticAddresses: [AddressDraft] = []
    package var staticRoutes: [RouteDraft] = []
    package var staticRules: [RuleDraft] = []
    package var linkPolling: [LinkPollingDraft] = []
    package var linkDelays: [LinkDelaysDraft] = []
    /// Named blocks so far.
    var count = 0
    /// Names of each kind of block that are taken.
    var names: [String: Set<String>] = [:]

    package init() {}

    /// Whether there is anything for a VRRP process to do.
    package var isEmpty: Bool {
        routers.isEmpty && staticAddresses.isEmpty && staticRoutes.isEmpty && staticRules.isEmpty
    }

    /// Whether the name is new among the blocks of this kind.
    mutating func take(_ name: String, _ kind: String) -> Bool { names[kind, default: []].insert(name).inserted }
}

extension VRRPDraft {
    /// The root keywords of the VRRP process.
    package static let rows: [Keyword<VRRPDraft>] = (mainRows + trackedRows + staticRows + interfaceRows).map {
        $0.entry.processes.isEmpty ? $0.on(.vrrp) : $0
    }

    private static let mainRows: [Keyword<VRRPDraft>] = [
        .named(
            "vrrp_instance", children: RouterDraft.rows,
            "A virtual router: addresses that several machines share, one of them holding them at a time.",
            make: RouterDraft.init(name:at:)
        ) { router, draft, reader in
            router.end = reader.closing.map { Place(closing: $0) }
            router.sequence = draft.count
            draft.routers.append(router)
        }.since("<=1.0.3"),
        .named(
            "vrrp_sync_group", children: SyncGroupDraft.rows,
            "Routers that change state together: if one is in fault, none is master.",
            make: SyncGroupDraft.init(name:at:)
        ) { group, draft, reader in
            group.end = reader.closing.map { Place(closing: $0) }
            group.sequence = draft.count
            draft.syncGroups.append(group)
        }.since("<=1.0.3"),
    ]

    private static let trackedRows: [Keyword<VRRPDraft>] = [
        .named(
            "vrrp_script", children: ScriptDraft.rows,
            "A program that is run again and again to see whether a service is well.", isUnique: false,
            make: ScriptDraft.init(name:at:)
        ) { script, draft, reader in
            script.end = reader.closing.map { Place(closing: $0) }
            script.sequence = draft.count
            draft.scripts.append(script)
        }.since("1.1.13").needs(.trackScript),
        .named(
            "vrrp_track_process", children: TrackProcessDraft.rows,
            "A program that must be running, watched without being polled.",
            make: TrackProcessDraft.init(name:at:)
        ) { process, draft, reader in
            process.end = reader.closing.map { Place(closing: $0) }
            process.sequence = draft.count
            draft.trackProcesses.append(process)
        }.since("2.0.11").needs(.trackProcess),
        trackFile("track_file", since: "2.1.0"),
        trackFile("vrrp_track_file", since: "2.0.0").deprecated(use: "track_file"),
        .named(
            "track_group", children: TrackGroupDraft.rows,
            "Routers that static addresses, routes and rules may follow.", make: TrackGroupDraft.init(name:at:)
        ) { group, draft, reader in
            guard !group.routers.isEmpty else {
                return reader.report(
                    Diagnostic(
                        .warning, "empty-group", at: group.place,
                        "track_group '\(group.name)' has no routers and is ignored"))
            }
            group.sequence = draft.count
            draft.trackGroups.append(group)
        }.since("2.0.3").needs(.statics),
    ]

    private static func trackFile(_ name: String, since: String) -> Keyword<VRRPDraft> {
        .named(
            name, children: TrackFileDraft.rows(since: since),
            "A file that holds a number for other programs to write and routers to follow.",
            unique: "track_file", make: TrackFileDraft.init(name:at:)
        ) { file, draft, reader in
            file.end = reader.closing.map { Place(closing: $0) }
            file.sequence = draft.count
            draft.trackFiles.append(file)
        }.since(since).on([.vrrp, .checker]).needs(.trackFile)
    }

    private static let staticRows: [Keyword<VRRPDraft>] = [
        .lines(
            "static_ipaddress", syntax: "{list of <ip entry>}",
            options: [
                AddressDraft.staticOptions.entry(
                    "<ip>[/<len>] {option}...", "An address, its prefix length and options.")
            ],
            "Addresses that are there whatever the routers do, one a line."
        ) { line, draft, reader in
            if let address = AddressDraft.read(line, AddressDraft.staticOptions, &reader) {
                draft.staticAddresses.append(address)
            }
        }.since("1.1.0").needs(.statics),
        .lines(
            "static_routes", syntax: "{list of <route entry>}",
            options: [
                RouteDraft.staticOptions.entry(RouterDraft.routeSyntax, "A route, much as 'ip route add' takes it.")
            ],
            "Routes that are there whatever the routers do, one a line."
        ) { line, draft, reader in
            if let route = RouteDraft.read(line, RouteDraft.staticOptions, &reader) { draft.staticRoutes.append(route) }
        }.since("<=1.0.3").needs(.statics),
        .lines(
            "static_rules", syntax: "{list of <rule entry>}",
            options: [RuleDraft.staticOptions.entry("{option}... <action>", "A rule, much as 'ip rule add' takes it.")],
            "Routing rules that are there whatever the routers do, one a line."
        ) { line, draft, reader in
            if let rule = RuleDraft.read(line, RuleDraft.staticOptions, &reader) { draft.staticRules.append(rule) }
        }.since("1.2.20").needs(.statics),
    ]

    private static let interfaceRows: [Keyword<VRRPDraft>] = [
        .block(
            "garp_group", syntax: "{block}", children: GarpGroupDraft.rows,
            "A limit for announcements that several interfaces share.",
            begin: { statement, _, reader in
                reader.noteExtraWords(statement, after: 0)
                return GarpGroupDraft(at: Place(statement))
            },
            end: { group, draft, reader in
                var group = group
                group.end = reader.closing.map { Place(closing: $0) }
                draft.garpGroups.append(group)
            }
        ).since("1.2.21").needs(.garpGroups),
        .lines(
            "linkbeat_interfaces", syntax: "{list of <ifname> [MII|ETHTOOL|IOCTL]}",
            options: [
                KeywordEntry(
                    name: "<entry>", syntax: "<ifname> [MII|ETHTOOL|IOCTL]",
                    help: "An interface and how to ask for its link.")
            ],
            "Interfaces whose link is polled, for drivers that do not tell the kernel when it goes down."
        ) { line, draft, reader in
            if let polling = LinkPollingDraft.read(line, &reader) { draft.linkPolling.append(polling) }
        }.since("2.0.13").needs(.linkPolling),
        .lines(
            "interface_up_down_delays", syntax: "{list of <ifname> <down:seconds:decimal> [<up:seconds:decimal>]}",
            options: [
                KeywordEntry(
                    name: "<entry>", syntax: "<ifname> <down:seconds:decimal> [<up:seconds:decimal>]",
                    help: "An interface and how long its going down, and coming up, must last.")
            ],
            """
            How long a change of an interface must last before it counts. The down delay must be shorter than the \
            time in which a backup takes over.
            """
        ) { line, draft, reader in
            if let delays = LinkDelaysDraft.read(line, &reader) { draft.linkDelays.append(delays) }
        }.since("2.2.3").range("each 0..255").defaulting(to: "up 0").needs(.linkDelays),
    ]
}

extension Place {
    /// A closing brace.
    init(closing position: Position) {
        self.position = position
        length = 1
    }
}

extension Diagnostic {
    /// A finding about a place.
    init(
        _ severity: Severity, _ code: String, at place: Place, _ message: String, help: String? = nil,
        consequence: Consequence = .none
    ) {
        self.init(
            severity, code, at: place.position, length: place.length, message, help: help, consequence: consequence)
    }
}

extension Keyword where Target == VRRPDraft {
    /// A block with a name, which must be new unless the kind of block does not mind.
    fileprivate static func named<Child: Sendable>(
        _ name: String, children: @autoclosure @escaping @Sendable () -> [Keyword<Child>], _ help: String, isUnique: Bool = true, unique kind: String? = nil,
        make: @escaping @Sendable (String, Place) -> Child,
        end: @escaping @Sendable (inout Child, inout VRRPDraft, inout Reader) -> Void
    ) -> Keyword {
        .block(
            name, syntax: "<name> {block}", children: children(), help,
            begin: { statement, draft, reader in
                guard let word = statement.value(0), statement.values.count == 1 else {
                    reader.report(
                        .error, "needs-one-name", statement, word: statement.value(1),
                        "'\(name)' needs one name; the block is ignored",
                        help: "write '\(name) NAME {', with quotes around a name of several words",
                        consequence: !isUnique && statement.values.isEmpty ? .missingParameter : .none
                    )
                    return nil
                }
                guard draft.take(word.text, kind ?? name) || !isUnique else {
                    reader.report(
                        .error, "duplicate", statement, word: word,
                        "there is a \(name) '\(word.text)' already; this one is ignored")
                    return nil
                }
                draft.count += 1
                return make(word.text, Place(statement, word))
            },
            end: { child, draft, reader in
                var child = child
                end(&child, &draft, &reader)
            }
        ).range("exactly one name")
    }
}
