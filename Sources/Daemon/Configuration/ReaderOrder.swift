// SPDX-License-Identifier: GPL-2.0-or-later

/// What the parent asks of the process that reads: the first byte of its message. A request follows where something is to be read.
enum ReaderOrder: UInt8 {
    /// Read, and tell what was found.
    case read = 1
    /// Read, and tell nobody.
    case rehearse
    /// Become a child by what has just been read.
    case become
}
