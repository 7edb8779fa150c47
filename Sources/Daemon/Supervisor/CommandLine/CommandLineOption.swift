// SPDX-License-Identifier: GPL-2.0-or-later

/// One option of the command line: its names, what it takes, what it does. Parsing, the usage text and shell completion all
/// come from the table of these.
package struct CommandLineOption: Sendable {
    /// What stands behind the option; the text names it in the usage.
    package enum Argument: Equatable, Sendable {
        case none
        case required(String)
        /// `-tLOG`, `--config-test=LOG`, or nothing; never the next word.
        case optional(String)
    }

    /// What the option does to the invocation.
    enum Effect: Sendable {
        case flag(@Sendable (inout CommandLine) -> Void)
        /// Returns what is wrong with the value: it is said and the option ignored, as upstream does.
        case value(@Sendable (String, inout CommandLine) -> String?)
        case optionalValue(@Sendable (String?, inout CommandLine) -> Void)
        /// Ends parsing at once: `--version`.
        case ask(@Sendable (String) -> Invocation)
        /// Something else than running the daemon, with all the other options: `-t`.
        case mode(@Sendable (String?) -> InvocationMode)
        /// Understood, without an effect in this build; the sentence is said when it is used.
        case remark(String)
        /// Understood, and rightly without an effect.
        case nothing
    }

    package let short: Character?
    package let long: String?
    package let argument: Argument
    /// The lines of the usage text; none hides the option.
    package let help: [String]
    let effect: Effect

    init(
        _ short: Character?, _ long: String?, _ argument: Argument = .none, _ effect: Effect, _ help: String...
    ) {
        self.short = short
        self.long = long
        self.argument = argument
        self.effect = effect
        self.help = help
    }
}

/// What keepalived is started for.
package enum Invocation: Equatable, Sendable {
    case run(CommandLine, InvocationMode)
    case help
    case version
    /// `--signum`: the number of the signal for a purpose.
    case signalNumber(String)
    /// The program genhash: its words, and how it was called.
    case genhash([String], as: String)
    /// Wrong usage: the text goes to stderr, exit code 1.
    case refused(String)
}

/// What is done with a configuration.
package enum InvocationMode: Equatable, Sendable {
    case daemon
    /// `-t`: the findings go to the file, or to stderr.
    case test(log: String?)
    case dumpSchema
    case explain(String)
    case format
    case completion(String)
}
