// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Testing

@Suite struct ManualTests {
    private let entries = Table(GlobalSettings.rows).entries

    @Test func thePageHasEveryKeyword() {
        var manual = Manual(entries)
        let page = manual.roff()
        entries.walk { path, entry in
            guard entry.isKeyword else { return }
            #expect(page.contains("\\fB\(entry.name)\\fR"), "\(path)")
        }
    }

    /// A line of the page that begins with a point is a request that roff knows.
    @Test func noTextIsTakenForARequest() {
        var manual = Manual(entries)
        let requests = [".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".BR", ".BI", ".I", ".RS", ".RE", ".nf", ".fi", ".br", ".\\\""]
        for line in manual.roff().split(separator: "\n") where line.hasPrefix(".") {
            #expect(requests.contains { line == $0 || line.hasPrefix($0 + " ") }, "\(line)")
        }
    }

    @Test func theSchemaHasALineAPath() {
        let lines = entries.schema.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
        #expect(lines.first?.joined(separator: " ") == "path process syntax range default since status")
        #expect(lines.dropLast().allSatisfy { $0.count == 7 })
        #expect(
            entries.schema.contains(
                "global_defs / vrrp_garp_master_delay\tvrrp\t<seconds:uint>\t0..4294\t5\t1.2.20\tactive\n"
            )
        )
        #expect(Set(lines.map { $0[0] }).count == lines.count)
    }

    @Test func aKeywordIsExplained() {
        #expect(
            entries.explanation(of: "vrrp_version") == """
                global_defs / vrrp_version 2|3
                    The version of VRRP for IPv4; IPv6 is always 3 unless its instance says otherwise.
                    range: 2..3
                    default: 2
                    since: 1.2.20
                    process: vrrp

                """
        )
        #expect(entries.explanation(of: "vrrp_versoin") == nil)
        #expect(entries.nearest(to: "vrrp_versoin") == "vrrp_version")
    }

    @Test func everyExampleNamesItsBlock() {
        for (path, text) in Manual.examples {
            #expect(text.hasPrefix(path), "\(path)")
            #expect(Formatter.format(Array(text.utf8)) == text + "\n")
        }
    }
}
