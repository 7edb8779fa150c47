// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import Netlink
import VRRP

/// The routes and rules of the routers and of the configuration, which hear of what the kernel does to them.
///
/// The kernel may drop routes without a word, or would now take some that it refused: then they are in doubt, and are asked for
/// again a little later.
final class Routes {
    /// How much there is to doubt about the routes in the kernel.
    enum Doubt { case refused, all }

    /// How long to gather news before asking for routes again.
    private static let patience = Interval.milliseconds(20)

    private let environment: ProcessEnvironment
    private let kernel: KernelLink
    private let keeper: RouteKeeper
    private var doubt: Doubt?
    /// Whether there ever was a route or rule to mind: mostly there is none, and news come by the thousand.
    private var isUsed = false

    /// The interface of a name.
    var link: (String) -> Link? = { _ in nil }
    /// Whether no address is still to be asked for, which routes may need.
    var addressesAreThere: () -> Bool = { true }

    init(_ environment: ProcessEnvironment, _ kernel: KernelLink) {
        self.environment = environment
        self.kernel = kernel
        keeper = RouteKeeper(
            transmit: { kernel.send($0, $1) },
            later: { [loop = environment.loop] work in loop.after(.seconds(1)) { _ in work() } },
            log: { environment.log($0) })
    }

    /// Makes these the routes and rules that a claimant wants held; effective with the next ``settle()``.
    func claim(_ routes: [RouteEntry], _ rules: [RuleEntry], by claimant: Int) {
        if !routes.isEmpty || !rules.isEmpty {
            isUsed = true
            kernel.watchRoutes { [unowned self] _ in doubt(.all) }
        }
        keeper.claim(routes.compactMap { HeldRoute($0, link: link) }, rules.map { HeldRule($0) }, by: claimant)
    }

    /// Takes over routes and rules that an earlier process left in the kernel.
    func adopt() {
        let settings = environment.configuration.vrrp
        let routes = settings.routers.flatMap(\.routes) + settings.staticRoutes
        let rules = settings.routers.flatMap(\.rules) + settings.staticRules
        guard !routes.isEmpty || !rules.isEmpty else { return }
        isUsed = true
        keeper.adopt(routes.compactMap { HeldRoute($0, link: link) }, rules.map { HeldRule($0) }, from: kernel.dumpRoutes())
    }

    /// Forgets the routes of an interface that is gone, as the kernel did.
    func forget(interface: UInt32) { keeper.forget(interface: interface) }

    /// Hears what the kernel reports.
    func note(_ news: KernelNews) { keeper.note(news) }

    /// Queues what has to change, and sends what can be.
    func settle() {
        keeper.settle()
        send()
    }

    /// Sends what is queued, as far as the addresses it needs are there.
    func send() { keeper.send(addressesAreThere: addressesAreThere()) }

    /// Has routes asked for again, once the news that come together have been read.
    func doubt(_ kind: Doubt) {
        guard isUsed, keeper.isInUse else { return }
        let isScheduled = doubt != nil
        if doubt != .all { doubt = kind }
        if !isScheduled { scheduleReassertion() }
    }

    private func scheduleReassertion() {
        environment.loop.after(Self.patience) { [unowned self] _ in
            guard addressesAreThere() else { return scheduleReassertion() }
            keeper.reassert(onlyRefused: doubt == .refused)
            doubt = nil
        }
    }
}
