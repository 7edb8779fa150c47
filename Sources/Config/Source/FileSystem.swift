// SPDX-License-Identifier: GPL-2.0-or-later

/// The files that a configuration is read from, handed in: the reader itself touches no disk.
package struct FileSystem {
    /// What reading a path gave.
    package enum Reading {
        case text([UInt8])
        /// A large file, piece by piece: each call gives the next, an empty one at the end.
        case pieces(() -> [UInt8])
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

    /// Reads a file to the end, in pieces that may end anywhere; false if it cannot be read.
    package func readPieces(of path: String, _ body: ([UInt8]) -> Void) -> Bool {
        switch read(path) {
        case .text(let bytes):
            body(bytes)
        case .pieces(let next):
            while case let piece = next(), !piece.isEmpty { body(piece) }
        case .missing, .directory, .notPlain, .executable, .unreadable:
            return false
        }
        return true
    }

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
        /// Bytes of one line of a file.
        package var fileLine = 64 << 20
        /// Files that are opened, uses of definitions of several lines included.
        package var files = 32_768
        /// Bytes of all files.
        package var fileBytes = 1 << 30
        /// Bytes of one line after substitution.
        package var lineLength = 256 << 10
        /// Rounds of substitution in a line, definitions nested in definitions, includes nested in includes.
        package var depth = 64
        /// Uses of definitions of several lines that are told apart in findings.
        package var uses = 4096
        /// Lines made by definitions and sequences in the whole configuration.
        package var lines = 4 << 20
        /// Bytes of them.
        package var bytes = 1 << 30

        package init() {}
    }

    package init() {}
}

/// A file that lines came from; a file that is included twice counts twice, and so does one part of a file that a definition repeats.
package struct SourceFile: Equatable, Sendable {
    package var path: String
    /// The place of the include, or of the use of the definition; nil for a file named on the command line.
    package var includedFrom: Position?
    /// The definition of several lines that this is a use of; nil for a file.
    package var definition: String?

    package init(path: String, includedFrom: Position? = nil, definition: String? = nil) {
        self.path = path
        self.includedFrom = includedFrom
        self.definition = definition
    }
}
