// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

extension RouteDraft {
    /// The RTAX_* metrics; those that the kernel may change can be locked.
    static let metricOptions: [LineOption<RouteDraft>] = [
        metric("mtu", \.mtu, lock: .mtu, "The MTU along the route; with 'lock' path MTU discovery leaves it alone."),
        .number("hoplimit", 0...255, \.entry.metrics.hopLimit, "The hop limit of packets along the route.").since(
            "1.2.24"
        ).defaulting(to: "kernel"),
        metric("advmss", \.advertisedMSS, lock: .advertisedMSS, "The segment size advertised to TCP peers."),
        time("rtt", \.roundTripTime, scale: 8, lock: .roundTripTime, "The initial estimate of the round trip time."),
        time(
            "rttvar", \.roundTripVariance, scale: 4, lock: .roundTripVariance,
            "The initial variance of the round trip time."),
        metric("reordering", \.reordering, lock: .reordering, "How much reordering is expected on the path."),
        metric("window", \.window, lock: nil, "The largest TCP window advertised."),
        metric(
            "cwnd", \.congestionWindow, lock: .congestionWindow,
            "A limit for the congestion window; has no effect unless locked."),
        metric("ssthresh", \.slowStartThreshold, lock: .slowStartThreshold, "The initial slow start threshold."),
        time(
            """
            rto_min
            """, \.minimumTimeout, scale: 1, lock: .minimumTimeout, "The shortest retransmission timeout of TCP."),
        metric("initcwnd", \.initialCongestionWindow, lock: nil, "The initial congestion window in segments."),
        metric("initrwnd", \.initialReceiveWindow, lock: nil, "The initial receive window in segments."),
        LineOption("features", "ecn", "Turns on explicit congestion notification for the route.") {
            option, words, draft, reader in
            guard let word = words.value(of: option, "a feature", &reader) else { return }
            guard word.text == "ecn" else {
                return reader.report(
                    .error, "unknown-value", words.statement, word: word,
                    "'\(word.text)' is not a feature of a route and is ignored",
                    help: "write 'ecn'"
                )
            }
            draft.entry.metrics.features = (draft.entry.metrics.features ?? 0) | 1
        }.since("1.2.24"),
        .number("quickack", 0...1, \.entry.metrics.quickAcknowledgement, "Turns on quick acknowledgements.").since(
            "1.2.24"
        ).defaulting(to: "kernel"),
        LineOption("congctl", "[lock] <string>", default: "kernel", "The congestion control algorithm.") {
            option, words, draft, reader in
            let isLocked = words.take("lock")
            guard let word = words.value(of: option, "the name of an algorithm", &reader) else { return }
            draft.entry.metrics.congestionControl = word.text
            if isLocked { draft.entry.metrics.locks.insert(.congestionControl) }
        }.since("1.2.24"),
        .number(
            "fastopen_no_cookie", 0...1, \.entry.metrics.fastOpenWithoutCookie,
            "Lets TCP Fast Open do without a cookie."
        ).since("1.4.3").defaulting(to: "kernel"),
    ]

    private typealias MetricPath = SettingPath<RouteEntry.Metrics, UInt32?>

    private static func metric(
        _ name: String, _ path: MetricPath, lock: RouteEntry.Locks?, _ help: String
    ) -> LineOption<RouteDraft> {
        LineOption(name, lock == nil ? "<uint32>" : "[lock] <uint32>", default: "kernel", help) {
            option, words, draft, reader in
            let isLocked = lock != nil && words.take("lock")
            guard let word = words.value(of: option, "a number", &reader) else { return }
            guard let value: UInt32 = reader.number(word, of: words.statement, in: 0...UInt32.max) else { return }
            draft.entry.metrics[keyPath: path] = value
            if let lock, isLocked { draft.entry.metrics.locks.insert(lock) }
        }.since("1.2.24")
    }

    /// A time with an optional unit; without one, the kernel's own unit of `1/scale` milliseconds.
    private static func time(
        _ name: String, _ path: MetricPath, scale: UInt32, lock: RouteEntry.Locks, _ help: String
    ) -> LineOption<RouteDraft> {
        LineOption(name, "[lock] <number>[s|ms|sec..]", range: "200ms..120s", default: "kernel", help) {
            option, words, draft, reader in
            let isLocked = words.take("lock")
            guard let word = words.value(of: option, "a time", &reader) else { return }
            guard let raw = RouteTime.read(word.text, scale: scale) else {
                return reader.report(
                    .error, "not-a-time", words.statement, word: word,
                    "'\(word.text)' is not a time; the option is ignored")
            }
            let limits = 200 * UInt64(scale)...120_000 * UInt64(scale)
            let value = min(max(raw, limits.lowerBound), limits.upperBound)
            if value != raw {
                reader.report(
                    .warning, "out-of-range", words.statement, word: word,
                    "'\(word.text)' is outside 200 ms to 120 s; \(value / UInt64(scale)) ms is used"
                )
            }
            draft.entry.metrics[keyPath: path] = UInt32(clamping: value)
            if isLocked { draft.entry.metrics.locks.insert(lock) }
        }.since("1.2.24")
    }
}

/// Times of route metrics as iproute2 writes them.
enum RouteTime {
    /// The time in units of `1/scale` milliseconds; nil if it is not one.
    static func read(_ text: String, scale: UInt32) -> UInt64? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let factor: Double
        switch text.dropFirst(digits.count) {
        case "": return UInt64(digits).flatMap { $0 > 1 << 40 ? nil : $0 }
        case "s", "sec", "secs": factor = 1000
        case "ms", "msec", "msecs": factor = 1
        default: return nil
        }
        guard let value = Double(digits), value >= 0, value < 1e9 else { return nil }
        return UInt64((value * factor * Double(scale)).rounded())
    }
}
