// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouterCase {
    static let authenticationRules: [Rule<RouterCase>] = [
        Rule("authentication-unused") { router, settling in
            guard let draft = router.draft.authentication, let kind = draft.kind else { return }
            let reason: String? =
                if router.settings.isStrict {
                    "strict mode has no authentication"
                } else if router.settings.version == .v3 {
                    "version 3 has no authentication"
                } else if draft.password.isEmpty {
                    "authentication needs auth_pass"
                } else if router.draft.trailer != nil {
                    "'authentication' and 'auth_hmac' exclude each other"
                } else {
                    nil
                }
            if let reason {
                return settling.report(
                    .warning, at: router.draft.place(of: "authentication"), "\(reason); it is ignored")
            }
            let key = draft.password + Array(repeating: 0, count: 8 - draft.password.count)
            switch kind {
            case .password: router.settings.authentication = .password(key)
            case .header: router.settings.authentication = .authenticationHeader(key: key)
            }
        },
        Rule("header-as-master") { router, settling in
            guard case .authenticationHeader = router.settings.authentication, !router.isOwner,
                router.settings.startsAsMaster
            else { return }
            router.settings.startsAsMaster = false
            settling.report(
                .warning, at: router.draft.place(of: "state"),
                "state MASTER does not go with AH, whose sequence numbers must be learned first; it starts as backup",
                help: "write 'state BACKUP'")
        },
        Rule("authentication-without-type") { router, settling in
            guard let draft = router.draft.authentication, draft.kind == nil, !draft.password.isEmpty else { return }
            settling.report(
                .hint, at: router.draft.place(of: "authentication"), "auth_pass has no effect without auth_type",
                help: "add 'auth_type PASS'")
        },
        Rule("signing-key-missing") { router, settling in
            guard let draft = router.draft.trailer else { return }
            var trailer = TrailerAuthentication()
            trailer.keys = draft.keys
            trailer.replayProtection = draft.replayProtection
            trailer.mode = router.settings.isStrict ? .enforce : draft.mode
            trailer.timeWindow =
                draft.timeWindow ?? min(max(router.settings.advertInterval * 3, .seconds(5)), .seconds(300))
            guard let active = draft.activeKey, draft.keys[active] != nil else {
                return settling.report(
                    .error, at: router.draft.place(of: "auth_hmac"),
                    draft.activeKey.map { "auth_hmac has no key \($0)" } ?? "auth_hmac has no active_key",
                    help: "a router that cannot sign must not run unsigned: add the key", consequence: .fatal
                )
            }
            trailer.activeKey = active
            router.settings.authentication = .trailer(trailer)
        },
        Rule("strict-signing-mode") { router, settling in
            guard router.settings.isStrict, let trailer = router.draft.trailer, trailer.mode != .enforce else { return }
            settling.report(
                .warning, at: router.draft.place(of: "auth_hmac"),
                "strict mode takes signed adverts only; mode enforce is used")
        },
    ]

    static let announcementRules: [Rule<RouterCase>] = [
        Rule("announcements") { router, settling in
            let draft = router.draft.announcements
            let globals = settling.globals.vrrp.announcements.minimized
            var settled = AnnouncementSettings()
            settled.delay = draft.delay ?? globals.delay
            settled.repeats = draft.repeats ?? Int(globals.repeats)
            settled.refresh = draft.refresh ?? globals.refresh
            settled.refreshRepeats = draft.refreshRepeats ?? Int(globals.refreshRepeats)
            settled.lowerPriorityDelay = draft.lowerPriorityDelay ?? globals.lowerPriorityDelay ?? globals.delay
            settled.lowerPriorityRepeats =
                draft.lowerPriorityRepeats ?? Int(globals.lowerPriorityRepeats ?? globals.repeats)
            if router.settings.isStrict {
                settled.lowerPriorityDelay = .zero
                settled.lowerPriorityRepeats = 0
            }
            settled.extraInterfaces = draft.extraInterfaces ?? globals.extraInterval
            settled.includesAllExtraInterfaces =
                draft.extraInterfaces == nil ? globals.extraOnAll : draft.includesAllExtraInterfaces
            router.settings.announcements = settled
        }
    ]
}

extension AnnouncementGlobals {
    /// With `vrrp_min_garp`, what nobody has set is as little as the RFC asks for: one announcement, not repeated.
    fileprivate var minimized: AnnouncementGlobals {
        guard isMinimal else { return self }
        let standard = AnnouncementGlobals()
        var copy = self
        if delay == standard.delay { copy.delay = .zero }
        if repeats == standard.repeats { copy.repeats = 1 }
        return copy
    }
}
