// SPDX-License-Identifier: GPL-2.0-or-later

import Config
import Linux

/// What the keyword tables know, for people and for programs: `--explain`, `--dump-schema`, `--fmt` and the manual page.
package enum KeywordTools {
    private static var entries: [KeywordEntry] { ConfigurationDraft.table.entries }

    /// Describes each keyword of that name, or of that path ("vrrp_instance / priority").
    static func explain(_ name: String) -> Int32 {
        guard let text = entries.explanation(of: name) else {
            let guess = entries.nearest(to: name).map { "; did you mean '\($0)'?" } ?? ""
            StandardStream.error.line("There is no keyword '\(name)'\(guess)")
            return ExitCode.fatal.rawValue
        }
        StandardStream.output.write(text)
        return ExitCode.ok.rawValue
    }

    /// All keywords, a line each, blocks before what they contain.
    static func dumpSchema() -> Int32 {
        StandardStream.output.write(schema)
        return ExitCode.ok.rawValue
    }

    /// Writes the file that `-f` names, in canonical layout, to standard output; the file itself is left alone.
    static func format(_ path: String) -> Int32 {
        do throws(SystemError) {
            StandardStream.output.write(Formatter.format(try Files.read(path)))
            return ExitCode.ok.rawValue
        } catch {
            StandardStream.error.line("Unable to read \(path) - \(error)")
            return ExitCode.fatal.rawValue
        }
    }

    /// What `--dump-schema` prints.
    package static var schema: String { entries.schema }

    /// The page keepalived.conf(5), in roff.
    package static var manual: String {
        var manual = Manual(entries)
        return manual.roff()
    }
}
