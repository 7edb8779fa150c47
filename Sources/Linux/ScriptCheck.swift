// SPDX-License-Identifier: GPL-2.0-or-later

package import Config
import Glibc

/// Whether a script can be run, and whether anybody but root could change what runs.
package enum ScriptCheck {
    /// Follows the path component by component, links included.
    package static func look(_ path: String, as user: UInt32, group: UInt32) -> ScriptFinding {
        guard path.contains("/") else {
            for directory in searchPath {
                if case .usable(let found) = look(directory + "/" + path, as: user, group: group) {
                    return .foundInPath(path: found)
                }
            }
            return .missing
        }
        guard let resolved = try? Files.resolved(path), let facts = try? FileFacts(path: resolved) else { return .missing }
        guard facts.kind == .file, canExecute(facts, user, group) else { return .notExecutable }
        if let weak = weakComponent(of: path) ?? weakComponent(of: resolved) {
            return .insecure(component: weak.path, remedy: weak.remedy)
        }
        return .usable(path: resolved)
    }

    private static var searchPath: [String] {
        (Environment.value("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    }

    /// Root may execute what anybody may; others by the first class they belong to.
    private static func canExecute(_ facts: FileFacts, _ user: UInt32, _ group: UInt32) -> Bool {
        if user == 0 { return facts.mode & 0o111 != 0 }
        if facts.owner == user { return facts.mode & 0o100 != 0 }
        if facts.group == group { return facts.mode & 0o010 != 0 }
        return facts.mode & 0o001 != 0
    }

    /// The first component that somebody but root may change: not owned by root, or writable by a group or by all. A directory
    /// with the sticky bit protects what is in it, as long as that is root's, so it counts as safe when the next is.
    private static func weakComponent(of path: String) -> (path: String, remedy: String)? {
        var walked = ""
        var components = path.split(separator: "/").map(String.init)[...]
        while let name = components.popFirst() {
            walked += "/" + name
            guard let facts = try? FileFacts(path: walked, followingLinks: false) else { return nil }
            if facts.owner != 0 { return (walked, "chown root \(walked)") }
            let isSticky = facts.kind == .directory && facts.mode & 0o1000 != 0
            guard facts.kind != .link, !isSticky else { continue }
            if facts.mode & 0o002 != 0 { return (walked, "chmod o-w \(walked)") }
            if facts.mode & 0o020 != 0, facts.group != 0 { return (walked, "chmod g-w \(walked)") }
        }
        return nil
    }
}
