// SPDX-License-Identifier: GPL-2.0-or-later

package import Config

extension FileSystem {
    /// Files that exist in memory only. Patterns know `*` within one path component and nothing else.
    package init(files: [String: String], directory: String = "/etc/keepalived") {
        self.init()
        currentDirectory = directory
        read = { path in files[path].map { .text(Array($0.utf8)) } ?? .missing }
        exists = { files[$0] != nil }
        glob = { pattern in
            files.keys.filter { matches(Array($0.utf8)[...], Array(pattern.utf8)[...]) }.sorted()
        }
    }
}

private func matches(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
    guard let sign = pattern.first else { return name.isEmpty }
    if sign == UInt8(ascii: "*") {
        if matches(name, pattern.dropFirst()) { return true }
        guard let first = name.first, first != UInt8(ascii: "/") else { return false }
        return matches(name.dropFirst(), pattern)
    }
    return name.first == sign && matches(name.dropFirst(), pattern.dropFirst())
}
