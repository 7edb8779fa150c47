// SPDX-License-Identifier: GPL-2.0-or-later

import Foundation
import Testing

/// A file of the project: its path from the root, and its text.
struct ProjectFile: Sendable, CustomTestStringConvertible {
    let path: String
    let text: String

    var testDescription: String { path }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The target a source file belongs to: `Sources/VRRP/...` is `VRRP`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
}

/// The project as it lies on disk.
enum Repository {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Folders with files people write; what builds leave behind is not looked at.
    private static let folders = ["Sources", "Tests", "scripts", "etc", "man", ".ci"]

    /// Every text file of the project.
    static let files: [ProjectFile] = {
        let top = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let paths = folders.flatMap { folder in
            (FileManager.default.subpaths(atPath: root.appending(path: folder).path) ?? []).map { "\(folder)/\($0)" }
        }
        return (top + paths).sorted().compactMap(file)
    }()

    static let sources = files.filter { $0.path.hasPrefix("Sources/") && $0.path.hasSuffix(".swift") }

    private static func file(_ path: String) -> ProjectFile? {
        let place = root.appending(path: path)
        guard path != ".git", !path.contains("__pycache__"),
            (try? place.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true,
            let data = FileManager.default.contents(atPath: place.path), let text = String(data: data, encoding: .utf8)
        else { return nil }
        return ProjectFile(path: path, text: text)
    }
}
