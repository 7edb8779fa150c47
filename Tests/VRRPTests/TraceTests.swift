// SPDX-License-Identifier: GPL-2.0-or-later
import Basics
import Foundation
import Testing
import VRRP

/// Replays each file in `Traces` and compares what the router did with what the file says.
///
/// Run with `UPDATE_TRACES=1` to write the files anew, then read the difference.
@Suite("Traces")
struct TraceTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Traces")

    @Test(arguments: try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".trace") })
    func trace(name: String) throws {
        let file = Self.folder.appending(path: name)
        let expected = try String(contentsOf: file, encoding: .utf8)
        let actual = try Trace.replay(expected)
        if ProcessInfo.processInfo.environment["UPDATE_TRACES"] != nil {
            try actual.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(actual == expected)
    }
}

/// One router's life, line by line: `time event -> actions; state until deadline`.
struct Trace {
    struct Mistake: Error { var line: String }

    static func replay(_ text: String) throws -> String {
        var bench: Bench?
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.isEmpty || line.hasPrefix("#") {
                lines.append(line)
            } else if line.hasPrefix("router ") {
                bench = try router(line)
                lines.append(line)
            } else {
                guard var running = bench else { throw Mistake(line: line) }
                lines.append(try step(line, &running))
                bench = running
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func router(_ line: String) throws -> Bench {
        var bench = Bench(start: false) { settings in
            for word in line.split(separator: " ").dropFirst() {
                let pair = word.split(separator: "=", maxSplits: 1).map(String.init)
                let value = pair.count > 1 ? pair[1] : ""
                switch pair[0] {
                case "version": settings.version = value == "2" ? .v2 : .v3
                case "priority": settings.priority = UInt8(value) ?? 0
                case "interval": settings.advertInterval = interval(value)
                case "nopreempt": settings.preempts = false
                case "preempt_delay": settings.preemptDelay = interval(value)
                case "interface": settings.requiredInterfaces = [value]
                default: settings.name = String(word)
                }
            }
        }
        bench.forget()
        return bench
    }

    private static func step(_ line: String, _ bench: inout Bench) throws -> String {
        let input = line.components(separatedBy: "->")[0]
        let words = input.split(separator: " ").map(String.init)
        guard words.count >= 2 else { throw Mistake(line: line) }
        bench.forget()
        let time = Instant.zero + interval(words[0])
        if words[1] == "deadline" { bench.sleep(time - bench.now) } else { bench.pass(time - bench.now) }
        func value(_ key: String) -> String {
            words.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) } ?? ""
        }
        switch words[1] {
        case "start": bench.handle(.start)
        case "stop": bench.handle(.stop)
        case "deadline": break
        case "link": bench.handle(.link("eth0", isUp: words[2] == "up"))
        case "advert":
            let every = value("interval").isEmpty ? bench.router.settings.advertInterval : interval(value("interval"))
            let advert = Advert(priority: UInt8(value("priority")) ?? 0, interval: every)
            guard let sender = IPAddress(value("from")) else { throw Mistake(line: line) }
            bench.handle(.advert(router: 0, advert, from: sender))
        default: throw Mistake(line: line)
        }
        let did = bench.log.compactMap { describe($0.action) }.joined(separator: ", ")
        let until = bench.router.advertDeadline ?? bench.router.timerDeadline
        let state = bench.state.word.lowercased() + (until.map { " until \(text($0))" } ?? "")
        return input + "-> " + (did.isEmpty ? "" : did + "; ") + state
    }

    /// `1500ms`, `2s` or `3.609375s`.
    private static func interval(_ text: String) -> Interval {
        if text.hasSuffix("ms") { return .milliseconds(Int(text.dropLast(2)) ?? 0) }
        let seconds = text.dropLast(1).split(separator: ".", maxSplits: 1)
        let fraction = seconds.count > 1 ? String(seconds[1]).padding(toLength: 9, withPad: "0", startingAt: 0) : "0"
        return .seconds(Int(seconds.first ?? "0") ?? 0) + Interval(nanoseconds: Int64(fraction) ?? 0)
    }

    private static func text(_ instant: Instant) -> String {
        guard instant.nanoseconds % 1_000_000 != 0 else { return "\(instant.nanoseconds / 1_000_000)ms" }
        var fraction = decimalDigits(instant.nanoseconds % 1_000_000_000, width: 9)
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(instant.nanoseconds / 1_000_000_000).\(fraction)s"
    }

    private static func describe(_ action: Action) -> String? {
        switch action {
        case .sendAdvert(_, let priority): "send \(priority)"
        case .hold: "hold"
        case .release: "release"
        case .announce(_, let from, let count): "announce \(from)+\(count)"
        case .report(.transition(let transition)): "report \(transition.to.word) (\(transition.cause.words))"
        case .report(.contestWon): "report contest won"
        case .report(.lowerPriority): "report lower priority"
        case .report(.group), .report(.priority): "report"
        case .notice: nil
        case .added, .changed, .removed: "configure"
        }
    }
}
