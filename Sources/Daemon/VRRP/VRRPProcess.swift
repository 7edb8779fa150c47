// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// The VRRP process.
package final class VRRPProcess: ChildProcess {
    private let environment: ProcessEnvironment

    package init(_ environment: ProcessEnvironment) throws(ExitCode) {
        self.environment = environment
    }

    package func reload(from old: Configuration, at now: Instant) {}

    package func stop(at now: Instant) { environment.finish() }

    package func dump(_ kind: DumpKind, at now: Instant) {}
}
