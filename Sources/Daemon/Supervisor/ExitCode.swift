// SPDX-License-Identifier: GPL-2.0-or-later

/// How a process of the daemon ends: upstream's numbers, which init scripts and service managers look at.
package enum ExitCode: Int32, Error, Sendable {
    case ok = 0
    /// Cannot run, or wrong usage.
    case fatal = 1
    /// The configuration cannot be run.
    case configuration = 2
    case permission = 4
    /// There is no usable configuration file.
    case noConfiguration = 6
    case internalError = 70
    case noMemory = 204

    /// What upstream calls a child's code that ends the whole daemon; nil for codes after which the child is started again.
    package var permanentName: String? {
        switch self {
        case .fatal: "FATAL"
        case .configuration: "CONFIG"
        case .permission: "missing permission"
        case .ok, .noConfiguration, .internalError, .noMemory: nil
        }
    }
}
