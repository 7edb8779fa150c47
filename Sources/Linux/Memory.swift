// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux

/// This process's memory.
package enum Memory {
    /// Gives memory that was freed back to the system: after large work such as taking up a configuration.
    package static func giveBack() { clinux_trim_memory() }
}
