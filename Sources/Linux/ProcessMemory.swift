// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux

/// What a process does about its memory.
package enum ProcessMemory {
    /// Gives back what only the start, or a reload, needed: most of the program's text reads configurations, which is done.
    ///
    /// A daemon of which every router of a site runs three processes should not keep that resident for a year.
    package static func releaseAfterStart() { clinux_release_startup_memory() }
}
