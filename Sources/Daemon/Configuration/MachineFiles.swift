// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Linux

extension FileSystem {
    /// The disks of this machine.
    static var machine: FileSystem {
        var system = FileSystem()
        system.currentDirectory = Files.currentDirectory ?? "/"
        system.exists = { Files.exists($0) }
        system.glob = { Files.glob($0).map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 } }
        system.read = { path in
            guard let facts = try? FileFacts(path: path) else { return .missing }
            switch facts.kind {
            case .directory: return .directory
            case .pipe, .socket, .device, .link, .other: return .notPlain
            case .file: break
            }
            if facts.mode & 0o111 != 0 { return .executable }
            guard let bytes = try? Files.read(path) else { return .unreadable }
            return .text(bytes)
        }
        return system
    }
}
