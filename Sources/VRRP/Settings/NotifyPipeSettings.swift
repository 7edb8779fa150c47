// SPDX-License-Identifier: GPL-2.0-or-later

package import Config

/// A named pipe that is told of the transitions of all routers and groups (`notify_fifo`, `vrrp_notify_fifo`).
package struct NotifyPipeSettings: Equatable, Sendable {
    package var path: String
    /// Whom a pipe belongs to that the daemon makes; nil: the daemon's user.
    package var owner: ScriptIdentity?
    /// Reads the pipe; gets its path as last argument.
    package var script: ScriptCommand?

    package init(path: String, owner: ScriptIdentity? = nil, script: ScriptCommand? = nil) {
        self.path = path
        self.owner = owner
        self.script = script
    }
}

extension Settling {
    /// The pipes that routers tell. Two settings of one path are one pipe, and then the first counts.
    mutating func notifyPipes() -> [NotifyPipeSettings] {
        let scripts = globals.scripts
        var pipes: [NotifyPipeSettings] = []
        for (name, fifo) in [("notify_fifo", scripts.fifo), ("vrrp_notify_fifo", scripts.vrrpFIFO)] {
            guard let line = fifo.path, let path = line.arguments.first else { continue }
            guard !pipes.contains(where: { $0.path == path }) else { continue }
            var pipe = NotifyPipeSettings(path: path)
            pipe.owner = reader.owner(of: line, by: scripts)
            pipe.script = fifo.script.flatMap { reader.resolve($0, for: "\(name)_script", by: scripts, missing: .hint) }
            pipes.append(pipe)
        }
        return pipes
    }
}

extension Reader {
    /// The user beside a pipe's path, else the one that scripts run as, as far as one was named.
    fileprivate mutating func owner(of line: ScriptLine, by scripts: ScriptDefaults) -> ScriptIdentity? {
        if let user = line.user { return identity(user: user, group: line.group, of: line.statement, supplementary: false) }
        if case .identity(let identity) = scripts.user { return identity }
        return nil
    }
}
