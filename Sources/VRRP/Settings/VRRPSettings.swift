// SPDX-License-Identifier: GPL-2.0-or-later

package import Config

/// Everything that the VRRP process is told by the configuration, global settings apart.
package struct VRRPSettings: Equatable, Sendable {
    /// In the order of the file; identities and names are unique.
    package var routers: [RouterSettings] = []
    package var syncGroups: [SyncGroupSettings] = []
    /// Only what some router or group tracks.
    package var scripts: [ScriptSettings] = []
    package var trackFiles: [TrackFileSettings] = []
    package var trackProcesses: [TrackProcessSettings] = []
    package var trackGroups: [TrackGroupSettings] = []
    package var garpGroups: [GarpGroupSettings] = []
    package var staticAddresses: [AddressEntry] = []
    package var staticRoutes: [RouteEntry] = []
    package var staticRules: [RuleEntry] = []
    package var notifyPipes: [NotifyPipeSettings] = []
    /// By interface.
    package var linkPolling: [String: LinkPolling] = [:]
    package var linkDelays: [String: LinkDelays] = [:]

    package init() {}
}
