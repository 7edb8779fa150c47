// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouterCase {
    /// What the kernel is asked for.
    static let kernelRules: [Rule<RouterCase>] = [
        Rule("virtual-interface") { router, settling in
            guard let draft = router.draft.virtualInterface, router.settings.interface != nil else { return }
            let kind: VirtualInterface.Kind =
                switch draft.kind {
                case .macvlan: .macvlan(router.virtualMAC(draft.mac))
                case .ipvlan(let mode): .ipvlan(mode: mode, address: draft.address)
                }
            // Names that the file does not give are given when all routers are known.
            var settled = VirtualInterface(kind, name: draft.name ?? "")
            settled.hasGivenName = draft.name != nil
            settled.group = draft.group
            settled.notifiesPeers = draft.notifiesPeers
            settled.coversOtherInterfaces = router.draft.coversOtherInterfaces
            settled.transmitsOnBase = router.draft.transmitsOnBase
            router.settings.virtualInterface = settled
            if case .ipvlan = draft.kind, let address = draft.address, router.settings.source == nil {
                router.settings.source = address.address
            }
        },
        Rule("unicast-on-virtual-interface") { router, settling in
            guard router.settings.transport.isUnicast, router.settings.virtualInterface != nil,
                !router.draft.transmitsOnBase
            else { return }
            router.settings.virtualInterface?.transmitsOnBase = true
            settling.report(
                .warning, at: router.draft.end ?? router.draft.place,
                "unicast adverts leave through the interface below the virtual one", help: "add vmac_xmit_base"
            )
        },
        Rule("vmac-option-without-vmac") { router, settling in
            guard router.draft.virtualInterface == nil else { return }
            for word in ["vmac_xmit_base", "use_vmac_addr"] where router.draft.places[word] != nil {
                settling.report(.hint, at: router.draft.place(of: word), "'\(word)' has no effect without use_vmac")
            }
        },
        Rule("promotion-on-virtual-interface") { router, settling in
            router.settings.promotesSecondaries =
                router.draft.promotesSecondaries && router.settings.virtualInterface == nil
            guard router.draft.promotesSecondaries, router.settings.virtualInterface != nil else { return }
            settling.report(
                .warning, at: router.draft.place(of: "promote_secondaries"),
                "virtual interfaces promote secondary addresses anyway; 'promote_secondaries' is ignored")
        },
        Rule("route-interface-missing") { router, settling in
            router.settings.routes = router.draft.routes.filter { settling.accepts($0) }.map(\.entry)
        },
        Rule("rule-interface-missing") { router, settling in
            router.settings.rules = router.draft.rules.filter { settling.accepts($0) }.map(\.entry)
        },
        Rule("required-interfaces") { router, settling in
            var names: [String] = []
            if !router.draft.ignoresOwnInterface, let own = router.settings.interface { names.append(own) }
            for address in router.settings.addresses + router.settings.excludedAddresses where !address.isUntracked {
                names += [address.interface].compactMap { $0 }
            }
            for route in router.settings.routes where !route.isUntracked {
                names += ([route.interface] + route.nextHops.map(\.interface)).compactMap { $0 }
            }
            for rule in router.settings.rules where !rule.isUntracked {
                names += [rule.inputInterface, rule.outputInterface].compactMap { $0 }
            }
            let own = router.settings.interface
            var seen = Set<String>()
            router.settings.requiredInterfaces = names.filter {
                ($0 != own || !router.draft.ignoresOwnInterface) && seen.insert($0).inserted
            }
        },
        Rule("plain-values") { router, settling in
            router.settings.receiveBuffer = router.draft.receiveBuffer
            router.settings.linkPolling = router.draft.linkPolling || settling.globals.pollsLinks
            router.settings.debug = router.draft.debug
            router.settings.syncDaemonInterface = router.draft.syncDaemonInterface
        },
    ]

    private func virtualMAC(_ bytes: [UInt8]) -> MACAddress {
        let complete = bytes.count == 5 ? bytes + [settings.routerID] : bytes
        return MACAddress(bytes: complete) ?? .virtualRouter(settings.routerID, settings.family)
    }

    static let notifyRules: [Rule<RouterCase>] = [
        Rule("notify-scripts") { router, settling in
            router.settings.notify = settling.notify(router.draft.notify, of: router.draft.name)
        }
    ]
}

extension Settling {
    /// Whether all interfaces that a route names may be named.
    mutating func accepts(_ route: RouteDraft) -> Bool {
        let names = ([route.entry.interface, route.entry.vrf] + route.entry.nextHops.map(\.interface)).compactMap { $0 }
        return names.allSatisfy { hasInterface($0, at: route.place, for: "a route") }
    }

    mutating func accepts(_ rule: RuleDraft) -> Bool {
        [rule.entry.inputInterface, rule.entry.outputInterface].compactMap { $0 }.allSatisfy {
            hasInterface($0, at: rule.place, for: "a rule")
        }
    }

    /// Whom to tell: scripts looked up, unset values from the global ones.
    mutating func notify(_ draft: NotifyDraft, of owner: String) -> NotifySettings {
        var settled = NotifySettings()
        settled.master = script(draft.master, of: owner)
        settled.backup = script(draft.backup, of: owner)
        settled.fault = script(draft.fault, of: owner)
        settled.stop = script(draft.stop, of: owner)
        settled.deleted = script(draft.deleted, of: owner)
        settled.any = script(draft.any, of: owner)
        settled.masterHearsLowerPriority = script(draft.masterHearsLowerPriority, of: owner)
        settled.reportsDeletion = draft.reportsDeletion
        settled.sendsMail = draft.sendsMail ?? globals.mail.alertsVRRP ?? globals.mail.alerts ?? false
        settled.reportsPriority = draft.reportsPriority ?? globals.vrrp.notifiesPriorityChanges
        return settled
    }

    private mutating func script(_ line: ScriptLine?, of owner: String) -> ScriptCommand? {
        line.flatMap {
            reader.resolve($0, for: "\($0.statement.name) of '\(owner)'", by: globals.scripts, missing: .hint)
        }
    }
}
