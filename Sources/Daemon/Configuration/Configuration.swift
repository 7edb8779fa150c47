// SPDX-License-Identifier: GPL-2.0-or-later

package import BFD
package import Config
package import Health
package import VRRP

/// Everything a configuration says, settled: what processes run by.
package struct Configuration: Equatable, Sendable {
    package var globals = GlobalSettings()
    package var vrrp = VRRPSettings()
    package var health = HealthSettings()
    package var bfd = BFDSettings()
    /// `startup_script` and `shutdown_script`, if they can be run.
    package var startupScript: Script?
    package var shutdownScript: Script?
    /// The children that have something to do by it, permitted or not.
    package var needed: Set<ChildKind> = []

    package init() {}
}

/// What the files say, block by block, before it is settled.
struct ConfigurationDraft: Sendable {
    var globals = GlobalSettings()
    var vrrp = VRRPDraft()
    var health = HealthDraft()
    var bfd = BFDSettings()

    /// All that may stand outside of blocks.
    static let table = Table(
        GlobalSettings.rows.lifted(to: \ConfigurationDraft.globals) + VRRPDraft.rows.lifted(to: \.vrrp)
            + HealthDraft.rows.lifted(to: \.health) + BFDSettings.rows.lifted(to: \.bfd)
    )

    /// The row of the blocks that stand on their own, of which there may be very many.
    static let virtualServerRow = table.vocabulary["virtual_server"]
    /// That of the blocks which such a block may name.
    static let groupRow = table.vocabulary["virtual_server_group"]

    /// Makes the tables that every configuration is read by, which takes longer than to read a small file; they last as long as the process.
    static func prepare() { _ = table["global_defs"]?.entry.children }

    /// The children that have something to do.
    var needed: Set<ChildKind> {
        var needed: Set<ChildKind> = []
        if !vrrp.isEmpty { needed.insert(.vrrp) }
        if !health.isEmpty { needed.insert(.checker) }
        if !bfd.sessions.isEmpty { needed.insert(.bfd) }
        return needed
    }

    /// What FILE_CHECKs may name: the files as their blocks describe them.
    var checkFiles: [String: CheckFileFacts] {
        Dictionary(
            vrrp.trackFiles.compactMap { file in
                file.path.map {
                    let weight = Int32(clamping: file.weight ?? 1)
                    var facts = CheckFileFacts(path: $0.text, weight: weight, isReversed: file.isReversed)
                    facts.initialValue = file.initialValue
                    facts.overwrites = file.overwrites
                    return (file.name, facts)
                }
            },
            uniquingKeysWith: { first, _ in first }
        )
    }
}
