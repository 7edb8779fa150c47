// SPDX-License-Identifier: GPL-2.0-or-later

package import Basics

/// One word of a statement, quotes removed.
package struct Word: Equatable, Sendable {
    package var text: String
    /// Where the word begins in its line, from 1.
    package var column: Int

    package init(_ text: String, column: Int = 1) {
        self.text = text
        self.column = column
    }
}

/// A keyword with the words behind it, as one logical line of a block holds them.
package struct Statement: Sendable {
    package var keyword: Word
    package var values: [Word]
    /// The place of the keyword.
    package var position: Position
    /// The logical line from the keyword on, as written (after substitution): for values with a quoting grammar of their own.
    package var bytes: ArraySlice<UInt8>
    /// Whether a definition or a sequence had a part in the line: columns then mean nothing.
    package var isExpanded: Bool

    package init(keyword: Word, values: [Word], position: Position, bytes: ArraySlice<UInt8>, isExpanded: Bool = false) {
        self.keyword = keyword
        self.values = values
        self.position = position
        self.bytes = bytes
        self.isExpanded = isExpanded
    }

    package init(keyword: Word, values: [Word], position: Position, line: String = "") {
        self.init(keyword: keyword, values: values, position: position, bytes: Array(line.utf8)[...])
    }

    package var name: String { keyword.text }

    /// The logical line as text; made anew each time, so ask once.
    package var line: String { String(decoding: bytes, as: UTF8.self) }

    /// The value at this place, if the line has so many.
    package func value(_ index: Int) -> Word? { values.indices.contains(index) ? values[index] : nil }

    /// The place of a word of this statement.
    package func position(of word: Word) -> Position {
        isExpanded ? position : Position(file: position.file, line: position.line, column: word.column)
    }
}

/// What the configuration is read against: facts of the machine that a pure reader must be told.
///
/// The daemon fills it from the system; tests invent it.
package struct Surroundings {
    /// The index of a network interface, nil if there is none of that name.
    package var interfaceIndex: (String) -> UInt32? = { _ in nil }
    /// The IPv4 and IPv6 addresses of an interface with their prefix lengths.
    package var interfaceAddresses: (String) -> [IPPrefix] = { _ in [] }
    package var interfaceMTU: (String) -> Int? = { _ in nil }
    package var isLoopback: (String) -> Bool = { $0 == "lo" }
    /// User and primary group of a login name.
    package var user: (String) -> (user: UInt32, group: UInt32)? = { _ in nil }
    package var group: (String) -> UInt32? = { _ in nil }
    /// Numbers of names in the iproute2 tables ("rt_tables", "rt_scopes", "rt_dsfield", "rt_realms", "rt_protos", "group").
    package var routingName: (_ table: String, _ name: String) -> UInt32? = { _, _ in nil }
    /// Number of an IP protocol by name.
    package var protocolNumber: (String) -> UInt8? = { _ in nil }
    /// What is wrong with running this program as this user, or with finding it.
    package var script: (_ path: String, _ user: UInt32, _ group: UInt32) -> ScriptFinding = { path, _, _ in .usable(path: path) }
    /// Reads a whole small file (keys, certificates); nil if it cannot be read.
    package var contents: (String) -> [UInt8]? = { _ in nil }
    package var isDirectory: (String) -> Bool = { _ in true }
    /// Directories of iproute2's tables, the vendor's and the operator's; nil leaves the usual ones.
    package var setRoutingDirectories: (_ vendor: String?, _ local: String?) -> Void = { _, _ in }
    /// Addresses of a host name; may block, called for `smtp_server` only.
    package var resolve: (String) -> [IPAddress] = { _ in [] }
    package var hostName = "localhost"
    package var processorCount: () -> Int = { 1 }
    /// User and group the daemon runs scripts as when nothing is said.
    package var ownUser: UInt32 = 0
    package var ownGroup: UInt32 = 0

    package init() {}
}

/// What a look at a script's path found.
package enum ScriptFinding: Equatable, Sendable {
    /// Fit to run, under this resolved path.
    case usable(path: String)
    /// Found by a search of PATH, since the name has no slash.
    case foundInPath(path: String)
    case missing
    case notExecutable
    /// A component of the path can be written by others than root.
    case insecure(component: String, remedy: String)
}
