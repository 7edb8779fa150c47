// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import Glibc

/// A few bytes that outlive whoever wrote them: memory without a name (memfd), which a parent holds and each process it starts
/// inherits.
package final class KeptMemory {
    package let descriptor: FileDescriptor

    /// Empty memory; the name shows in /proc only.
    package init(name: String) throws(SystemError) {
        descriptor = FileDescriptor(owning: try shim("memfd_create") { clinux_memfd_create(name) })
    }

    /// Puts bytes in the place of those that were there. A process that is killed meanwhile may leave some of the old ones
    /// behind the new ones.
    package func replace(with bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            done += try system("pwrite") {
                bytes.withUnsafeBytes {
                    pwrite(descriptor.number, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(done))
                }
            }
        }
        try system("ftruncate") { ftruncate(descriptor.number, off_t(bytes.count)) }
    }

    /// All that is there.
    package func read() throws(SystemError) -> [UInt8] { try descriptor.read(0..<Int(try FileFacts(descriptor).size)) }
}
