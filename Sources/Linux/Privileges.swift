// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics
import CLinux
import Glibc

/// Scheduling, memory, limits and capabilities of this process.
package enum Privileges {
    /// -20 (first) ... 19 (last).
    package static func setNice(_ value: Int32) throws(SystemError) {
        try system("setpriority") { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, value) }
    }

    /// Round-robin real-time scheduling with a priority of 1...99; processes started from here do not inherit it.
    package static func setRealtime(priority: Int32) throws(SystemError) {
        var parameter = sched_param()
        parameter.sched_priority = max(sched_get_priority_min(SCHED_RR), min(priority, sched_get_priority_max(SCHED_RR)))
        try system("sched_setscheduler") { sched_setscheduler(0, SCHED_RR | resetOnFork, &parameter) }
    }

    /// SCHED_RESET_ON_FORK.
    private static let resetOnFork: Int32 = 0x4000_0000

    /// How long a real-time process may run without ever waiting before it is sent XCPU, then killed at twice that.
    package static func limitRealtime(_ time: Interval) throws(SystemError) {
        let microseconds = rlim_t(max(1, time.microseconds))
        try setLimit(__RLIMIT_RTTIME, soft: microseconds, hard: microseconds &* 2)
    }

    /// Does something that may take long, such as reading a configuration, without the limit of ``limitRealtime(_:)``. Who may not
    /// lift it, works at ordinary priority meanwhile.
    package static func withoutRealtimeLimit<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var limit = rlimit()
        let resource = __rlimit_resource_t(__RLIMIT_RTTIME.rawValue)
        guard isRealtime, getrlimit(resource, &limit) == 0, limit.rlim_cur < amplePatience else { return try body() }
        var none = rlimit(rlim_cur: .max, rlim_max: .max)
        if setrlimit(resource, &none) == 0 {
            defer { setrlimit(resource, &limit) }
            return try body()
        }
        let policy = sched_getscheduler(0)
        var parameter = sched_param()
        sched_getparam(0, &parameter)
        var ordinary = sched_param()
        sched_setscheduler(0, SCHED_OTHER, &ordinary)
        defer { sched_setscheduler(0, policy, &parameter) }
        return try body()
    }

    /// Microseconds: a limit that nothing here exceeds.
    private static let amplePatience: rlim_t = 500_000

    /// Whether this process has real-time priority.
    package static var isRealtime: Bool { sched_getscheduler(0) & ~resetOnFork == SCHED_RR }

    /// Real-time priority for a process of ordinary scheduling, until ``endUrgency()``. False: its scheduling is another, or
    /// a limit (RLIMIT_RTTIME) would end it if it worked for long.
    package static func beginUrgency(_ priority: Int32) throws(SystemError) -> Bool {
        var limit = rlimit()
        guard sched_getscheduler(0) == SCHED_OTHER, getrlimit(__rlimit_resource_t(__RLIMIT_RTTIME.rawValue), &limit) == 0,
            limit.rlim_cur >= amplePatience
        else { return false }
        try setRealtime(priority: priority)
        return true
    }

    /// Ordinary scheduling again.
    package static func endUrgency() {
        var ordinary = sched_param()
        sched_setscheduler(0, SCHED_OTHER, &ordinary)
    }

    /// Keeps all memory, present and future, out of swap.
    package static func lockMemory() throws(SystemError) {
        // Root needs no limit for it; others may be allowed by a limit that they cannot raise.
        try? setLimit(__RLIMIT_MEMLOCK, soft: .max, hard: .max)
        try system("mlockall") { mlockall(Int32(MCL_CURRENT | MCL_FUTURE)) }
    }

    /// Runs only on these processors, 0...127.
    package static func setProcessors(_ processors: some Sequence<Int>) throws(SystemError) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for processor in processors {
            if (0..<64).contains(processor) { low |= 1 << UInt64(processor) }
            if (64..<128).contains(processor) { high |= 1 << UInt64(processor - 64) }
        }
        try shim("sched_setaffinity") { clinux_set_processors(low, high) }
    }

    /// Allows core dumps of any size, also after a change of user.
    package static func allowCoreDumps() throws(SystemError) {
        try setLimit(RLIMIT_CORE, soft: .max, hard: .max)
        try shim("prctl") { clinux_set_dumpable(1) }
    }

    /// Room for at least that many descriptors.
    package static func allowDescriptors(_ count: Int) throws(SystemError) {
        var limit = rlimit()
        try system("getrlimit") { getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
        let wanted = rlim_t(max(0, count))
        guard limit.rlim_cur < wanted else { return }
        try setLimit(RLIMIT_NOFILE, soft: wanted, hard: max(limit.rlim_max, wanted))
    }

    private static func setLimit(_ resource: __rlimit_resource, soft: rlim_t, hard: rlim_t) throws(SystemError) {
        var limit = rlimit(rlim_cur: soft, rlim_max: hard)
        try system("setrlimit") { setrlimit(__rlimit_resource_t(resource.rawValue), &limit) }
    }

    package static var isRoot: Bool { geteuid() == 0 }

    // MARK: Capabilities

    /// What root may do, one by one (capabilities(7)).
    package enum Capability: UInt64, CaseIterable, Sendable {
        case changeOwner = 0
        case overrideAccess = 1
        case kill = 5
        case setGroup = 6
        case setUser = 7
        case networkBroadcast = 11
        case networkAdministration = 12
        case rawSockets = 13
        case lockMemory = 14
        case loadModules = 16
        case systemAdministration = 21
        case schedule = 23
        case resources = 24
    }

    /// Keeps these capabilities and gives all others up for good. Scripts started by root as root get theirs back from the
    /// kernel only within the bounding set, which stays.
    package static func keepOnly(_ kept: Set<Capability>) throws(SystemError) {
        var effective: UInt64 = 0
        var permitted: UInt64 = 0
        try shim("capget") { clinux_get_capabilities(&effective, &permitted) }
        let mask = kept.reduce(UInt64(0)) { $0 | 1 << $1.rawValue } & permitted
        try shim("capset") { clinux_set_capabilities(mask, mask, 0) }
    }
}

