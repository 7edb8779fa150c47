// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// What another part of the configuration says about a file that FILE_CHECKs name.
package struct CheckFileFacts: Hashable, Sendable {
    package var path: String
    package var weight: Int32
    package var isReversed: Bool
    /// `init_file`.
    package var initialValue: Int32?
    package var overwrites = false

    package init(path: String, weight: Int32, isReversed: Bool) {
        self.path = path
        self.weight = weight
        self.isReversed = isReversed
    }
}

extension HealthDraft {
    /// The settings, with all that the rest of the configuration decides: globals, the tracked files and the BFD sessions that it
    /// defines.
    package mutating func settle(
        with global: GlobalSettings, files: [String: CheckFileFacts], sessions: Set<String>, _ reader: inout Reader
    ) -> HealthSettings {
        var result = HealthSettings()
        result.groups = groups
        result.ssl = ssl
        result.notifiesAtStart = global.lvs.notifiesInitialState
        result.mailsOnlyForServers = global.mail.omitsCheckers
        result.notifyPipes = pipes(with: global, &reader)
        var ordinals: [String: Int] = [:]
        // There may be very many, and a set of what they listen to would be larger than all else that a reload needs.
        var seen = Set(known)
        hasKnownDuplicate = seen.count < known.count
        origins = []
        var entries = takeEntries()
        var asked = questions[...]
        for index in 0..<entries.count {
            let end = asked.firstIndex { $0.virtualServer != index } ?? asked.endIndex
            let own = asked[..<end]
            asked = asked[end...]
            switch entries.removeLast() {
            case .told(let identity, let opening):
                if !seen.insert(Fingerprint(of: identity)).inserted { duplicate(VirtualServerSettings(identity), opening, &reader) }
            case .settled(var settings, let origin):
                // Its group is as it was; its place among those of the group depends on the others.
                if case .group(let name) = settings.target {
                    let ordinal = ordinals[name, default: 0]
                    ordinals[name] = ordinal + 1
                    if settings.groupOrdinal != ordinal { settings.value.groupOrdinal = ordinal }
                }
                guard seen.insert(Fingerprint(of: settings.identity)).inserted else { continue }
                result.virtualServers.append(settings)
                origins.append(origin)
            case .block(var settings, let opening, let origin):
                guard openGroup(&settings.value, opening, &ordinals, &reader) else { continue }
                answer(own, about: &settings.value, with: global, files: files, sessions: sessions, &reader)
                finish(&settings.value, with: global)
                guard seen.insert(Fingerprint(of: settings.identity)).inserted else {
                    duplicate(settings.value, opening, &reader)
                    continue
                }
                result.virtualServers.append(settings)
                origins.append(origin)
            }
        }
        let usedFiles = result.usedFiles
        result.files = usedFiles.sorted().compactMap { name in
            files[name].map { facts in
                var file = CheckFileSettings(name: name, path: facts.path)
                file.initialValue = facts.initialValue
                file.overwrites = facts.overwrites
                return file
            }
        }
        forget()
        return result
    }

    private mutating func duplicate(_ settings: VirtualServerSettings, _ opening: Opening, _ reader: inout Reader) {
        if known.contains(Fingerprint(of: settings.identity)) { hasKnownDuplicate = true }
        let text = "virtual server \(settings.name) is defined already; the second one is ignored"
        reader.report(opening.diagnostic(.hint, "duplicate-virtual-server", text))
    }

    /// What is wrong with the pipe for all is told where the pipes of VRRP are settled, if they are.
    private func pipes(with global: GlobalSettings, _ reader: inout Reader) -> [NotifyPipeSettings] {
        let own = ("lvs_notify_fifo", global.scripts.lvsFIFO)
        guard reader.processes.contains(.vrrp) else { return reader.notifyPipes(own, by: global.scripts) }
        var quiet = reader
        let all = quiet.notifyPipes(own, by: global.scripts)
        var scripts = global.scripts
        scripts.fifo = FIFOSettings()
        _ = reader.notifyPipes(own, by: scripts)
        return all
    }

