// SPDX-License-Identifier: GPL-2.0-or-later

import CLinux
import Glibc
import Netlink

/// A program that the kernel runs over each message before it puts it into a socket's buffer (classic BPF): what it answers is how
/// many bytes of the message come, none for a message that is dropped.
///
/// 0x28 and 0x20 load a half-word and a word, 0x15 jumps by whether that equals `k`, 0x06 answers. Loads read numbers in network order;
/// what the kernel writes into netlink messages is in the machine's.
struct MessageFilter {
    var instructions: [sock_filter]

    /// Drops news that an address was added where the request came from a port, as far as they name it: those of IPv6 do not.
    ///
    ///      0                   4         6         8                   12
    ///     +-------------------+---------+---------+-------------------+-------------------+
    ///     | length            | type    | flags   | sequence          | port of the cause |
    ///     +-------------------+---------+---------+-------------------+-------------------+
    static func withoutAdditions(by port: UInt32) -> MessageFilter {
        MessageFilter(instructions: [
            sock_filter(code: 0x28, jt: 0, jf: 0, k: 4),
            sock_filter(code: 0x15, jt: 0, jf: 3, k: UInt32(RouteMessage.newAddress.bigEndian)),
            sock_filter(code: 0x20, jt: 0, jf: 0, k: 12),
            sock_filter(code: 0x15, jt: 0, jf: 1, k: port.bigEndian),
            sock_filter(code: 0x06, jt: 0, jf: 0, k: 0),
            sock_filter(code: 0x06, jt: 0, jf: 0, k: 0xffff_ffff),
        ])
    }

    func attach(to socket: Int32) throws(SystemError) {
        var instructions = instructions
        try system("setsockopt") {
            instructions.withUnsafeMutableBufferPointer { code in
                var program = sock_fprog(len: UInt16(code.count), filter: code.baseAddress)
                return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, socklen_t(MemoryLayout<sock_fprog>.size))
            }
        }
    }
}
