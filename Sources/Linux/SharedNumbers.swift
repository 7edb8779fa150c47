// SPDX-License-Identifier: GPL-2.0-or-later

import Glibc

/// Numbers that a process shares with those it forks afterwards: each one is written by one side and read by the other, at any time.
package final class SharedNumbers {
    private let numbers: UnsafeMutablePointer<UInt32>
    private let count: Int

    /// All are 0 at first.
    package init(count: Int) throws(SystemError) {
        let length = count * MemoryLayout<UInt32>.stride
        let room = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
        guard let room, room != MAP_FAILED else { throw SystemError(call: "mmap", code: errno) }
        numbers = room.bindMemory(to: UInt32.self, capacity: count)
        self.count = count
    }

    deinit { munmap(numbers, count * MemoryLayout<UInt32>.stride) }

    package subscript(index: Int) -> UInt32 {
        get {
            precondition((0..<count).contains(index), "There is no such shared number.")
            return numbers[index]
        }
        set {
            precondition((0..<count).contains(index), "There is no such shared number.")
            numbers[index] = newValue
        }
    }
}
