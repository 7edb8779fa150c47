// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

/// Imports go one way, and only the shells see the kernel.
@Suite struct ImportTests {
    /// What each target may import; a target that is not named here is a mistake.
    static let allowed: [String: Set<String>] = [
        "Basics": ["Synchronization"],
        "Config": ["Basics"],
        "VRRP": ["Basics", "Config"],
        "BFD": ["Basics", "Config"],
        "Health": ["Basics", "Config"],
        "Netlink": ["Basics"],
        "SNMP": ["Basics"],
        "Linux": ["Basics", "Config", "Netlink", "SNMP", "CLinux", "CNetlink", "CNetSNMP", "CIPVS", "Glibc"],
        "Crypto": ["Basics", "COpenSSL", "Glibc"],
        "Daemon": ["Basics", "Config", "VRRP", "BFD", "Health", "Netlink", "SNMP", "Linux", "Crypto"],
        "keepalived": ["Daemon", "Linux"],
        "manual": ["Daemon", "Linux"],
    ]

    @Test("a target imports only what lies below it", arguments: Repository.sources)
    func direction(_ file: ProjectFile) throws {
        let allowed = try #require(Self.allowed[file.target], "\(file.target) is not in the graph")
        for module in Self.imports(of: file) where !allowed.contains(module) {
            Issue.record("\(file.path) imports \(module)")
        }
    }

    @Test("the graph has no way back up")
    func acyclic() {
        var settled: Set<String> = []
        while let next = Self.allowed.first(where: { target, imports in
            !settled.contains(target) && imports.filter { Self.allowed[$0] != nil }.isSubset(of: settled)
        }) {
            settled.insert(next.key)
        }
        #expect(settled.count == Self.allowed.count)
    }

    @Test("an import is seen in each of its forms", arguments: [
        "import Glibc", "package import Glibc", "@preconcurrency internal import Glibc", "import struct Glibc.stat",
    ])
    func forms(_ line: String) {
        #expect(Self.imports(of: ProjectFile(path: "Sources/VRRP/A.swift", text: line)) == ["Glibc"])
    }

    /// The modules a file imports.
    static func imports(of file: ProjectFile) -> [String] {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        return SwiftText(file.text).code.compactMap { line in
            let words = line.split(separator: " ")
            guard let position = words.firstIndex(of: "import"),
                words[..<position].allSatisfy({ $0.hasPrefix("@") || ["package", "internal", "private", "public"].contains($0) })
            else { return nil }
            let named = words[(position + 1)...].first { !kinds.contains($0) } ?? ""
            return named.split(separator: ".").first.map(String.init)
        }
    }
}
