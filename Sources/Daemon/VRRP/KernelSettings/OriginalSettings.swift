// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux

/// What settings of the kernel were before this daemon changed them.
///
/// They are kept where the next process finds them when this one is killed, be it with its parent: to that one the changed values would
/// otherwise be those of before, and nobody would ever put them back. An original is written down before the setting is changed.
final class OriginalSettings {
    private let file: KeptFile?
    /// By path below /proc/sys, in the order of the changes.
    private(set) var all: [(path: String, value: Int)] = []

    private static let directory = "/proc/sys/"

    /// - Parameter file: has what an earlier process wrote down; nil: nobody will come after this one.
    init(_ file: KeptFile?) {
        self.file = file
        for line in String(decoding: file?.content ?? [], as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, let value = Int(words[0]), words[1].hasPrefix(Self.directory) else { continue }
            all.append((String(words[1]), value))
        }
    }

    /// The value of before; nil if the setting was not changed.
    subscript(path: String) -> Int? { all.first { $0.path == path }?.value }

    /// Notes the value of before, unless one is known.
    func note(_ path: String, _ value: Int) {
        guard self[path] == nil else { return }
        all.append((path, value))
        write()
    }

    /// Changes a setting until ``restore(_:)``.
    func change(_ path: String, to value: Int) throws(SystemError) {
        guard let present = KernelSettings.read(path), present != value else { return }
        note(path, present)
        try KernelSettings.write(value, to: path)
    }

    /// Puts a setting back. One whose interface is gone is forgotten.
    func restore(_ path: String) {
        guard let value = self[path] else { return }
        if KernelSettings.read(path) != nil { _ = try? KernelSettings.write(value, to: path) }
        forget(path)
    }

    /// Somebody else sees to it, or there is nothing left to be put back.
    func forget(_ path: String) {
        all.removeAll { $0.path == path }
        write()
    }

    private func write() {
        // Where it cannot be written, what is lost is the help after a crash.
        try? file?.keep(Array(all.map { "\($0.value) \($0.path)\n" }.joined().utf8))
    }
}

extension OriginalSettings {
    /// The interfaces that a setting was changed of.
    func interfaces(_ family: AddressFamily, _ setting: String) -> [String] {
        let (head, tail) = (KernelSettings.path(of: "", family, "").dropLast(), "/" + setting)
        return all.map(\.path).filter { $0.hasPrefix(head) && $0.hasSuffix(tail) }.map { path in
            String(path.dropFirst(head.count).dropLast(tail.count))
        }
    }
}
