// SPDX-License-Identifier: GPL-2.0-or-later

import Basics
import Linux
import VRRP

/// Watches the tracked files (`track_file`) and tells the number in each when it changes.
final class FileTracker {
    private let environment: ProcessEnvironment
    private var watch: FileWatch?
    private var files: [TrackFileSettings] = []

    /// The number in the file of that name; nil when the file is gone or holds none.
    var changed: (String, Int?, Instant) -> Void = { _, _, _ in }

    init(_ environment: ProcessEnvironment) { self.environment = environment }

    /// Watches these files from now on and tells what is in each.
    ///
    /// - Parameter writesInitialValues: only when the daemon starts; a reload leaves files as they are.
    func configure(_ wanted: [TrackFileSettings], writesInitialValues: Bool, at now: Instant) {
        guard wanted != files || watch == nil else { return }
        files = wanted
        watch = nil
        guard !wanted.isEmpty else { return }
        do throws(SystemError) {
            let watch = try FileWatch(loop: environment.loop)
            self.watch = watch
            for file in wanted {
                if writesInitialValues { writeInitialValue(of: file) }
                follow(file, on: watch)
            }
        } catch {
            environment.log("cannot watch files: \(error)")
        }
        for file in wanted { tell(file, at: now) }
    }

    private func follow(_ file: TrackFileSettings, on watch: FileWatch) {
        do throws(SystemError) {
            try watch.watch(file.path) { [unowned self] now in tell(file, at: now) }
        } catch {
            environment.log("track_file \(file.name): cannot watch \(file.path): \(error)")
        }
    }

    private func writeInitialValue(of file: TrackFileSettings) {
        guard let value = file.initialValue, file.overwrites || !Files.exists(file.path) else { return }
        do throws(SystemError) {
            try Files.replace(file.path, with: Array("\(value)\n".utf8), mode: 0o644)
        } catch {
            environment.log("track_file \(file.name): cannot write \(file.path): \(error)")
        }
    }

    private func tell(_ file: TrackFileSettings, at now: Instant) {
        let bytes = try? Files.read(file.path, limit: 4_096)
        changed(file.name, bytes.flatMap(Self.number), now)
    }

    /// The number that a file begins with, blanks before it allowed; base by C prefix. Nil if there is none; an empty file is 0.
    static func number(in bytes: [UInt8]) -> Int? {
        let word = bytes.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }.prefix { $0 != 0x20 && !(0x09...0x0d).contains($0) }
        if word.isEmpty { return 0 }
        var digits = String(decoding: word, as: UTF8.self)[...]
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
        var radix = 10
        if digits.lowercased().hasPrefix("0x") {
            radix = 16
            digits = digits.dropFirst(2)
        } else if digits.count > 1, digits.hasPrefix("0") {
            radix = 8
            digits = digits.dropFirst()
        }
        guard let value = Int(digits, radix: radix) else { return nil }
        return isNegative ? -value : value
    }
}
