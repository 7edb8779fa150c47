// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// What the kernel tells of processes (the process events connector, cn_proc.h).
///
/// Each is one message; numbers are in the machine's order:
///
///      0  netlink header: length, type NLMSG_DONE, flags, sequence, port
///     16  connector: index 1, value 1, sequence, acknowledgement (32 bits each), length, flags (16 bits each)
///     36  what (32), processor (32), time in nanoseconds (64)
///     52  by what:
///         acknowledgement 0           error
///         fork   1                    parent's thread and process, child's thread and process
///         exec   2                    thread, process
///         comm   0x200                thread, process, name of 16 bytes
///         exit   0x80000000           thread, process, code, signal
public enum ProcessNews: Hashable, Sendable {
    /// The subscription was answered; 0 if it was accepted, else an error number.
    case acknowledged(UInt32)
    case forked(parent: Int32, child: Int32)
    /// It runs another program.
    case executed(Int32)
    /// It changed its name.
    case renamed(Int32)
    case ended(Int32)

    /// Where things are in a message: the part behind the netlink header begins at 16.
    public enum Offset {
        public static let what = 36
        public static let data = 52
    }

    /// PROC_EVENT_*.
    public enum What {
        public static let fork: UInt32 = 1
        public static let exec: UInt32 = 2
        public static let comm: UInt32 = 0x200
        public static let exit: UInt32 = 0x8000_0000
    }

    /// Nil for news of threads and of other kinds.
    public init?(_ message: Message) throws(MalformedMessage) {
        let base = 16
        let payload = message.payload
        func word(_ offset: Int) throws(MalformedMessage) -> UInt32 { try payload.native(offset - base, UInt32.self) }
        func number(_ offset: Int) throws(MalformedMessage) -> Int32 { Int32(bitPattern: try word(offset)) }
        guard try word(16) == 1, try word(20) == 1 else { return nil }
        let data = Offset.data
        switch try word(Offset.what) {
        case 0:
            self = .acknowledged(try word(data))
        case What.fork:
            let child = try number(data + 12)
            guard try number(data + 8) == child else { return nil }
            self = .forked(parent: try number(data + 4), child: child)
        case What.exec:
            self = .executed(try number(data + 4))
        case What.comm:
            guard try number(data) == number(data + 4) else { return nil }
            self = .renamed(try number(data + 4))
        case What.exit:
            guard try number(data) == number(data + 4) else { return nil }
            self = .ended(try number(data + 4))
        default:
            return nil
        }
    }

    /// The message that asks for news, or for no more.
    public static func subscription(_ isWanted: Bool) -> [UInt8] {
        var writer = MessageBuffer()
        // PROC_CN_MCAST_LISTEN and _IGNORE
        let operation: UInt32 = isWanted ? 1 : 2
        for word in [40, UInt32(Message.doneType), 0, 0] + [1, 1, 0, 0] + [4, operation] {
            withUnsafeBytes(of: word) { writer.put(Array($0)) }
        }
        return Array(writer.bytes)
    }
}
