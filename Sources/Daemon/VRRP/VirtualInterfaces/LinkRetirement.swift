// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import Netlink

/// Puts interfaces down and removes them, in a copy of the process.
///
/// The kernel takes 15 ms and more over each, and whoever asks for it waits as long; nobody else does, as long as he asks
/// nothing about interfaces himself. So the copy begins when nothing else is asked of the kernel, and rests between two.
/// There is one copy at a time, and it can be ended: whoever needs an interface up first makes sure that nobody is about to
/// put it down.
final class LinkRetirement {
    /// What is to be done, as long as it is still wanted when its turn comes.
    enum Change: Hashable {
        /// Put down, if nobody is master for it by then.
        case lower(String)
        case delete(name: String, index: UInt32)
    }

    /// Between two interfaces, so that others get at the kernel; and before asking again whether they have come to rest.
    private static let pause = Interval.milliseconds(10)

    private let loop: EventLoop
    private let processes: ChildProcesses
    private let log: (String) -> Void
    private var waiting: [Change] = []
    /// What the copy is about.
    private var underWay: [Change] = []
    private var copy: Int32?
    private var isScheduled = false

    /// The request that a change comes to by now; nil if it is wanted no more.
    var request: (Change) -> LinkRequest? = { _ in nil }
    /// Whether the process has asked the kernel for nothing that it still waits for.
    var isQuiet: () -> Bool = { true }

    init(loop: EventLoop, processes: ChildProcesses, log: @escaping (String) -> Void) {
        self.loop = loop
        self.processes = processes
        self.log = log
    }

    /// Whether there is nothing left to be done.
    var isEmpty: Bool { waiting.isEmpty && underWay.isEmpty }

    /// Has a change made before long.
    func add(_ change: Change) {
        guard !waiting.contains(change) else { return }
        waiting.append(change)
        schedule(after: .zero)
    }

    /// Makes sure that nobody puts the interface down or removes it from now on without having been asked again. Waits for what
    /// the kernel is doing just now, as a request of any kind would have to.
    func spare(_ name: String) {
        guard underWay.contains(where: { $0.name == name }) else { return }
        interrupt()
        schedule(after: Self.pause)
    }

    /// Ends the work and tells what of it may be left.
    func end() -> [Change] {
        interrupt()
        defer { waiting = [] }
        return waiting
    }

    private func interrupt() {
        guard let copy else { return }
        processes.end(copy)
        self.copy = nil
        waiting = underWay + waiting
        underWay = []
    }

    private func schedule(after delay: Interval) {
        guard !isScheduled, copy == nil, !waiting.isEmpty else { return }
        isScheduled = true
        loop.after(delay) { [weak self] _ in
            self?.isScheduled = false
            self?.begin()
        }
    }

    private func begin() {
        guard copy == nil, !waiting.isEmpty else { return }
        guard isQuiet() else { return schedule(after: Self.pause) }
        let changes = waiting
        waiting = []
        let requests = changes.compactMap(request)
        guard !requests.isEmpty else { return }
        underWay = changes
        let parent = Processes.own
        do throws(SystemError) {
            copy = try processes.fork({ Self.perform(requests, for: parent) }) { [weak self] status, _ in self?.ended(status) }
        } catch {
            log("cannot put interfaces down: \(error)")
            underWay = []
        }
    }

    private func ended(_ status: ExitStatus) {
        copy = nil
        underWay = []
        if !status.isSuccess { log("not every interface could be put down or removed: \(status.reason)") }
        schedule(after: .zero)
    }

    /// In the copy, which keeps the priority of the process: it holds a lock of the kernel's while it works. Returns the number
    /// of the last error.
    private static func perform(_ requests: [LinkRequest], for parent: Int32) -> Int32 {
        Processes.closeDescriptors(except: [])
        // A process that comes after this one may want them up.
        guard Processes.dieWithParent(.kill, parent: parent) else { return 0 }
        var code: Int32 = 0
        do throws(SystemError) {
            let kernel = try KernelQuery()
            for (place, request) in requests.enumerated() {
                if place > 0 { Processes.sleep(pause) }
                // One that is gone needs nothing more.
                if let refusal = try kernel.perform(request), !refusal.isMissing { code = refusal.code }
            }
        } catch {
            code = error.code
        }
        return code
    }
}

extension LinkRetirement.Change {
    fileprivate var name: String {
        switch self {
        case .lower(let name), .delete(let name, _): name
        }
    }
}

extension ExitStatus {
    /// The words for the error number that a process ended with.
    fileprivate var reason: String {
        switch self {
        case .exited(let code): "\(SystemError(call: "netlink", code: code))"
        case .killed: description
        }
    }
}
