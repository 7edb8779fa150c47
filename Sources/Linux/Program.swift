// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// What a program says to whoever started it.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Writes all of the text; what cannot be written is lost.
    package func write(_ text: String) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress?.advanced(by: done), bytes.count - done) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            done += count
        }
    }

    /// Writes the text and a line feed; what cannot be written is lost.
    package func line(_ text: String) { write(text + "\n") }
}

/// The program as a whole.
package enum Program {
    /// Ends at once; what is queued in loggers is not written.
    package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }

    /// A number that nobody foresees, within the bounds.
    package static func random(_ bounds: ClosedRange<Int>) -> Int { Int.random(in: bounds) }
}