/// Another view of the network.
package enum NetworkNamespace {
    /// Enters a namespace by name, as `ip netns` keeps them below /run/netns.
    package static func enter(_ name: String) throws(SystemError) { try enter(path: "/run/netns/" + name) }

    /// Enters the namespace that this path (/run/netns/NAME, /proc/PID/ns/net) stands for.
    package static func enter(path: String) throws(SystemError) {
        let file = FileDescriptor(owning: try system("open") { open(path, O_RDONLY | O_CLOEXEC) })
        try enter(file)
    }

    /// The namespace of that name, to be visited.
    package static func named(_ name: String) throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try system("open") { open("/run/netns/" + name, O_RDONLY | O_CLOEXEC) })
    }

    /// Enters a namespace that was opened before.
    package static func enter(_ namespace: FileDescriptor) throws(SystemError) {
        try shim("setns") { clinux_enter_network_namespace(namespace.number) }
    }

    /// The namespace of this process, to come back to.
    package static func current() throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try system("open") { open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) })
    }

    /// The namespace of the machine's first process.
    package static func first() throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try system("open") { open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC) })
    }

    /// Does something in another namespace, and comes back.
    package static func visit<Result>(
        _ namespace: FileDescriptor, _ body: () throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        let own = try current()
        try enter(namespace)
        defer {
            let result = clinux_enter_network_namespace(own.number)
            precondition(result == 0, "A process can always go back to the namespace that it came from.")
        }
        return try body()
    }

    /// Enters a new, empty namespace, which ends with the last process in it.
    package static func enterNew() throws(SystemError) { try shim("unshare") { clinux_new_network_namespace() } }

    /// Makes /run/keepalived show a directory of the namespace's own, /run/keepalived/NAME, for this process and its children;
    /// and /sys the namespace's own interfaces.
    package static func separateFiles(name: String, directory: String = "/run/keepalived") throws(SystemError) {
        try Files.makeDirectory(directory)
        try Files.makeDirectory(directory + "/" + name)
        try shim("unshare") { clinux_new_mount_namespace() }
        try shim("mount") { clinux_bind_mount(directory + "/" + name, directory) }
        try shim("mount") { clinux_mount_sysfs() }
    }
}
