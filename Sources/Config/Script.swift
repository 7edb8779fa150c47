// SPDX-License-Identifier: GPL-2.0-or-later

/// Who runs a script.
package struct ScriptIdentity: Equatable, Hashable, Sendable {
    package var user: UInt32
    package var group: UInt32
    /// Whether the groups of the user come along.
    package var hasSupplementaryGroups: Bool

    package init(user: UInt32, group: UInt32, hasSupplementaryGroups: Bool = false) {
        self.user = user
        self.group = group
        self.hasSupplementaryGroups = hasSupplementaryGroups
    }
}

/// A script that may be run: found, permitted, and its user known.
package struct Script: Equatable, Hashable, Sendable {
    package var path: String
    /// All arguments, the first being the command as it was written.
    package var arguments: [String]
    package var identity: ScriptIdentity

    package init(path: String, arguments: [String], identity: ScriptIdentity) {
        self.path = path
        self.arguments = arguments
        self.identity = identity
    }
}

extension Script {
    /// What is run, each word in single quotes, as upstream shows commands.
    package var quotedWords: String {
        ([path] + arguments.dropFirst()).map { "'\($0)'" }.joined(separator: " ")
    }
}

extension Reader {
    /// Looks a script up on the machine. Nil, with a diagnostic, where it cannot run: upstream disables it and goes on.
    ///
    /// `what` names the script in messages: "track script chk", "notify_master of VI_1". `missing` is how grave it is that
    /// the script is not there or not executable: upstream does not count that for notify scripts.
    package mutating func resolve(
        _ line: ScriptLine, for what: String, by defaults: ScriptDefaults, missing: Diagnostic.Severity = .error
    ) -> Script? {
        guard let identity = identity(of: line, for: what, by: defaults), let command = line.arguments.first else {
            return nil
        }
        let word = line.statement.value(0)
        switch surroundings.script(command, identity.user, identity.group) {
        case .usable(let path):
            noteUnsecured(line, what, identity, defaults)
            // A link may lead elsewhere tomorrow.
            let path = defaults.keepsSymbolicLinks ? command : path
            return Script(path: path, arguments: line.arguments, identity: identity)
        case .foundInPath(let path):
            report(
                .hint, "script-without-path", line.statement, word: word, "'\(command)' has no path; \(path) is used",
                help: "write the full path"
            )
            noteUnsecured(line, what, identity, defaults)
            return Script(path: path, arguments: line.arguments, identity: identity)
        case .missing:
            report(
                missing, "script-missing", line.statement, word: word, "\(what) is disabled: '\(command)' is not found",
                help: "the path is looked up when the configuration is read"
            )
            return nil
        case .notExecutable:
            report(
                missing, "script-not-executable", line.statement, word: word,
                "\(what) is disabled: '\(command)' cannot be executed by the script's user", help: "chmod +x \(command)"
            )
            return nil
        case .insecure(let component, let remedy):
            return insecure(line, what, component, remedy, defaults, identity)
        }
    }

    /// Run anyway, with a remark, unless `enable_script_security` is set; only scripts run as root are at risk.
    private mutating func insecure(
        _ line: ScriptLine, _ what: String, _ component: String, _ remedy: String, _ defaults: ScriptDefaults,
        _ identity: ScriptIdentity
    ) -> Script? {
        let word = line.statement.value(0)
        let risk = "'\(component)' can be written by others than root"
        guard defaults.isSecure, identity.user == 0 else {
            report(
                .warning, "script-insecure", line.statement, word: word, "\(what) is run although \(risk)",
                help: "\(remedy), then add enable_script_security to global_defs", consequence: .security
            )
            return Script(path: line.arguments[0], arguments: line.arguments, identity: identity)
        }
        report(
            .error, "script-insecure", line.statement, word: word,
            "Unsafe permissions found for script '\(line.arguments[0])' - disabling \(what), since \(risk)", help: remedy
        )
        return nil
    }

    /// Upstream counts every script run as root without `enable_script_security` as a violation, once.
    private mutating func noteUnsecured(
        _ line: ScriptLine, _ what: String, _ identity: ScriptIdentity, _ defaults: ScriptDefaults
    ) {
        guard identity.user == 0, !defaults.isSecure, isFirst("script-security-off") else { return }
        report(
            .warning, "script-security-off", line.statement, word: line.statement.value(0),
            "SECURITY VIOLATION - scripts are being executed but script_security not enabled; \(what) is run as root",
            help: "add enable_script_security to global_defs, or let script_user name another user", consequence: .security
        )
    }

    private mutating func identity(
        of line: ScriptLine, for what: String, by defaults: ScriptDefaults
    ) -> ScriptIdentity? {
        if let user = line.user {
            return identity(user: user, group: line.group, of: line.statement, supplementary: defaults.setsSupplementaryGroups)
        }
        switch defaults.user {
        case .identity(let identity):
            return identity
        case .unset:
            if let found = surroundings.user("keepalived_script") {
                return ScriptIdentity(user: found.user, group: found.group)
            }
            guard defaults.isSecure else {
                return ScriptIdentity(user: surroundings.ownUser, group: surroundings.ownGroup)
            }
            report(
                .error, "no-script-user", line.statement,
                "\(what) is disabled: with enable_script_security a user is needed, and 'keepalived_script' does not exist",
                help: "write script_user in global_defs, or a user behind the script"
            )
            return nil
        case .unusable:
            report(
                .error, "no-script-user", line.statement, "\(what) is disabled: the user named by script_user does not exist"
            )
            return nil
        }
    }

    /// A user and perhaps a group by name; a group that begins with ':' brings the user's supplementary groups along.
    package mutating func identity(
        user: Word, group: Word?, of statement: Statement, supplementary: Bool
    ) -> ScriptIdentity? {
        guard let found = surroundings.user(user.text) else {
            report(.error, "unknown-user", statement, word: user, "there is no user '\(user.text)'")
            return nil
        }
        guard let group else {
            return ScriptIdentity(user: found.user, group: found.group, hasSupplementaryGroups: supplementary)
        }
        let withGroups = group.text.hasPrefix(":")
        let name = String(group.text.drop { $0 == ":" })
        if withGroups, name.isEmpty {
            return ScriptIdentity(user: found.user, group: found.group, hasSupplementaryGroups: true)
        }
        guard let number = surroundings.group(name) else {
            report(.error, "unknown-group", statement, word: group, "there is no group '\(name)'")
            return nil
        }
        return ScriptIdentity(user: found.user, group: number, hasSupplementaryGroups: supplementary || withGroups)
    }
}
