// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import Glibc

/// Whom a script runs as; looked up when the configuration is read, since a name service may be slow.
package struct ScriptUser: Hashable, Sendable {
    package var user: UInt32
    package var group: UInt32
    /// The supplementary groups.
    package var groups: [UInt32]

    package init(user: UInt32, group: UInt32, groups: [UInt32] = []) {
        self.user = user
        self.group = group
        self.groups = groups
    }
}

/// Starts scripts in the surroundings that the daemon itself was started in.
///
/// A script gets its own process group, /dev/null as descriptors 0 to 2 and no others, no blocked or ignored signal, the
/// scheduling and limits the daemon had at its start, TERM when the daemon dies, and the daemon's environment without
/// IFS, LD_PRELOAD, LD_LIBRARY_PATH and NOTIFY_SOCKET.
package final class ScriptLauncher {
    private let environment: CStrings
    private let origin: SchedulingOrigin

    /// Remembers the present environment; `origin` is what was noted before the daemon changed its own scheduling.
    package init(origin: SchedulingOrigin) {
        environment = CStrings(Environment.forScripts)
        self.origin = origin
    }

    /// Starts a program with its arguments; the first word is the path. Returns its pid, which is also its group's.
    ///
    /// A file that is neither a program nor starts with `#!` is given to /bin/sh. One that cannot be run at all ends with
    /// status 126 or 127.
    package func start(_ words: [String], as user: ScriptUser?) throws(SystemError) -> Int32 {
        precondition(!words.isEmpty, "A script without a path is to be started.")
        let arguments = CStrings(words)
        let shellArguments = CStrings(["/bin/sh"] + words)
        let groups = user?.groups ?? []
        return try shim("fork") {
            groups.withUnsafeBufferPointer { groups in
                var script = clinux_script()
                script.path = UnsafePointer(arguments.pointers[0])
                script.arguments = UnsafePointer(arguments.pointers)
                script.environment = UnsafePointer(environment.pointers)
                script.shell_arguments = UnsafePointer(shellArguments.pointers)
                script.change_user = user == nil ? 0 : 1
                script.user = user?.user ?? 0
                script.group = user?.group ?? 0
                script.groups = groups.baseAddress
                script.group_count = groups.count
                script.nice = origin.nice
                script.reset_scheduling = 1
                script.limit_count = origin.put(&script.limits)
                return clinux_start_script(&script)
            }
        }
    }

    /// Ends a script and everything it started.
    package func kill(_ process: Int32, _ signal: Signal = .kill) {
        try? signal.send(toGroup: process)
    }
}

/// A null-terminated vector of C strings.
final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}

/// The scheduling and limits a process was started with.
package struct SchedulingOrigin {
    let nice: Int32
    private let limits: [(resource: Int32, limit: rlimit)]

    /// Notes what holds now; call it before anything is changed.
    package init() {
        nice = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        limits = [RLIMIT_CORE, RLIMIT_NOFILE, __RLIMIT_MEMLOCK, __RLIMIT_RTTIME].map { resource in
            let number = Int32(bitPattern: resource.rawValue)
            var limit = rlimit()
            getrlimit(number, &limit)
            return (number, limit)
        }
    }

    /// Writes the limits for the C side; returns how many there are.
    func put(_ room: inout (rlimit_pair, rlimit_pair, rlimit_pair, rlimit_pair)) -> Int {
        withUnsafeMutableBytes(of: &room) { bytes in
            let pairs = bytes.bindMemory(to: rlimit_pair.self)
            for (index, (resource, limit)) in limits.enumerated() {
                pairs[index] = rlimit_pair(resource: resource, soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
            }
        }
        return limits.count
    }
}

/// The environment of this process.
package enum Environment {
    /// The value of a variable; nil if it is not set.
    package static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Takes a variable out, for this process and the programs it starts.
    package static func unset(_ name: String) { _ = unsetenv(name) }

    /// Everything as NAME=value.
    package static var all: [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }

    /// What a script may see.
    package static var forScripts: [String] {
        let hidden = ["IFS=", "LD_PRELOAD=", "LD_LIBRARY_PATH=", "NOTIFY_SOCKET="]
        return all.filter { entry in !hidden.contains { entry.hasPrefix($0) } }
    }
}
