// SPDX-License-Identifier: GPL-2.0-or-later

/// Reads a command line as getopt_long does: short options may be combined, long ones abbreviated as long as they are
/// unique, values joined on or the next word; words that are no options may stand anywhere, and `--` ends the options.
package struct CommandLineParser {
    private var remaining: ArraySlice<String>
    private var line = CommandLine()
    private var mode = InvocationMode.daemon
    private var leftovers: [String] = []
    /// The answer of an option that ends parsing.
    private var answer: Invocation?

    /// What the words, of which the first is the program's name, ask for.
    package static func parse(_ words: [String]) -> Invocation {
        let name = words.first?.split(separator: "/").last.map(String.init) ?? "keepalived"
        if name == "genhash" { return .genhash(Array(words.dropFirst()), as: words[0]) }
        if words.count > 1, words[1] == "-T" || words[1] == "--genhash" {
            return .genhash(Array(words.dropFirst(2)), as: "\(words[0]) --genhash")
        }
        var parser = CommandLineParser(remaining: words.dropFirst())
        parser.line.words = words
        return parser.run()
    }

    private init(remaining: ArraySlice<String>) { self.remaining = remaining }

    private mutating func run() -> Invocation {
        while answer == nil, let word = remaining.popFirst() {
            if word == "--" {
                leftovers += remaining
                remaining = []
            } else if word.hasPrefix("--") {
                takeLong(word.dropFirst(2))
            } else if word.hasPrefix("-"), word.utf8.count > 1 {
                takeShort(word.dropFirst())
            } else {
                leftovers.append(word)
            }
        }
        if let answer { return answer }
        line.leftovers = leftovers
        return .run(line, mode)
    }

    private mutating func takeLong(_ text: Substring) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? String(parts[1]) : nil
        guard let option = Self.long(named: parts[0]) else { return refuse("Unknown option --\(text)") }
        switch option.argument {
        case .none:
            if value != nil { return refuse("Unknown option --\(text)") }
            apply(option, nil)
        case .required:
            guard let value = value ?? remaining.popFirst() else {
                return refuse("Missing parameter for option --\(option.long ?? "")")
            }
            apply(option, value)
        case .optional:
            apply(option, value)
        }
    }

    /// The option of that name, or the only one whose name begins with it.
    private static func long(named name: Substring) -> CommandLineOption? {
        if let exact = CommandLineOption.all.first(where: { $0.long.map { $0 == name } ?? false }) { return exact }
        let candidates = CommandLineOption.all.filter { $0.long?.hasPrefix(name) ?? false }
        return candidates.count == 1 ? candidates[0] : nil
    }

    private mutating func takeShort(_ letters: Substring) {
        var letters = letters
        while answer == nil, let letter = letters.popFirst() {
            guard let option = CommandLineOption.all.first(where: { $0.short == letter }) else {
                return refuse("Unknown option -\(letter)")
            }
            switch option.argument {
            case .none:
                apply(option, nil)
            case .required:
                guard let value = letters.isEmpty ? remaining.popFirst() : String(letters) else {
                    return refuse("Missing parameter for option -\(letter)")
                }
                letters = ""
                apply(option, value)
            case .optional:
                apply(option, letters.isEmpty ? nil : String(letters))
                letters = ""
            }
        }
    }

    private mutating func apply(_ option: CommandLineOption, _ value: String?) {
        switch option.effect {
        case .flag(let set): set(&line)
        case .value(let set): if let remark = set(value ?? "", &line) { line.remarks.append(remark) }
        case .optionalValue(let set): set(value, &line)
        case .ask(let question): answer = question(value ?? "")
        case .mode(let make): mode = make(value)
        case .remark(let text): if !line.remarks.contains(text) { line.remarks.append(text) }
        case .nothing: break
        }
    }

    private mutating func refuse(_ text: String) { answer = .refused(text) }
}
