// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Health
import Testing

@Suite struct CheckStateTests {
    /// Results in, and for each: the delay in seconds and what changed.
    private func run(_ settings: CheckSettings, _ results: String) -> [String] {
        var state = CheckState(alpha: settings.alpha)
        return results.map { result in
            let conclusion = state.conclude(success: result == "+", settings)
            let change = conclusion.change.map { "\($0)" } ?? "-"
            let retries = conclusion.retries > 0 ? " after \(conclusion.retries)" : ""
            return "\(conclusion.delay.seconds) \(change)\(retries)"
        }
    }

    @Test func retriesComeBeforeDownOnceTheServerWasUp() {
        #expect(run(tcpCheck(retries: 2), "+---+") == ["6 up", "1 -", "1 -", "6 down after 2", "6 up"])
    }

    @Test func theVeryFirstFailureCountsAtOnce() {
        #expect(run(tcpCheck(retries: 3), "-") == ["6 down"])
    }

    @Test func whileDownItLooksEveryDelayLoop() {
        #expect(run(tcpCheck(retries: 1), "---+") == ["6 down", "6 -", "6 -", "6 up"])
    }

    @Test func aSuccessForgetsEarlierFailures() {
        #expect(run(tcpCheck(retries: 2), "+--+---") == ["6 up", "1 -", "1 -", "6 -", "1 -", "1 -", "6 down after 2"])
    }

    @Test func withoutRetriesEachFailureCounts() {
        #expect(run(tcpCheck(), "+-+-") == ["6 up", "6 down", "6 up", "6 down"])
    }

    @Test func alphaBeginsDown() {
        #expect(!CheckState(alpha: true).isUp)
        #expect(run(tcpCheck(alpha: true), "+") == ["6 up"])
    }

    private func http(_ urls: Int, fast: Bool = false) -> CheckSettings {
        var settings = HTTPCheckSettings()
        settings.urls = (0..<urls).map { HTTPCheckSettings.URL(path: "/\($0)") }
        settings.recoversFast = fast
        var check = CheckSettings(.http(settings))
        check.timing.delayLoop = .seconds(3)
        check.timing.retries = 2
        check.timing.delayBeforeRetry = .seconds(1)
        return check
    }

    private func steps(_ settings: CheckSettings, _ results: String) -> [String] {
        var state = CheckState(alpha: false)
        return results.map { result in
            let step = state.step
            let conclusion = state.conclude(success: result == "+", settings)
            return "/\(step) \(conclusion.delay.seconds) \(conclusion.change.map { "\($0)" } ?? "-")"
        }
    }

    /// As measured with keepalived 2.2.7 on three urls.
    @Test func urlsAreAskedForInTurnAndTheFailedOneFirst() {
        #expect(
            steps(http(3), "++++---+-+++") == [
                "/0 3 -", "/1 3 -", "/2 3 up", "/0 3 -", "/1 1 -", "/1 1 -", "/1 3 down", "/1 3 -", "/0 3 -", "/0 3 -",
                "/0 3 -",
                "/1 3 -",
            ]
        )
    }

    @Test func oneUrlMustPassTwiceAfterAFailure() {
        #expect(steps(http(1), "+---++") == ["/0 3 up", "/0 1 -", "/0 1 -", "/0 3 down", "/0 3 -", "/0 3 up"])
    }

    @Test func fastRecoverySkipsTheDelaysOnTheWayUp() {
        #expect(
            steps(http(2, fast: true), "++-----++") == [
                "/0 0 -", "/1 3 up", "/0 1 -", "/0 1 -", "/0 3 down", "/0 3 -", "/0 3 -", "/0 0 -", "/0 0 -",
            ])
    }
}