    /// Fills in the kernel's services; false, with a diagnostic, if the group is not there.
    private func openGroup(
        _ settings: inout VirtualServerSettings, _ opening: Opening, _ ordinals: inout [String: Int], _ reader: inout Reader
    ) -> Bool {
        switch settings.target {
        case .address(let address, let port):
            settings.services = settings.transport.map { [.address(address, port: port, $0)] } ?? []
        case .mark(let mark):
            settings.services = [.mark(mark, settings.family)]
        case .group(let name):
            guard let group = groups.first(where: { $0.name == name }) else {
                reader.report(
                    opening.diagnostic(
                        .hint, "unknown-group", "virtual_server_group \(name) is not defined; the virtual server is ignored"
                    )
                )
                return false
            }
            settings.groupOrdinal = ordinals[name, default: 0]
            ordinals[name, default: 0] += 1
            settings.services = group.services(settings.transport, markFamily: settings.family)
            let limit = VirtualServerGroupSettings.greatestCount
            if settings.services.count >= limit {
                reader.report(
                    opening.diagnostic(
                        .warning, "large-group", "virtual_server_group \(name) has more than \(limit) addresses; the rest is ignored"
                    )
                )
            }
            checkGroupPorts(settings, opening, group, &reader)
            makePersistent(&settings, opening, group, &reader)
        }
        return true
    }

    /// Only a persistent service may listen to all ports; one entry without a port makes the virtual server persistent.
    private func makePersistent(
        _ settings: inout VirtualServerSettings, _ opening: Opening, _ group: VirtualServerGroupSettings, _ reader: inout Reader
    ) {
        let hasAllPorts = group.entries.contains { if case .addresses(_, _, 0) = $0 { true } else { false } }
        guard hasAllPorts, settings.persistence == nil else { return }
        let text = "\(settings.name) has an entry without a port, which needs persistence; persistence_timeout 360 is used"
        reader.report(opening.diagnostic(.warning, "port-missing", text))
        settings.persistence = VirtualServerSettings.Persistence(granularity: ServiceConfiguration.finest(settings.family))
    }

    /// Without NAT a server's port is that of each entry of the group.
    private func checkGroupPorts(
        _ settings: VirtualServerSettings, _ opening: Opening, _ group: VirtualServerGroupSettings, _ reader: inout Reader
    ) {
        for entry in group.entries {
            for server in settings.servers where server.key.port != 0 {
                let place = server.key.address
                switch entry {
                case .mark where server.forwarding != .nat:
                    let text = "\(settings.name): the port of real server \(place) is ignored for marks"
                    reader.report(opening.diagnostic(.warning, "port-ignored", text))
                case .addresses(let first, _, let port) where server.forwarding != .nat && port != server.key.port:
                    let text = "\(settings.name): real server \(place) cannot have another port than \(first) without NAT"
                    reader.report(opening.diagnostic(.warning, "port-mismatch", text))
                case .addresses, .mark:
                    break
                }
            }
        }
    }

