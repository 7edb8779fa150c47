// SPDX-License-Identifier: GPL-2.0-or-later

/// The settings of one router where the configuration keeps those of all: a thousand routers do not hold theirs a second time.
package struct ConfiguredRouter: Sendable {
    /// The memory is that of ``VRRPSettings/routers``; whoever keeps an old one keeps the settings of all its routers.
    private var all: [RouterSettings]
    private var index: Int

    package init(_ all: [RouterSettings], _ index: Int) {
        self.all = all
        self.index = index
    }

    /// A router on its own.
    package init(_ settings: RouterSettings) { self.init([settings], 0) }

    package var settings: RouterSettings {
        _read { yield all[index] }
    }
}
