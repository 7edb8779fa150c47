// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import Netlink
import VRRP

/// Counts the processes of each `vrrp_track_process` and tells when a count changes.
///
/// The kernel tells which processes begin and end. Where it does not (it has no such news for containers), all are looked at every second.
/// After news were lost, and when the configuration changed, all are looked at anew, a slice at a time; until that is done the counts of
/// before go on.
final class ProcessTracker {
    /// Processes looked at in one turn of the loop.
    private static let slice = 64
    /// How long the kernel has to say that it will tell.
    private static let patience = Interval.seconds(1)
    /// Between looks where the kernel does not tell.
    private static let rhythm = Interval.seconds(1)
    private static let usualBuffer = 1 << 20

    private let environment: ProcessEnvironment
    private var settings: [TrackProcessSettings] = []
    private var table = ProcessTable([])
    /// The table being made anew, and the processes that remain to be looked at for it.
    private var pending: (table: ProcessTable, rest: ArraySlice<Int32>)?
    private var monitor: ProcessMonitor?
    private var registration: EventLoop.Registration?
    private var isHeard = false
    private var told: [String: Int] = [:]
    private var looks: EventLoop.TimerID?

    /// So many processes match the `vrrp_track_process` of that name.
    var counted: (String, Int, Instant) -> Void = { _, _, _ in }

    init(_ environment: ProcessEnvironment) { self.environment = environment }

    /// How many match, for a snapshot.
    var counts: [String: Int] { table.counts }

    /// Counts for these from now on. `atOnce`: the counts are told before this returns, which takes as long as it takes.
    func configure(_ wanted: [TrackProcessSettings], atOnce: Bool, at now: Instant) {
        guard wanted != settings else { return }
        settings = wanted
        guard !wanted.isEmpty else { return stop() }
        if monitor == nil { listen() }
        lookAtAll()
        while atOnce, pending != nil { lookAtSome(at: now) }
    }

    private func stop() {
        if let registration { environment.loop.remove(registration) }
        if let looks { environment.loop.cancel(looks) }
        (registration, monitor, looks, pending) = (nil, nil, nil, nil)
        (table, told, isHeard) = (ProcessTable([]), [:], false)
    }

    // MARK: News

    private func listen() {
        let buffer = environment.configuration.globals.vrrp.processMonitorBuffer
        do throws(SystemError) {
            let monitor = try ProcessMonitor(
                receiveBuffer: buffer.size.map { Int($0) } ?? Self.usualBuffer, home: environment.home)
            monitor.news = { [unowned self] news, now in take(news, at: now) }
            monitor.lost = { [unowned self] _ in
                environment.log("The kernel had more news of processes than there is room for - looking at all of them")
                lookAtAll()
            }
            registration = try monitor.attach(to: environment.loop)
            self.monitor = monitor
            environment.loop.after(Self.patience) { [unowned self] _ in if !isHeard, self.monitor != nil { lookAgain("") } }
        } catch {
            environment.loop.after(.zero) { [unowned self] _ in lookAgain(" (\(error))") }
        }
    }

    /// Looks at all processes again and again, for the kernel does not tell.
    private func lookAgain(_ reason: String) {
        guard looks == nil, !settings.isEmpty else { return }
        environment.log("The kernel does not tell of processes\(reason) - looking at all of them every second")
        scheduleLook()
    }

    private func scheduleLook() {
        looks = environment.loop.after(Self.rhythm) { [unowned self] _ in
            if pending == nil { lookAtAll() }
            scheduleLook()
        }
    }

    private func take(_ news: ProcessNews, at now: Instant) {
        switch news {
        case .acknowledged(let error):
            isHeard = error == 0
            return
        case .forked(let parent, let child):
            change { $0.noteFork(of: parent, to: child) }
        case .executed(let process), .renamed(let process):
            let facts = facts(of: process)
            change { $0.note(process, facts) }
        case .ended(let process):
            change { $0.note(process, nil) }
        }
        tell(at: now)
    }

    private func change(_ body: (inout ProcessTable) -> Void) {
        body(&table)
        guard var renewed = pending else { return }
        pending = nil
        body(&renewed.table)
        pending = renewed
    }

    // MARK: Looking

    private func facts(of process: Int32) -> ProcessFacts? {
        guard let name = RunningProcesses.name(of: process) else { return nil }
        let needsLine = table.needsCommandLines || pending?.table.needsCommandLines ?? false
        return ProcessFacts(name: name, commandLine: needsLine ? RunningProcesses.commandLine(of: process) ?? [] : [])
    }

    private func lookAtAll() {
        let isScheduled = pending != nil
        pending = (ProcessTable(settings), RunningProcesses.all[...])
        if !isScheduled { scheduleSlice() }
    }

    private func scheduleSlice() {
        environment.loop.after(.zero) { [unowned self] now in
            lookAtSome(at: now)
            if pending != nil { scheduleSlice() }
        }
    }

    private func lookAtSome(at now: Instant) {
        guard var (new, rest) = pending else { return }
        for process in rest.prefix(Self.slice) { new.note(process, facts(of: process)) }
        rest = rest.dropFirst(Self.slice)
        guard rest.isEmpty else {
            pending = (new, rest)
            return
        }
        pending = nil
        table = new
        tell(at: now)
    }

    private func tell(at now: Instant) {
        let counts = table.counts
        for process in settings {
            guard let count = counts[process.name], told[process.name] != count else { continue }
            told[process.name] = count
            counted(process.name, count, now)
        }
    }
}
