// SPDX-License-Identifier: GPL-2.0-or-later

/// The texts of `--help`, and the shell completions: all from the table of options.
package enum UsageText {
    /// Where the explanations begin.
    private static let column = 31

    /// What `--help` prints, without a newline at the end.
    package static func help(program: String = "keepalived") -> String {
        var lines = ["Usage: \(program) [OPTION...]"]
        for option in CommandLineOption.all where !option.help.isEmpty {
            let names = names(of: option)
            if names.utf8.count < column {
                lines.append(names + String(repeating: " ", count: column - names.utf8.count) + option.help[0])
            } else {
                lines.append(names)
                lines.append(String(repeating: " ", count: column) + option.help[0])
            }
            lines += option.help.dropFirst().map { String(repeating: " ", count: column) + $0 }
        }
        return lines.joined(separator: "\n")
    }

    /// `  -f, --use-file=FILE `
    private static func names(of option: CommandLineOption) -> String {
        var text = option.short.map { "  -\($0)" } ?? "    "
        if let long = option.long {
            text += option.short == nil ? "  --\(long)" : ", --\(long)"
        }
        switch option.argument {
        case .none: break
        case .required(let name): text += "=\(name)"
        case .optional(let name): text += "[=\(name)]"
        }
        return text + " "
    }

    /// Completions for a shell; nil for one we do not know.
    package static func completions(for shell: String) -> String? {
        switch shell {
        case "bash": bash
        case "zsh": zsh
        default: nil
        }
    }

    private static var visible: [CommandLineOption] { CommandLineOption.all.filter { !$0.help.isEmpty } }

    private static var bash: String {
        let words = visible.flatMap { option in
            [option.short.map { "-\($0)" }, option.long.map { "--\($0)" }].compactMap { $0 }
        }
        let signals = SignalPurpose.allCases.map(\.rawValue).joined(separator: " ")
        return """
            # bash completion for keepalived
            _keepalived() {
                local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
                if [ "$prev" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
                if [ "$cur" = = ]; then cur=; prev=${COMP_WORDS[COMP_CWORD-1]}; fi
                case $prev in
                    --signum) COMPREPLY=($(compgen -W "\(signals)" -- "$cur")) ;;
                    --completion) COMPREPLY=($(compgen -W "bash zsh" -- "$cur")) ;;
                    --format) COMPREPLY=($(compgen -W "text json" -- "$cur")) ;;
                    \(fileOptions.joined(separator: "|"))) COMPREPLY=($(compgen -f -- "$cur")) ;;
                    *) COMPREPLY=($(compgen -W "\(words.joined(separator: " "))" -- "$cur")) ;;
                esac
            }
            complete -o filenames -F _keepalived keepalived
            """
    }

    /// Options whose value is a file, under both names.
    private static var fileOptions: [String] {
        visible.filter { option in
            switch option.argument {
            case .required("FILE"), .optional("FILE"), .optional("LOG_FILE"): true
            case .none, .required, .optional: false
            }
        }.flatMap { option in [option.short.map { "-\($0)" }, option.long.map { "--\($0)" }].compactMap { $0 } }
    }

    private static var zsh: String {
        let lines = visible.flatMap { option -> [String] in
            let help = option.help[0].filter { !"[]:'".contains($0) }
            let value =
                switch option.argument {
                case .none: ""
                case .required(let name): ":\(zshValue(name))"
                case .optional(let name): "::\(zshValue(name))"
                }
            let short = option.short.map { "'*-\($0)[\(help)]\(value)'" }
            let long = option.long.map { "'*--\($0)\(value.isEmpty ? "" : "=")[\(help)]\(value)'" }
            return [short, long].compactMap { $0 }
        }
        return "#compdef keepalived\n_arguments -s \\\n    " + lines.joined(separator: " \\\n    ")
    }

    private static func zshValue(_ name: String) -> String {
        switch name {
        case "FILE", "LOG_FILE": "file:_files"
        case "SIGFUNC": "purpose:(\(SignalPurpose.allCases.map(\.rawValue).joined(separator: " ")))"
        case "bash|zsh": "shell:(bash zsh)"
        case "text|json": "form:(text json)"
        default: "value:"
        }
    }
}
