// SPDX-License-Identifier: GPL-2.0-or-later

/// A named pipe that is told of transitions (`notify_fifo`, `vrrp_notify_fifo`, `lvs_notify_fifo`).
package struct NotifyPipeSettings: Hashable, Sendable {
    package var path: String
    /// Whom a pipe belongs to that the daemon makes; nil: the daemon's user.
    package var owner: ScriptIdentity?
    /// Reads the pipe; gets its path as last argument.
    package var script: Script?

    package init(path: String, owner: ScriptIdentity? = nil, script: Script? = nil) {
        self.path = path
        self.owner = owner
        self.script = script
    }
}

extension Reader {
    /// The pipes of one process: the one for all, and its own. Two settings of one path are one pipe, and then the first counts.
    package mutating func notifyPipes(
        _ own: (name: String, fifo: FIFOSettings), by scripts: ScriptDefaults
    ) -> [NotifyPipeSettings] {
        var pipes: [NotifyPipeSettings] = []
        for (name, fifo) in [("notify_fifo", scripts.fifo), own] {
            guard let line = fifo.path, let path = line.arguments.first else { continue }
            guard !pipes.contains(where: { $0.path == path }) else { continue }
            var pipe = NotifyPipeSettings(path: path)
            pipe.owner = owner(of: line, by: scripts)
            pipe.script = fifo.script.flatMap { resolve($0, for: "\(name)_script", by: scripts, missing: .hint) }
            pipes.append(pipe)
        }
        return pipes
    }

    /// The user beside a pipe's path, else the one that scripts run as, as far as one was named.
    private mutating func owner(of line: ScriptLine, by scripts: ScriptDefaults) -> ScriptIdentity? {
        if let user = line.user { return identity(user: user, group: line.group, of: line.statement, supplementary: false) }
        if case .identity(let identity) = scripts.user { return identity }
        return nil
    }
}
