// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import Testing

@testable import Daemon

/// The life of the children, of a reload and of the daemon, as an operator sees it in the log.
@Suite struct SupervisorCoreTests {
    /// A core with a shell that forks at once and numbers its children from 100.
    private struct Bench {
        var core: SupervisorCore
        var now = Instant.zero
        var nextPid: Int32 = 100
        var pids: [ChildKind: Int32] = [:]
        /// All actions so far, starts answered.
        var actions: [SupervisorCore.Action] = []

        init(_ needed: Set<ChildKind> = [.vrrp], _ change: (inout CommandLine) -> Void = { _ in }) {
            var options = CommandLine()
            change(&options)
            core = SupervisorCore(options, plan: SupervisorCore.Plan(needed: needed))
        }

        /// Returns what came of the event.
        @discardableResult
        mutating func send(_ event: SupervisorCore.Event) -> [SupervisorCore.Action] {
            follow { core, now, actions in core.handle(event, at: now, into: &actions) }
        }

        @discardableResult
        mutating func wait(_ interval: Interval) -> [SupervisorCore.Action] {
            now = now + interval
            return follow { core, now, actions in core.advance(to: now, into: &actions) }
        }

        private mutating func follow(
            _ change: (inout SupervisorCore, Instant, inout [SupervisorCore.Action]) -> Void
        ) -> [SupervisorCore.Action] {
            var pending: [SupervisorCore.Action] = []
            var all: [SupervisorCore.Action] = []
            change(&core, now, &pending)
            while !pending.isEmpty {
                let action = pending.removeFirst()
                all.append(action)
                guard case .start(let kind) = action else { continue }
                pids[kind] = nextPid
                core.handle(.started(kind, pid: nextPid), at: now, into: &pending)
                nextPid += 1
            }
            actions += all
            return all
        }

        @discardableResult
        mutating func die(_ kind: ChildKind, _ end: SupervisorCore.End = .signal(9)) -> [SupervisorCore.Action] {
            send(.ended(kind, pid: pids[kind] ?? 0, end))
        }

        /// Starts and has every child answer.
        mutating func up() {
            send(.begin)
            for kind in pids.keys.sorted() { send(.answered(kind, .loaded)) }
        }
    }

    private func lines(_ actions: [SupervisorCore.Action]) -> [String] {
        actions.compactMap { if case .log(_, let text) = $0 { text } else { nil } }
    }

    private func starts(_ actions: [SupervisorCore.Action]) -> [ChildKind] {
        actions.compactMap { if case .start(let kind) = $0 { kind } else { nil } }
    }

    // MARK: Start

