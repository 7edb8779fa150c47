// SPDX-License-Identifier: GPL-2.0-or-later
import Daemon
import Linux
import Testing

/// What a `reload_time_file` may say.
struct ReloadTimeTests {
    /// 2026-11-26 13:40:22 UTC.
    private static let now = WallTime(nanoseconds: 1_795_700_422_000_000_000)

    @Test(
        "times are understood as upstream understands them",
        arguments: [
            ("13:40:25Z", 3), ("13:40:22Z", 86_400), ("13:40:21Z", 86_399), ("26-11-26 13:40:25Z", 3),
            ("2026-11-26 13:40:25Z", 3), ("2026-12-01 00:00:00Z", 382_778), ("9:5:1Z", 69_879),
        ])
    func next(_ text: String, _ seconds: Int64) throws {
        let time = try #require(ReloadTime(text))
        let next = try #require(time.next(after: Self.now))
        #expect(next.seconds - Self.now.seconds == seconds)
    }

    @Test("a date in the past is over for good", arguments: ["2026-11-26 13:40:22Z", "25-01-01 00:00:00Z"])
    func past(_ text: String) throws {
        #expect(try #require(ReloadTime(text)).next(after: Self.now) == nil)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "garbage", "24:00:00", "12:60:00", "12:00", "12:00:00 Z", "2026-13-01 00:00:00", "2026-1 00:00:00",
            "026-01-01 00:00:00", "-1:00:00", "12:00:00ZZ", "2026-01-01  x 12:00:00", "2026-02-30 00:00:00Z",
        ])
    func nonsense(_ text: String) { #expect(ReloadTime(text).flatMap { $0.next(after: Self.now) } == nil) }
}
