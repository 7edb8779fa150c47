// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import Netlink

/// The firewall's entries in iptables.
///
/// Rules are changed by the program of that name, in a process of its own, one after another; meanwhile no address is
/// put anywhere. With sets that is so once, at the start: their elements are a matter of one system call.
final class IPTablesFirewall: FirewallMeans {
    private let rules: IPTablesRules
    private let environment: ProcessEnvironment
    private let socket: FilterSocket
    private let record: FirewallRecord
    private let name: (UInt32) -> String?
    private var entries: [FirewallEntry: [IPTablesRules.Rule]] = [:]
    /// Rules and sets that are about to go.
    private var going = FirewallRemains()
    private var waiting: [String] = []
    private var isRunning = false
    private var isEnding = false

    var ready: () -> Void = {}

    /// - Parameter name: the name of the interface with this index.
    init(
        _ rules: IPTablesRules, _ environment: ProcessEnvironment, _ record: FirewallRecord, name: @escaping (UInt32) -> String?
    ) throws(SystemError) {
        self.rules = rules
        self.record = record
        self.environment = environment
        self.name = name
        socket = try FilterSocket()
    }

    var isReady: Bool { waiting.isEmpty && !isRunning }

    func begin(_ adopted: [FirewallEntry], possible: () -> [FirewallEntry]) {
        record.present.sets.formUnion(rules.names)
        for request in rules.creations {
            perform(request)
            perform(IPSetRequest(.flush, request.set))
        }
        let kept = Set(adopted)
        var others = record.left.rules
        if rules.sets == nil {
            others.formUnion(possible().filter { !kept.contains($0) }.flatMap { rules.rules(of: $0, name: name) })
        }
        others.subtract(rules.standing + adopted.flatMap { rules.rules(of: $0, name: name) })
        going.rules = others
        going.sets = record.left.sets.subtracting(rules.names)
        IPTablesRules.removals(of: others).forEach(run)
        record.present.rules.formUnion(rules.standing)
        run(rules.standing.map(\.addition))
        add(adopted)
        noteIfDone()
    }

    /// What has gone need not be noted any longer.
    private func noteIfDone() {
        guard isReady, !isEnding, !going.isEmpty else { return }
        for set in going.sets { perform(IPSetRequest(.destroy, set)) }
        record.present.rules.subtract(going.rules)
        record.present.sets.subtract(going.sets)
        going = FirewallRemains()
    }

    func add(_ more: [FirewallEntry]) {
        change(more) { .add($0) }
        var lines: [String] = []
        for entry in more {
            let own = rules.rules(of: entry, name: name)
            entries[entry] = own
            going.rules.subtract(own)
            lines += own.map(\.addition)
        }
        record.present.rules.formUnion(more.flatMap { entries[$0] ?? [] })
        run(lines)
    }

    func remove(_ fewer: [FirewallEntry]) {
        change(fewer) { .delete($0) }
        let old = fewer.flatMap { entries.removeValue(forKey: $0) ?? [] }
        going.rules.formUnion(old)
        run(old.map(\.deletion))
    }

    /// Chains and sets are those of the start.
    func reconfigure(to settings: FirewallGlobals) {}

    func removeAll(_ done: @escaping () -> Void) {
        isEnding = true
        run(entries.values.joined().map(\.deletion) + rules.standing.map(\.deletion))
        whenIdle { [self] in
            for set in rules.names { perform(IPSetRequest(.destroy, set)) }
            record.present.rules = []
            record.present.sets = []
            done()
        }
    }

    // MARK: Sets

    private func change(_ changed: [FirewallEntry], _ command: ([IPSetRequest.Element]) -> IPSetRequest.Command) {
        var lists: [String: [IPSetRequest.Element]] = [:]
        for entry in changed {
            if let (set, element) = rules.element(entry, name: name) { lists[set, default: []].append(element) }
        }
        for (set, elements) in lists {
            for start in stride(from: 0, to: elements.count, by: 500) {
                perform(IPSetRequest(command(Array(elements[start..<min(start + 500, elements.count)])), set))
            }
        }
    }

    private func perform(_ request: IPSetRequest) {
        guard let refusal = socket.perform(request), !isEnding else { return }
        environment.log("ipset \(request.set): \(refusal.reason)")
    }

    // MARK: Rules

    private var idle: (() -> Void)?

    private func whenIdle(_ done: @escaping () -> Void) {
        if isReady { done() } else { idle = done }
    }

    /// As many lines in one script; the whole of it is one argument of the shell, which has a limit of 128 KiB.
    private static let linesInScript = 200

    private func run(_ lines: [String]) {
        for start in stride(from: 0, to: lines.count, by: Self.linesInScript) {
            let part = lines[start..<min(start + Self.linesInScript, lines.count)]
            waiting.append("failed=0\n" + part.joined(separator: "\n") + "\nexit $failed")
        }
        next()
    }

    private func next() {
        guard !isRunning, !waiting.isEmpty else { return }
        let script = waiting.removeFirst()
        do throws(SystemError) {
            let process = try environment.launcher.start(["/bin/sh", "-c", script], as: nil)
            isRunning = true
            try environment.processes.watch(process) { [unowned self] status, _ in ended(status) }
        } catch {
            environment.log("iptables cannot be run: \(error); virtual addresses are not protected")
            ended(.exited(code: 0))
        }
    }

    private func ended(_ status: ExitStatus) {
        isRunning = false
        if !status.isSuccess, !isEnding {
            environment.log("iptables did not take all rules; virtual addresses are not protected")
        }
        next()
        guard isReady else { return }
        noteIfDone()
        if let idle {
            self.idle = nil
            idle()
        } else {
            ready()
        }
    }
}

extension IPTablesFirewall {
    /// Whether the machine has an iptables whose rules do not end up in nftables anyway; that one is better spoken to
    /// directly.
    static var isAtHand: Bool {
        let folders = (Environment.value("PATH") ?? "/usr/sbin:/sbin:/usr/bin:/bin").split(separator: ":")
        guard let program = folders.map({ "\($0)/iptables" }).first(where: Files.exists) else { return false }
        return !((try? Files.resolved(program)) ?? program).contains("nft")
    }
}
