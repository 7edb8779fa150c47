// SPDX-License-Identifier: GPL-2.0-or-later

/// The files that a configuration is read from, handed in: the reader itself touches no disk.
package struct FileSystem {
    /// What reading a path gave.
    package enum Reading {
        case text([UInt8])
        case missing
        case directory
        /// A pipe, socket or device.
        case notPlain
        /// A plain file with an execute bit, which is taken for a script by mistake.
        case executable
        case unreadable
    }

    package var read: (_ path: String) -> Reading = { _ in .missing }
    /// Whether there is anything of that name.
    package var exists: (_ path: String) -> Bool = { _ in false }
    /// The paths that match a pattern with `*`, `?` and `[...]`, sorted; no braces, no `~`, no variables.
    package var glob: (_ pattern: String) -> [String] = { _ in [] }
    /// What relative paths on the command line are relative to, without a trailing slash.
    package var currentDirectory = "/"

    package init() {}
}

/// What steers the preprocessor besides the text.
package struct SourceOptions {
    /// What `@id` compares with: `--config-id`, or the host name up to its first dot.
    package var id = ""
    /// What counts as an error of every include: `--all-config` is all.
    package var includeChecks: IncludeChecks = []
    package var environment: (_ name: String) -> String? = { _ in nil }
    /// For `${_RANDOM}`: a number within the bounds, both included.
    package var random: (_ bounds: ClosedRange<Int>) -> Int = { $0.lowerBound }
    package var limits = Limits()

    /// Where expansion ends, so that a definition of itself ends in a diagnostic.
    package struct Limits: Sendable {
        /// Bytes of one line after substitution.
        package var lineLength = 256 << 10
        /// Rounds of substitution in a line, definitions nested in definitions, includes nested in includes.
        package var depth = 64
        /// Lines made by definitions and sequences in the whole configuration.
        package var lines = 8 << 20
        /// Bytes of them.
        package var bytes = 1 << 30

        package init() {}
    }

    package init() {}
}

/// A file that lines came from; a file that is included twice counts twice.
package struct SourceFile: Equatable, Sendable {
    package var path: String
    /// The place of the include; nil for a file named on the command line.
    package var includedFrom: Position?

    package init(path: String, includedFrom: Position? = nil) {
        self.path = path
        self.includedFrom = includedFrom
    }
}
