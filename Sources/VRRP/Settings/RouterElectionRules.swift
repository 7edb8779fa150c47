// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouterCase {
    /// Who becomes master and when.
    static let electionRules: [Rule<RouterCase>] = [
        Rule("owner-as-backup") { router, settling in
            router.settings.priority = router.draft.priority ?? (router.draft.startsAsMaster == true ? 255 : 100)
            router.settings.startsAsMaster = router.isOwner || router.draft.startsAsMaster == true
            guard router.isOwner, router.draft.startsAsMaster == false, router.draft.places["state"] != nil else { return }
            settling.report(
                .hint, at: router.draft.place(of: "state"),
                "the owner of the addresses (priority 255) starts as master whatever 'state' says")
        },
        Rule("owner-by-default") { router, settling in
            guard router.isOwner, router.draft.priority == nil else { return }
            settling.report(
                .hint, at: router.draft.place(of: "state"),
                "state MASTER without a priority means priority 255, the owner of the addresses",
                help: "write a priority below 255 unless the addresses belong to this machine"
            )
        },
        Rule("nopreempt-as-master") { router, settling in
            router.settings.preempts = router.draft.preempts ?? true
            guard !router.settings.preempts, router.settings.startsAsMaster else { return }
            router.settings.preempts = true
            settling.report(
                .warning, at: router.draft.place(of: "nopreempt"),
                router.isOwner
                    ? "the owner of the addresses (priority 255) always preempts; 'nopreempt' is ignored"
                    : "'nopreempt' does not work with state MASTER and is ignored",
                help: "write 'state BACKUP' on all routers, and nopreempt on the one with the higher priority"
            )
        },
        Rule("preempt-delay-unused") { router, settling in
            guard let delay = router.draft.preemptDelay, delay > .zero else { return }
            let reason: String? =
                if router.isStrict(settling) {
                    "strict mode has no 'preempt_delay'"
                } else if !router.settings.preempts {
                    "'preempt_delay' has no meaning with nopreempt"
                } else if router.settings.startsAsMaster {
                    "'preempt_delay' does not work with state MASTER"
                } else {
                    nil
                }
            guard let reason else { return router.settings.preemptDelay = delay }
            settling.report(.warning, at: router.draft.place(of: "preempt_delay"), "\(reason); it is ignored")
        },
        Rule("advert-interval") { router, settling in
            guard let interval = router.draft.advertInterval else { return }
            router.settings.advertInterval = router.rounded(interval)
            guard router.settings.advertInterval != interval else { return }
            let text = TimeFormat(unit: .seconds, places: 6, range: 0...255).text(router.settings.advertInterval)
            let limit =
                router.settings.version == .v2
                ? "version 2 knows whole seconds only" : "version 3 knows hundredths up to 40.95 seconds"
            settling.report(.warning, at: router.draft.place(of: "advert_int"), "\(limit); \(text) is used")
        },
        Rule("timer-expired-with-preempt") { router, settling in
            router.settings.timerExpiredBackup = router.draft.timerExpiredBackup
            guard router.draft.timerExpiredBackup != nil, router.settings.preempts else { return }
            router.settings.timerExpiredBackup = nil
            settling.report(
                .warning,
                at: router.draft.places["timer_expired_backup"] ?? router.draft.place(of: "thread_timer_expired"),
                "'timer_expired_backup' needs nopreempt and is ignored"
            )
        },
        Rule("owner-ignores-adverts") { router, settling in
            let standard = router.isStrict(settling) || settling.globals.vrrp.ownerIgnoresAdverts
            router.settings.ownerIgnoresAdverts = router.isOwner && router.draft.ownerIgnoresAdverts ?? standard
            guard !router.isOwner, router.draft.ownerIgnoresAdverts == true else { return }
            settling.report(
                .hint, at: router.draft.place(of: "owner_ignore_adverts"),
                "'owner_ignore_adverts' is for priority 255 and has no effect")
        },
        Rule("address-check") { router, settling in
            router.settings.skipsAddressCheck =
                router.draft.skipsAddressCheck ?? settling.globals.vrrp.skipsAddressCheck
        },
    ]

    func isStrict(_ settling: Settling) -> Bool { draft.isStrict ?? settling.globals.vrrp.isStrict }

    /// The interval as its version can say it.
    private func rounded(_ interval: Interval) -> Interval {
        switch settings.version {
        case .v2:
            return .seconds(min(255, max(1, Int((interval + .milliseconds(500)).seconds))))
        case .v3:
            let centiseconds = Int((interval + .milliseconds(5)).milliseconds / 10)
            return .centiseconds(min(4095, max(1, centiseconds)))
        }
    }

    /// What strict mode takes back.
    static let strictRules: [Rule<RouterCase>] = [
        Rule("strict-unicast") { router, settling in
            router.settings.isStrict = router.isStrict(settling)
            guard router.settings.isStrict, !router.draft.peers.isEmpty else { return }
            settling.report(
                .error, at: router.draft.place(of: "unicast_peer"), "strict mode knows no unicast",
                help: "leave out unicast_peer or strict mode", consequence: .fatal
            )
        },
        Rule("strict-down-timer") { router, settling in
            router.settings.downTimerAdverts =
                router.settings.isStrict ? 3 : router.draft.downTimerAdverts ?? settling.globals.vrrp.downTimerAdverts
            guard router.settings.isStrict, router.draft.downTimerAdverts ?? 3 != 3 else { return }
            settling.report(
                .warning, at: router.draft.place(of: "down_timer_adverts"),
                "strict mode waits for 3 adverts; 'down_timer_adverts' is ignored")
        },
        Rule("strict-lower-priority") { router, settling in
            let globals = settling.globals.vrrp
            router.settings.ignoresLowerPriority =
                router.settings.isStrict || router.draft.ignoresLowerPriority ?? globals.lowerPrioritySendsNoAdvert
            guard router.settings.isStrict, router.draft.ignoresLowerPriority == false else { return }
            settling.report(
                .warning, at: router.draft.place(of: "lower_prio_no_advert"),
                "strict mode does not answer a lower priority; 'lower_prio_no_advert off' is ignored")
        },
        Rule("strict-higher-priority") { router, settling in
            let globals = settling.globals.vrrp
            router.settings.advertisesToHigherPriority =
                !router.settings.isStrict
                && router.draft.advertisesToHigherPriority ?? globals.higherPrioritySendsAdvert
            guard router.settings.isStrict, router.draft.advertisesToHigherPriority == true else { return }
            settling.report(
                .warning, at: router.draft.place(of: "higher_prio_send_advert"),
                "strict mode yields without another advert; 'higher_prio_send_advert' is ignored")
        },
        Rule("strict-announcements") { router, settling in
            guard router.settings.isStrict else { return }
            let used = [
                (router.draft.announcements.lowerPriorityRepeats.map { $0 > 0 } ?? false, "garp_lower_prio_repeat"),
                (router.draft.announcements.lowerPriorityDelay.map { $0 > .zero } ?? false, "garp_lower_prio_delay"),
            ]
            for (isUsed, word) in used where isUsed {
                settling.report(
                    .warning, at: router.draft.place(of: word),
                    "strict mode does not announce after a lower priority; '\(word)' is ignored")
            }
        },
        Rule("strict-not-accepting") { router, settling in
            router.settings.accepts = router.isOwner || !router.draft.refuses && (router.draft.accepts || !router.settings.isStrict)
            guard router.settings.isStrict, !router.settings.accepts, !router.draft.refuses else { return }
            settling.report(
                .hint, at: router.draft.places["strict_mode"] ?? router.draft.place,
                "in strict mode the addresses answer neither ping nor connections",
                help: "add 'accept' if a service listens on them"
            )
        },
    ]
}
