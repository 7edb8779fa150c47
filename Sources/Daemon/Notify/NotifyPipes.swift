// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config
import Linux
import VRRP

/// The notify pipes of the VRRP process and the scripts that read them.
///
/// A pipe and its script live on through a reload that does not change them, so that no line is lost; a script that is replaced
/// has ended before its successor begins to read. Writing never waits: lines that find no room are counted and mentioned.
final class NotifyPipes {
    /// The longest line that a pipe takes whole (PIPE_BUF).
    static let longestLine = 4096

    private struct Entry {
        var settings: NotifyPipeSettings
        var pipe: NamedPipe
        var script: Int32?
        /// Lines lost since the last one that was written.
        var lost = 0
    }

    private let environment: ProcessEnvironment
    private var entries: [Entry] = []
    private var isStopping = false
    /// Lines that found no room, since the start.
    private(set) var dropped: UInt64 = 0

    init(_ environment: ProcessEnvironment) { self.environment = environment }

    /// Opens new pipes, closes those that are gone and starts or replaces scripts.
    func configure(_ pipes: [NotifyPipeSettings]) {
        for entry in entries where !pipes.contains(where: { $0.path == entry.settings.path }) {
            end(entry)
            entry.pipe.remove()
        }
        let before = entries
        entries = pipes.compactMap { settings in
            if let known = before.first(where: { $0.settings.path == settings.path }) {
                var entry = known
                entry.settings = settings
                return entry
            }
            return open(settings).map { Entry(settings: settings, pipe: $0) }
        }
        for entry in entries {
            let old = before.first { $0.settings.path == entry.settings.path }
            guard old?.settings.script != entry.settings.script else { continue }
            // A script that runs is replaced when it has ended.
            if entry.script != nil { end(entry) } else { startScript(of: entry.settings.path) }
        }
    }

    private func open(_ settings: NotifyPipeSettings) -> NamedPipe? {
        do throws(SystemError) {
            let pipe = try NamedPipe(path: settings.path, user: settings.owner.map { ScriptUser($0) })
            try pipe.open()
            return pipe
        } catch {
            environment.logger.log(.error, "Unable to use notify fifo \(settings.path): \(error)")
            return nil
        }
    }

    /// Writes a line, which ends with a newline, to every pipe.
    func write(_ line: String) {
        for index in entries.indices { write(line, to: index) }
    }

    private func write(_ line: String, to index: Int) {
        let path = entries[index].settings.path
        do throws(SystemError) {
            guard line.utf8.count <= Self.longestLine else { return drop(at: index) }
            try entries[index].pipe.write(line)
            if entries[index].lost > 0 { environment.log("notify fifo \(path): \(entries[index].lost) lines were lost") }
            entries[index].lost = 0
        } catch {
            if entries[index].lost == 0 {
                let reason = error.wouldBlock ? "it is full; does anybody read it?" : "\(error)"
                environment.logger.log(.warning, "notify fifo \(path): lines are lost - \(reason)")
            }
            drop(at: index)
        }
    }

    private func drop(at index: Int) {
        dropped &+= 1
        entries[index].lost += 1
    }

    // MARK: Scripts

    private func startScript(of path: String) {
        guard !isStopping, let index = entries.firstIndex(where: { $0.settings.path == path }),
            let script = entries[index].settings.script
        else { return }
        do throws(SystemError) {
            let process = try environment.launcher.start(script.words + [path], as: ScriptUser(script.identity))
            entries[index].script = process
            try environment.processes.watch(process) { [unowned self] status, _ in ended(process, script, path, status) }
        } catch {
            environment.logger.log(.error, "notify fifo script \(script.path) cannot be run: \(error)")
        }
    }

    private func ended(_ process: Int32, _ script: Script, _ path: String, _ status: ExitStatus) {
        guard let index = entries.firstIndex(where: { $0.script == process }) else { return }
        entries[index].script = nil
        if entries[index].settings.script != script {
            startScript(of: path)
        } else if !isStopping {
            environment.logger.log(.warning, "notify fifo script \(script.path) \(status)")
        }
    }

    private func end(_ entry: Entry) {
        if let process = entry.script { environment.launcher.kill(process, .terminate) }
    }

    /// Tells the scripts to end; they still find the last lines in the pipes.
    func stop() {
        isStopping = true
        for entry in entries { end(entry) }
    }

    /// Takes away the pipes that were made here.
    func remove() {
        for entry in entries { entry.pipe.remove() }
    }
}

/// What a line in a notify pipe says. Names stand in double quotes as they are, without escapes.
enum NotifyLine {
    static func router(_ name: String, _ word: String, priority: UInt8) -> String { "INSTANCE \"\(name)\" \(word) \(priority)\n" }

    static func group(_ name: String, _ word: String) -> String { "GROUP \"\(name)\" \(word) 0\n" }
}
