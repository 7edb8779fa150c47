// SPDX-License-Identifier: GPL-2.0-or-later

import Basics

extension GlobalSettings {
    static var processRows: [Keyword<GlobalSettings>] {
        [
            .flag(
                "process_names", \.usesProcessNames,
                "Children call themselves keepalived_vrrp, keepalived_lvs and keepalived_bfd."
            )
            .since("2.0.16").on(.all),
            .text("process_name", limit: 15, \.parentName, "The name of the parent process.")
                .defaulting(to: "keepalived").since("2.0.16").on(.parent),
            .number(
                "max_auto_priority", -1...99, \.maximumAutoPriority,
                "The realtime priority that a process may give itself when its timers are late."
            )
            .bare(99, \.maximumAutoPriority, syntax: "[<int>]").defaulting(to: "0").since("2.1.0").on(.all),
            .microseconds(
                "min_auto_priority_delay", 1...10_000_000, \.minimumAutoPriorityDelay,
                "How late a timer must be to raise the priority."
            )
            .defaulting(to: "1000000").since("2.1.0").on(.all),
        ]
            + ProcessSettings.rows("vrrp").lifted(to: \.vrrpProcess).on(.vrrp)
            + ProcessSettings.rows("checker").lifted(to: \.checkerProcess).on(.checker)
            + ProcessSettings.rows("bfd").lifted(to: \.bfdProcess).on(.bfd)
            + [
                ProcessSettings.name("lvs").lifted(to: \.checkerProcess).on(.checker)
                    .since("2.0.16").deprecated(use: "checker_process_name")
            ]
    }
}

extension Keyword {
    /// The row, with a value for the bare keyword.
    func bare<Value: Sendable>(
        _ value: Value, _ path: SettingPath<Target, Value?>, syntax: String
    ) -> Keyword {
        Keyword(entry) { [apply] statement, target, reader in
            if statement.values.isEmpty {
                target[keyPath: path] = value
            } else {
                apply(statement, &target, &reader)
            }
        }
        .syntax(syntax)
    }
}

extension ProcessSettings {
    static func name(_ process: String) -> Keyword<ProcessSettings> {
        .text("\(process)_process_name", limit: 15, \.name, "The name of the process.").defaulting(to: "keepalived")
    }

    /// The rows of one child process, whose names begin with that process.
    static func rows(_ process: String) -> [Keyword<ProcessSettings>] {
        let later = process == "bfd" ? "2.0.0" : "1.2.20"
        return [
            name(process).since(process == "checker" ? "2.2.0" : "2.0.16"),
            .number("\(process)_priority", -20...19, \.priority, "The nice value of the process.")
                .defaulting(to: "0").since(later),
            .flag("\(process)_no_swap", \.locksMemory, "Keep the process in memory.").since(later),
            realtimePriority(process).since("2.0.0"),
            .custom("\(process)_cpu_affinity", syntax: "<cpu> ...", "The processors that the process may run on.") {
                statement, settings, reader in
                if let processors = reader.processors(statement) { settings.processors = processors }
            }
            .range("numbers of processors").since("2.0.17"),
            realtimeLimit("\(process)_rlimit_rttime").since("2.1.0"),
            realtimeLimit("\(process)_rlimit_rtime").since("2.0.0").deprecated(use: "\(process)_rlimit_rttime"),
        ]
    }

    private static func realtimePriority(_ process: String) -> Keyword<ProcessSettings> {
        .custom("\(process)_rt_priority", syntax: "<int>", "The realtime priority (SCHED_RR) of the process.") {
            statement, settings, reader in
            guard let word = reader.require(statement, 0, "a number"),
                let value = reader.number(word, of: statement, in: Int(Int32.min)...Int(Int32.max))
            else { return }
            let clamped = min(max(value, 1), 99)
            if clamped != value {
                reader.report(
                    .error, "out-of-range", statement, word: word, "'\(word.text)' is outside 1 to 99; \(clamped) is used"
                )
            }
            settings.realtimePriority = clamped
        }
        .range("1..99").defaulting(to: "0, not realtime")
    }

    private static func realtimeLimit(_ name: String) -> Keyword<ProcessSettings> {
        .microseconds(
            name, 1...4_294_967_295, \.realtimeLimit,
            "How long the process may run at realtime priority without waiting for something."
        )
        .defaulting(to: "10000")
    }
}

extension Reader {
    /// Numbers of processors; one that does not exist spoils the line.
    fileprivate mutating func processors(_ statement: Statement) -> [Int]? {
        guard require(statement, 0, "a processor") != nil else { return nil }
        var found: [Int] = []
        for word in statement.values {
            guard let number = number(word, of: statement, in: 0...max(0, surroundings.processorCount() - 1)) else { return nil }
            found.append(number)
        }
        return found
    }
}
