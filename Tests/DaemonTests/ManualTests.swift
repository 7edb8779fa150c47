// SPDX-License-Identifier: GPL-2.0-or-later

import Daemon
import Foundation
import Testing

@Suite("The manual page of the configuration")
struct ManualTests {
    @Test("man/keepalived.conf.5 is what the tables say; `swift run manual > man/keepalived.conf.5` makes it anew")
    func upToDate() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "man/keepalived.conf.5"), encoding: .utf8)
        #expect(page == KeywordTools.manual, "the tables have changed: make the page anew")
    }
}
