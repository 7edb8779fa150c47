// SPDX-License-Identifier: GPL-2.0-or-later

import Daemon
import Foundation
import Testing

/// The language is complete: every keyword and option that keepalived 2.4.3 takes has its row.
@Suite struct SchemaTests {
    @Test func everyPathOfTheLanguageIsInTheTables() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "KeywordPaths.txt")
        let wanted = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        let lines = KeywordTools.schema.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        let known = Set(lines.map { String($0[0]) })
        #expect(wanted.count == 819)
        for path in wanted where !known.contains(path) { Issue.record("there is no row for \(path)") }
        for line in lines.dropFirst() { #expect(line.count == 7 && ["active", "parsed"].contains(line[6])) }
    }
}
