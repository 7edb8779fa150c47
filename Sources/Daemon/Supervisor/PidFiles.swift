// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Linux

/// Where the pid files are: given on the command line, or by the names that the configuration asks for.
struct PidFilePaths: Equatable {
    var parent: String
    var children: [ChildKind: String]
    /// The directory of its own that they are in, which is to be made.
    var directory: String?
    /// `reload_file` without a path.
    var reloadMarker: String
    /// Beside the parent's file, so that each daemon has its own.
    var kept: KeptFiles { KeptFiles(beside: parent) }

    static let runDirectory = "/run"

    init(_ commandLine: CommandLine, _ settings: NamespaceSettings) {
        let namespace = commandLine.namespace ?? settings.network
        let hasDirectory = settings.usesPIDDirectory || settings.instance != nil || namespace != nil
        directory = hasDirectory ? Self.runDirectory + "/keepalived" : nil
        let place = directory ?? Self.runDirectory
        let instance = settings.instance.map { "_" + $0 } ?? ""
        let suffix = instance + ".pid"
        reloadMarker = "\(place)/keepalived\(instance).reload"
        parent = commandLine.pidFile ?? "\(place)/keepalived\(suffix)"
        children = [:]
        for kind in ChildKind.allCases {
            children[kind] = commandLine.childPidFiles[kind] ?? "\(place)/\(kind.pidFileName)\(suffix)"
        }
    }
}

/// The pid files of the daemon, all kept by the parent: so they are complete when the daemon has started, and gone when it
/// has ended, whatever became of a child.
final class PidFiles {
    private let paths: PidFilePaths
    private var parent: PidFile?
    private var children: [ChildKind: PidFile] = [:]

    init(_ paths: PidFilePaths) { self.paths = paths }

    /// Takes and writes the parent's file. Throws an error with `isTaken` if the daemon is running already.
    func take() throws(SystemError) {
        if let directory = paths.directory {
            let mask = Files.setMask(0o022)
            defer { Files.setMask(mask) }
            try Files.makeDirectory(directory)
        }
        let file = try PidFile(path: paths.parent)
        try file.write(Processes.own)
        parent = file
        for path in paths.children.values where path != paths.parent { removeLeftover(path) }
    }

    /// A daemon that was killed left the file behind; it must not name some other process by now.
    private func removeLeftover(_ path: String) {
        guard let facts = try? FileFacts(path: path, followingLinks: false), facts.kind == .file, facts.size <= 16,
            PidFile.holder(of: path) == nil
        else { return }
        try? Files.remove(path)
    }

    /// Notes the pid of a child that has just been started.
    func note(_ kind: ChildKind, _ pid: Int32) throws(SystemError) {
        guard let path = paths.children[kind] else { return }
        // Some consumers are given the same file for several processes; the parent's lock is then the only one.
        if path == paths.parent { return }
        if children[kind] == nil { children[kind] = try PidFile(path: path) }
        try children[kind]?.write(pid)
    }

    func removeAll() {
        for file in children.values { file.remove() }
        parent?.remove()
        children = [:]
        parent = nil
    }
}
