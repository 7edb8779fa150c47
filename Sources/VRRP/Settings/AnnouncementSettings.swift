// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// When gratuitous ARPs and unsolicited neighbour advertisements are sent for the addresses of a master.
package struct AnnouncementSettings: Hashable, Sendable, Defaulted {
    /// Announcements in each burst: at promotion and again after `delay`. At least 1.
    package var repeats = 5
    /// The second burst comes this long after promotion; zero: none.
    package var delay = Interval.seconds(5)
    /// Time between refreshes while master; zero: none.
    package var refresh = Interval.zero
    /// Announcements in each refresh. At least 1.
    package var refreshRepeats = 1
    /// Announcements after a losing advert was heard; zero: none.
    package var lowerPriorityRepeats = 5
    /// The second burst after a losing advert; zero: none.
    package var lowerPriorityDelay = Interval.seconds(5)
    /// Time between announcements on interfaces other than the router's own; zero: none.
    package var extraInterfaces = Interval.zero
    /// `garp_extra_if all`: on all such interfaces, not only on VMACs.
    package var includesAllExtraInterfaces = false

    package init() {}
}

/// How fast announcements may leave through the interfaces that share the limit (`garp_group`).
package struct GarpGroupSettings: Equatable, Sendable {
    /// Between gratuitous ARPs; nil: not limited by this group.
    package var garpInterval: Interval?
    /// Between unsolicited neighbour advertisements.
    package var gnaInterval: Interval?
    package var interfaces: [String] = []

    package init() {}
}
