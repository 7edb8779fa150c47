// SPDX-License-Identifier: GPL-2.0-or-later

/// A hash that works on blocks of 64 bytes.
public protocol HashFunction: Sendable {
    init()
    var input: HashInput { get set }
    /// Mixes the full block of ``input`` into the state.
    mutating func compress()
}

/// The block being filled, and how much has been hashed.
public struct HashInput: Sendable {
    fileprivate var block = InlineArray<64, UInt8>(repeating: 0)
    fileprivate var filled = 0
    fileprivate var length: UInt64 = 0

    public init() {}

    /// Four bytes of the block as they lie in memory.
    public func word(_ index: Int) -> UInt32 {
        let word = (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(block[4 * index + $1]) }
        return UInt32(bigEndian: word)
    }
}

extension HashFunction {
    /// Hashes one more byte.
    public mutating func update(_ byte: UInt8) {
        input.length &+= 1
        append(byte)
    }

    /// Hashes these bytes behind those of before.
    public mutating func update(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes { update(byte) }
    }

    private mutating func append(_ byte: UInt8) {
        input.block[input.filled] = byte
        input.filled += 1
        if input.filled == 64 {
            compress()
            input.filled = 0
        }
    }

    /// Appends a one bit, zeros and the length in bits, so that the last block is full.
    mutating func pad(lengthIsBigEndian: Bool) {
        let bits = input.length &* 8
        append(0x80)
        while input.filled != 56 { append(0) }
        for index in 0..<8 {
            append(UInt8(truncatingIfNeeded: bits >> UInt64((lengthIsBigEndian ? 7 - index : index) * 8)))
        }
    }
}

extension UInt32 {
    func rotated(right count: UInt32) -> UInt32 { self >> count | self << (32 - count) }
}

/// A keyed hash (RFC 2104) whose key has been mixed in beforehand.
public struct HMAC<Hash: HashFunction>: Sendable {
    /// The hash of what is to be authenticated goes on from here.
    public let inner: Hash
    private let outer: Hash

    /// - Parameter key: at most 64 bytes.
    public init(key: some Collection<UInt8>) {
        precondition(key.count <= 64, "Keys of HMAC are at most a block long.")
        let padded = Array(key) + Array(repeating: 0, count: 64 - key.count)
        var (inner, outer) = (Hash(), Hash())
        for byte in padded {
            inner.update(byte ^ 0x36)
            outer.update(byte ^ 0x5c)
        }
        (self.inner, self.outer) = (inner, outer)
    }

    /// The hash to which the digest of ``inner`` is still to be added.
    public var outerHash: Hash { outer }
}

extension HMAC where Hash == SHA256 {
    /// The code, once everything has been added to a copy of ``inner``.
    public func code(_ inner: SHA256) -> InlineArray<32, UInt8> {
        var (inner, outer) = (inner, outerHash)
        let digest = inner.finish()
        for index in digest.indices { outer.update(digest[index]) }
        return outer.finish()
    }
}

extension HMAC where Hash == MD5 {
    /// The code, once everything has been added to a copy of ``inner``.
    public func code(_ inner: MD5) -> InlineArray<16, UInt8> {
        var (inner, outer) = (inner, outerHash)
        let digest = inner.finish()
        for index in digest.indices { outer.update(digest[index]) }
        return outer.finish()
    }
}
