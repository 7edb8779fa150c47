// SPDX-License-Identifier: GPL-2.0-or-later

package import BFD
package import Config
package import VRRP

/// Everything a configuration says, settled: what processes run by.
package struct Configuration: Equatable, Sendable {
    package var globals = GlobalSettings()
    package var vrrp = VRRPSettings()
    package var bfd = BFDSettings()

    package init() {}
}
