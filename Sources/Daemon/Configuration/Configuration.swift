// SPDX-License-Identifier: GPL-2.0-or-later

package import BFD
package import Config
package import VRRP

/// Everything a configuration says, settled: what processes run by.
package struct Configuration: Equatable, Sendable {
    package var globals = GlobalSettings()
    package var vrrp = VRRPSettings()
    package var bfd = BFDSettings()
    /// `startup_script` and `shutdown_script`, if they can be run.
    package var startupScript: Script?
    package var shutdownScript: Script?

    package init() {}
}

/// What the files say, block by block, before it is settled.
struct ConfigurationDraft: Sendable {
    var globals = GlobalSettings()
    var vrrp = VRRPDraft()
    var bfd = BFDSettings()
    /// Children whose blocks are there.
    var mentioned: Set<ChildKind> = []

    /// All that may stand outside of blocks.
    static let table = Table(
        GlobalSettings.rows.lifted(to: \ConfigurationDraft.globals) + VRRPDraft.rows.lifted(to: \.vrrp)
            + BFDSettings.rows.lifted(to: \.bfd) + laterRows
    )

    /// The children that have something to do.
    var needed: Set<ChildKind> {
        mentioned.union(vrrp.isEmpty ? [] : [.vrrp]).union(bfd.sessions.isEmpty ? [] : [.bfd])
    }

    /// Blocks of features that are not built yet: passed over with a remark.
    private static let laterRows: [Keyword<ConfigurationDraft>] = [
        later("virtual_server", .checker, "A virtual server and the real servers behind it."),
        later("virtual_server_group", nil, "Addresses that share one virtual server."),
        later("SSL", nil, "Certificates for checks of real servers."),
    ].map { $0.parsedOnly }

    private static func later(_ name: String, _ kind: ChildKind?, _ help: String) -> Keyword<ConfigurationDraft> {
        .custom(name, syntax: "{ ... }", help) { statement, draft, reader in
            if let kind { draft.mentioned.insert(kind) }
            if reader.isFirst("later \(name)") {
                reader.report(.warning, "not-built", statement, "'\(name)' is not part of this version yet and is passed over")
            }
            reader.skipBlock()
        }
    }
}
