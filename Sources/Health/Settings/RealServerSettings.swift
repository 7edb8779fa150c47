// SPDX-License-Identifier: GPL-2.0-or-later

package import Config

/// One real server of a virtual server, everything inherited filled in.
///
/// There may be a hundred thousand of these, so what few of them say stands in a box of its own, and the list of checkers is
/// one shared array for all servers with equal checkers.
package struct RealServerSettings: Hashable, Sendable {
    package var key: ServerKey
    package var weight: UInt32 = 1
    /// Above this many connections the kernel sends no new ones; 0: no limit.
    package var upperThreshold: UInt32 = 0
    /// Below this many connections it does so again; 0: three quarters of the upper threshold.
    package var lowerThreshold: UInt32 = 0
    package var forwarding = Forwarding.nat
    /// Weight 0 instead of removal while down.
    package var inhibitsOnFailure = false
    package var sendsMail = true
    /// What the server's own `smtp_alert` says.
    var mailSaid: Bool?
    package var checks: [CheckSettings] = []
    private var rare: Rare?

    package init(_ key: ServerKey) { self.key = key }

    /// What most servers do not say.
    private final class Rare: Hashable, Sendable {
        let notifyUp: Script?
        let notifyDown: Script?
        let virtualHost: String?
        let snmpName: String?

        init(notifyUp: Script?, notifyDown: Script?, virtualHost: String?, snmpName: String?) {
            self.notifyUp = notifyUp
            self.notifyDown = notifyDown
            self.virtualHost = virtualHost
            self.snmpName = snmpName
        }

        static func == (left: Rare, right: Rare) -> Bool {
            left === right
                || left.notifyUp == right.notifyUp && left.notifyDown == right.notifyDown
                    && left.virtualHost == right.virtualHost && left.snmpName == right.snmpName
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(notifyUp)
            hasher.combine(virtualHost)
        }
    }

    package var notifyUp: Script? { rare?.notifyUp }
    package var notifyDown: Script? { rare?.notifyDown }
    package var virtualHost: String? { rare?.virtualHost }
    package var snmpName: String? { rare?.snmpName }

    /// Sets of what most servers do not say that which is given.
    package mutating func say(
        notifyUp: Script? = nil, notifyDown: Script? = nil, virtualHost: String? = nil, snmpName: String? = nil
    ) {
        guard notifyUp != nil || notifyDown != nil || virtualHost != nil || snmpName != nil else { return }
        rare = Rare(
            notifyUp: notifyUp ?? self.notifyUp, notifyDown: notifyDown ?? self.notifyDown,
            virtualHost: virtualHost ?? self.virtualHost, snmpName: snmpName ?? self.snmpName
        )
    }
}

/// The server that answers when too few others are left.
package struct SorryServerSettings: Hashable, Sendable {
    package var key: ServerKey
    package var forwarding = Forwarding.nat
    /// Stands in the table with weight 0 while it is not needed.
    package var isInhibited = false

    package init(_ key: ServerKey) { self.key = key }
}
