// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// Everything of `global_defs` and of the root keywords that are no blocks.
///
/// Values that other settings inherit, or whose default depends on others, are nil until said.
package struct GlobalSettings: Equatable, Sendable {
    package var namespace = NamespaceSettings()
    package var mail = MailSettings()
    package var scripts = ScriptDefaults()
    package var reload = ReloadSettings()
    package var files = FileSettings()
    package var snmp = SNMPSettings()
    package var dbus = DBusSettings()
    package var vrrp = VRRPGlobals()
    package var lvs = LVSGlobals()

    /// `router_id`: nil means the host name.
    package var routerID: String?
    /// `process_names`: children are called keepalived_vrrp, keepalived_lvs, keepalived_bfd instead of keepalived.
    package var usesProcessNames = false
    /// `process_name`: how the parent calls itself.
    package var parentName: String?
    package var vrrpProcess = ProcessSettings()
    package var checkerProcess = ProcessSettings()
    package var bfdProcess = ProcessSettings()
    /// `max_auto_priority`: the highest realtime priority (SCHED_RR) that a late process may give itself; 0 is off, -1 is off
    /// and silent about it, nil is not said (off, with a notice at start).
    package var maximumAutoPriority: Int?
    /// `min_auto_priority_delay`: how late a timer must be to raise the priority.
    package var minimumAutoPriorityDelay = Interval.seconds(1)
    /// `child_wait_time`: how long the parent waits for its children at the end before it kills them.
    package var childWaitTime = Interval.seconds(5)
    /// `linkbeat_use_polling` at the root: link states are polled instead of taken from netlink.
    package var pollsLinks = false
    /// `random_seed`.
    package var randomSeed: UInt32?
    /// `umask`: nil means 0177.
    package var fileModeMask: UInt16?

    package init() {}
}

/// Network namespaces and the name that tells several daemons on a machine apart.
package struct NamespaceSettings: Equatable, Sendable {
    /// `net_namespace`.
    package var network: String?
    /// `net_namespace_ipvs`; an empty name is the namespace the daemon was started in.
    package var ipvs: String?
    /// `namespace_with_ipsets`.
    package var usesIPSets = false
    /// `instance`.
    package var instance: String?
    /// `use_pid_dir`.
    package var usesPIDDirectory = false

    package init() {}
}

/// How one child process is named and scheduled.
package struct ProcessSettings: Equatable, Sendable {
    /// At most 15 bytes; nil for the default name.
    package var name: String?
    /// Nice value, -20...19; nil leaves it.
    package var priority: Int?
    /// Keep the process in memory (mlockall).
    package var locksMemory = false
    /// SCHED_RR priority, 1...99; nil for normal scheduling.
    package var realtimePriority: Int?
    /// Processors the process may run on; empty for all.
    package var processors: [Int] = []
    /// RLIMIT_RTTIME.
    package var realtimeLimit: Interval?

    package init() {}
}

/// Alert mails.
package struct MailSettings: Equatable, Sendable {
    /// `notification_email_from`.
    package var sender: String?
    /// `notification_email`; no alerts without.
    package var recipients: [String] = []
    /// `smtp_server`; no alerts without. Several where a host name has several addresses.
    package var servers: [IPAddress] = []
    package var port: UInt16 = 25
    /// `smtp_helo_name`; nil for the local host name.
    package var greeting: String?
    package var connectTimeout = Interval.seconds(30)
    /// `smtp_alert`: nil is off for routers and virtual servers and on for real servers.
    package var alerts: Bool?
    package var alertsVRRP: Bool?
    package var alertsChecker: Bool?
    /// `no_email_faults`.
    package var omitsFaults = false
    /// `no_checker_emails`.
    package var omitsCheckers = false

    package init() {}
}

/// Who runs scripts, and which scripts run at all.
package struct ScriptDefaults: Equatable, Sendable {
    /// `script_user`.
    package enum DefaultUser: Equatable, Sendable {
        case unset
        case identity(ScriptIdentity)
        /// Named, but there is no such user: scripts that rely on it do not run.
        case unusable
    }

    package var user = DefaultUser.unset
    /// `enable_script_security`.
    package var isSecure = false
    /// `use_symlink_paths`.
    package var keepsSymbolicLinks = false
    /// `set_supplementary_groups`.
    package var setsSupplementaryGroups = false
    package var startup: ScriptLine?
    package var startupTimeout = Interval.seconds(10)
    package var shutdown: ScriptLine?
    package var shutdownTimeout = Interval.seconds(10)
    /// `notify_fifo`, for routers and virtual servers.
    package var fifo = FIFOSettings()
    package var vrrpFIFO = FIFOSettings()
    package var lvsFIFO = FIFOSettings()

    package init() {}
}

/// A named pipe for state changes, who owns it, and the script that reads it.
package struct FIFOSettings: Equatable, Sendable {
    package var path: ScriptLine?
    package var script: ScriptLine?

    package init() {}
}

/// What happens around a reload.
package struct ReloadSettings: Equatable, Sendable {
    /// `reload_check_config`: the log of the test; an empty path throws it away. Nil where there is no test.
    package var testLog: String?
    /// `reload_time_file`.
    package var timeFile: String?
    /// `reload_repeat`.
    package var keepsTimeFile = false
    /// `reload_file`: exists while the configuration is read; an empty path is the default place.
    package var markerFile: String?

    package init() {}
}

/// Where files are read and written.
package struct FileSettings: Equatable, Sendable {
    package var savedConfigurations: String?
    package var temporaryDirectory: String?
    /// `data_use_instance`.
    package var namesInstance = false
    package var stateDump: String?
    package var statisticsDump: String?
    package var jsonDump: String?
    /// 1, or 2 for an object around the array.
    package var jsonVersion = 1
    package var iprouteUserDirectory: String?
    package var iprouteDirectory: String?

    package init() {}
}

/// The SNMP keywords of `global_defs`: what is served and how often IPVS counters are read for it.
package struct SNMPSettings: Equatable, Sendable {
    package var socket: String?
    package var sendsTraps = false
    package var vrrp = false
    package var rfcV2 = false
    package var rfcV3 = false
    package var checker = false
    package var virtualServerInterval = Interval.seconds(5)
    /// Nil follows the virtual servers.
    package var realServerInterval: Interval?

    package init() {}
}

/// The `dbus_*` keywords and `enable_dbus` of `global_defs`.
package struct DBusSettings: Equatable, Sendable {
    package var isEnabled = false
    package var serviceName = "org.keepalived.Vrrp1"
    package var pathWithoutInterface: String?

    package init() {}
}
