// SPDX-License-Identifier: GPL-2.0-or-later

/// What `--version` says, and how the daemon names itself in the log.
///
/// Scripts take the version of upstream's keepalived that this one stands in for from the first line, so nothing may stand
/// behind the date there; and they look for `--enable-json` among the configure options.
package enum VersionText {
    /// The upstream version whose configuration, files and signals are understood.
    package static let compatible = "2.4.3"
    /// The version of this program.
    package static let own = "0.1.0"

    package static let name = "Keepalived v\(compatible) (08/13,2026)"

    /// The whole text without a newline at the end; `kernel` and `distribution` describe the machine.
    package static func text(kernel: String, distribution: String?) -> String {
        var lines = [
            name,
            "",
            "keepalived in Swift v\(own), a drop-in for Keepalived v\(compatible)",
            "",
            "Running on \(kernel)",
        ]
        if let distribution { lines.append("Distro: \(distribution)") }
        lines += [
            "",
            "configure options: \(configureOptions.joined(separator: " "))",
            "",
            "Config options:  \(features.joined(separator: " "))",
            "",
            "System options:  \(systemFeatures.joined(separator: " "))",
        ]
        return lines.joined(separator: "\n")
    }

    private static let configureOptions = [
        "--prefix=/usr", "--sysconfdir=/etc", "--localstatedir=/var", "--runstatedir=/run", "--enable-json", "--enable-log-file",
        "--with-init=systemd",
    ]

    private static let features = ["VRRP", "VRRP_AUTH", "JSON", "OLD_CHKSUM_COMPAT", "LOG_FILE", "INIT=systemd", "SYSTEMD_NOTIFY"]

    private static let systemFeatures = ["MEMFD_CREATE", "SIGNALFD", "PIDFD_OPEN", "EPOLL_PWAIT2", "LIBNL3"]
}