    private mutating func answer(
        _ questions: ArraySlice<Question>, about settings: inout VirtualServerSettings, with global: GlobalSettings,
        files: [String: CheckFileFacts], sessions: Set<String>, _ reader: inout Reader
    ) {
        var removals: [(server: Int, check: Int)] = []
        for question in questions {
            switch (question.subject, question.place) {
            case (.script(let line), let place):
                let what = "\(line.statement.name) of \(settings.name)"
                guard let script = reader.resolve(line, for: what, by: global.scripts, missing: .hint) else { continue }
                set(script, place, &settings)
            case (.misc(let part), .check(let server, let check)):
                guard let line = part.line, part.hasKnownUser(global.scripts, &reader),
                    let script = reader.resolve(
                        line, for: "MISC_CHECK of \(settings.name)", by: global.scripts, missing: .hint
                    )
                else {
                    let end = part.end ?? question.statement.position
                    reader.report(Diagnostic(.hint, "check-removed", at: end, "this MISC_CHECK is removed: it cannot run"))
                    removals.append((server, check))
                    continue
                }
                change(server, check, &settings) { kind in
                    if case .misc(var misc) = kind {
                        misc.script = script
                        kind = .misc(misc)
                    }
                }
            case (.file(let file, let saysWeight), .check(let server, let check)):
                guard let facts = files[file.name] else {
                    reader.report(
                        .error, "unknown-track-file", question.statement,
                        "track_file \(file.name) is not defined; this FILE_CHECK is ignored"
                    )
                    removals.append((server, check))
                    continue
                }
                guard !saysWeight else { continue }
                change(server, check, &settings) { kind in
                    kind = .file(FileCheckSettings(name: file.name, weight: facts.weight, isReversed: facts.isReversed))
                }
            case (.session(let name), .check(let server, let check)):
                guard !sessions.contains(name) else { continue }
                reader.report(
                    .error, "unknown-bfd-instance", question.statement,
                    "bfd_instance \(name) is not defined; this BFD_CHECK is ignored"
                )
                removals.append((server, check))
            case (.misc, _), (.file, _), (.session, _):
                preconditionFailure("Only a checker asks for a file, a session or a checker's script.")
            }
        }
        for removal in removals.reversed() {
            var checks = settings.servers[removal.server].checks
            checks.remove(at: removal.check)
            settings.servers[removal.server].checks = pool.shared(checks)
        }
    }

    private func set(_ script: Script, _ place: Question.Place, _ settings: inout VirtualServerSettings) {
        switch place {
        case .quorumUp: settings.quorumUp = script
        case .quorumDown: settings.quorumDown = script
        case .notifyUp(let server): settings.servers[server].say(notifyUp: script)
        case .notifyDown(let server): settings.servers[server].say(notifyDown: script)
        case .check: preconditionFailure("A checker's script is part of the checker.")
        }
    }

    private mutating func change(
        _ server: Int, _ check: Int, _ settings: inout VirtualServerSettings, _ body: (inout CheckKind) -> Void
    ) {
        var checks = settings.servers[server].checks
        body(&checks[check].kind)
        settings.servers[server].checks = pool.shared(checks)
    }

    /// The switches whose defaults are global.
    private mutating func finish(_ settings: inout VirtualServerSettings, with global: GlobalSettings) {
        let mails = global.mail.alertsChecker ?? global.mail.alerts
        settings.sendsMail = settings.mailSaid ?? mails ?? false
        for index in settings.servers.indices {
            settings.servers[index].sendsMail = settings.servers[index].mailSaid ?? mails ?? true
            guard global.lvs.logsAllFailures, !settings.servers[index].checks.isEmpty else { continue }
            var checks = settings.servers[index].checks
            for place in checks.indices { checks[place].logsAllFailures = true }
            settings.servers[index].checks = pool.shared(checks)
        }
    }
}

extension VirtualServerSettings {
    /// No more of it than what it listens to.
    fileprivate init(_ identity: Identity) {
        self.init(identity.target)
        transport = identity.transport
        family = identity.family
    }
}

extension HealthSettings {
    /// The names of the files that checkers look at.
    fileprivate var usedFiles: Set<String> {
        var names: Set<String> = []
        for server in virtualServers.lazy.flatMap(\.value.servers) {
            for case .file(let file) in server.checks.lazy.map(\.kind) { names.insert(file.name) }
        }
        return names
    }
}

extension MiscPart {
    /// The script with the user that the `user` line names.
    fileprivate var line: ScriptLine? {
        guard var line = script else { return nil }
        line.user = user
        line.group = group
        return line
    }
}
