// SPDX-License-Identifier: GPL-2.0-or-later

import Foundation
import Testing

/// What every file has, and what none may have.
@Suite struct FileTests {
    static let licensed = Repository.files.filter { file in
        ["swift", "c", "h", "py", "modulemap"].contains((file.path as NSString).pathExtension) || file.text.hasPrefix("#!")
    }

    @Test("the licence is named in the first lines", arguments: licensed)
    func licence(_ file: ProjectFile) {
        let head = file.lines.prefix(2).joined(separator: "\n")
        if !head.contains("SPDX-License-Identifier: GPL-2.0-or-later") { Issue.record("\(file.path) names no licence") }
    }

    @Test("the licence itself is there")
    func text() throws {
        let licence = try #require(Repository.files.first { $0.path == "LICENSE" })
        #expect(licence.text.contains("GNU GENERAL PUBLIC LICENSE"))
    }

    @Test("no path of the machine it was written on", arguments: Repository.files)
    func paths(_ file: ProjectFile) {
        for path in Self.machinePaths where file.text.contains(path) {
            Issue.record("\(file.path) names \(path)")
        }
    }

    /// Where the project lies, and the whole top folder when that is none every Linux has.
    static let machinePaths: [String] = {
        let root = Repository.root.path(percentEncoded: false)
        let standard: Set<Substring> = [
            "bin", "boot", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys",
            "tmp", "usr", "var",
        ]
        guard let top = root.split(separator: "/").first, !standard.contains(top) else { return [root] }
        return [root, "/\(top)/"]
    }()

    @Test("a type or function other targets see says what it is", arguments: Repository.sources)
    func documentation(_ file: ProjectFile) {
        let lines = file.lines.map { $0.trimmingCharacters(in: .whitespaces) }
        for (number, line) in lines.enumerated() where Self.needsComment(line) {
            let above = lines[..<number].last { !$0.hasPrefix("@") } ?? ""
            // Neighbours of one line each share the comment above the first.
            guard !above.hasPrefix("///"), !(Self.needsComment(above) && above.hasSuffix("}")) else { continue }
            Issue.record("\(file.path):\(number + 1): \(line)")
        }
    }

    /// Whether the line declares a type or a function with package or public access. An operator says enough by itself.
    static func needsComment(_ line: String) -> Bool {
        guard line.hasPrefix("package ") || line.hasPrefix("public ") else { return false }
        let words = line.split(whereSeparator: { " (<:".contains($0) }).map(String.init)
        let modifiers: Set<String> = ["package", "public", "static", "mutating", "final", "indirect", "borrowing", "consuming"]
        guard let kind = words.firstIndex(where: { !modifiers.contains($0) }), kind + 1 < words.count else { return false }
        let name = line.drop { $0 != "f" }.hasPrefix("func <") ? "<" : words[kind + 1]
        guard ["struct", "enum", "class", "protocol", "func"].contains(words[kind]) else { return false }
        return name != "hash" && name.first.map { $0.isLetter || $0 == "_" || $0 == "`" } == true
    }

    @Test("what needs a comment is recognised", arguments: [
        ("package struct Advert {", true), ("package static func read(_ bytes: Bytes) -> Int {", true),
        ("public struct Advert {", true), ("package static func == (a: A, b: A) -> Bool {", false), ("package static func < (a: A, b: A) -> Bool {", false),
        ("struct Private {", false), ("package var count: Int", false), ("package import Basics", false),
    ])
    func recognition(line: String, needs: Bool) {
        #expect(Self.needsComment(line) == needs)
    }
}
