// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

/// Every statement of the conformance list has a test with its id in the title, or a reason in Conformance.md.
@Suite struct ConformanceTests {
    /// The ids of the sections on VRRP: changes of RFC 9568, versions 3 and 2, unicast, signatures, robustness.
    static let ids: [String] = {
        let numbers: [(prefix: String, numbers: [ClosedRange<Int>])] = [
            ("A", [1...8]), ("V3-", [1...13, 20...38]), ("V2-", [1...8]), ("U-", [1...5]), ("HM-", [1...15]), ("T-", [1...5]),
        ]
        return numbers.flatMap { prefix, ranges in ranges.flatMap { $0.map { "\(prefix)\($0)" } } }
    }()

    /// The words of all titles, and those of the first column of the table.
    static let named: Set<Substring> = {
        var words: Set<Substring> = []
        for file in Repository.files where file.path.hasPrefix("Tests/") {
            for line in file.lines {
                let isTitle = file.path.hasSuffix("Conformance.md")
                    ? line.hasPrefix("| ") : line.contains("\"") && !file.path.hasPrefix("Tests/TidyTests/")
                guard isTitle else { continue }
                let text = file.path.hasSuffix("Conformance.md") ? line.split(separator: "|").first ?? "" : line
                words.formUnion(text.split { !($0.isLetter || $0.isNumber || $0 == "-") })
            }
        }
        return words
    }()

    @Test("each id is in a title or in Conformance.md", arguments: ids)
    func hasTest(_ id: String) {
        #expect(Self.named.contains(Substring(id)))
    }
}
