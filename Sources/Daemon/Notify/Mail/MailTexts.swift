// SPDX-License-Identifier: GPL-2.0-or-later

import VRRP

extension AlertMail {
    /// What a change of a router is told as, in upstream's words; nil where nothing is told.
    init?(_ transition: Transition, reportsDeletion: Bool) {
        let (event, body) =
            switch transition.to {
            case .master: ("Entering MASTER state", "=> VRRP Instance is now owning VRRP VIPs <=")
            case .backup: ("Entering BACKUP state", "=> VRRP Instance is no longer owning VRRP VIPs <=")
            case .fault: ("Entering FAULT state", "=> VRRP Instance is no longer owning VRRP VIPs <=")
            case .initialize:
                transition.cause == .stop
                    ? ("Stopping", "=> VRRP Instance stopping <=") : ("Deleted", "=> VRRP Deleted at reload <=")
            }
        if transition.to == .initialize, transition.cause != .stop, !reportsDeletion { return nil }
        self.init(subject: "VRRP Instance \(transition.name) - \(event)", body: body)
    }

    /// What a change of a sync group is told as.
    init(_ transition: GroupTransition) {
        let (event, body) =
            switch transition.to {
            case .master: ("Entering MASTER state", "=> All VRRP group instances are now in MASTER state <=")
            case .backup: ("Entering BACKUP state", "=> All VRRP group instances are now in BACKUP state <=")
            case .fault: ("Entering FAULT state", "=> All VRRP group instances are now in FAULT state <=")
            case .initialize: ("Stopping", "=> All VRRP group instances are now stopping <=")
            }
        self.init(subject: "VRRP Group \(transition.name) - \(event)", body: body)
    }
}
