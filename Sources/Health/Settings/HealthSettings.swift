// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
package import Config

/// The SSL block: what the TLS side of SSL_GET presents and trusts.
package struct SSLSettings: Hashable, Sendable {
    /// The pass phrase of the key.
    package var password: String?
    /// Files in PEM form.
    package var authority: String?
    package var certificate: String?
    package var key: String?

    package init() {}
}

/// A file whose number steers checkers.
package struct CheckFileSettings: Hashable, Sendable {
    package var name: String
    package var path: String
    /// Written into the file at the start; nil: the file is left alone.
    package var initialValue: Int32?
    /// The initial value replaces what an existing file says.
    package var overwrites = false

    package init(name: String, path: String) {
        self.name = name
        self.path = path
    }
}

/// Everything the checker process is configured with.
package struct HealthSettings: Hashable, Sendable {
    /// Held once, for there may be very many: by the configuration and by the virtual servers at work.
    package var virtualServers: [Shared<VirtualServerSettings>] = []
    package var groups: [VirtualServerGroupSettings] = []
    package var ssl: SSLSettings?
    package var files: [CheckFileSettings] = []
    /// The state at start is reported to the notify scripts too (`rs_init_notifies`).
    package var notifiesAtStart = false
    /// Mail only when a server changes its state, not for each checker (`no_checker_emails`).
    package var mailsOnlyForServers = false

    /// The pipes that are told of servers and virtual servers, `notify_fifo` first if there is one.
    package var notifyPipes: [NotifyPipeSettings] = []

    package init() {}

    /// How many checkers there are in all.
    package var checkCount: Int {
        virtualServers.reduce(0) { $0 + $1.value.servers.reduce(0) { $0 + $1.checks.count } }
    }
}
