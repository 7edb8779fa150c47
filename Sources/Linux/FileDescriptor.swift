// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import Glibc

/// An open file, socket or anything else the kernel numbers; closed when the last reference goes.
package final class FileDescriptor {
    package let number: Int32

    /// Takes over the descriptor.
    package init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    /// Reads what is there, up to `limit` bytes; empty at the end of the file.
    package func read(limit: Int = 65_536) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { room, count in
            do throws(SystemError) {
                count = try system("read") { Glibc.read(number, room.baseAddress, limit) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads the bytes at these places of a file or of memory into `room`, in place of what is there; fewer where it ends.
    func read(_ range: Range<Int>, into room: inout [UInt8]) throws(SystemError) {
        if room.count < range.count { room.append(contentsOf: repeatElement(0, count: range.count - room.count)) }
        var count = 0
        while count < range.count {
            let (place, left) = (off_t(range.lowerBound + count), range.count - count)
            let got = try system("pread") { room.withUnsafeMutableBytes { pread(number, $0.baseAddress?.advanced(by: count), left, place) } }
            guard got > 0 else { break }
            count += got
        }
        room.removeLast(room.count - count)
    }

    /// Writes as much as there is room for, and says how much that was.
    package func write(some bytes: some Collection<UInt8>) throws(SystemError) -> Int {
        let whole = Array(bytes)
        return try system("write") { whole.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) } }
    }

    /// Writes everything; for files and blocking descriptors.
    package func write(all bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            done += try system("write") {
                bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress?.advanced(by: done), $0.count - done) }
            }
        }
    }

    /// Whether reading and writing wait (O_NONBLOCK is off). It holds for every descriptor of the same open file.
    package func setBlocking(_ blocking: Bool) throws(SystemError) {
        let flags = try system("fcntl") { fcntl(number, F_GETFL) }
        try system("fcntl") { fcntl(number, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) }
    }

    /// Whether a program started from here keeps it open.
    package func setClosedOnExec(_ closed: Bool) throws(SystemError) {
        try system("fcntl") { fcntl(number, F_SETFD, closed ? FD_CLOEXEC : 0) }
    }

    /// Another number for the same open file.
    package func duplicate() throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try system("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }

    /// A pipe of which neither end blocks nor survives an exec.
    package static func pipe() throws(SystemError) -> (reading: FileDescriptor, writing: FileDescriptor) {
        var ends: [Int32] = [-1, -1]
        try shim("pipe2") { clinux_pipe(&ends) }
        return (FileDescriptor(owning: ends[0]), FileDescriptor(owning: ends[1]))
    }
}
