// SPDX-License-Identifier: GPL-2.0-or-later

public import Basics

/// A message that is cut short or contradicts itself; netlink has none but in a broken kernel, and it must not end us.
public struct MalformedMessage: Error, Equatable { public init() {} }

/// One received message.
public struct Message: Sendable {
    public let type: UInt16
    public let flags: MessageFlags
    public let sequence: UInt32
    public let port: UInt32
    /// What follows the header.
    public let payload: ArraySlice<UInt8>

    /// NLMSG_ERROR, also the form of an acknowledgement.
    public static let errorType: UInt16 = 2
    /// NLMSG_DONE, the end of a dump.
    public static let doneType: UInt16 = 3
}

/// Takes messages off the front of what one system call received.
public struct MessageReader: Sendable {
    private var rest: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next message, nil at the end.
    public mutating func next() throws(MalformedMessage) -> Message? {
        guard !rest.isEmpty else { return nil }
        let length = Int(try rest.native(0, UInt32.self))
        guard length >= 16, length <= rest.count else { throw MalformedMessage() }
        let message = Message(
            type: try rest.native(4, UInt16.self), flags: MessageFlags(rawValue: try rest.native(6, UInt16.self)),
            sequence: try rest.native(8, UInt32.self), port: try rest.native(12, UInt32.self),
            payload: rest[(rest.startIndex + 16)..<(rest.startIndex + length)]
        )
        rest = rest.dropFirst((length + 3) & ~3)
        return message
    }
}

/// One attribute of a message.
public struct Attribute: Sendable {
    /// Without the bits that say "nested" and "network order".
    public let type: UInt16
    public let value: ArraySlice<UInt8>

    /// The value as a number in the machine's order; nil if it has another width.
    public func number<T: FixedWidthInteger>(_: T.Type = T.self) -> T? {
        value.count == T.bitWidth / 8 ? try? value.native(0, T.self) : nil
    }

    /// The value as an IPv4 or IPv6 address, by its length.
    public var address: IPAddress? { IPAddress(bytes: value) }

    /// The value as text, up to a zero byte.
    public var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }

    /// The attributes it consists of.
    public var attributes: AttributeReader { AttributeReader(value) }
}

/// Takes attributes off the front of a buffer.
public struct AttributeReader: Sendable {
    private var rest: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next attribute, its type without the two flag bits; nil at the end. Throws if a length is less than the
    /// header's four bytes or more than what is left.
    public mutating func next() throws(MalformedMessage) -> Attribute? {
        guard rest.count >= 4 else { return nil }
        let length = Int(try rest.native(0, UInt16.self))
        guard length >= 4, length <= rest.count else { throw MalformedMessage() }
        let type = try rest.native(2, UInt16.self) & 0x3fff
        let value = rest[(rest.startIndex + 4)..<(rest.startIndex + length)]
        rest = rest.dropFirst((length + 3) & ~3)
        return Attribute(type: type, value: value)
    }

    /// The first attribute of that type.
    public func first(_ type: UInt16) throws(MalformedMessage) -> Attribute? {
        var copy = self
        while let attribute = try copy.next() {
            if attribute.type == type { return attribute }
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// A number in the machine's order, `offset` bytes from the start.
    func native<T: FixedWidthInteger>(_ offset: Int, _: T.Type) throws(MalformedMessage) -> T {
        guard offset >= 0, count >= offset + T.bitWidth / 8 else { throw MalformedMessage() }
        return withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    }
}

/// Why the kernel did not do what a request asked for.
public struct Refusal: Error, Equatable, Sendable {
    /// A positive errno.
    public let code: Int32
    /// The kernel's own words, if it found any (extended acknowledgement).
    public let text: String?

    public init(code: Int32, text: String? = nil) {
        self.code = code
        self.text = text
    }

    /// EEXIST: what was to be added is there.
    public var alreadyExists: Bool { code == 17 }
    /// ENODEV, EADDRNOTAVAIL, ESRCH or ENOENT: what was to be deleted is not there, or its interface is gone.
    public var isMissing: Bool { [19, 99, 3, 2].contains(code) }
    /// EADDRINUSE: another interface above the same one has the hardware address.
    public var isAddressTaken: Bool { code == 98 }
    /// EBUSY: the interface below carries such of another kind.
    public var isBusy: Bool { code == 16 }
    /// ENETDOWN: the interface below is down.
    public var isDown: Bool { code == 100 }
}

extension Message {
    /// The answer to a request: nil if it was done. For a message of type `errorType`.
    public func refusal() throws(MalformedMessage) -> Refusal? {
        let code = try payload.native(0, Int32.self)
        guard code != 0 else { return nil }
        var text: String?
        if flags.contains(.extended) {
            // After the code stands the request's header, and unless capped the rest of the request.
            let requestLength = flags.contains(.capped) ? 16 : Int(try payload.native(4, UInt32.self))
            let attributes = AttributeReader(payload.dropFirst(4 + (requestLength + 3) & ~3))
            text = try attributes.first(1)?.text
        }
        return Refusal(code: code == .min ? .max : -code, text: text)
    }
}
