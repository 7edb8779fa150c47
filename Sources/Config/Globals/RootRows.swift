// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension GlobalSettings {
    /// The root keywords that are about the whole daemon, `global_defs` among them.
    package static let rows: [Keyword<GlobalSettings>] = namespaceRows.lifted(to: \.namespace).on(.parent) + [
        .wholeSeconds(
            "child_wait_time", 0...4_294_967_295, \.childWaitTime,
            "How long the children have for ending before they are killed; large configurations may need more."
        )
        .defaulting(to: "5").since("2.0.0").on(.parent),
        .flag(
            "linkbeat_use_polling", \.pollsLinks,
            "Link states of all interfaces are polled instead of taken from the kernel's messages."
        )
        .since("1.1.18").on(.vrrp),
        .block("global_defs", children: definitionRows, \.self, "Settings of the whole daemon.").on(.all),
    ]

    private static var namespaceRows: [Keyword<NamespaceSettings>] {
        [
            once(
                "net_namespace", "<string>", \.network,
                "The network namespace to run in; its name is added to the names of pid files and to the identity in logs."
            )
            .since("1.2.24"),
            .custom(
                "net_namespace_ipvs", syntax: "[<string>]",
                "The network namespace that holds the virtual servers; without a name the one the daemon is started in."
            ) { statement, settings, reader in
                reader.noteExtraWords(statement, after: 1)
                settings.ipvs = statement.value(0)?.text ?? ""
            }
            .defaulting(to: "as net_namespace").since("2.1.0"),
            .flag("namespace_with_ipsets", \.usesIPSets, "Use ipsets in a namespace on kernels before 3.13, too.")
                .since("1.3.0"),
            once("instance", "<string>", \.instance, "Tells several daemons in one namespace apart: a suffix of pid files and log identity.")
                .since("1.2.24"),
            .flag("use_pid_dir", \.usesPIDDirectory, "Keep pid files in a directory `keepalived` of their own.").since("1.2.24"),
        ]
    }

    /// A name that cannot be changed once said.
    static func once<Target>(
        _ name: String, _ syntax: String, _ path: SettingPath<Target, String?>, _ help: String
    ) -> Keyword<Target> {
        .custom(name, syntax: syntax, help) { statement, target, reader in
            guard let text = reader.text(statement) else { return }
            if let old = target[keyPath: path] {
                reader.report(.error, "already-set", statement, "'\(name)' is already '\(old)'; this line is ignored")
            } else {
                target[keyPath: path] = text
            }
        }
    }

    /// A bare keyword stands for a default, a word behind it for itself.
    static func optional<Target>(
        _ name: String, _ syntax: String, bare: String, limit: Int = .max,
        _ path: SettingPath<Target, String?>, _ help: String
    ) -> Keyword<Target> {
        .custom(name, syntax: syntax, help) { statement, target, reader in
            if statement.values.isEmpty {
                target[keyPath: path] = bare
            } else if let text = reader.text(statement, limit: limit) {
                target[keyPath: path] = text
            }
        }
    }
}
