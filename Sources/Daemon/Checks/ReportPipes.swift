// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux

/// The named pipes that changes of servers and virtual servers are told to, and the scripts that read them.
final class ReportPipes {
    private struct Entry {
        var pipe: NamedPipe
        var script: [String]?
        var user: ScriptUser
        var process: Int32?
    }

    private var entries: [Entry] = []
    private let log: (String) -> Void
    /// Lines that nobody took.
    private(set) var lostCount = 0

    /// `notify_fifo` and `lvs_notify_fifo`; one path named twice is one pipe.
    init(_ defaults: ScriptDefaults, log: @escaping (String) -> Void) {
        self.log = log
        for settings in [defaults.fifo, defaults.lvsFIFO] {
            guard let line = settings.path, let path = line.arguments.first,
                !entries.contains(where: { $0.pipe.path == path })
            else { continue }
            let user = Self.user(line, defaults)
            do {
                let pipe = try NamedPipe(path: path, user: user)
                let script = settings.script
                entries.append(
                    Entry(pipe: pipe, script: script?.arguments, user: script.map { Self.user($0, defaults) } ?? user))
            } catch {
                log("Unable to make notify fifo \(path): \(error)")
            }
        }
    }

    private static func user(_ line: ScriptLine, _ defaults: ScriptDefaults) -> ScriptUser {
        if let name = line.user?.text, var user = Users.user(name) {
            if let group = line.group?.text, let number = Users.group(group) { user.group = number }
            return user
        }
        guard case .identity(let identity) = defaults.user else { return ScriptUser(user: 0, group: 0) }
        return ScriptUser(user: identity.user, group: identity.group)
    }

    /// Starts the readers, each with its pipe's path as last argument, and opens our ends.
    func startScripts(_ launcher: ScriptLauncher, _ processes: ChildProcesses) {
        for index in entries.indices {
            let entry = entries[index]
            do {
                if let words = entry.script {
                    let process = try launcher.start(words + [entry.pipe.path], as: entry.user)
                    entries[index].process = process
                    try processes.watch(process) { [weak self] _, _ in self?.forget(process) }
                }
                try entry.pipe.open()
            } catch {
                log("notify fifo \(entry.pipe.path): \(error)")
            }
        }
    }

    private func forget(_ process: Int32) {
        for index in entries.indices where entries[index].process == process { entries[index].process = nil }
    }

    func write(_ line: String) {
        for entry in entries {
            do { try entry.pipe.write(line) } catch { lostCount += 1 }
        }
    }

    /// The readers are asked to end; they still read what is told now.
    func stopScripts(_ launcher: ScriptLauncher) {
        for entry in entries { if let process = entry.process { launcher.kill(process, .terminate) } }
    }

    func remove() {
        for entry in entries { entry.pipe.remove() }
    }
}
