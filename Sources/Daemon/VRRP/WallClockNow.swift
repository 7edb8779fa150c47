// SPDX-License-Identifier: GPL-2.0-or-later

import Linux
import VRRP

extension WallClock {
    /// The time of day, which `auth_hmac` signs.
    static var now: WallClock {
        let time = WallTime.now
        return WallClock(
            seconds: UInt32(truncatingIfNeeded: time.seconds),
            fraction: UInt16(truncatingIfNeeded: time.fraction << 16 / 1_000_000_000))
    }
}
