// SPDX-License-Identifier: GPL-2.0-or-later

package import Config

/// Parts of the VRRP process that keywords wait for.
package enum Feature: Hashable, Sendable, CaseIterable {
    case ipv6, unicast, vrf, virtualMAC, ipvlan
    case authenticationHeader, trailerAuthentication
    case trackInterface, trackScript, trackFile, trackProcess, trackBFD, trackSource
    case routes, rules, statics, garpGroups, linkPolling, linkDelays
    case firewall, syncDaemon, timerExpiry, mail, extraInterfaces

    /// What is built: a feature that lands is added here, and the rows that need it say so everywhere.
    package static let built: Set<Feature> = [
        .ipv6, .unicast, .trackInterface, .trackScript, .trackFile, .trackBFD, .routes, .rules, .statics, .firewall,
        .authenticationHeader, .trailerAuthentication, .garpGroups, .timerExpiry,
        .trackSource, .extraInterfaces, .virtualMAC, .ipvlan, .vrf, .linkPolling, .linkDelays, .syncDaemon,
        .mail, .trackProcess,
    ]
}

extension Keyword {
    /// Read and checked by all means, acted on once the feature is built.
    package func needs(_ feature: Feature) -> Keyword { Feature.built.contains(feature) ? self : parsedOnly }
}
