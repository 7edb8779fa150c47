// SPDX-License-Identifier: GPL-2.0-or-later

import Linux

extension ProcessEnvironment {
    /// Leaves the processor to those who keep time.
    private static let niceness: Int32 = 10

    /// Does something slow with the state of this moment, at the cost of a fork: in a copy of the process, which ends with the
    /// code that `work` returns.
    func doInCopy(
        _ work: () -> Int32, ended: @escaping (ExitStatus) -> Void
    ) throws(SystemError) {
        _ = try processes.fork {
            try? Privileges.setNice(Self.niceness)
            return work()
        } ended: { status, _ in
            ended(status)
        }
    }
}