    @Test func childrenStartInUpstreamsOrderAndTheDaemonIsReadyWhenAllHaveAnswered() {
        var bench = Bench([.bfd, .vrrp, .checker])
        #expect(starts(bench.send(.begin)) == [.checker, .vrrp, .bfd])
        #expect(lines(bench.actions) == [
            "Starting Healthcheck child process, pid=100", "Starting VRRP child process, pid=101",
            "Starting BFD child process, pid=102",
        ])
        #expect(bench.send(.answered(.vrrp, .loaded)).isEmpty)
        #expect(bench.send(.answered(.checker, .loaded)).isEmpty)
        #expect(bench.send(.answered(.bfd, .loaded)) == [
            .log(.info, "Startup complete"), .tell(.ready(status: "Running: Healthcheck, VRRP, BFD")),
        ])
    }

    @Test func nothingConfiguredIsSaidAndTheDaemonRunsOn() {
        var bench = Bench([])
        #expect(lines(bench.send(.begin)) == ["Warning - keepalived has no configuration to run", "Startup complete"])
    }

    @Test func optionsDecideWhichChildrenRun() {
        var only = Bench([.vrrp, .checker]) { $0.permitted = [.vrrp] }
        #expect(starts(only.send(.begin)) == [.vrrp])
        var all = Bench([]) { $0.startsAll = true }
        #expect(starts(all.send(.begin)) == [.checker, .vrrp, .bfd])
    }

    @Test func aChildThatThisVersionLacksDoesNotHoldUpTheStart() {
        var core = SupervisorCore(CommandLine(), plan: .init(needed: [.checker]))
        var actions: [SupervisorCore.Action] = []
        core.handle(.begin, at: .zero, into: &actions)
        core.handle(.unavailable(.checker), at: .zero, into: &actions)
        #expect(lines(actions).last == "Startup complete")
    }

    // MARK: Death and return

    @Test func aChildIsRestartedAtOnceThenEverMoreSlowly() {
        var bench = Bench()
        bench.up()
        var delays: [Int64] = []
        for _ in 0..<9 {
            bench.die(.vrrp)
            guard let due = bench.core.nextDeadline else {
                delays.append(0)
                continue
            }
            delays.append((due - bench.now).seconds)
            bench.wait(due - bench.now)
        }
        #expect(delays == [0, 1, 2, 4, 8, 16, 32, 60, 60])
    }

    @Test func aChildThatRanForAMinuteIsRestartedAtOnce() {
        var bench = Bench()
        bench.up()
        bench.die(.vrrp)
        #expect(starts(bench.die(.vrrp)).isEmpty)
        bench.wait(.seconds(1))
        bench.wait(.seconds(60))
        #expect(starts(bench.die(.vrrp)) == [.vrrp])
    }

    @Test func aDeathIsLoggedInUpstreamsWords() {
        var bench = Bench()
        bench.up()
        #expect(lines(bench.die(.vrrp)) == [
            "Keepalived_vrrp exited due to signal 9 (Killed)", "VRRP child process(100) died: Respawning",
            "Starting VRRP child process, pid=101",
        ])
        #expect(lines(bench.die(.vrrp, .code(70))) == [
            "VRRP child process(101) died: Respawning", "Restart of VRRP process delayed 1 seconds to limit respawn rate",
        ])
    }

    @Test func newsOfAChildThatIsLongGoneIsIgnored() {
        var bench = Bench()
        bench.up()
        bench.die(.vrrp)
        #expect(bench.send(.ended(.vrrp, pid: 100, .signal(9))).isEmpty)
    }

    @Test(arguments: [
        (Int32(1), "FATAL", ExitCode.fatal, Int32(22)), (2, "CONFIG", .configuration, 22),
        (4, "missing permission", .permission, 1),
    ])
    func permanentErrorsEndTheDaemon(code: Int32, name: String, exit: ExitCode, errno: Int32) {
        var bench = Bench([.vrrp, .checker])
        bench.up()
        let actions = bench.die(.vrrp, .code(code))
        #expect(actions.first == .log(.alert, "Keepalived_vrrp exited with permanent error \(name). Terminating"))
        #expect(actions.contains(.tell(.failed(errno))))
        #expect(actions.contains(.signal(.checker, .terminate)))
        #expect(bench.die(.checker, .code(0)) == [.finish(exit)])
    }

    @Test func withoutRespawningADeathEndsTheDaemon() {
        var bench = Bench { $0.restartsChildren = false }
        bench.up()
        let actions = bench.die(.vrrp)
        #expect(actions.contains(.log(.alert, "VRRP child process(100) died: Exiting")))
        #expect(actions.last == .finish(.fatal))
    }

    @Test func aFailedForkIsTriedAgain() {
        var core = SupervisorCore(CommandLine(), plan: .init(needed: [.vrrp]))
        var actions: [SupervisorCore.Action] = []
        core.handle(.begin, at: .zero, into: &actions)
        core.handle(.notStarted(.vrrp, "fork: no memory"), at: .zero, into: &actions)
        #expect(starts(actions) == [.vrrp, .vrrp])
        core.handle(.notStarted(.vrrp, "fork: no memory"), at: .zero, into: &actions)
        #expect(core.nextDeadline == .zero + .seconds(1))
    }

    // MARK: Reload

    @Test func aReloadReadsThenHandsOverThenCompletes() {
        var bench = Bench([.vrrp, .checker])
        bench.up()
        #expect(bench.send(.reloadRequested) == [.log(.info, "Reloading ..."), .tell(.reloading), .read])
        #expect(bench.send(.read(.init(needed: [.vrrp, .checker]))) == [.adopt, .configure(.checker), .configure(.vrrp)])
        #expect(bench.send(.answered(.vrrp, .loaded)).isEmpty)
        #expect(bench.send(.answered(.checker, .loaded)).first == .log(.info, "Reload complete"))
    }

    @Test func aRefusedReloadTouchesNoChild() {
        var bench = Bench()
        bench.up()
        bench.send(.reloadRequested)
        let actions = bench.send(.refused(["(a.conf: Line 3) no"]))
        #expect(lines(actions) == ["(a.conf: Line 3) no", "Reload refused, running on with the configuration before"])
        #expect(actions.last == .tell(.ready(
            status: "Reload refused, running on with the configuration before: (a.conf: Line 3) no")))
        #expect(!actions.contains(.adopt))
    }

    @Test func aChildNewlyNeededIsStartedAndOneNoLongerNeededRunsOn() {
        var bench = Bench([.vrrp])
        bench.up()
        bench.send(.reloadRequested)
        let actions = bench.send(.read(.init(needed: [.checker])))
        #expect(starts(actions) == [.checker])
        #expect(actions.contains(.configure(.vrrp)))
        bench.send(.answered(.vrrp, .loaded))
        #expect(lines(bench.send(.answered(.checker, .loaded))) == ["Reload complete"])
    }

    @Test func oneFurtherReloadIsQueued() {
        var bench = Bench()
        bench.up()
        bench.send(.reloadRequested)
        #expect(bench.send(.reloadRequested).isEmpty)
        #expect(bench.send(.reloadRequested).isEmpty)
        bench.send(.read(.init(needed: [.vrrp])))
        #expect(bench.send(.answered(.vrrp, .loaded)).contains(.read))
        bench.send(.read(.init(needed: [.vrrp])))
        #expect(!bench.send(.answered(.vrrp, .loaded)).contains(.read))
    }

    @Test func aReloadAskedForDuringTheStartFollowsIt() {
        var bench = Bench()
        bench.send(.begin)
        #expect(bench.send(.reloadRequested).isEmpty)
        #expect(bench.send(.answered(.vrrp, .loaded)).last == .read)
    }

    @Test func aChildThatDiesInAReloadDoesNotHoldItUp() {
        var bench = Bench()
        bench.up()
        bench.die(.vrrp)
        bench.send(.answered(.vrrp, .loaded))
        bench.send(.reloadRequested)
        bench.send(.read(.init(needed: [.vrrp])))
        #expect(lines(bench.die(.vrrp)).last == "Reload complete")
    }

    // MARK: Stop

    @Test func stoppingTerminatesAllAndFinishesWhenTheLastIsGone() {
        var bench = Bench([.vrrp, .checker])
        bench.up()
        #expect(bench.send(.stopRequested) == [
            .log(.info, "Stopping"), .tell(.stopping), .signal(.checker, .terminate), .signal(.vrrp, .terminate),
        ])
        #expect(bench.send(.stopRequested).isEmpty)
        #expect(bench.die(.checker, .code(0)).isEmpty)
        #expect(bench.die(.vrrp, .code(0)) == [.finish(.ok)])
    }

    @Test func survivorsAreKilledAfterTheWaitTime() {
        var bench = Bench([.vrrp, .checker])
        bench.up()
        bench.send(.stopRequested)
        bench.die(.vrrp, .code(0))
        #expect(bench.wait(.milliseconds(4999)).isEmpty)
        #expect(bench.wait(.milliseconds(1)) == [
            .log(.warning, "Healthcheck process failed to die - forcing termination"), .signal(.checker, .kill),
        ])
        #expect(bench.die(.checker) == [.finish(.ok)])
    }

    @Test func aProcessThatNoSignalEndsIsLeftBehind() {
        var bench = Bench()
        bench.up()
        bench.send(.stopRequested)
        bench.wait(.seconds(5))
        #expect(bench.wait(.seconds(1)) == [.finish(.ok)])
    }

    @Test func stoppingEndsAReadingAndForgetsARestingChild() {
        var bench = Bench()
        bench.up()
        bench.die(.vrrp)
        bench.die(.vrrp)
        bench.send(.reloadRequested)
        #expect(bench.send(.stopRequested) == [
            .cancelReading, .log(.info, "Stopping"), .tell(.stopping), .finish(.ok),
        ])
        #expect(bench.send(.read(.init(needed: [.vrrp]))).isEmpty)
    }

    // MARK: Dumps

    @Test func dumpsGoWhereUpstreamSendsThem() {
        var bench = Bench([.vrrp, .checker])
        bench.up()
        #expect(bench.send(.dumpRequested(.data)) == [
            .signal(.checker, .dump(.data)), .signal(.vrrp, .dump(.data)), .dump,
        ])
        for kind in [DumpKind.statistics, .statisticsCleared, .json] {
            #expect(bench.send(.dumpRequested(kind)) == [.signal(.vrrp, .dump(kind))])
        }
    }
}
