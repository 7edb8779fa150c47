// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// What a child process does with its part of the configuration: the VRRP, the checker and the BFD process.
///
/// `ProcessEnvironment.run` makes one, hands it what comes from the parent and from signals, and returns when the process
/// called `finish`. Everything happens in one thread, in handlers of the environment's loop.
package protocol ChildProcess: AnyObject {
    /// Takes up work by `environment.configuration`. Throws if the process cannot run at all; codes 1, 2 and 4 end the
    /// daemon. When it returns, the parent is told that the process runs.
    init(_ environment: ProcessEnvironment) throws(ExitCode)

    /// Changes over to a new configuration, which has been found fit to run. The parent is told when this returns.
    /// `environment.configuration` is the new one already.
    func reload(from old: Configuration, at now: Instant)

    /// Withdraws what it does and, when that is done, calls `environment.finish()`; asked once only. The parent kills the
    /// process after `child_wait_time`.
    func stop(at now: Instant)

    /// Writes a dump of its state; slow writing belongs into a process of its own.
    func dump(_ kind: DumpKind, at now: Instant)

    /// Writes the dump of `DumpKind.data` into this file, as it is now (`config_save_dir`).
    func saveState(to path: String)
}

/// What the dump signals ask for.
package enum DumpKind: Equatable, Sendable {
    /// USR1: everything, as text.
    case data
    /// USR2: the counters, as text.
    case statistics
    /// SIGRTMAX-1: the counters, which then begin at zero.
    case statisticsCleared
    /// SIGRTMIN+2: everything, as JSON.
    case json
}
