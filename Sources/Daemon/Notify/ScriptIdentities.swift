// SPDX-License-Identifier: GPL-2.0-or-later

package import Config
package import Linux

extension Script {
    /// What is executed: the path that was found, then the arguments as written.
    package var words: [String] { [path] + arguments.dropFirst() }
}

extension ScriptUser {
    package init(_ identity: ScriptIdentity) {
        self.init(user: identity.user, group: identity.group, groups: identity.groups)
    }
}

extension NotifyUser {
    package init(_ identity: ScriptIdentity) {
        self.init(user: identity.user, group: identity.group, groups: identity.groups)
    }
}

extension ScriptIdentity {
    /// The supplementary groups of the user, where they were asked for.
    fileprivate var groups: [UInt32] { hasSupplementaryGroups ? Users.name(of: user).map { Users.groups(of: $0, with: group) } ?? [] : [] }
}
