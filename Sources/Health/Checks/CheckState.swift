// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// What a checker remembers between its attempts, small since there may be very many.
package struct CheckState: Hashable, Sendable {
    package private(set) var isUp: Bool
    /// False until the first round has come to a result.
    package private(set) var hasRun = false
    /// False while the checker rests (`ha_suspend`).
    package var isEnabled = true
    /// The url that the next attempt asks for.
    package private(set) var step: UInt16 = 0
    /// The url that failed last has not passed since.
    private var isProbingFailure = false
    /// Failures in a row while up, the first not counted.
    package private(set) var retries: UInt32 = 0
    /// Attempts are counted so that a late answer to an old one is not taken for the new one's.
    package internal(set) var attempt: UInt32 = 0
    /// The attempt with this number is under way.
    package internal(set) var isRunning = false
    /// What this checker adds to the weight of its server.
    package internal(set) var weight: Int64 = 0

    /// A checker that was not asked yet: down with `alpha`, else up.
    package init(alpha: Bool) { isUp = !alpha }

    /// What follows from the end of an attempt.
    package struct Conclusion: Hashable, Sendable {
        /// Which way the checker went.
        package enum Change: Hashable, Sendable { case up, down }

        /// From now to the next attempt.
        package var delay: Interval
        /// The server's checker changed, or came to its first result.
        package var change: Change?
        /// How many retries preceded a change to down.
        package var retries: UInt32 = 0
    }

    /// Takes the end of an attempt into account.
    ///
    /// A failure counts once its retries are used up, except that the very first result counts at once; while down there are no
    /// retries, the checker looks again every delay_loop. With several urls a round asks for one after the other; the url that
    /// failed is asked for until it passes, then a whole round must pass.
    package mutating func conclude(success: Bool, _ settings: CheckSettings) -> Conclusion {
        success ? pass(settings) : fail(settings)
    }

    /// The end of nearly every attempt: a success of a simple checker (see `CheckKind`) that is up anyway. False: it is not
    /// that, `conclude` is to be asked.
    mutating func passAgain() -> Bool {
        guard isUp, hasRun else { return false }
        retries = 0
        isProbingFailure = false
        return true
    }

    private mutating func pass(_ settings: CheckSettings) -> Conclusion {
        retries = 0
        let wasProbing = isProbingFailure
        isProbingFailure = false
        if case .http = settings.kind {
            let next = Int(step) + 1
            if wasProbing || next < settings.kind.steps {
                step = wasProbing ? 0 : UInt16(truncatingIfNeeded: next)
                return Conclusion(delay: settings.hurries && (!isUp || !hasRun) ? .zero : settings.timing.delayLoop)
            }
        }
        step = 0
        let isNews = !isUp || !hasRun
        isUp = true
        hasRun = true
        return Conclusion(delay: settings.timing.delayLoop, change: isNews ? .up : nil)
    }

    private mutating func fail(_ settings: CheckSettings) -> Conclusion {
        isProbingFailure = true
        if isUp, hasRun, retries < settings.timing.retries {
            retries += 1
            return Conclusion(delay: settings.timing.delayBeforeRetry)
        }
        let isNews = isUp || !hasRun
        defer {
            isUp = false
            hasRun = true
            retries = 0
        }
        return Conclusion(delay: settings.timing.delayLoop, change: isNews ? .down : nil, retries: isNews ? retries : 0)
    }

    /// The state after a result that was told, not asked for (files, BFD): counts at once.
    package mutating func set(isUp: Bool) -> Conclusion.Change? {
        let isNews = self.isUp != isUp || !hasRun
        self.isUp = isUp
        hasRun = true
        return isNews ? (isUp ? .up : .down) : nil
    }

    /// The checker was found down by an earlier life of the daemon.
    package mutating func adopt(isUp: Bool) { self.isUp = isUp }

    /// Keeps the step inside a list of urls that a reload may have shortened.
    package mutating func fit(_ settings: CheckSettings) {
        if Int(step) >= settings.kind.steps {
            step = 0
            isProbingFailure = false
        }
    }
}

extension CheckSettings {
    /// Whether delays are skipped while the server is recovering.
    fileprivate var hurries: Bool {
        switch kind {
        case .http(let settings): settings.recoversFast
        case .tcp, .ping, .udp, .smtp, .dns, .misc, .file, .bfd: false
        }
    }
}
