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
            return pieces(of: path)
        }
        return system
    }

    /// A file as pieces of a size that costs no time to read and no memory to hold.
    private static func pieces(of path: String) -> Reading {
        guard let file = try? Files.opened(path), let first = try? file.read(limit: pieceSize) else { return .unreadable }
        if first.count < pieceSize, (try? FileFacts(file).size) == Int64(first.count) { return .text(first) }
        var waiting: [UInt8]? = first
        return .pieces {
            if let piece = waiting.take() { return piece }
            return (try? file.read(limit: pieceSize)) ?? []
        }
    }

    private static var pieceSize: Int { 32 << 10 }
}
