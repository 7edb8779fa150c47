// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Config

// The rows that virtual servers, real servers and checkers have in common.

/// Upstream's limit, 2^64 microseconds less two; an `Interval` sticks at its own.
private let longestTime = 18_446_744_073_709.551614
private let longestTimeout = 4294.967295
private let shortestTime = 0.000001

extension Keyword where Target: TimedDraft {
    /// retry, delay_before_retry, warmup and delay_loop. `leastRetries` is 1 for servers and 0 for checkers.
    static func timingRows(leastRetries: UInt32, from inherited: String) -> [Keyword] {
        let rows: [Keyword<TimingDraft>] = [
            .number(
                "retry", leastRetries...UInt32.max, \.retries,
                "How many times a failed check is repeated before the server is taken down. The very first check of all is not repeated."
            ).defaulting(to: inherited),
            .seconds(
                "delay_before_retry", 0...longestTime, \.delayBeforeRetry,
                "The delay before a failed check is repeated."
            ).defaulting(to: inherited),
            .seconds(
                "warmup", 0...longestTime, \.warmup,
                "The longest random delay before the first check, so that not all checks run at once."
            ).defaulting(to: inherited == "that of the checker" ? "delay_loop" : inherited),
            .seconds("delay_loop", shortestTime...longestTime, \.delayLoop, "The delay between checks.")
                .defaulting(to: inherited == "that of the checker" ? "60" : inherited),
        ]
        return rows.lifted(to: Target.timingPath)
    }

    static func connectTimeoutRow(from inherited: String) -> Keyword {
        Keyword<TimingDraft>.seconds(
            "connect_timeout", shortestTime...longestTimeout, \.connectTimeout,
            "How long a connection may take to be established, and how long the peer may be silent then."
        ).defaulting(to: inherited).lifted(to: Target.timingPath)
    }

    static var alphaRow: Keyword {
        Keyword<TimingDraft>.bool("alpha", \.alpha, "The server is down until its first check succeeds.")
            .defaulting(to: "that of the level above").lifted(to: Target.timingPath)
    }
}

/// What all checker blocks accept.
func commonCheckRows<Part>() -> [Keyword<CheckDraft<Part>>] {
    Keyword<CheckDraft<Part>>.timingRows(leastRetries: 0, from: "that of the real server") + [
        .alphaRow,
        .bool(
            "log_all_failures", \.logsAllFailures,
            "Each failed attempt is logged, not only the one that takes the server down."
        )
        .defaulting(to: "checker_log_all_failures"),
    ]
}

/// What checkers that connect accept besides.
func connectionRows<Part>() -> [Keyword<CheckDraft<Part>>] {
    [
        .address("connect_ip", \.connection.address, "Connect to this address.").defaulting(
            to: "that of the real server"),
        .number("connect_port", 1...UInt16.max, \.connection.port, "Connect to this port.").defaulting(
            to: "that of the real server"),
        .address(
            "bindto", \.connection.source, "Connect from this address; of the same family as the address connected to."),
        .number("bind_port", 1...UInt16.max, \.connection.sourcePort, "Connect from this port.").defaulting(to: "any"),
        .text(
            "bind_if", "<interface>", limit: 15, \.connection.interface,
            "Connect through this interface; required for a link-local connect_ip."),
        .connectTimeoutRow(from: "that of the real server"),
        .number("fwmark", 0...UInt32.max, \.connection.mark, "Put this firewall mark on the packets of the check."),
    ] + commonCheckRows()
}
