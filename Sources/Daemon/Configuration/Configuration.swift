// SPDX-License-Identifier: GPL-2.0-or-later

package import Config
package import Health
package import VRRP

/// Everything a configuration says, settled: what processes run by.
package struct Configuration: Equatable, Sendable {
    package var globals = GlobalSettings()
    package var vrrp = VRRPSettings()
    package var health = HealthSettings()
    /// `startup_script` and `shutdown_script`, if they can be run.
    package var startupScript: Script?
    package var shutdownScript: Script?

    package init() {}
}

/// What the files say, block by block, before it is settled.
struct ConfigurationDraft: Sendable {
    var globals = GlobalSettings()
    var vrrp = VRRPDraft()
    var health = HealthDraft()
    /// The names of the BFD sessions.
    var sessions: Set<String> = []
    /// Children whose blocks are there.
    var mentioned: Set<ChildKind> = []

    /// All that may stand outside of blocks.
    static let table = Table(
        GlobalSettings.rows.lifted(to: \ConfigurationDraft.globals) + VRRPDraft.rows.lifted(to: \.vrrp)
            + HealthDraft.rows.lifted(to: \.health) + laterRows
    )

    /// The children that have something to do.
    var needed: Set<ChildKind> {
        var needed = mentioned
        if !vrrp.isEmpty { needed.insert(.vrrp) }
        if !health.isEmpty { needed.insert(.checker) }
        return needed
    }

    /// What FILE_CHECKs may name: the files as their blocks describe them.
    var checkFiles: [String: CheckFileFacts] {
        Dictionary(
            vrrp.trackFiles.compactMap { file in
                file.path.map {
                    let weight = Int32(clamping: file.weight ?? 1)
                    return (file.name, CheckFileFacts(path: $0.text, weight: weight, isReversed: file.isReversed))
                }
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Blocks of features that are not built yet: passed over with a remark.
    private static let laterRows: [Keyword<ConfigurationDraft>] = [
        later("bfd_instance", .bfd, "A BFD session."),
    ].map { $0.parsedOnly }

    private static func later(_ name: String, _ kind: ChildKind?, _ help: String) -> Keyword<ConfigurationDraft> {
        .custom(name, syntax: "{ ... }", help) { statement, draft, reader in
            if let kind { draft.mentioned.insert(kind) }
            if kind == .bfd, let name = statement.value(0) { draft.sessions.insert(name.text) }
            if reader.isFirst("later \(name)") {
                reader.report(.warning, "not-built", statement, "'\(name)' is not part of this version yet and is passed over")
            }
            reader.skipBlock()
        }
    }
}
