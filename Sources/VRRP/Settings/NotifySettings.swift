// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
package import Config

/// A program with its arguments and whom it runs as.
package typealias ScriptCommand = Script

/// Who is told of the transitions of a router or a group.
package struct NotifySettings: Equatable, Sendable, Defaulted {
    package var master: ScriptCommand?
    package var backup: ScriptCommand?
    package var fault: ScriptCommand?
    package var stop: ScriptCommand?
    package var deleted: ScriptCommand?
    /// Run on each transition with `INSTANCE|GROUP <name> <STATE> <priority>` appended.
    package var any: ScriptCommand?
    /// Run when a master hears a losing advert.
    package var masterHearsLowerPriority: ScriptCommand?
    /// A router that vanishes in a reload is reported as DELETED, not as FAULT.
    package var reportsDeletion = false
    package var sendsMail = false
    /// Changes of the priority are reported too.
    package var reportsPriority = false

    package init() {}
}
