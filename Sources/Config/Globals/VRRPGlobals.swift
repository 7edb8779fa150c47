// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// What `global_defs` says for all virtual routers.
package struct VRRPGlobals: Equatable, Sendable {
    /// `dynamic_interfaces`: whether interfaces may be named that do not exist, and whether one may come back changed.
    package enum DynamicInterfaces: Equatable, Sendable { case no, yes, allowingChanges }

    package var dynamicInterfaces = DynamicInterfaces.no
    package var defaultInterface = "eth0"
    /// `disable_local_igmp`.
    package var disablesLocalIGMP = false
    package var multicastGroup4 = IPAddress.v4(0xe000_0012)
    package var multicastGroup6 = IPAddress.v6(high: 0xff02_0000_0000_0000, low: 0x12)
    package var announcements = AnnouncementGlobals()
    /// `vrrp_down_timer_adverts`: adverts missed before a backup takes over.
    package var downTimerAdverts = 3
    package var lowerPrioritySendsNoAdvert = false
    package var higherPrioritySendsAdvert = false
    /// `vrrp_version`: 2 or 3 for IPv4; IPv6 is 3 unless the instance says otherwise.
    package var version: UInt8 = 2
    package var checksumV3LikeV2 = false
    package var checksUnicastSource = false
    package var skipsAddressCheck = false
    package var isStrict = false
    package var ownerIgnoresAdverts = false
    package var firewall = FirewallGlobals()
    package var startupDelay = Interval.zero
    /// `vrrp_delay_after_boot`: counted from the boot of the machine.
    package var delayAfterBoot = Interval.zero
    package var logsUnknownRouterIDs = false
    /// Prefix of the names of virtual MAC interfaces.
    package var virtualMACPrefix: String?
    package var virtualMACAddressPrefix: String?
    package var notifiesPriorityChanges = false
    /// `fifo_write_vrrp_states_on_reload`.
    package var repeatsStatesOnReload = false
    /// Receive buffers of sockets in bytes; nil is the kernel's default.
    package var commandBuffer = BufferSettings()
    package var monitorBuffer = BufferSettings()
    package var processMonitorBuffer = BufferSettings()
    package var receiveBuffers = ReceiveBufferPolicy()

    package init() {}
}

/// Gratuitous ARP and unsolicited neighbour advertisements, for instances that do not say otherwise.
package struct AnnouncementGlobals: Equatable, Sendable {
    /// `vrrp_garp_master_delay`: to the second burst.
    package var delay = Interval.seconds(5)
    package var repeats: UInt32 = 5
    /// Zero is off.
    package var refresh = Interval.zero
    package var refreshRepeats: UInt32 = 1
    /// Nil is as `delay`.
    package var lowerPriorityDelay: Interval?
    /// Nil is as `repeats`.
    package var lowerPriorityRepeats: UInt32?
    package var interval = Interval.zero
    package var neighbourInterval = Interval.zero
    /// `vrrp_min_garp`: as few as the RFC asks for.
    package var isMinimal = false
    /// `vrrp_garp_extra_if`: how often on the extra interfaces; zero is off.
    package var extraInterval = Interval.zero
    package var extraOnAll = false

    package init() {}
}

/// Which firewall blocks traffic to addresses that must not be used, and its names.
package struct FirewallGlobals: Equatable, Sendable {
    /// The chains of `vrrp_iptables`.
    package struct Chains: Equatable, Sendable {
        package var input: String
        /// Nil where only one chain was named.
        package var output: String?

        package init(input: String, output: String?) {
            self.input = input
            self.output = output
        }
    }

    /// What `vrrp_ipsets` says; iptables rules match sets of addresses where these may be used.
    package enum IPSets: Equatable, Sendable {
        case unset
        case disabled
        /// Up to six names in the order of the keyword; the missing ones derive from the first.
        case named([String])
    }

    package var iptables: Chains?
    package var ipsets = IPSets.unset
    /// The table's name.
    package var nftables: String?
    package var nftablesPriority = -1
    package var nftablesUsesInterfaceIndex = false
    package var nftablesCounters = false

    package init() {}
}

/// The room of a netlink socket for what was not read yet, in bytes; nil leaves the kernel's.
package struct BufferSettings: Equatable, Sendable {
    package var size: UInt32?
    /// Beyond the limit that the kernel sets for unprivileged processes.
    package var isForced = false

    package init() {}
}

/// `vrrp_rx_bufs_policy` and `vrrp_rx_bufs_multiplier`.
package struct ReceiveBufferPolicy: Equatable, Sendable {
    package var followsMTU = false
    package var followsAdvert = false
    package var size: UInt32?
    package var multiplier: UInt32 = 3

    package init() {}
}

/// What `global_defs` says for IPVS and the checkers.
package struct LVSGlobals: Equatable, Sendable {
    /// What `lvs_flush_on_stop` empties: nothing, the whole IPVS table, or the virtual servers of the configuration.
    package enum Flush: Equatable, Sendable { case no, everything, virtualServers }

    /// IPVS timeouts in seconds; nil leaves the kernel's.
    package var tcpTimeout: UInt32?
    package var tcpFinishTimeout: UInt32?
    package var udpTimeout: UInt32?
    package var flushesAtStart = false
    package var flushOnStop = Flush.no
    package var syncDaemon: SyncDaemonSettings?
    /// `nftables_ipvs`: the table's name.
    package var nftables: String?
    package var nftablesPriority = -1
    package var nftablesStartMark: UInt32 = 1000
    package var logsAllFailures = false
    package var notifiesInitialState = false
    package var commandBuffer = BufferSettings()
    package var monitorBuffer = BufferSettings()

    package init() {}
}

/// `lvs_sync_daemon`.
package struct SyncDaemonSettings: Equatable, Sendable {
    package var interface: String
    /// The virtual router whose state decides between master and backup daemon; nil runs both.
    package var router: String?
    package var id: UInt8?
    package var maximumLength: UInt16?
    package var port: UInt16?
    package var timeToLive: UInt8?
    package var group: IPAddress?

    package init(interface: String) { self.interface = interface }
}
