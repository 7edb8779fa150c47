// SPDX-License-Identifier: GPL-2.0-or-later

/// Reads big-endian fields off the front of a buffer, refusing to read past its end.
public struct ByteReader: Sendable {
    /// The buffer ended inside a field.
    public struct Truncated: Error, Equatable { public init() {} }

    private var rest: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }
    public init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// Bytes not read yet.
    public var count: Int { rest.count }
    /// What has not been read yet.
    public var remaining: ArraySlice<UInt8> { rest }

    /// The next integer, in network byte order.
    public mutating func read<T: FixedWidthInteger>(_: T.Type = T.self) throws(Truncated) -> T {
        let width = T.bitWidth / 8
        guard rest.count >= width else { throw Truncated() }
        var value: T = 0
        for byte in rest.prefix(width) { value = value << 8 | T(truncatingIfNeeded: byte) }
        rest = rest.dropFirst(width)
        return value
    }

    /// The next `count` bytes, without copying them.
    public mutating func read(bytes count: Int) throws(Truncated) -> ArraySlice<UInt8> {
        guard count >= 0, rest.count >= count else { throw Truncated() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
