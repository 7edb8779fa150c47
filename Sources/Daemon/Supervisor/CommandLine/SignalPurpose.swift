// SPDX-License-Identifier: GPL-2.0-or-later

package import Linux

/// What a signal to the parent is good for; `--signum` tells the numbers.
package enum SignalPurpose: String, CaseIterable, Sendable {
    case stop = "STOP"
    case reload = "RELOAD"
    case data = "DATA"
    case statistics = "STATS"
    case statisticsCleared = "STATS_CLEAR"
    case json = "JSON"

    /// On x86-64 Linux with glibc 15, 1, 10, 12, 63 and 36; exporters rely on the last two.
    package var signal: Signal {
        switch self {
        case .stop: .terminate
        case .reload: .hangUp
        case .data: .user1
        case .statistics: .user2
        case .statisticsCleared: .lastRealtime(1)
        case .json: .realtime(2)
        }
    }
}
